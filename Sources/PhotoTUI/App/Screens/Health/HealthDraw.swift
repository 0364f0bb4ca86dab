import Core
import Grid
import Widgets

extension AppState {
    /// Rows below the list: what the row under the cursor means, and what to do.
    var healthDetailRows: Int { min(9, max(0, (console?.area.rows ?? 0) - 8)) }
    private var healthTrendWidth: Int { size.columns >= 100 ? 20 : 8 }

    func healthHeading(_ console: ConsoleState) -> (String, [String]) {
        guard let entries = console.health.entries else { return ("Health", []) }
        let failing = entries.count { $0.status == .fail }
        let warning = entries.count { $0.status == .warn }
        var facts: [String] = []
        if failing > 0 { facts.append("\(failing) failing") }
        if warning > 0 { facts.append(counted(warning, "warning")) }
        if facts.isEmpty { facts.append("all well") }
        return ("Health", facts)
    }

    func drawHealth(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let health = console.health
        guard let entries = health.entries else {
            return drawNoRows([], isLoaded: false, into: &grid, in: area)
        }
        let (details, list) = area.splitBottom(healthDetailRows)
        let columns: [ConsoleColumn] = [
            .init(title: "WHAT", width: 9, isRight: false), .init(title: "STATE", width: 5, isRight: false),
            .init(title: "NOW", width: 8), .init(title: "MEDIAN", width: 8), .init(title: "WORST", width: 8),
            .init(title: "SAYS", width: 0, isRight: false),
            .init(title: "TREND", width: healthTrendWidth, isRight: false),
        ]
        drawRows(columns, count: entries.count, health.cursor, into: &grid, in: list) { index in
            let entry = entries[index]
            func time(_ seconds: Double?) -> ConsoleCell {
                ConsoleCell(text: seconds.map(ConsoleText.latency) ?? "-")
            }
            return [
                ConsoleCell(text: displayEscaped(entry.name)),
                ConsoleCell(text: entry.status.rawValue, role: role(of: entry.status)), time(entry.seconds),
                time(health.median(of: entry.name)), time(health.worst(of: entry.name)),
                ConsoleCell(text: displayEscaped(Self.head(entry.message)), role: .dim), ConsoleCell(text: ""),
            ]
        }
        let needed = columns.reduce(0) { $0 + ($1.width == 0 ? 14 : $1.width) + 1 }
        for line in 0..<max(0, list.rows - 1) where needed <= list.columns - 1 {
            let index = health.cursor.scroll.offset + line
            guard index < entries.count else { break }
            let place = Rect(
                row: list.row + 1 + line, column: list.endColumn - 1 - healthTrendWidth, rows: 1,
                columns: healthTrendWidth)
            grid.drawSparkline(
                health.latencies(of: entries[index].name), in: place,
                role: index == health.cursor.scroll.cursor ? .cursor : .sparkline, lines: look.lines)
        }
        if let entry = health.cursorEntry { drawHealthDetails(of: entry, console, into: &grid, in: details) }
    }

    private func role(of status: HealthEntry.Status) -> StyleRole {
        switch status {
        case .ok: .success
        case .warn: .warning
        case .fail: .error
        }
    }

    private func drawHealthDetails(
        of entry: HealthEntry, _ console: ConsoleState, into grid: inout Grid, in area: Rect
    ) {
        var lines: [(label: String, text: String, role: StyleRole)] = [
            ("says", displayEscaped(entry.message), entry.status == .ok ? .value : role(of: entry.status))
        ]
        if let since = console.health.failingSince(entry.name) {
            lines.append(("since", "failing for \(ConsoleText.age(max(0, console.now - since)))", .error))
        }
        if !entry.whatToDo.isEmpty { lines.append(("next", displayEscaped(entry.whatToDo), .warning)) }
        let meaning = entry.meaning(ofLibrary: hasJobsOfLibrary)
        if !meaning.isEmpty { lines.append(("means", meaning, .dim)) }
        let (looks, failures) = (console.health.lookCount(of: entry.name), console.health.failures(of: entry.name))
        let failed = failures > 0 ? ", of which \(failures) failed" : ""
        lines.append(("seen", "\(counted(looks, "look"))\(failed)", .dim))
        drawConsoleDetails(lines, into: &grid, in: area)
    }

    /// Labels and wrapped texts, which are safe to show, below a line.
    func drawConsoleDetails(
        _ lines: [(label: String, text: String, role: StyleRole)], into grid: inout Grid, in area: Rect
    ) {
        guard area.rows > 1 else { return }
        grid.fill(
            Rect(row: area.row, column: area.column + 1, rows: 1, columns: area.columns - 2),
            with: Cell(look.lines.horizontal, paint: .role(.border)))
        var row = area.row + 1
        for line in lines {
            let pieces = line.text.wrapped(to: max(8, area.columns - 11))
            for (index, piece) in pieces.enumerated() {
                guard row < area.endRow else { return }
                if index == 0 {
                    grid.write(
                        line.label, at: Position(row: row, column: area.column + 1), role: .label, maxWidth: 8)
                }
                let isCut = row == area.endRow - 1 && index < pieces.count - 1
                grid.write(
                    isCut ? piece + look.lines.ellipsis : piece, at: Position(row: row, column: area.column + 10),
                    role: line.role, maxWidth: area.columns - 11, ascii: look.lines.isASCII)
                row += 1
            }
        }
    }

    func healthFacts(_ console: ConsoleState) -> String {
        guard let entry = console.health.cursorEntry else { return "" }
        return [displayEscaped(entry.name), entry.status.rawValue, ConsoleText.latency(entry.seconds)]
            .joined(separator: look.lines.separator)
    }
}
