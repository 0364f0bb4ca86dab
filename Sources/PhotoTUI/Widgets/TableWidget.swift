public import Grid

/// A table with a head line and columns that share the width.
public struct TableWidget {
    /// One column of a table.
    public struct Column {
        public enum Alignment: Sendable { case left, right }

        public var title: String
        public var minimumWidth: Int
        /// This column's share of the width left over; 0 keeps it at its minimum.
        public var weight: Int
        public var alignment: Alignment
        public var role: StyleRole

        public init(
            _ title: String, minimumWidth: Int, weight: Int = 0, alignment: Alignment = .left,
            role: StyleRole = .text
        ) {
            (self.title, self.minimumWidth, self.weight) = (title, minimumWidth, weight)
            (self.alignment, self.role) = (alignment, role)
        }
    }

    public var columns: [Column]
    public var count: Int
    public var state: ScrollState
    public var lines: LineSet
    private let cells: (Int) -> [String]

    /// - Parameter cells: the texts of a row, one for each column.
    public init(
        columns: [Column], count: Int, state: ScrollState, lines: LineSet, cells: @escaping (Int) -> [String]
    ) {
        (self.columns, self.count, self.state, self.lines, self.cells) = (columns, count, state, lines, cells)
    }

    public func draw(into grid: inout Grid, in area: Rect) {
        let (head, body) = area.splitTop(1)
        guard !area.isEmpty else { return }
        let widths = widths(for: area.columns)
        write(columns.map(\.title), widths: widths, row: head.row, area: area, into: &grid, role: .tableHeader)
        for line in 0..<body.rows {
            let index = state.offset + line
            guard index < count else { return }
            write(cells(index), widths: widths, row: body.row + line, area: area, into: &grid, role: nil)
            if index == state.cursor {
                grid.repaint(
                    Rect(row: body.row + line, column: area.column, rows: 1, columns: area.columns), role: .cursor)
            }
        }
    }

    /// Column widths for a table that wide, two blanks between columns. Columns that don't fit, from the right, get 0.
    func widths(for width: Int) -> [Int] {
        var widths = columns.map(\.minimumWidth)
        while let last = widths.lastIndex(where: { $0 > 0 }), last > 0, used(by: widths) > width { widths[last] = 0 }
        var spare = max(0, width - used(by: widths))
        var weight = zip(columns, widths).reduce(0) { $0 + ($1.1 > 0 ? $1.0.weight : 0) }
        for index in columns.indices where widths[index] > 0 && columns[index].weight > 0 {
            let share = spare * columns[index].weight / weight
            widths[index] += share
            spare -= share
            weight -= columns[index].weight
        }
        return widths
    }

    private func used(by widths: [Int]) -> Int {
        widths.reduce(0) { $0 + ($1 > 0 ? $1 + 2 : 0) } - 2
    }

    private func write(
        _ texts: [String], widths: [Int], row: Int, area: Rect, into grid: inout Grid, role: StyleRole?
    ) {
        var left = area.column
        for ((text, width), column) in zip(zip(texts, widths), columns) where width > 0 {
            let room = min(width, area.endColumn - left)
            guard room > 0 else { return }
            let shown = text.truncated(to: room, ascii: lines.isASCII)
            let indent = column.alignment == .right ? room - shown.displayWidth : 0
            grid.write(
                shown, at: Position(row: row, column: left + indent), role: role ?? column.role, maxWidth: room)
            left += width + 2
        }
    }
}
