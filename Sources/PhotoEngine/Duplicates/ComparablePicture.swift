public import Core

/// A picture made small for comparing: its luma on a square grid whatever its shape, and coarser ones of the same. It takes
/// 5.4 kB, so a caller keeps those it compares often.
public struct ComparablePicture: Sendable {
    /// Width divided by height, as shown.
    public let shape: Double
    /// Root mean square of what is left of the luma, 0 to 255, when the smoothest surface through it (third degree) is taken away.
    public let detail: Double
    /// Luma of 64 x 64, 32 x 32 and 16 x 16 cells, finest first, rows top to bottom.
    let levels: [[UInt8]]

    static let side = 64

    /// `luma` has `width * height` bytes, rows top to bottom without padding, upright: a rendition of 256 pixels is plenty.
    public init(luma: UnsafeBufferPointer<UInt8>, width: Int, height: Int) {
        precondition(width > 0 && height > 0 && luma.count == width * height)
        shape = Double(width) / Double(height)
        var level = Self.reduced(luma, width: width, height: height)
        var levels = [level]
        for side in [Self.side, Self.side / 2] {
            level = Self.halved(level, side: side)
            levels.append(level)
        }
        self.levels = levels
        detail = Self.detail(of: levels[1], side: Self.side / 2)
    }

    private init(shape: Double, detail: Double, levels: [[UInt8]]) {
        self.shape = shape
        self.detail = detail
        self.levels = levels
    }

    /// Its pHash, near to that of the original: what it takes to find turned copies, and those whose stored picture isn't upright.
    public var hash: PerceptualHash {
        levels[0].withUnsafeBufferPointer { PerceptualHashing.hash(grey: $0, width: Self.side, height: Self.side) }
    }

    /// Whether the picture shows too little to tell it from others: blank, black, a gradient. It joins no cluster by its look.
    public var showsTooLittle: Bool { detail < Self.leastDetail }

    /// More than noise of 12 grey levels leaves of an evenly lit wall. Of 285 real photos the least had 3.0; 99 in 100 had 7.
    static let leastDetail = 2.5

    /// The picture turned and mirrored as a viewer does that reads `orientation`.
    public func oriented(_ orientation: Orientation) -> ComparablePicture {
        if orientation == .upright { return self }
        var side = Self.side
        var turned: [[UInt8]] = []
        for level in levels {
            let (start, columnStep, rowStep) = orientation.steps(side: side)
            turned.append(
                [UInt8](unsafeUninitializedCapacity: side * side) { cells, count in
                    // SAFETY: the steps visit each of a level's `side * side` cells once.
                    level.withUnsafeBufferPointer { level in
                        for row in 0..<side {
                            var place = start + row * rowStep
                            for column in 0..<side {
                                cells[row * side + column] = level[place]
                                place += columnStep
                            }
                        }
                    }
                    count = side * side
                })
            side /= 2
        }
        return ComparablePicture(shape: orientation.swapsAxes ? 1 / shape : shape, detail: detail, levels: turned)
    }

    /// The mean of what lies in each cell, pixels at its edges by their share.
    private static func reduced(_ luma: UnsafeBufferPointer<UInt8>, width: Int, height: Int) -> [UInt8] {
        let columns = AreaShares(from: width, to: side)
        let rows = AreaShares(from: height, to: side)
        var cells = [UInt8](repeating: 0, count: side * side)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { line in
            for row in 0..<side {
                line.update(repeating: 0)
                for (source, share) in rows[row] {
                    let pixels = luma.baseAddress! + source * width
                    // SAFETY: a share's source is a row of the picture.
                    for x in 0..<width { line[x] += share * Float(pixels[x]) }
                }
                for column in 0..<side {
                    var sum: Float = 0
                    for (source, share) in columns[column] { sum += share * line[source] }
                    cells[row * side + column] = UInt8(min(255, max(0, sum.rounded())))
                }
            }
        }
        return cells
    }

    private static func halved(_ level: [UInt8], side: Int) -> [UInt8] {
        let half = side / 2
        return (0..<half * half).map { index in
            let place = index / half * 2 * side + index % half * 2
            let sum =
                Int(level[place]) + Int(level[place + 1]) + Int(level[place + side]) + Int(level[place + side + 1])
            return UInt8((sum + 2) / 4)
        }
    }

    /// What the Legendre polynomials up to the third degree leave, made orthonormal on the grid.
    private static func detail(of level: [UInt8], side: Int) -> Double {
        var basis: [[Double]] = []
        for degree in 0...3 {
            var column = (0..<side).map { index in
                let x = (2 * Double(index) + 1) / Double(side) - 1
                return [1, x, x * x, x * x * x][degree]
            }
            for other in basis {
                let share = zip(column, other).reduce(0) { $0 + $1.0 * $1.1 }
                for index in 0..<side { column[index] -= share * other[index] }
            }
            let length = column.reduce(0) { $0 + $1 * $1 }.squareRoot()
            basis.append(column.map { $0 / length })
        }
        var left = level.reduce(0) { $0 + Double($1) * Double($1) }
        for horizontal in 0...3 {
            let lines = (0..<side).map { row in
                (0..<side).reduce(0.0) { $0 + Double(level[row * side + $1]) * basis[horizontal][$1] }
            }
            for vertical in 0...(3 - horizontal) {
                let share = (0..<side).reduce(0.0) { $0 + lines[$1] * basis[vertical][$1] }
                left -= share * share
            }
        }
        return (max(0, left) / Double(side * side)).squareRoot()
    }
}

/// Which inputs each output cell covers, and with what share of it.
private struct AreaShares {
    private let shares: [[(source: Int, share: Float)]]

    init(from inputCount: Int, to outputCount: Int) {
        let scale = Double(inputCount) / Double(outputCount)
        shares = (0..<outputCount).map { output in
            let (start, end) = (Double(output) * scale, Double(output + 1) * scale)
            return (Int(start)..<min(inputCount, max(Int(start) + 1, Int(end.rounded(.up))))).map { source in
                (source, Float((min(end, Double(source + 1)) - max(start, Double(source))) / scale))
            }
        }
    }

    subscript(output: Int) -> [(source: Int, share: Float)] { shares[output] }
}

extension Orientation {
    /// Where the upright picture's first cell lies among the stored ones, and how far the next column's and the next row's are.
    func steps(side: Int) -> (start: Int, column: Int, row: Int) {
        let last = side - 1
        return switch self {
        case .upright: (0, 1, side)
        case .mirrored: (last, -1, side)
        case .rotated180: (side * side - 1, -1, -side)
        case .flipped: (last * side, 1, -side)
        case .transposed: (0, side, 1)
        case .rotated90: (last * side, -side, 1)
        case .transversed: (side * side - 1, -side, -1)
        case .rotated270: (last, side, -1)
        }
    }
}

extension ComparablePicture {
    /// Of an upright picture.
    public init(_ pixels: PixelBuffer) {
        let luma = (0..<pixels.size.pixels).map { pixel -> UInt8 in
            let red = Int(pixels.rgb[pixel * 3]) * 19_595
            let green = Int(pixels.rgb[pixel * 3 + 1]) * 38_470
            return UInt8((red + green + Int(pixels.rgb[pixel * 3 + 2]) * 7_471 + 0x8000) >> 16)
        }
        self = luma.withUnsafeBufferPointer {
            ComparablePicture(luma: $0, width: pixels.size.width, height: pixels.size.height)
        }
    }
}
