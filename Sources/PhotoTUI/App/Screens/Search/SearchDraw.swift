import Core
import Grid
import Search
import Widgets

extension AppState {
    /// The line itself, what is wrong with it marked.
    func drawSearchLine(_ prompt: SearchPrompt, into grid: inout Grid, in area: Rect) -> Position {
        grid.write("/", at: Position(row: area.row, column: 1), role: .key)
        let line = Rect(row: area.row, column: 2, rows: 1, columns: area.columns - 3)
        let cursor = prompt.field.draw(
            into: &grid, in: line, placeholder: "lisbon 2019..2021 camera:x100 iso:>800 -tag:work \"two words\"",
            marking: timeline.search.fault?.place, lines: look.lines)
        return cursor
    }

    /// Above the line: what is wrong or worth knowing, and how many photos there are.
    func drawSearchStatus(_ prompt: SearchPrompt, into grid: inout Grid, in area: Rect) {
        let search = timeline.search
        let isWaiting = search.timer != nil || search.request != nil
        let right = search.isActive ? (isWaiting && search.count == nil ? look.lines.ellipsis : search.countText) : ""
        var (left, role) = ("", StyleRole.dim)
        if let fault = search.fault {
            (left, role) = (fault.description, .error)
        } else if !search.notes.isEmpty {
            (left, role) = (search.notes.map(\.description).joined(separator: look.lines.separator), .warning)
        } else if !prompt.past.isEmpty, prompt.field.text.isEmpty {
            left = "up: \(prompt.past[0])"
        }
        grid.fill(area)
        grid.write(
            displayEscaped(left), at: Position(row: area.row, column: area.column + 1), role: role,
            maxWidth: max(0, area.columns - right.displayWidth - 4), truncation: .ellipsis, ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: area.endColumn - right.displayWidth - 1), role: .success)
    }

    /// How the line could go on, above it.
    func drawProposals(_ prompt: SearchPrompt, into grid: inout Grid, above row: Int) {
        let shown = Array(prompt.proposals.prefix(max(0, min(8, row - 3))))
        guard !shown.isEmpty else { return }
        let counts = shown.map { $0.photoCount.map(grouped) ?? "" }
        let countWidth = counts.map(\.displayWidth).max() ?? 0
        let texts = shown.map { displayEscaped($0.text) }
        let room = max(8, size.columns - 4)
        let width = min(room, (texts.map(\.displayWidth).max() ?? 0) + countWidth + 4)
        let before = String(prompt.field.characters.prefix(shown[0].place.lowerBound)).displayWidth
        let column = max(1, min(2 + before, size.columns - width - 1))
        for (index, text) in texts.enumerated() {
            let line = Rect(row: row - shown.count + index, column: column, rows: 1, columns: width)
            let isSelected = index == prompt.selection
            let role: StyleRole = isSelected ? .cursor : .dialog
            grid.fill(line, with: Cell(" ", paint: .role(role)))
            grid.write(
                text, at: Position(row: line.row, column: line.column + 1), role: role,
                maxWidth: max(0, width - countWidth - 3), truncation: .middle, ascii: look.lines.isASCII)
            grid.write(
                counts[index],
                at: Position(row: line.row, column: line.endColumn - 1 - counts[index].displayWidth), role: role)
        }
    }
}
