import Core
import Grid
import Widgets

extension AppState {
    /// Rows below the list: the worker under the cursor with what it runs.
    var workerDetailRows: Int {
        let rows = (console?.area.rows ?? 0) - 2
        return rows < 8 ? 0 : min(rows / 2, 12)
    }

    func workersHeading(_ console: ConsoleState) -> (String, [String]) {
        let workers = console.workers
        guard workers.answeredAt != nil else { return ("Workers", []) }
        var facts = [counted(workers.count, "worker")]
        for presence in [WorkersState.Presence.alive, .silent, .ending, .gone] where workers.count(of: presence) > 0 {
            facts.append("\(grouped(workers.count(of: presence))) \(presence.rawValue)")
        }
        return ("Workers", facts)
    }

    func drawWorkers(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let rows = console.workers.rows
        guard !rows.isEmpty else {
            let isFiltered = !console.filter(in: .workers).isEmpty
            return drawNoRows(
                isFiltered
                    ? ["no worker matches", "\(keyMap.keyName(for: .closeRow)) drops the filter"]
                    : ["no worker is heard", "none answers, and no heart beats"],
                isLoaded: console.workers.answeredAt != nil, into: &grid, in: area)
        }
        let (details, list) = area.splitBottom(workerDetailRows)
        let columns: [ConsoleColumn] = [
            .init(title: "WORKER", width: 0, isRight: false), .init(title: "STATE", width: 6, isRight: false),
            .init(title: "BEAT", width: 6), .init(title: "ACTIVE", width: 6), .init(title: "DONE", width: 9),
            .init(title: "LOAD", width: 5), .init(title: "VERSION", width: 16, isRight: false),
        ]
        drawRows(columns, count: rows.count, console.workers.cursor, into: &grid, in: list) { index in
            cells(of: rows[index], console)
        }
        if let row = console.workers.cursorRow { drawWorkerDetails(row, console, into: &grid, in: details) }
    }

    private func cells(of row: WorkersState.Row, _ console: ConsoleState) -> [ConsoleCell] {
        let worker = row.worker
        let role: StyleRole =
            switch row.presence {
            case .alive: .success
            case .silent, .ending: .warning
            case .gone: .error
            }
        let places = worker.concurrency.map { "/\($0)" } ?? ""
        let active =
            switch row.presence {
            case .gone: "-"
            case .ending: "\(row.held)"
            case .alive, .silent: "\(worker.active.count)\(places)"
            }
        return [
            ConsoleCell(text: displayEscaped(worker.name)), ConsoleCell(text: row.presence.rawValue, role: role),
            ConsoleCell(text: beat(row, console) ?? "none"), ConsoleCell(text: active),
            ConsoleCell(text: worker.processed.map { grouped($0) } ?? "-"),
            ConsoleCell(text: row.load.first.map(ConsoleText.load) ?? "-"),
            ConsoleCell(text: displayEscaped(row.software ?? "-"), role: .dim),
        ]
    }

    /// How long ago its heart was heard.
    private func beat(_ row: WorkersState.Row, _ console: ConsoleState) -> String? {
        row.beatAt.map { ConsoleText.age(row.seenAt - $0 + passed(since: row, console)) }
    }

    /// By how much what a worker said has aged; it is asked again before that matters, as long as it answers.
    private func passed(since row: WorkersState.Row, _ console: ConsoleState) -> Double {
        let isHeard = row.seenAt == console.workers.answeredAt
        let isFollowed = isHeard && !console.poll.isLate && console.poll.error == nil
        return isFollowed ? 0 : max(0, console.now - row.seenAt)
    }

    private func drawWorkerDetails(
        _ row: WorkersState.Row, _ console: ConsoleState, into grid: inout Grid, in area: Rect
    ) {
        guard area.rows > 1 else { return }
        let worker = row.worker
        let passed = passed(since: row, console)
        let parts = worker.name.split(separator: "@", maxSplits: 1)
        var lines: [(label: String, text: String, role: StyleRole)] = []
        lines.append(("host", displayEscaped(parts.count == 2 ? String(parts[1]) : worker.name), .value))
        let queues = worker.queues.isEmpty ? "not told" : worker.queues.joined(separator: ", ")
        lines.append(("queues", displayEscaped(queues), .value))
        var facts: [String] = []
        if let process = worker.processID { facts.append("process \(process)") }
        if let uptime = worker.uptimeSeconds { facts.append("up \(ConsoleText.age(uptime + passed))") }
        if let reserved = worker.reserved { facts.append("\(grouped(reserved)) taken and not begun") }
        if let held = worker.scheduled, held > 0 { facts.append("\(grouped(held)) held until their time") }
        if row.load.count > 1 { facts.append("load " + row.load.map(ConsoleText.load).joined(separator: " ")) }
        if !facts.isEmpty { lines.append(("process", facts.joined(separator: look.lines.separator), .value)) }
        if let skew = worker.clockSkewSeconds, abs(skew) > 2 {
            lines.append(("clock", "\(ConsoleText.age(abs(skew))) \(skew > 0 ? "ahead" : "behind")", .warning))
        }
        if row.presence == .gone {
            let how = row.saidGoodbye ? "said goodbye" : "last heard of"
            lines.append(("gone", "\(how) \(ConsoleText.age(passed)) ago", .error))
        }
        if row.presence == .ending {
            let age = ConsoleText.age(passed)
            lines.append(("ending", "said goodbye \(age) ago, and still runs \(counted(row.held, "task"))", .warning))
        }
        if row.presence == .silent { lines.append(("silent", silence(row, console), .warning)) }
        for (index, activity) in worker.active.enumerated() {
            let time = activity.seconds.map { " for \(ConsoleText.age($0 + passed))" } ?? ""
            let label = index > 0 ? "" : row.presence == .gone ? "ran" : "runs"
            let name = displayEscaped(Self.head(activity.task))
            lines.append((label, "\(name)\(time)  \(displayEscaped(Self.head(activity.id)))", .value))
        }
        if worker.active.isEmpty, row.presence != .gone, row.presence != .ending {
            lines.append(("runs", worker.hasAnswered ? "nothing" : "not told", .dim))
        }
        grid.fill(
            Rect(row: area.row, column: area.column + 1, rows: 1, columns: area.columns - 2),
            with: Cell(look.lines.horizontal, paint: .role(.border)))
        let room = area.rows - 1
        for (index, line) in lines.prefix(room).enumerated() {
            let isCut = index == room - 1 && lines.count > room
            grid.write(
                line.label, at: Position(row: area.row + 1 + index, column: area.column + 1), role: .label,
                maxWidth: 8)
            grid.write(
                isCut ? "and \(lines.count - room + 1) more" : line.text,
                at: Position(row: area.row + 1 + index, column: area.column + 10), role: isCut ? .dim : line.role,
                maxWidth: area.columns - 11, ascii: look.lines.isASCII)
        }
    }

    private func silence(_ row: WorkersState.Row, _ console: ConsoleState) -> String {
        if row.worker.hasAnswered { return "it answers, and its heart is not heard: it may send no events" }
        guard row.seenAt == console.workers.answeredAt else {
            return
                "neither answers nor beats since \(ConsoleText.age(passed(since: row, console))): it hangs, or its only thread is busy"
        }
        return "its heart beats, and it does not answer"
    }

    func workersFacts(_ console: ConsoleState) -> String {
        guard let row = console.workers.cursorRow else { return "" }
        let active = counted(row.worker.active.count, "task")
        let state = row.presence == .gone ? "gone" : "\(row.presence.rawValue), \(active) active"
        return [displayEscaped(row.worker.name), state].joined(separator: look.lines.separator)
    }
}
