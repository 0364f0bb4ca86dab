import Core
import Grid
import Widgets

extension AppState {
    /// Rows below the list: the finding under the cursor, why it matters, what mends it.
    var inboxDetailRows: Int {
        let rows = (console?.area.rows ?? 0) - 2
        return rows < 8 ? 0 : min(rows / 2, 10)
    }

    func inboxHeading(_ console: ConsoleState) -> (String, [String]) {
        let inbox = console.inbox
        guard let items = inbox.items, let at = inbox.answeredAt else { return ("Inbox", []) }
        var facts = [items.isEmpty ? "nothing waits" : counted(items.count, "finding")]
        if inbox.isThorough { facts.append("with every photo and object") }
        if inbox.wantsThorough { facts.append("looking at every photo" + look.lines.ellipsis) }
        facts.append("as of \(ConsoleText.age(max(0, console.now - at))) ago")
        return ("Inbox", facts)
    }

    func drawInbox(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let items = console.inbox.items ?? []
        guard !items.isEmpty else {
            let key = keyMap.keyName(for: .lookThoroughly)
            return drawNoRows(
                ["nothing waits for you", hasJobsOfLibrary ? "\(key) goes through every photo and object, too" : ""],
                isLoaded: console.inbox.items != nil, into: &grid, in: area)
        }
        let (details, list) = area.splitBottom(inboxDetailRows)
        let columns: [ConsoleColumn] = [
            .init(title: "WHAT", width: 20, isRight: false, isFitted: true), .init(title: "COUNT", width: 7),
            .init(title: "ABOUT", width: 16, isRight: false, isFitted: true),
            .init(title: "WHY IT MATTERS", width: 0, isRight: false),
        ]
        drawRows(columns, count: items.count, console.inbox.cursor, into: &grid, in: list) { index in
            let item = items[index]
            let kind = item.kind.rawValue.replacing("_", with: " ")
            return [
                ConsoleCell(text: kind, role: item.kind == .unknown ? .error : .warning),
                ConsoleCell(text: item.count.map { grouped($0) } ?? "-", role: .badge),
                ConsoleCell(text: displayEscaped(item.subject), role: .value),
                ConsoleCell(text: displayEscaped(Self.head(item.explanation))),
            ]
        }
        guard let item = console.inbox.cursorItem else { return }
        var lines: [(label: String, text: String, role: StyleRole)] = [
            ("about", displayEscaped(item.subject), .value)
        ]
        lines.append(("why", displayEscaped(item.explanation), .value))
        if !item.command.isEmpty {
            lines.append(("mend", item.command.map { shellQuoted($0) }.joined(separator: " "), .key))
        }
        if let advice = item.advice { lines.append(("advice", advice, .warning)) }
        drawConsoleDetails(lines, into: &grid, in: details)
    }

    func inboxFacts(_ console: ConsoleState) -> String {
        guard let item = console.inbox.cursorItem else { return "" }
        let key = keyMap.keyName(for: .mendFinding)
        switch InboxWay(item) {
        case .screen(let screen): return "\(key) goes to \(screen.title.lowercased())"
        case .run: return "\(key) mends it, once you have agreed"
        case .advice: return "no command mends it"
        }
    }

    // Actions

    mutating func performInInbox(_ action: Action) -> [Effect]? {
        guard context == .inbox else { return nil }
        switch action {
        case .mendFinding:
            guard let item = console?.inbox.cursorItem else { return [] }
            switch InboxWay(item) {
            case .screen(let screen): return goTo(screen)
            case .run(let fix): decide(.mend(fix))
            case .advice(let text): activity.notice = Notice(.information, text)
            }
        case .lookThoroughly:
            console?.inbox.wantsThorough = true
            let given = console?.poll.underway ?? []
            console?.poll = ConsoleState.Poll()
            return given.map { .cancel($0) }
        default: return nil
        }
        return []
    }

    func reasonUnavailableInInbox(_ action: Action, _ console: ConsoleState) -> String? {
        switch action {
        case .lookThoroughly:
            if !hasJobsOfLibrary { return "there is no library here, only a broker" }
            return console.inbox.wantsThorough ? "it is under way" : nil
        case .mendFinding:
            guard let item = console.inbox.cursorItem else { return "there is no finding" }
            guard case .run = InboxWay(item) else { return nil }
            if let obstacle = console.obstacle { return obstacle }
            return reasonBusy(console)
        default: return nil
        }
    }
}
