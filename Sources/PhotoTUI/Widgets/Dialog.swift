public import Grid

/// A question or message over the screen.
public struct Dialog: Hashable, Sendable {
    public var title: String
    public var paragraphs: [String]
    public var buttons: [String]
    public var focusedButton: Int
    public var isError: Bool

    public init(
        title: String, paragraphs: [String], buttons: [String] = ["OK"], focusedButton: Int = 0, isError: Bool = false
    ) {
        (self.title, self.paragraphs, self.buttons) = (title, paragraphs, buttons)
        (self.focusedButton, self.isError) = (focusedButton, isError)
    }

    /// The dialog's rectangle in the middle of an area: as wide as its text needs, 64 columns at most.
    public func rect(in area: Rect) -> Rect {
        let longest = (paragraphs + [title]).map(\.displayWidth).max() ?? 0
        let buttonsWidth = buttons.reduce(0) { $0 + $1.displayWidth + 5 }
        let width = min(area.columns, max(24, min(64, max(longest + 4, buttonsWidth + 4))))
        let lineCount = wrapped(to: width - 4).count
        return area.centered(GridSize(columns: width, rows: lineCount + (buttons.isEmpty ? 2 : 4)))
    }

    /// Draws it and gives the rectangle it covers.
    @discardableResult
    public func draw(into grid: inout Grid, in area: Rect, lines: LineSet) -> Rect {
        let rect = rect(in: area)
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect, title: title, role: isError ? .error : .dialogBorder, titleRole: isError ? .error : .dialogTitle,
            lines: lines)
        let text = inside.inset(columns: 1)
        let rowCount = max(0, text.rows - (buttons.isEmpty ? 0 : 2))
        for (row, line) in wrapped(to: text.columns).prefix(rowCount).enumerated() {
            grid.write(
                line, at: Position(row: text.row + row, column: text.column), role: .dialog, maxWidth: text.columns)
        }
        guard !buttons.isEmpty, text.rows > 0 else { return rect }
        var column = max(text.column, text.endColumn - buttons.reduce(-1) { $0 + $1.displayWidth + 5 })
        for (index, button) in buttons.enumerated() {
            column +=
                grid.write(
                    "[ \(button) ]", at: Position(row: text.endRow - 1, column: column),
                    role: index == focusedButton ? .buttonFocused : .button, maxWidth: text.endColumn - column) + 1
        }
        return rect
    }

    private func wrapped(to width: Int) -> [String] {
        paragraphs.flatMap { $0.wrapped(to: width) }
    }
}

extension String {
    /// The text in lines of at most that many columns, broken at blanks where there are any. Empty text is one empty
    /// line.
    public func wrapped(to width: Int) -> [String] {
        guard width > 0 else { return [] }
        var lines: [String] = []
        var (line, used) = ("", 0)
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            var rest = String(word)
            var needed = rest.displayWidth
            if !line.isEmpty, used + 1 + needed > width {
                lines.append(line)
                (line, used) = ("", 0)
            } else if !line.isEmpty {
                line += " "
                used += 1
            }
            while needed > width {
                let head = rest.truncated(to: width, .clip)
                guard !head.isEmpty else { break }
                lines.append(head)
                rest.unicodeScalars.removeFirst(min(head.unicodeScalars.count, rest.unicodeScalars.count))
                needed = rest.displayWidth
            }
            line += rest
            used += needed
        }
        lines.append(line)
        return lines
    }
}
