import Core
import Grid
import Widgets

extension AppState {
    func drawViewer(_ viewer: ViewerState, into grid: inout Grid) {
        let (area, info) = viewerArea
        if let shown = viewer.shown, shown.request.photo == viewer.photo, !area.isEmpty {
            let rect = area.centered(shown.picture.size)
            grid.draw(shown.picture, at: rect.origin, clip: area)
        } else if !area.isEmpty {
            let lines = viewerExplanation(viewer)
            let top = area.row + max(0, (area.rows - lines.count) / 2)
            for (row, line) in lines.enumerated() where row < area.rows {
                let text = line.truncated(to: area.columns, ascii: look.lines.isASCII)
                let column = area.column + (area.columns - text.displayWidth) / 2
                grid.write(
                    text, at: Position(row: top + row, column: column),
                    role: viewer.failure == nil ? .placeholder : row == 0 ? .thumbnailFailed : .text)
            }
        }
        if viewer.showsInfo, !info.isEmpty { drawInfo(viewer, into: &grid, in: info) }
    }

    private func viewerExplanation(_ viewer: ViewerState) -> [String] {
        let width = max(10, viewerArea.picture.columns - 4)
        guard let entry = viewer.entry else { return ["loading" + look.lines.ellipsis] }
        let name = displayEscaped(entry.filename)
        if let failure = viewer.failure { return [name] + displayEscaped(failure).wrapped(to: width) }
        switch entry.status {
        case .queued: return [name, "its picture is still being made"]
        case .unreadable:
            let problem = viewer.details?.photo.problem.map { displayEscaped($0) }
            return [name, "no picture could be read from it"] + (problem?.wrapped(to: width) ?? [])
        case .ready: return [name]
        }
    }

    private func drawInfo(_ viewer: ViewerState, into grid: inout Grid, in area: Rect) {
        grid.fill(area, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            area, title: "Info", role: .dialogBorder, titleRole: .dialogTitle, lines: look.lines
        ).inset(columns: 1)
        guard let details = viewer.details else {
            grid.write("loading" + look.lines.ellipsis, at: inside.origin, role: .placeholder)
            return
        }
        var row = inside.row
        let labelWidth = min(10, inside.columns / 3)
        for item in PhotoInfo(details).rows {
            guard row < inside.endRow else { break }
            // Long names, as tags have, take a line of their own.
            let isLong = item.label.displayWidth > labelWidth
            grid.write(
                item.label, at: Position(row: row, column: inside.column), role: .label, maxWidth: inside.columns,
                ascii: look.lines.isASCII)
            if isLong { row += 1 }
            let indent = isLong ? 2 : labelWidth + 1
            for line in item.value.wrapped(to: inside.columns - indent).prefix(4) {
                guard row < inside.endRow else { break }
                grid.write(
                    line, at: Position(row: row, column: inside.column + indent),
                    role: item.isProblem ? .warning : .value, maxWidth: inside.columns - indent,
                    ascii: look.lines.isASCII)
                row += 1
            }
        }
    }
}
