public import Grid

/// The characters lines are drawn with.
public enum LineSet: Sendable {
    case unicode
    /// Plus signs, minus signs and bars, for terminals that show no more.
    case ascii

    public init(isUnicode: Bool) { self = isUnicode ? .unicode : .ascii }

    public var isASCII: Bool { self == .ascii }
    public var horizontal: Unicode.Scalar { isASCII ? "-" : "─" }
    public var vertical: Unicode.Scalar { isASCII ? "|" : "│" }
    /// Top left, top right, bottom left, bottom right.
    var corners: [Unicode.Scalar] { isASCII ? ["+", "+", "+", "+"] : ["┌", "┐", "└", "┘"] }
    /// A mark on a photo or row.
    public var mark: String { isASCII ? "*" : "●" }
    /// Between facts on one line.
    public var separator: String { isASCII ? " - " : " · " }
    public var ellipsis: String { isASCII ? "~" : "…" }
}

extension Grid {
    /// Draws a box's border along the inside of a rectangle, with a title set into the top line, and gives the
    /// rectangle within. A rectangle under 2x2 has no border.
    @discardableResult
    public mutating func drawBox(
        _ rect: Rect, title: String = "", role: StyleRole = .border, titleRole: StyleRole = .title, lines: LineSet
    ) -> Rect {
        guard rect.rows >= 2, rect.columns >= 2 else { return rect }
        let (bottom, right) = (rect.endRow - 1, rect.endColumn - 1)
        let across = Cell(lines.horizontal, paint: .role(role))
        let down = Cell(lines.vertical, paint: .role(role))
        for row in [rect.row, bottom] {
            fill(Rect(row: row, column: rect.column + 1, rows: 1, columns: rect.columns - 2), with: across)
        }
        for column in [rect.column, right] {
            fill(Rect(row: rect.row + 1, column: column, rows: rect.rows - 2, columns: 1), with: down)
        }
        let places = [(rect.row, rect.column), (rect.row, right), (bottom, rect.column), (bottom, right)]
        for ((row, column), corner) in zip(places, lines.corners) {
            self[row, column] = Cell(corner, paint: .role(role))
        }
        if !title.isEmpty, rect.columns >= 6 {
            let shown = title.truncated(to: rect.columns - 6, ascii: lines.isASCII)
            write(
                " \(shown) ", at: Position(row: rect.row, column: rect.column + 2), role: titleRole,
                maxWidth: rect.columns - 4)
        }
        return rect.inset(rows: 1, columns: 1)
    }
}
