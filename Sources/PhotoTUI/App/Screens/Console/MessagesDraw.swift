import Core
import Grid
import Widgets

extension AppState {
    func messagesHeading(_ console: ConsoleState) -> (String, [String]) {
        guard let messages = console.messages else { return ("Messages", []) }
        let title = "Messages of \(displayEscaped(messages.queue))"
        guard let read = messages.messages, let at = messages.answeredAt else { return (title, []) }
        if let pane = messages.detail { return (title, [paneFacts(pane)].filter { !$0.isEmpty }) }
        let poison = read.count { $0.poison?.isHarmful == true }
        var facts = ["\(grouped(read.count)) of \(grouped(messages.waiting))"]
        if poison > 0 { facts.append("\(grouped(poison)) poison") }
        facts.append("as of \(ConsoleText.age(max(0, console.now - at))) ago")
        return (title, facts)
    }

    func drawMessages(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        guard let messages = console.messages else { return }
        if let pane = messages.detail { return drawPane(pane, into: &grid, in: area) }
        let read = messages.messages ?? []
        guard !read.isEmpty else {
            return drawNoRows(
                ["no message waits in \(messages.queue)", "what workers hold is not in it any more"],
                isLoaded: messages.messages != nil, into: &grid, in: area)
        }
        let columns: [ConsoleColumn] = [
            .init(title: "AGE", width: 6), .init(title: "P", width: 1),
            .init(title: "TASK", width: max(14, (area.columns - 14) * 2 / 5), isRight: false),
            .init(title: "ARGUMENTS", width: 0, isRight: false),
        ]
        drawRows(columns, count: read.count, messages.cursor, into: &grid, in: area) { index in
            let message = read[index]
            let age = message.publishedAt.map { ConsoleText.age(max(0, (messages.answeredAt ?? console.now) - $0)) }
            let isPoison = message.poison?.isHarmful == true
            return [
                ConsoleCell(text: age ?? "-", role: .dim),
                ConsoleCell(text: message.priority == 0 ? "" : "\(message.priority)", role: .badge),
                ConsoleCell(
                    text: (isPoison ? "!" : "") + displayEscaped(Self.head(message.task ?? "no task")),
                    role: isPoison ? .error : .text),
                ConsoleCell(
                    text: displayEscaped(
                        Self.head(isPoison ? message.poison?.description ?? "" : Self.arguments(of: message))),
                    role: isPoison ? .error : .dim),
            ]
        }
    }

    /// As much as a line may show of it.
    static func head(_ text: String) -> String { String(decoding: text.utf8.prefix(1000), as: UTF8.self) }

    private static func arguments(of message: QueuedMessage) -> String {
        let keywords = message.keywords ?? ""
        let arguments = message.arguments ?? ""
        if let unread = message.poison?.fault { return "\(unread): not read here \(head(arguments)) \(keywords)" }
        return keywords.isEmpty || keywords == "{}" ? arguments : "\(head(arguments)) \(keywords)"
    }

    func messagesFacts(_ console: ConsoleState) -> String {
        guard let messages = console.messages, let message = messages.cursorMessage else { return "" }
        var parts = [displayEscaped(Self.head(message.id ?? "no id")), ConsoleText.bytes(message.byteCount)]
        if message.retries > 0 { parts.append("retry \(message.retries)") }
        if let eta = message.eta { parts.append("not before \(displayEscaped(Self.head(eta)))") }
        if message.isRedelivered { parts.append("delivered before") }
        if messages.messages?.count == messages.limit, messages.waiting > messages.limit {
            parts.append("the next \(grouped(messages.waiting)) in order of delivery")
        }
        return parts.joined(separator: look.lines.separator)
    }
}
