import Core
import Grid
import Widgets

extension AppState {
    /// Draws what a decision would change; where the reason is typed.
    func drawDecision(_ decision: DecisionState, into grid: inout Grid) -> Position? {
        let width = min(76, size.columns - 2)
        let labelWidth = min(11, width / 4)
        let lines = decision.lines.flatMap { line in
            line.text.wrapped(to: max(1, width - labelWidth - 5)).enumerated().map { row, text in
                DecisionState.Line(label: row == 0 ? line.label : "", text: text, isWarning: line.isWarning)
            }
        }
        let below = decision.takesReason ? 2 : 1
        let rect = Rect(size).centered(GridSize(columns: width, rows: min(size.rows, lines.count + 2 + below)))
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect, title: decision.title, role: .dialogBorder, titleRole: .dialogTitle, lines: look.lines
        ).inset(columns: 1)
        let (foot, list) = inside.splitBottom(min(below, inside.rows))
        let offset = min(decision.offset, max(0, lines.count - list.rows))
        for row in 0..<list.rows where offset + row < lines.count {
            let line = lines[offset + row]
            grid.write(
                line.label, at: Position(row: list.row + row, column: list.column), role: .label,
                maxWidth: labelWidth - 1, ascii: look.lines.isASCII)
            grid.write(
                plain(line.text), at: Position(row: list.row + row, column: list.column + labelWidth),
                role: line.isWarning ? .warning : .value, maxWidth: list.columns - labelWidth, ascii: look.lines.isASCII
            )
        }
        if lines.count > list.rows, rect.columns > 20 {
            let shown = " \(offset + 1)-\(min(lines.count, offset + list.rows)) of \(lines.count) "
            grid.write(
                shown, at: Position(row: rect.endRow - 1, column: rect.endColumn - shown.count - 2), role: .dialogBorder
            )
        }
        guard !foot.isEmpty else { return nil }
        grid.write(
            "enter does it, esc changes nothing", at: Position(row: foot.endRow - 1, column: foot.column), role: .label,
            maxWidth: foot.columns, ascii: look.lines.isASCII)
        guard foot.rows > 1 else { return nil }
        grid.write("why", at: foot.origin, role: .label, maxWidth: labelWidth - 1)
        return decision.reason.draw(
            into: &grid,
            in: Rect(row: foot.row, column: foot.column + labelWidth, rows: 1, columns: foot.columns - labelWidth),
            placeholder: standingReason.isEmpty ? "optional, for the journal" : displayEscaped(standingReason),
            lines: look.lines)
    }

    func drawMessage(_ message: MessageState, into grid: inout Grid) {
        Dialog(
            title: message.title, paragraphs: message.paragraphs.map(plain), buttons: ["enter"],
            isError: message.isError
        ).draw(into: &grid, in: Rect(size), lines: look.lines)
    }

    /// Text without the characters that this terminal hasn't got.
    func plain(_ text: String) -> String {
        guard look.lines.isASCII else { return text }
        return String(
            text.map { character -> Character in
                switch character {
                case "×": "x"
                case "→": ">"
                case "°", "·": " "
                default: character
                }
            })
    }
}
