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
    public var status: String
    public var statusRole: StyleRole

    public init(hints: [Hint], status: String = "", statusRole: StyleRole = .status) {
        (self.hints, self.status, self.statusRole) = (hints, status, statusRole)
    }

    /// Draws on the area's first row. The status keeps up to half of it; hints that don't fit whole are left out from
    /// the right.
    public func draw(into grid: inout Grid, in area: Rect, lines: LineSet) {
        let row = area.splitTop(1).top
        guard !row.isEmpty else { return }
        let statusWidth = min(status.displayWidth, row.columns / 2)
        grid.write(
            status, at: Position(row: row.row, column: row.endColumn - statusWidth), role: statusRole,
            maxWidth: statusWidth, ascii: lines.isASCII)
        var column = row.column
        let end = row.endColumn - (statusWidth > 0 ? statusWidth + 2 : 0)
        for hint in hints {
            guard column + hint.key.displayWidth + 1 + hint.action.displayWidth <= end else { return }
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
