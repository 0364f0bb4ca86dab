import Core
import Grid
import Widgets

/// A column of a list of the console.
struct ConsoleColumn {
    let title: String
    /// 0 takes what is left.
    let width: Int
    var isRight = true
    /// Whether it has no more than the texts that show need.
    var isFitted = false
    /// Of one that takes what is left: fewer are not enough, and other columns go first.
    var least = Self.least

    static let least = 14
}

struct ConsoleCell {
    /// Safe to show.
    let text: String
    var role: StyleRole = .text
    /// Told behind the text, and shown whole where that is cut.
    var note = ""
}

extension AppState {
    func drawConsole(into grid: inout Grid, _ layout: Layout) {
        guard let console else { return }
        let (heading, rest) = layout.body.splitTop(1)
        drawConsoleHeading(console, into: &grid, in: heading)
        switch context {
        case .messages: drawMessages(console, into: &grid, in: rest)
        case .workers: drawWorkers(console, into: &grid, in: rest)
        case .dead: drawDead(console, into: &grid, in: rest)
        case .jobs: drawJobs(console, into: &grid, in: rest)
        case .inbox: drawInbox(console, into: &grid, in: rest)
        case .health: drawHealth(console, into: &grid, in: rest)
        case .costs: drawCosts(console, into: &grid, in: rest)
        default: drawQueues(console, into: &grid, in: rest)
        }
    }

    /// What the screen shows, and how old it is where that matters.
    private func drawConsoleHeading(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let (title, facts) = consoleHeading(console)
        var column = area.column + 1
        column += grid.write(
            title, at: Position(row: area.row, column: column), role: .heading, maxWidth: area.columns - 2,
            truncation: .middle, ascii: look.lines.isASCII)
        var right = facts
        let filter = console.filter(in: context)
        if !filter.isEmpty { right.insert("/" + displayEscaped(filter), at: 0) }
        // The line below may be taken by what waits to be done.
        let age = consoleStaleness.map { $0 + (right.isEmpty ? "" : look.lines.separator) } ?? ""
        let text = right.joined(separator: look.lines.separator)
            .truncated(to: max(0, area.endColumn - column - 3 - age.displayWidth), ascii: look.lines.isASCII)
        let place = Position(row: area.row, column: area.endColumn - text.displayWidth - 1)
        grid.write(text, at: place, role: .subheading)
        grid.write(
            age, at: Position(row: place.row, column: max(column + 1, place.column - age.displayWidth)), role: .warning)
    }

    /// How old what shows is, where it may not be true any more.
    private var consoleStaleness: String? {
        guard let console, consoleProblem != nil else { return nil }
        return consoleAnsweredAt.map { "\(ConsoleText.age(max(0, console.now - $0))) old" }
    }

    private func consoleHeading(_ console: ConsoleState) -> (String, [String]) {
        switch context {
        case .messages: messagesHeading(console)
        case .workers: workersHeading(console)
        case .dead: deadHeading(console)
        case .jobs: jobsHeading(console)
        case .inbox: inboxHeading(console)
        case .health: healthHeading(console)
        case .costs: costsHeading(console)
        default: queuesHeading(console)
        }
    }

    /// When the screen's content was true; nil before there is any.
    var consoleAnsweredAt: Double? {
        guard let console else { return nil }
        switch context {
        case .messages: return console.messages?.answeredAt
        case .workers: return console.workers.answeredAt
        case .dead: return console.dead.answeredAt
        case .jobs: return console.jobs.detail.map(\.answeredAt) ?? console.jobs.answeredAt
        case .inbox: return console.inbox.answeredAt
        case .health: return console.health.answeredAt
        case .costs: return console.costs.answeredAt
        default: return console.queues.answeredAt
        }
    }

    /// The line above the footer: what waits to be done, that the broker does not answer, or facts on the row.
    func drawConsoleStatus(into grid: inout Grid, in area: Rect) {
        guard let console else { return }
        var (text, role) = (consoleFacts(console), StyleRole.text)
        if let problem = consoleProblem { (text, role) = (problem, .warning) }
        if let pending = pendingText { (text, role) = (displayEscaped(pending), .warning) }
        grid.write(
            text, at: Position(row: area.row, column: area.column + 1), role: role, maxWidth: area.columns - 2,
            ascii: look.lines.isASCII)
    }

    /// Why what shows may not be true any more.
    var consoleProblem: String? {
        guard let console else { return nil }
        let seconds = consoleAnsweredAt.map { max(0, console.now - $0) }
        let age = seconds.map { "\(ConsoleText.age($0)) old: " } ?? ""
        guard console.poll.isLate || console.poll.error != nil else {
            if isDoubted, let seconds {
                return "\(ConsoleText.age(seconds)) old: "
                    + displayEscaped("\(answerer(console)) was silent, and is asked again")
            }
            // What one comes back to is as old as it is, until it is answered anew.
            guard !console.poll.hasAnswered, let seconds, seconds >= 5 else { return nil }
            return age + displayEscaped("\(answerer(console)) is asked again")
        }
        guard let error = console.poll.error else { return age + displayEscaped("no answer from \(answerer(console))") }
        return age + displayEscaped(error.description)
    }

    /// Whether the broker, which this screen asks, was silent when it was asked last.
    var isDoubted: Bool {
        [.queues, .messages, .workers, .dead].contains(context) && console?.poll.isDoubted == true
    }

    /// Who is asked.
    private func answerer(_ console: ConsoleState) -> String {
        switch context {
        case .costs: "the catalogue"
        case .jobs: hasJobsOfLibrary ? "the catalogue" : "the history"
        case .inbox, .health: "all that was asked"
        default: console.address
        }
    }

    private func consoleFacts(_ console: ConsoleState) -> String {
        switch context {
        case .messages: messagesFacts(console)
        case .workers: workersFacts(console)
        case .dead: deadFacts(console)
        case .jobs: jobsFacts(console)
        case .inbox: inboxFacts(console)
        case .health: healthFacts(console)
        case .costs: costsFacts(console)
        default: queuesFacts(console)
        }
    }

    /// Instead of rows: that they are on their way, why there are none, what could be done.
    func drawNoRows(_ explanation: [String], isLoaded: Bool, into grid: inout Grid, in area: Rect) {
        if isLoaded { return drawCentered(explanation, role: .heading, into: &grid, in: area) }
        if let error = console?.poll.error {
            return drawCentered([error.whatHappened, error.whatToDo], role: .error, into: &grid, in: area)
        }
        let who = console.map(answerer) ?? ""
        let text = console?.poll.isLate == true ? "\(who) does not answer yet" : "loading"
        drawCentered([text + look.lines.ellipsis], role: .placeholder, into: &grid, in: area)
    }

    /// Rows under their titles, columns one blank apart; those that don't fit are left out from the right, but the widest.
    func drawRows(
        _ columns: [ConsoleColumn], count: Int, _ cursor: RowCursor, into grid: inout Grid, in area: Rect,
        cells: (Int) -> [ConsoleCell]
    ) {
        let room = area.columns - 2
        let first = cursor.scroll.offset
        let rows = (first..<max(first, min(count, first + area.rows - 1))).map(cells)
        let widths = columns.indices.map { index in
            let column = columns[index]
            if !column.isFitted { return column.width }
            let needed = rows.map { $0[index].text.displayWidth }.max() ?? 0
            return min(column.width, max(needed, column.title.displayWidth))
        }
        var shown: [Int] = []
        var used = 0
        for index in columns.indices {
            let needed = (columns[index].width == 0 ? columns[index].least : widths[index]) + 1
            guard used + needed <= room + 1 else { continue }
            shown.append(index)
            used += needed
        }
        let fixed = shown.reduce(0) { $0 + widths[$1] + 1 } - 1
        func write(_ cells: [ConsoleCell], row: Int, role: StyleRole?) {
            var left = area.column + 1
            for index in shown {
                let width = columns[index].width == 0 ? room - fixed : widths[index]
                let note = cells[index].note.truncated(to: max(0, width), .ellipsis, ascii: look.lines.isASCII)
                let text =
                    cells[index].text.truncated(
                        to: max(0, width - note.displayWidth), columns[index].width == 0 ? .middle : .ellipsis,
                        ascii: look.lines.isASCII) + note
                let indent = columns[index].isRight ? max(0, width - text.displayWidth) : 0
                grid.write(text, at: Position(row: row, column: left + indent), role: role ?? cells[index].role)
                left += width + 1
            }
        }
        write(columns.map { ConsoleCell(text: $0.title) }, row: area.row, role: .tableHeader)
        for (line, cells) in rows.enumerated() {
            let row = Rect(row: area.row + 1 + line, column: area.column, rows: 1, columns: area.columns)
            let isCursor = first + line == cursor.scroll.cursor
            if isCursor { grid.fill(row, with: Cell(" ", paint: .role(.cursor))) }
            write(cells, row: row.row, role: isCursor ? .cursor : nil)
        }
    }

    /// A text that is longer than the screen.
    func drawPane(_ pane: TextPane, into grid: inout Grid, in area: Rect) {
        for row in 0..<area.rows where pane.offset + row < pane.lines.count {
            let line = pane.lines[pane.offset + row]
            grid.write(
                line.label, at: Position(row: area.row + row, column: area.column + 1), role: .label,
                maxWidth: TextPane.labelWidth - 1, ascii: look.lines.isASCII)
            grid.write(
                line.text, at: Position(row: area.row + row, column: area.column + 1 + TextPane.labelWidth),
                role: line.isWarning ? .warning : .value, maxWidth: area.columns - 2 - TextPane.labelWidth,
                truncation: .clip)
        }
    }

    /// `lines 1-20 of 312`, or nothing where all of them show.
    func paneFacts(_ pane: TextPane) -> String {
        let end = min(pane.lines.count, pane.offset + consolePaneRows)
        return pane.lines.count <= consolePaneRows ? "" : "lines \(pane.offset + 1)-\(end) of \(pane.lines.count)"
    }
}
