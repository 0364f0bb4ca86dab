/// Leaves out of what curses wrote the colours that change nothing.
///
/// curses names both colours at every change of one, also before blanks, which show none in front: in true colour 42 bytes
/// a cell. Here a colour goes when something is about to be written in it, and only if the terminal has another. All else
/// stays as it is, in its order.
struct ColorEconomy {
    /// What was last asked for, or goes to the terminal: nil where it isn't known, 0 for the terminal's own.
    private struct Colors {
        var foreground: UInt32?
        var background: UInt32?
    }

    private enum Change {
        case foreground(UInt32)
        case background(UInt32)
        case other
    }

    /// What the terminal has.
    private var colors = Colors()
    /// Whether blanks show no colour in front: nothing underlines or reverses them.
    private var isPlain = false

    /// Forgets what the terminal has: others wrote to it.
    mutating func forget() { self = ColorEconomy() }

    /// - Parameter bytes: whole sequences.
    mutating func reduced(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var wanted = colors
        // Where the wanted ones are told.
        var (foreground, background) = (0..<0, 0..<0)
        func settleBackground() {
            if wanted.background != colors.background { result += bytes[background] }
            colors.background = wanted.background
        }
        func settle() {
            if wanted.foreground != colors.foreground { result += bytes[foreground] }
            colors.foreground = wanted.foreground
            settleBackground()
        }
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            guard byte == 0x1b else {
                if byte == 0x20, isPlain { settleBackground() } else if byte >= 0x20 { settle() }
                // A line's end may scroll in a line of the background.
                if byte == 0x0a { settleBackground() }
                result.append(byte)
                place += 1
                continue
            }
            let end = Self.end(of: place, in: bytes)
            let sequence = place..<end
            defer { place = end }
            guard end - place > 2, bytes[place + 1] == UInt8(ascii: "[") else {
                settleBackground()
                result += bytes[sequence]
                continue
            }
            switch bytes[end - 1] {
            case UInt8(ascii: "m"):
                switch Self.change(bytes[place + 2..<end - 1]) {
                case .foreground(let color): (wanted.foreground, foreground) = (color, sequence)
                case .background(let color): (wanted.background, background) = (color, sequence)
                case .other:
                    note(bytes[place + 2..<end - 1], &wanted)
                    result += bytes[sequence]
                }
            case UInt8(ascii: "b"):
                settle()
                result += bytes[sequence]
            case UInt8(ascii: "A")...UInt8(ascii: "H"), UInt8(ascii: "d"), UInt8(ascii: "h"), UInt8(ascii: "l"):
                // Moves and modes show nothing.
                result += bytes[sequence]
            default:
                settleBackground()
                result += bytes[sequence]
            }
        }
        settle()
        return result
    }

    /// Attributes, which may set colours back.
    private mutating func note(_ parameters: ArraySlice<UInt8>, _ wanted: inout Colors) {
        for parameter in parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            switch parameter.reduce(0, { $0 &* 10 &+ UInt32($1 &- UInt8(ascii: "0")) }) {
            case 0:
                (colors, isPlain) = (Colors(foreground: 0, background: 0), true)
                wanted = colors
            case 1, 2, 22: break
            case 39: (colors.foreground, wanted.foreground) = (0, 0)
            case 49: (colors.background, wanted.background) = (0, 0)
            case 30...: (colors, wanted) = (Colors(), Colors())
            default: isPlain = false
            }
        }
    }

    private static func end(of start: Int, in bytes: [UInt8]) -> Int {
        var place = start + 1
        guard place < bytes.count else { return place }
        if bytes[place] == UInt8(ascii: "[") {
            place += 1
            while place < bytes.count, !(0x40...0x7e).contains(bytes[place]) { place += 1 }
        } else {
            // ESC ( B names a character set; ESC M moves back.
            while place < bytes.count, (0x20...0x2f).contains(bytes[place]) { place += 1 }
        }
        return min(bytes.count, place + 1)
    }

    /// What a sequence of one colour changes. Numbers of the palette and true colours are told apart by their top byte.
    private static func change(_ parameters: ArraySlice<UInt8>) -> Change {
        var numbers: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)
        var (count, isInNumber) = (0, false)
        for byte in parameters {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                isInNumber = false
                continue
            }
            if !isInNumber {
                numbers = (numbers.1, numbers.2, numbers.3, numbers.4, 0)
                (count, isInNumber) = (count + 1, true)
            }
            numbers.4 = numbers.4 &* 10 &+ UInt32(byte - UInt8(ascii: "0"))
        }
        // The last number is in the last place.
        switch (count, numbers.0, numbers.2, numbers.3, numbers.4) {
        case (1, _, _, _, 30...37), (1, _, _, _, 90...97): return .foreground(1 << 24 | numbers.4)
        case (1, _, _, _, 40...47), (1, _, _, _, 100...107): return .background(1 << 24 | numbers.4)
        case (3, _, 38, 5, _): return .foreground(2 << 24 | numbers.4)
        case (3, _, 48, 5, _): return .background(2 << 24 | numbers.4)
        case (5, 38, _, _, _) where numbers.1 == 2: return .foreground(rgb(numbers.2, numbers.3, numbers.4))
        case (5, 48, _, _, _) where numbers.1 == 2: return .background(rgb(numbers.2, numbers.3, numbers.4))
        default: return .other
        }
    }

    private static func rgb(_ red: UInt32, _ green: UInt32, _ blue: UInt32) -> UInt32 {
        3 << 24 | (red & 0xff) << 16 | (green & 0xff) << 8 | blue & 0xff
    }
}
