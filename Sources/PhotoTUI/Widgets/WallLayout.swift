public import Grid

/// Where the boxes of a wall of thumbnails stand.
public struct WallLayout: Hashable, Sendable {
    public let area: Rect
    /// A box with its border and caption.
    public let box: GridSize
    /// Blank columns between boxes.
    public let gap: Int

    /// A box is cut to the area, so that there is always at least one column of boxes.
    public init(area: Rect, box: GridSize, gap: Int = 1) {
        self.area = area
        self.box = GridSize(columns: min(max(1, box.columns), max(1, area.columns)), rows: max(1, box.rows))
        self.gap = max(0, gap)
    }

    /// Boxes side by side.
    public var boxesPerLine: Int { max(1, (area.columns + gap) / (box.columns + gap)) }
    /// Lines of boxes that show whole.
    public var wholeLines: Int { max(1, area.rows / box.rows) }
    /// Lines of boxes that show at least in part.
    public var partialLines: Int { (area.rows + box.rows - 1) / box.rows }

    /// The boxes that show at least in part.
    public func visibleItems(offset: Int, count: Int) -> Range<Int> {
        let first = min(max(0, offset * boxesPerLine), count)
        return first..<min(count, first + partialLines * boxesPerLine)
    }

    /// A box's place; the lowest may hang over the area's edge: draw clipped by `area`.
    public func rect(of item: Int, offset: Int) -> Rect {
        let (line, place) = (item / boxesPerLine - offset, item % boxesPerLine)
        return Rect(
            row: area.row + line * box.rows, column: area.column + place * (box.columns + gap), rows: box.rows,
            columns: box.columns)
    }

    /// The box at a position, for the mouse.
    public func item(at position: Position, offset: Int, count: Int) -> Int? {
        guard area.contains(position) else { return nil }
        let place = (position.column - area.column) / (box.columns + gap)
        guard place < boxesPerLine, (position.column - area.column) % (box.columns + gap) < box.columns else {
            return nil
        }
        let item = ((position.row - area.row) / box.rows + offset) * boxesPerLine + place
        return item < count ? item : nil
    }
}

/// One box of a wall: a border that tells cursor and marks, a picture, and a caption on the lower border.
public struct WallBox {
    public var caption: String
    /// Set into the upper border at the right: a star, a film's length, a tier.
    public var badge: String
    public var isCursor: Bool
    public var isSelected: Bool
    public var isMarked: Bool
    public var lines: LineSet

    public init(
        caption: String = "", badge: String = "", isCursor: Bool = false, isSelected: Bool = false,
        isMarked: Bool = false, lines: LineSet
    ) {
        (self.caption, self.badge, self.lines) = (caption, badge, lines)
        (self.isCursor, self.isSelected, self.isMarked) = (isCursor, isSelected, isMarked)
    }

    /// The rectangle for the picture in a box.
    public static func pictureArea(of box: Rect) -> Rect { box.inset(rows: 1, columns: 1) }

    /// Draws everything but the picture, within `clip`.
    public func draw(into grid: inout Grid, in rect: Rect, clip: Rect) {
        guard rect.rows >= 2, rect.columns >= 2, !rect.intersection(clip).isEmpty else { return }
        let role: StyleRole = isCursor ? .cursor : isSelected ? .selection : isMarked ? .marked : .border
        var frame = Grid(size: rect.size)
        let local = frame.bounds
        frame.drawBox(local, role: role, lines: lines)
        if isMarked { frame.write(lines.mark, at: Position(row: 0, column: 1), role: .marked, maxWidth: 1) }
        let badgeWidth = min(badge.displayWidth, rect.columns - 4)
        if badgeWidth > 0 {
            let column = rect.columns - 1 - badgeWidth
            frame.write(badge, at: Position(row: 0, column: column), role: .badge, maxWidth: badgeWidth)
        }
        if !caption.isEmpty, rect.columns > 4 {
            let shown = caption.truncated(to: rect.columns - 2, .middle, ascii: lines.isASCII)
            let column = 1 + (rect.columns - 2 - shown.displayWidth) / 2
            frame.write(shown, at: Position(row: rect.rows - 1, column: column), role: isCursor ? .cursor : .dim)
        }
        let edges = [
            Rect(row: rect.row, column: rect.column, rows: 1, columns: rect.columns),
            Rect(row: rect.endRow - 1, column: rect.column, rows: 1, columns: rect.columns),
            Rect(row: rect.row, column: rect.column, rows: rect.rows, columns: 1),
            Rect(row: rect.row, column: rect.endColumn - 1, rows: rect.rows, columns: 1),
        ]
        for edge in edges { grid.draw(frame, at: rect.origin, clip: edge.intersection(clip)) }
    }
}
