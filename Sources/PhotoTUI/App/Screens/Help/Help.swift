import Grid
import Widgets

extension AppState {
    /// Help's lines: the context's actions with their keys, the unavailable ones with the reason.
    func helpLines() -> [HelpLine] {
        ActionDescription.all.filter { $0.contexts.contains(context) }.map {
            HelpLine(
                keys: keyMap.keyNames(for: $0.action), title: $0.title, reason: reasonUnavailable($0.action))
        }
    }

    mutating func handleHelp(_ press: KeyPress, offset: Int) -> [Effect] {
        let rows = helpArea.rows - 2
        let last = max(0, helpLines().count - rows)
        var offset = offset
        switch keyMap.action(for: press, in: .timeline) {
        case .moveDown: offset += 1
        case .moveUp: offset -= 1
        case .pageDown, .halfPageDown: offset += rows
        case .pageUp, .halfPageUp: offset -= rows
        case .goFirst: offset = 0
        case .goLast: offset = last
        default: return []
        }
        layers.append(.help(offset: min(max(0, offset), last)))
        return []
    }

    private static let keyColumns = 18

    /// As wide as its longest line, where there is room.
    var helpArea: Rect {
        let lines = helpLines()
        let needed = (lines.map(\.text.displayWidth).max() ?? 0) + Self.keyColumns + 5
        return Rect(size).centered(
            GridSize(columns: min(max(76, needed), size.columns - 2), rows: min(lines.count + 2, size.rows - 2)))
    }

    func drawHelp(offset: Int, into grid: inout Grid) {
        let rect = helpArea
        let lines = helpLines()
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect, title: "\(context.title): keys", role: .dialogBorder, titleRole: .dialogTitle, lines: look.lines)
        let keyWidth = min(Self.keyColumns, inside.columns / 3)
        for row in 0..<inside.rows where offset + row < lines.count {
            let line = lines[offset + row]
            let isAvailable = line.reason == nil
            grid.write(
                line.keys, at: Position(row: inside.row + row, column: inside.column + 1),
                role: isAvailable ? .key : .disabled, maxWidth: keyWidth, ascii: look.lines.isASCII)
            grid.write(
                line.text, at: Position(row: inside.row + row, column: inside.column + keyWidth + 2),
                role: isAvailable ? .dialog : .disabled, maxWidth: inside.columns - keyWidth - 3,
                ascii: look.lines.isASCII)
        }
        if lines.count > inside.rows {
            let shown = "\(offset + 1)-\(min(lines.count, offset + inside.rows)) of \(lines.count)"
            grid.write(
                " \(shown) ", at: Position(row: rect.endRow - 1, column: rect.endColumn - shown.count - 4),
                role: .dialogBorder)
        }
    }
}

struct HelpLine {
    let keys: String
    let title: String
    let reason: String?

    var text: String { reason.map { "\(title) (\($0))" } ?? title }
}
