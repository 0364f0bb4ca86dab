public import Grid

/// Dots finer than cells: two by four in each, as the patterns of braille show them (Unicode, block 2800); in ASCII a point
/// stands for all dots of its cell.
public struct DotPlot: Sendable {
    public let size: GridSize
    private var masks: [UInt8]

    /// Dots from left to right, and from top to bottom.
    public var width: Int { size.columns * 2 }
    public var height: Int { size.rows * 4 }

    public init(size: GridSize) {
        self.size = size
        masks = Array(repeating: 0, count: size.columns * size.rows)
    }

    /// Sets a dot; what lies outside is left out.
    public mutating func set(x: Int, y: Int) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        masks[y / 4 * size.columns + x / 2] |= Self.bits[y % 4][x % 2]
    }

    /// Draws the cells that have dots, and leaves the others as they are.
    public func draw(into grid: inout Grid, at origin: Position, role: StyleRole, lines: LineSet) {
        for (index, mask) in masks.enumerated() where mask != 0 {
            let scalar = lines.isASCII ? "." : Unicode.Scalar(0x2800 + UInt32(mask)) ?? "."
            let (row, column) = (index / size.columns, index % size.columns)
            grid[origin.row + row, origin.column + column] = Cell(scalar, paint: .role(role))
        }
    }

    /// By row and column of a cell's dots.
    private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
}
