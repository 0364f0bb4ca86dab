import Core
public import Grid
import Widgets

/// Draws the whole screen, and tells where the terminal's cursor stands while text is typed. Pure.
@discardableResult
public func draw(_ state: AppState, into grid: inout Grid) -> Position? {
    let layout = Layout(grid.size)
    grid.fill(grid.bounds)
    guard !layout.isTooSmall else {
        let text = "phototui needs \(Layout.minimum.columns)x\(Layout.minimum.rows) cells"
        for (row, line) in text.wrapped(to: max(1, grid.columns)).enumerated() {
            grid.write(line, at: Position(row: row, column: 0), role: .warning)
        }
        return nil
    }
    state.drawTop(into: &grid, in: layout.top)
    switch state.context {
    case .timeline: state.drawTimeline(into: &grid, layout)
    case .viewer: if let viewer = state.viewer { state.drawViewer(viewer, into: &grid) }
    case .duplicates: state.drawDuplicates(into: &grid, layout)
    case .comparison: if let comparison = state.duplicates.comparison { state.drawComparison(comparison, into: &grid) }
    case .trash: state.drawTrash(into: &grid, layout)
    case .places: state.drawPlaces(into: &grid, layout)
    case .albums: state.drawAlbums(into: &grid, layout)
    case .queues, .messages, .workers, .dead, .jobs, .inbox, .health, .costs: state.drawConsole(into: &grid, layout)
    }
    state.drawDetails(into: &grid, in: layout.details)
    let cursor = state.drawFooter(into: &grid, in: layout.footer)
    var found = cursor
    for layer in state.layers {
        if let position = state.drawLayer(layer, into: &grid) { found = position }
    }
    return found
}

extension AppState {
    func drawTop(into grid: inout Grid, in area: Rect) {
        var column = area.column + 1
        column += grid.write("phototui", at: Position(row: area.row, column: column), role: .title) + 2
        // A cluster is part of the duplicates, a queue's messages of the queues, and an album's photos of the albums.
        var current = isOnDuplicates ? KeyContext.duplicates : context == .messages ? .queues : context
        if current == .timeline, openedAlbum != nil { current = .albums }
        for view in shownViews where area.columns >= 48 || view == current {
            guard area.columns >= 40 else { break }
            let isActive = view == current
            let name = " \(view.title) "
            column +=
                grid.write(
                    name, at: Position(row: area.row, column: column), role: isActive ? .tabActive : .tab) + 1
        }
        var parts: [String] = []
        if isOnConsole { return drawBroker(into: &grid, in: area, from: column) }
        if timeline.search.isActive {
            parts.append(timeline.search.countText)
        } else if !timeline.layout.isEmpty {
            parts.append(counted(timeline.layout.count, "photo"))
        }
        if let album = openedAlbum {
            parts.append(displayEscaped(album.name))
        } else if timeline.search.isActive, !isOnDuplicates {
            parts.append("/" + displayEscaped(timeline.search.text))
        }
        parts.removeAll(where: \.isEmpty)
        if let line { parts.insert(lineText(line), at: 0) }
        if !libraryName.isEmpty { parts.append(displayEscaped(libraryName)) }
        let text = parts.joined(separator: look.lines.separator)
            .truncated(to: max(0, area.endColumn - column - 2), ascii: look.lines.isASCII)
        grid.write(
            text, at: Position(row: area.row, column: area.endColumn - text.displayWidth - 1), role: .dim)
    }

    /// `20 kB/s 300 ms`, and a mark while pictures wait.
    private func lineText(_ line: SlowLine) -> String {
        let milliseconds = Int(line.roundTrip / .milliseconds(1))
        let rate = line.bytes < 10_000 ? "\(line.bytes / 1000).\(line.bytes % 1000 / 100)" : "\(line.bytes / 1000)"
        let mark = line.isBusy ? (look.lines.isASCII ? "v " : "⇣ ") : ""
        return "\(mark)\(rate) kB/s \(milliseconds) ms"
    }

    /// The views that the top line names: those of the photos, or those of the broker.
    private var shownViews: [KeyContext] {
        let photos: [KeyContext] =
            [.timeline, .viewer, .duplicates]
            + ([.trash, .places].contains(context)
                ? [context] : context == .albums || openedAlbum != nil ? [.albums] : [])
        guard isOnConsole else {
            let others: [KeyContext] = console?.hasBroker == true ? [.queues] : []
            return photos + (size.columns >= 72 ? others : [])
        }
        let ofBroker: [KeyContext] = console?.hasBroker == true ? [.queues, .workers, .dead] : [.dead]
        let all =
            (hasLibrary ? [.timeline] : []) + ofBroker + [.jobs, .inbox, .health] + (hasJobsOfLibrary ? [.costs] : [])
        // As many as leave room for the address; that which shows is always among them.
        var room = size.columns - 11
        if let console {
            room -= min(24, (placeNames(console).last?.displayWidth ?? 0) + 2)
            room -= console.obstacle == nil ? 0 : Self.readOnlyMark.count + 2
        }
        return all.filter { view in
            let needed = view.title.count + 3
            guard view == context || needed + context.title.count + 3 <= room else { return false }
            room -= needed
            return true
        }
    }

    private static let readOnlyMark = "read only"

    /// What the place is called, safe to show, the longest first.
    private func placeNames(_ console: ConsoleState) -> [String] {
        let address = displayEscaped(console.address)
        if console.options.first == "--profile", let name = console.options.last.map({ displayEscaped($0) }) {
            return [name + look.lines.separator + address, name]
        }
        let bare = address.hasPrefix("redis://") ? String(address.dropFirst(8)) : address
        return [address, bare]
    }

    /// Which broker it is, and whether it may only be looked at.
    private func drawBroker(into grid: inout Grid, in area: Rect, from column: Int) {
        guard let console else { return }
        let mark = console.obstacle == nil ? "" : Self.readOnlyMark
        let room = max(0, area.endColumn - column - 2 - (mark.isEmpty ? 0 : mark.count + 2))
        let names = placeNames(console)
        let address = (names.first { $0.displayWidth <= room } ?? names.last ?? "")
            .truncated(to: room, .middle, ascii: look.lines.isASCII)
        let left = area.endColumn - 1 - address.displayWidth
        grid.write(address, at: Position(row: area.row, column: left), role: .dim)
        guard !mark.isEmpty else { return }
        grid.write(mark, at: Position(row: area.row, column: max(column, left - mark.count - 2)), role: .warning)
    }

    /// The line that tells of the photo under the cursor.
    func drawDetails(into grid: inout Grid, in area: Rect) {
        if isOnConsole || pendingText != nil { return drawConsoleStatus(into: &grid, in: area) }
        if isOnDuplicates || [.trash, .places, .albums].contains(context) {
            return drawDuplicatesStatus(into: &grid, in: area)
        }
        if case .search(let prompt)? = layers.last { return drawSearchStatus(prompt, into: &grid, in: area) }
        guard let entry = timeline.cursorEntry else { return }
        var parts = [displayEscaped(entry.filename), shortTime(entry.captureTime)]
        if let size = entry.pixelSize { parts.append("\(size.width)\(look.lines.isASCII ? "x" : "×")\(size.height)") }
        if let rating = entry.rating, rating > 0 {
            parts.append(look.lines.isASCII ? "rated \(min(5, rating))" : String(repeating: "★", count: min(5, rating)))
        }
        if entry.isFavourite { parts.append(look.lines.isASCII ? "favourite" : "♥") }
        if entry.isMissing { parts.append("missing") }
        if look.lines.isASCII, timeline.marks[entry.id] != nil { parts.append("marked") }
        if context == .viewer, let zoom = viewer?.zoom, zoom.scale > 1 {
            parts.append("\(Int((zoom.scale * 100).rounded())) %")
        }
        if context == .viewer, viewer?.isPlaying == true { parts.append("slideshow") }
        let total = timeline.search.count.map { grouped($0.count) + ($0.isBounded ? "+" : "") }
        let right =
            context == .viewer ? "\(grouped(timeline.cursor + 1)) of \(total ?? grouped(timeline.layout.count))" : ""
        let room = area.columns - 2 - (right.isEmpty ? 0 : right.displayWidth + 2)
        grid.write(
            parts.joined(separator: "  "), at: Position(row: area.row, column: area.column + 1), role: .text,
            maxWidth: max(0, room), truncation: .middle, ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: area.endColumn - right.displayWidth - 1), role: .dim)
    }

    private func drawDuplicatesStatus(into grid: inout Grid, in area: Rect) {
        let (left, right) =
            switch context {
            case .comparison: comparisonStatus
            case .trash: trashStatus
            case .places: placesStatus
            case .albums: albumsStatus
            default: duplicatesStatus
            }
        grid.write(
            left, at: Position(row: area.row, column: area.column + 1), role: .text,
            maxWidth: max(0, area.columns - right.displayWidth - 4),
            truncation: context == .comparison ? .middle : .ellipsis, ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: area.endColumn - right.displayWidth - 1), role: .success)
    }

    func drawFooter(into grid: inout Grid, in area: Rect) -> Position? {
        if case .search(let prompt)? = layers.last { return drawSearchLine(prompt, into: &grid, in: area) }
        if case .clusterFilter(let field, _)? = layers.last {
            grid.write("/", at: Position(row: area.row, column: 1), role: .key)
            return field.draw(
                into: &grid, in: Rect(row: area.row, column: 2, rows: 1, columns: area.columns - 3),
                placeholder: "name, camera, lens, place, caption, is:exact, is:same, is:certain", lines: look.lines)
        }
        if case .edit(let prompt)? = layers.last { return draw(prompt, into: &grid, in: area) }
        if case .consoleFilter(let field, _)? = layers.last {
            grid.write("/", at: Position(row: area.row, column: 1), role: .key)
            return field.draw(
                into: &grid, in: Rect(row: area.row, column: 2, rows: 1, columns: area.columns - 3),
                placeholder: consoleFilterHint, lines: look.lines)
        }
        if let notice = activity.notice {
            let role: StyleRole =
                switch notice.severity {
                case .success: .success
                case .information: .status
                case .warning: .warning
                case .error: .error
                }
            grid.write(
                displayEscaped(notice.text), at: Position(row: area.row, column: 1), role: role,
                maxWidth: area.columns - 2, ascii: look.lines.isASCII)
            return nil
        }
        func hint(_ description: ActionDescription) -> FooterBar.Hint? {
            let key = keyMap.keyName(for: description.action)
            guard !key.isEmpty else { return nil }
            return FooterBar.Hint(
                key: key, action: description.shortTitle, isEnabled: reasonUnavailable(description.action) == nil)
        }
        let hints = ActionDescription.all
            .filter { $0.contexts.contains(context) && $0.footerRank != nil }
            .filter { (!isOnConsole || $0.action != .openDuplicates) && isOffered($0.action) }
            .sorted { $0.footerRank! < $1.footerRank! }
            .compactMap(hint)
        let (text, role) = statusText
        let inside = Rect(row: area.row, column: area.column + 1, rows: 1, columns: area.columns - 2)
        FooterBar(hints: hints, last: hint(.of(.help)), status: text, statusRole: role).draw(
            into: &grid, in: inside, lines: look.lines)
        return nil
    }

    /// What is typed, and at its right the names it may mean.
    private func draw(_ prompt: EditPrompt, into grid: inout Grid, in area: Rect) -> Position {
        if let notice = activity.notice, notice.severity == .error {
            grid.write(
                displayEscaped(notice.text), at: Position(row: area.row, column: 1), role: .error,
                maxWidth: area.columns - 2, ascii: look.lines.isASCII)
            return Position(row: area.row, column: area.columns - 1)
        }
        grid.write(prompt.label, at: Position(row: area.row, column: 1), role: .key, maxWidth: area.columns - 2)
        let start = min(prompt.label.displayWidth + 2, area.columns - 2)
        let room = area.columns - start - 1
        let names = prompt.suggestions.map { displayEscaped($0) }.joined(separator: look.lines.separator)
        let width = prompt.suggestions.isEmpty ? room : max(min(room, 12), room / 2)
        if room - width > 8 {
            grid.write(
                "tab " + names, at: Position(row: area.row, column: start + width + 1), role: .dim,
                maxWidth: room - width - 1, truncation: .ellipsis, ascii: look.lines.isASCII)
        }
        return prompt.field.draw(
            into: &grid, in: Rect(row: area.row, column: start, rows: 1, columns: width), placeholder: prompt.hint,
            lines: look.lines)
    }

    /// The most pressing of what goes on.
    private var statusText: (String, StyleRole) {
        if let warning = activity.warnings.last { return (displayEscaped(warning.text), .warning) }
        var parts: [String] = []
        var role = StyleRole.status
        if isOnConsole { return ("", role) }
        if let range = timeline.range {
            parts.append("range of \(grouped(range.count))")
        } else if !timeline.marks.isEmpty {
            parts.append("\(grouped(timeline.marks.count)) marked")
        }
        if let status = activity.importing {
            parts.append(importText(status))
            role = .statusProgress
        } else if activity.waitingJobs > 0 {
            parts.append("\(counted(activity.waitingJobs, "photo")) to process")
            role = .statusProgress
        }
        return (parts.joined(separator: look.lines.separator), role)
    }

    private func importText(_ status: ImportStatus) -> String {
        if status.isScanning {
            return "indexing \(grouped(status.indexed)) of \(grouped(status.found))" + look.lines.ellipsis
        }
        if status.indexed < status.found {
            return "indexing \(status.indexed * 100 / max(1, status.found)) %"
        }
        var text = "processing \(status.processed * 100 / max(1, status.toProcess)) %"
        if status.photosPerSecond > 0 { text += " \(Int(status.photosPerSecond.rounded()))/s" }
        if let left = status.secondsLeft { text += " \(ProgressBar.duration(left))" }
        return text
    }

    func drawLayer(_ layer: Layer, into grid: inout Grid) -> Position? {
        switch layer {
        case .clusterFilter, .consoleFilter, .edit: return nil
        case .search(let prompt):
            drawProposals(prompt, into: &grid, above: Layout(size).details.row)
            return nil
        case .consoleDecision(let decision): return drawConsoleDecision(decision, into: &grid)
        case .decision(let decision): return drawDecision(decision, into: &grid)
        case .message(let message):
            drawMessage(message, into: &grid)
            return nil
        case .story(let story):
            drawStory(story, into: &grid)
            return nil
        case .help(let offset):
            drawHelp(offset: offset, into: &grid)
            return nil
        case .palette(let palette): return drawPalette(palette, into: &grid)
        case .jump(let field): return drawJump(field, into: &grid)
        }
    }

    private func drawPalette(_ palette: PaletteState, into grid: inout Grid) -> Position {
        let matches = paletteActions(palette.field.text)
        let rows = min(max(1, matches.count), max(1, min(14, size.rows - 7)))
        var rect = Rect(size).centered(GridSize(columns: min(72, size.columns - 2), rows: rows + 3))
        rect.row = min(rect.row, 3)
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect, title: "Actions", role: .dialogBorder, titleRole: .dialogTitle, lines: look.lines)
        let (line, list) = inside.splitTop(1)
        let cursor = palette.field.draw(
            into: &grid, in: line.inset(columns: 1),
            placeholder: "an action, or: jump 2019-07, search text, theme light",
            lines: look.lines)
        let offset = max(0, palette.selection - list.rows + 1)
        for row in 0..<list.rows where offset + row < matches.count {
            let match = matches[offset + row]
            let reason = reasonUnavailable(match.action)
            let isSelected = offset + row == palette.selection
            let bar = Rect(row: list.row + row, column: list.column, rows: 1, columns: list.columns)
            let keys = keyMap.keyNames(for: match.action).truncated(to: 20, ascii: look.lines.isASCII)
            let text = reason.map { "\(match.title) (\($0))" } ?? match.title
            grid.write(
                text, at: Position(row: bar.row, column: bar.column + 1), role: reason == nil ? .dialog : .disabled,
                maxWidth: bar.columns - keys.displayWidth - 3, ascii: look.lines.isASCII)
            grid.write(keys, at: Position(row: bar.row, column: bar.endColumn - keys.displayWidth - 1), role: .key)
            if isSelected { grid.repaint(bar, role: .cursor) }
        }
        if matches.isEmpty {
            grid.write("no action has this name", at: Position(row: list.row, column: list.column + 1), role: .disabled)
        }
        return cursor
    }

    private func drawJump(_ field: TextField, into grid: inout Grid) -> Position {
        let rect = Rect(size).centered(GridSize(columns: min(46, size.columns - 2), rows: 4))
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect, title: "Jump to a date", role: .dialogBorder, titleRole: .dialogTitle, lines: look.lines
        ).inset(columns: 1)
        let cursor = field.draw(
            into: &grid, in: inside, placeholder: "2019, 2019-07 or july 2019", lines: look.lines)
        let target = JumpDate(field.text)?.month(in: timeline.layout)
        var text = field.text.isEmpty ? "" : "no date yet"
        if let target {
            let month = timeline.layout.months[target.index]
            text = "\(target.isExact ? "" : "nearest: ")\(monthTitle(month.month)), \(counted(month.count, "photo"))"
        }
        grid.write(
            text, at: Position(row: inside.row + 1, column: inside.column), role: .dialog, maxWidth: inside.columns,
            ascii: look.lines.isASCII)
        return cursor
    }
}
