import Core
import Grid
import Widgets

/// What happened, to a photo or by whoever used the console, over the screen.
public struct StoryState: Hashable, Sendable {
    /// Safe to show.
    let title: String
    var request: RequestID?
    /// nil until they are here. Safe to show.
    var lines: [String]?
    var offset = 0
}

extension AppState {
    mutating func openStory() -> [Effect] {
        guard let entry = timeline.cursorEntry else { return [] }
        let request = makeRequest()
        let title = "What happened to \(displayEscaped(entry.filename))"
        layers.append(.story(StoryState(title: title, request: request)))
        return [.loadStory(request, entry.id)]
    }

    mutating func openJournal() -> [Effect] {
        let request = makeRequest()
        layers.append(.story(StoryState(title: "What was done, and what came of it", request: request)))
        return [.loadJournal(request)]
    }

    mutating func storyLoaded(_ request: RequestID, _ lines: [String]) {
        guard case .story(var story)? = layers.last, story.request == request else { return }
        story.lines = lines
        layers[layers.count - 1] = .story(story)
    }

    /// Whether it was the story that failed.
    mutating func storyFailed(_ request: RequestID, _ error: EngineError) -> Bool {
        guard case .story(let story)? = layers.last, story.request == request else { return false }
        layers.removeLast()
        activity.notice = Notice(error)
        return true
    }

    mutating func handleStory(_ press: KeyPress, _ story: StoryState) -> [Effect] {
        var story = story
        let rows = storyArea.rows - 2
        let last = max(0, wrapped(story).count - rows)
        switch keyMap.action(for: press, in: .timeline) {
        case .moveDown: story.offset += 1
        case .moveUp: story.offset -= 1
        case .pageDown, .halfPageDown: story.offset += rows
        case .pageUp, .halfPageUp: story.offset -= rows
        case .goFirst: story.offset = 0
        case .goLast: story.offset = last
        default: return story.lines == nil ? story.request.map { [.cancel($0)] } ?? [] : []
        }
        story.offset = min(max(0, story.offset), last)
        layers.append(.story(story))
        return []
    }

    private var storyArea: Rect {
        Rect(size).centered(GridSize(columns: size.columns - 2, rows: size.rows - 2))
    }

    private func wrapped(_ story: StoryState) -> [String] {
        (story.lines ?? ["loading" + look.lines.ellipsis]).flatMap { line in
            line.isEmpty ? [""] : line.wrapped(to: max(8, storyArea.columns - 4))
        }
    }

    func drawStory(_ story: StoryState, into grid: inout Grid) {
        let rect = storyArea
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect,
            title: story.title.truncated(
                to: max(8, rect.columns - 4), .middle, ascii: look.lines.isASCII), role: .dialogBorder,
            titleRole: .dialogTitle, lines: look.lines)
        let lines = wrapped(story)
        for row in 0..<inside.rows where story.offset + row < lines.count {
            grid.write(
                plain(lines[story.offset + row]), at: Position(row: inside.row + row, column: inside.column + 1),
                role: .dialog, maxWidth: inside.columns - 2, ascii: look.lines.isASCII)
        }
        if lines.count > inside.rows {
            let shown = "\(story.offset + 1)-\(min(lines.count, story.offset + inside.rows)) of \(lines.count)"
            grid.write(
                " \(shown) ", at: Position(row: rect.endRow - 1, column: rect.endColumn - shown.count - 4),
                role: .dialogBorder)
        }
    }
}
