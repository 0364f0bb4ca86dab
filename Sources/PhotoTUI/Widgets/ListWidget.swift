public import Grid

/// A list of one-line items, of which only the visible ones are asked for.
public struct ListWidget {
    public var count: Int
    public var state: ScrollState
    public var isFocused: Bool
    public var lines: LineSet
    private let item: (Int) -> Item

    /// One line of a list.
    public struct Item {
        public var text: String
        /// Shown at the right edge, as a count.
        public var detail: String
        public var role: StyleRole
        public var isMarked: Bool

        public init(_ text: String, detail: String = "", role: StyleRole = .text, isMarked: Bool = false) {
            (self.text, self.detail, self.role, self.isMarked) = (text, detail, role, isMarked)
        }
    }

    public init(
        count: Int, state: ScrollState, isFocused: Bool = true, lines: LineSet, item: @escaping (Int) -> Item
    ) {
        (self.count, self.state, self.isFocused, self.lines, self.item) = (count, state, isFocused, lines, item)
    }

    public func draw(into grid: inout Grid, in area: Rect) {
        for line in 0..<area.rows {
            let index = state.offset + line
            guard index < count else { return }
            let item = item(index)
            let row = Rect(row: area.row + line, column: area.column, rows: 1, columns: area.columns)
            let detailWidth = min(item.detail.displayWidth, area.columns / 2)
            let textWidth = area.columns - 2 - (detailWidth > 0 ? detailWidth + 1 : 0)
            if item.isMarked {
                grid.write(lines.mark, at: row.origin, role: .marked, maxWidth: 1)
            }
            grid.write(
                item.text, at: Position(row: row.row, column: row.column + 2), role: item.role, maxWidth: textWidth,
                ascii: lines.isASCII)
            if detailWidth > 0 {
                grid.write(
                    item.detail, at: Position(row: row.row, column: row.endColumn - detailWidth), role: .dim,
                    maxWidth: detailWidth, ascii: lines.isASCII)
            }
            if index == state.cursor { grid.repaint(row, role: isFocused ? .cursor : .selection) }
        }
    }

    /// The item drawn at a position, for the mouse.
    public func item(at position: Position, in area: Rect) -> Int? {
        guard area.contains(position) else { return nil }
        let index = state.offset + position.row - area.row
        return index < count ? index : nil
    }
}
