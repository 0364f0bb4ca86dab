/// How many colours a terminal shows.
public enum ColorDepth: Int, Comparable, CaseIterable, Sendable {
    /// No colours: attributes only.
    case mono = 1
    /// The 8 ANSI colours and their bright forms, whose real values the user's palette decides.
    case ansi16 = 16
    /// The xterm palette: 16 ANSI colours, a 6x6x6 cube and 24 greys.
    case indexed256 = 256
    /// 24-bit colours.
    case truecolor = 16_777_216

    public static func < (one: ColorDepth, two: ColorDepth) -> Bool { one.rawValue < two.rawValue }
}

extension RGBColor {
    /// The nearest of the 240 fixed entries of the xterm palette (16 to 255). The first 16 are left out because users
    /// redefine them.
    public var nearestIndexed256: UInt8 {
        func step(_ value: UInt8) -> Int { value < 48 ? 0 : value < 115 ? 1 : (Int(value) - 35) / 40 }
        let steps = (step(red), step(green), step(blue))
        let cube = RGBColor(
            red: Self.cubeLevels[steps.0], green: Self.cubeLevels[steps.1], blue: Self.cubeLevels[steps.2])
        let mean = (Int(red) + Int(green) + Int(blue)) / 3
        let greyStep = min(23, max(0, (mean - 3) / 10))
        let level = UInt8(8 + 10 * greyStep)
        let grey = RGBColor(red: level, green: level, blue: level)
        return distance(to: grey) < distance(to: cube)
            ? UInt8(232 + greyStep) : UInt8(16 + 36 * steps.0 + 6 * steps.1 + steps.2)
    }

    /// The nearest of the 16 ANSI colours, taking xterm's default values for them.
    public var nearestANSI16: UInt8 {
        var best = (index: 0, distance: Int.max)
        for (index, color) in Self.ansi16.enumerated() {
            let candidate = distance(to: color)
            if candidate < best.distance { best = (index, candidate) }
        }
        return UInt8(best.index)
    }

    /// The colour of an entry of the xterm palette.
    public init(indexed256 index: UInt8) {
        switch index {
        case 0..<16: self = Self.ansi16[Int(index)]
        case 16..<232:
            let cube = Int(index) - 16
            self.init(
                red: Self.cubeLevels[cube / 36], green: Self.cubeLevels[cube / 6 % 6],
                blue: Self.cubeLevels[cube % 6])
        default:
            let level = UInt8(8 + 10 * (Int(index) - 232))
            self.init(red: level, green: level, blue: level)
        }
    }

    /// Squared distance by the "redmean" weighting (T. Riemersma, "Colour metric"), which follows the eye far better
    /// than plain Euclidean distance at the price of a few integer operations.
    public func distance(to other: RGBColor) -> Int {
        let mean = (Int(red) + Int(other.red)) / 2
        let (r, g, b) = (
            Int(red) - Int(other.red), Int(green) - Int(other.green), Int(blue) - Int(other.blue)
        )
        return ((512 + mean) * r * r) >> 8 + 4 * g * g + ((767 - mean) * b * b) >> 8
    }

    private static let cubeLevels: [UInt8] = [0, 95, 135, 175, 215, 255]
    private static let ansi16: [RGBColor] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ].map(RGBColor.init(packed:))
}
