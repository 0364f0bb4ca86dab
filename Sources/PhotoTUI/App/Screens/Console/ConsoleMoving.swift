import Core
import Grid
import Widgets

extension AppState {
    /// Names of the rows that show.
    var consoleKeys: [String] {
        guard let console else { return [] }
        switch context {
        case .messages: return console.messages?.keys ?? []
        case .workers: return console.workers.rows.map(\.worker.name)
        case .dead: return console.dead.rowKeys
        case .jobs: return console.jobs.jobs.map(\.id)
        case .inbox: return console.inbox.keys
        case .health: return (console.health.entries ?? []).map(\.name)
        case .costs: return (console.costs.report?.forecasts ?? []).map(\.provider)
        default: return console.queues.rows.map(\.name)
        }
    }

    var showsText: Bool {
        switch context {
        case .messages: console?.messages?.detail != nil
        case .dead: console?.dead.letter != nil
        case .jobs: console?.jobs.detail != nil
        default: false
        }
    }

    var shownRows: Int { showsText ? consolePaneRows : consoleRows }

    mutating func moveInConsole(by lines: Int) -> [Effect] {
        if showsText {
            let rows = consolePaneRows
            if context == .messages, let pane = console?.messages?.detail {
                console?.messages?.detail?.scroll(to: pane.offset + lines, rows: rows)
            } else if context == .dead, let pane = console?.dead.letter?.pane {
                console?.dead.letter?.pane?.scroll(to: pane.offset + lines, rows: rows)
            } else if context == .jobs, let pane = console?.jobs.detail?.pane {
                console?.jobs.detail?.pane?.scroll(to: pane.offset + lines, rows: rows)
            }
            return []
        }
        if context == .jobs, lines > 0 { console?.jobs.follows = false }
        let (keys, visible) = (consoleKeys, consoleRows)
        changeCursor { $0.move(to: $0.scroll.cursor + lines, in: keys, visible: visible) }
        return askForMoreMessages() + askForMoreJobs()
    }

    /// Near the end of the messages that were read, more of them are.
    mutating func askForMoreMessages() -> [Effect] {
        guard context == .messages, let messages = console?.messages, let read = messages.messages,
            messages.cursor.scroll.cursor >= read.count - 1, read.count == messages.limit,
            messages.limit < MessagesState.mostListed, messages.waiting > read.count
        else { return [] }
        console?.messages?.limit += MessagesState.pageSize
        let request = makeRequest()
        let given = console?.poll.underway ?? []
        console?.poll = ConsoleState.Poll(request: request)
        return given.map { .cancel($0) }
            + [.loadMessages(request, queue: messages.queue, limit: messages.limit + MessagesState.pageSize)]
    }

    mutating func changeCursor(_ change: (inout RowCursor) -> Void) {
        guard var console else { return }
        switch context {
        case .messages:
            guard var messages = console.messages else { return }
            change(&messages.cursor)
            console.messages = messages
        case .workers: change(&console.workers.cursor)
        case .jobs: change(&console.jobs.cursor)
        case .inbox: change(&console.inbox.cursor)
        case .health: change(&console.health.cursor)
        case .costs: change(&console.costs.cursor)
        case .dead where console.dead.group != nil: change(&console.dead.letterCursor)
        case .dead: change(&console.dead.cursor)
        default: change(&console.queues.cursor)
        }
        self.console = console
    }
}
