public import Grid

/// The lowest line: what the keys do, and the state at its right end.
public struct FooterBar {
    /// A key and what it does here.
    public struct Hint: Hashable, Sendable {
        public var key: String
        public var action: String
        public var isEnabled: Bool

        public init(key: String, action: String, isEnabled: Bool = true) {
            (self.key, self.action, self.isEnabled) = (key, action, isEnabled)
        }
    }

    public var hints: [Hint]
    /// Shown behind the others, however little room they leave.
    public var last: Hint?
    public var status: String
    public var statusRole: StyleRole

    public init(hints: [Hint], last: Hint? = nil, status: String = "", statusRole: StyleRole = .status) {
        (self.hints, self.last, self.status, self.statusRole) = (hints, last, status, statusRole)
    }

    /// Draws on the area's first row. The status keeps up to half of it; hints that don't fit whole are left out from
    /// the right, but for the last.
    public func draw(into grid: inout Grid, in area: Rect, lines: LineSet) {
        let row = area.splitTop(1).top
        guard !row.isEmpty else { return }
        let statusWidth = min(status.displayWidth, row.columns / 2)
        grid.write(
            status, at: Position(row: row.row, column: row.endColumn - statusWidth), role: statusRole,
            maxWidth: statusWidth, ascii: lines.isASCII)
        var column = row.column
        let end = row.endColumn - (statusWidth > 0 ? statusWidth + 2 : 0)
        func width(_ hint: Hint) -> Int { hint.key.displayWidth + 1 + hint.action.displayWidth }
        let room = end - (last.map { width($0) + 2 } ?? 0)
        let shown = hints.prefix { hint in
            defer { column += width(hint) + 2 }
            return column + width(hint) <= room
        }
        column = row.column
        for hint in shown + (last.map { [$0] } ?? []) where column + width(hint) <= end {
            column += grid.write(
                hint.key, at: Position(row: row.row, column: column), role: hint.isEnabled ? .key : .disabled)
            column +=
                1
                + grid.write(
                    hint.action, at: Position(row: row.row, column: column + 1),
                    role: hint.isEnabled ? .keyDescription : .disabled)
            column += 2
        }
    }
}
