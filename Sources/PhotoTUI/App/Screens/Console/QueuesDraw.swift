import Core
import Grid
import Widgets

extension AppState {
    private func trendWidth(_ hasRates: Bool) -> Int { size.columns >= (hasRates ? 150 : 100) ? 20 : 8 }

    func queuesHeading(_ console: ConsoleState) -> (String, [String]) {
        guard let listing = console.queues.listing else { return ("Queues", []) }
        let waiting = listing.queues.reduce(0) { $0 + $1.depth }
        let deep = listing.queues.count { $0.depth > QueueState.alertDepth }
        let growing = listing.queues.count { grows($0, console) }
        let left = listing.queues.count(where: \.isLeft)
        var facts = [counted(listing.queues.count, "queue"), "\(grouped(waiting)) waiting"]
        if deep > 0 { facts.append("\(grouped(deep)) over \(QueueState.alertDepth)") }
        if left > 0 { facts.append("\(grouped(left)) without a consumer") }
        if growing > 0 { facts.append("\(grouped(growing)) growing") }
        if console.queues.order == .waiting { facts.append("longest first") }
        if listing.unreadable > 0 { facts.append("\(counted(listing.unreadable, "name")) not UTF-8") }
        if !listing.isComplete { facts.append("not all keys seen yet") }
        return ("Queues", facts)
    }

    func drawQueues(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let rows = console.queues.rows
        guard !rows.isEmpty else {
            let isFiltered = !console.filter(in: .queues).isEmpty
            let explanation =
                isFiltered
                ? ["no queue matches", "\(keyMap.keyName(for: .closeRow)) drops the filter"]
                : ["there are no queues", "a queue shows once a worker declares it, or a message waits in it"]
            return drawNoRows(
                explanation, isLoaded: console.queues.listing != nil, into: &grid, in: area)
        }
        // What is known of the tasks themselves, where there is room for it; else the line below tells it of one queue.
        let hasRates = area.columns >= 116 && console.queues.hasPast
        let ofTasks: [ConsoleColumn] =
            hasRates
            ? [
                .init(title: "ERRORS", width: 6), .init(title: "WAIT 50/95", width: 13),
                .init(title: "RUN 50/95", width: 14),
            ] : []
        // What is told behind a name is to be read, whatever else there is room for.
        let noted = rows.lazy.map { (name: Self.name(of: $0), note: Self.note(of: $0)) }.filter { !$0.note.isEmpty }
        let least = noted.map { min($0.name.displayWidth, 12) + $0.note.displayWidth }.max() ?? 0
        var columns: [ConsoleColumn] = [
            .init(title: "QUEUE", width: 0, isRight: false, least: max(least, ConsoleColumn.least)),
            .init(title: "WAITING", width: 10),
            .init(title: "UNACKED", width: 7), .init(title: "ETA", width: 5), .init(title: "OLDEST", width: 6),
            .init(title: "DEAD", width: 5), .init(title: "IN/S", width: 6), .init(title: "OUT/S", width: 6),
        ]
        columns += ofTasks
        // As the line below tells of one queue.
        let hasForecast = area.columns >= 96
        if hasForecast { columns.append(.init(title: "EMPTY", width: 6)) }
        columns.append(.init(title: "TREND", width: trendWidth(hasRates), isRight: false))
        drawRows(columns, count: rows.count, console.queues.cursor, into: &grid, in: area) { index in
            var cells = cells(of: rows[index], console)
            var place = 8
            if hasRates {
                let ofTasks = rateCells(console.queues.rates[rows[index].name])
                cells.insert(contentsOf: ofTasks, at: place)
                place += ofTasks.count
            }
            if hasForecast { cells.insert(forecastCell(rows[index], console), at: place) }
            return cells
        }
        drawTrends(console, columns, into: &grid, in: area)
    }

    private func cells(of queue: QueueState, _ console: ConsoleState) -> [ConsoleCell] {
        let isAlert = queue.depth > QueueState.alertDepth || queue.isLeft || grows(queue, console)
        let rates = console.queues.rates[queue.name]
        func rate(_ value: Double?) -> String {
            value.map { ConsoleText.rate($0, isAtLeast: rates?.isAtLeast == true, look.lines) } ?? "-"
        }
        func count(_ number: Int, _ role: StyleRole = .text) -> ConsoleCell {
            ConsoleCell(text: grouped(number), role: number == 0 ? .dim : role)
        }
        return [
            ConsoleCell(
                text: Self.name(of: queue), role: queue.isLeft ? .error : queue.isPaused ? .warning : .text,
                note: Self.note(of: queue)),
            isAlert ? ConsoleCell(text: "!" + grouped(queue.depth), role: .warning) : count(queue.depth),
            count(queue.unacknowledged), count(queue.scheduled),
            ConsoleCell(text: queue.oldestSeconds.map(ConsoleText.age) ?? "-", role: .text),
            count(queue.dead, .error), ConsoleCell(text: rate(rates?.inPerSecond)),
            ConsoleCell(text: rate(rates?.outPerSecond)), ConsoleCell(text: ""),
        ]
    }

    private static func name(of queue: QueueState) -> String {
        queue.name.isEmpty ? "\"\"" : displayEscaped(queue.name)
    }

    private static func note(of queue: QueueState) -> String {
        (queue.isPaused ? " (paused)" : "") + (queue.leftText.map { " (\($0))" } ?? "")
    }

    /// Whether it will not be empty as it goes now.
    private func grows(_ queue: QueueState, _ console: ConsoleState) -> Bool {
        console.queues.rates[queue.name]?.forecast(of: queue) == .grows
    }

    /// When nothing will wait as it goes now, by the rates beside it.
    private func forecastCell(_ queue: QueueState, _ console: ConsoleState) -> ConsoleCell {
        guard queue.depth > 0 else { return ConsoleCell(text: "-", role: .dim) }
        if queue.isPaused { return ConsoleCell(text: "never", role: .warning) }
        switch console.queues.rates[queue.name]?.forecast(of: queue) {
        case .grows: return ConsoleCell(text: "grows", role: .warning)
        case .stays: return ConsoleCell(text: "never", role: .warning)
        case .empty(let seconds): return ConsoleCell(text: ConsoleText.age(seconds))
        case nil: return ConsoleCell(text: "-", role: .dim)
        }
    }

    private func rateCells(_ rates: QueueRates?) -> [ConsoleCell] {
        let errors = rates?.errorShare.map(ConsoleText.share)
        let isBad = (rates?.errorShare ?? 0) > 0
        return [
            ConsoleCell(text: errors ?? "-", role: isBad ? .error : .dim),
            ConsoleCell(text: rates?.wait.map(Self.spread) ?? "-"),
            ConsoleCell(text: rates?.run.map(Self.spread) ?? "-"),
        ]
    }

    private static func spread(_ spread: QueueRates.Spread) -> String {
        "\(ConsoleText.duration(spread.median))/\(ConsoleText.duration(spread.p95))"
    }

    /// How the waiting messages went, or, dim, what was done of a queue in which none wait, behind the columns that fit.
    private func drawTrends(
        _ console: ConsoleState, _ columns: [ConsoleColumn], into grid: inout Grid, in area: Rect
    ) {
        let needed = columns.reduce(0) { $0 + ($1.width == 0 ? $1.least : $1.width) + 1 }
        guard needed <= area.columns - 1, let trendWidth = columns.last?.width else { return }
        let cursor = console.queues.cursor
        for line in 0..<max(0, area.rows - 1) {
            let index = cursor.scroll.offset + line
            guard index < console.queues.rows.count else { return }
            let trend = console.queues.trend(of: console.queues.rows[index].name, columns: trendWidth)
            let place = Rect(
                row: area.row + 1 + line, column: area.endColumn - 1 - trendWidth, rows: 1,
                columns: trendWidth)
            grid.drawSparkline(
                trend.values, in: place,
                role: index == cursor.scroll.cursor ? .cursor : trend.isOfEnds ? .dim : .sparkline,
                lines: look.lines)
        }
    }

    func queuesFacts(_ console: ConsoleState) -> String {
        guard let queue = console.queues.cursorQueue else { return "" }
        var parts = [displayEscaped(queue.name)]
        if queue.waitingByPriority.dropFirst().contains(where: { $0 > 0 }) {
            let steps = zip(queue.prioritySteps, queue.waitingByPriority).filter { $0.1 > 0 }
            parts.append("by priority " + steps.map { "\($0.0): \(grouped($0.1))" }.joined(separator: ", "))
        }
        if let rates = console.queues.rates[queue.name] {
            if let wait = rates.wait { parts.append("wait p50/p95 \(Self.spread(wait))") }
            if let run = rates.run { parts.append("run \(Self.spread(run))") }
            if let share = rates.errorShare { parts.append("\(ConsoleText.share(share)) failed") }
        }
        switch queue.depth > 0 ? console.queues.rates[queue.name]?.forecast(of: queue) : nil {
        case .empty(let seconds): parts.append("empty in \(ConsoleText.age(seconds)) at this rate")
        case .grows:
            let growth = console.queues.rates[queue.name]?.growth ?? 0
            parts.append("grows by \(ConsoleText.rate(growth, isAtLeast: false, look.lines))/s")
        case .stays, nil: break
        }
        if queue.isPaused { parts.append("paused") }
        if let text = queue.leftText { parts.append("\(text): start a worker for it") }
        if !queue.isDeclared, queue.depth > 0 { parts.append("nobody has declared it") }
        let looks = console.queues.samples(of: queue.name).count
        if looks < 10 { parts.append("rates from few looks so far") }
        return parts.joined(separator: look.lines.separator)
    }
}
