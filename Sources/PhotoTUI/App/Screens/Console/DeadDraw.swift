import Core
import Grid
import Widgets

extension AppState {
    /// Rows below a list: the whole error under the cursor.
    var deadDetailRows: Int {
        let rows = (console?.area.rows ?? 0) - 2
        return rows < 12 ? 0 : min(rows / 3, 7)
    }

    func deadHeading(_ console: ConsoleState) -> (String, [String]) {
        let dead = console.dead
        if dead.letter != nil {
            return (
                Self.title(dead.group?.source ?? .letter),
                (dead.letter?.pane.map(paneFacts).map { [$0] } ?? []).filter { !$0.isEmpty }
            )
        }
        if let group = dead.group {
            return ("Dead letters: \(displayEscaped(Self.head(group.error)))", [grouped(group.count)])
        }
        guard dead.all != nil else { return ("Dead letters", []) }
        let shown = dead.groups.reduce(0) { $0 + $1.count }
        let sources = Set((dead.all ?? []).map(\.source))
        let noun =
            switch sources.count == 1 ? sources.first : nil {
            case .job: "job"
            case .task: "task"
            default: sources.count > 1 ? "failure" : "letter"
            }
        let total = counted(dead.total, noun)
        let count = shown == dead.total ? total : "\(grouped(shown)) of \(total)"
        return ("Dead letters", [counted(dead.groups.count, "group"), count])
    }

    private static func title(_ source: DeadSource) -> String {
        switch source {
        case .letter: "Dead letter"
        case .job: "Dead job"
        case .task: "Failed task"
        }
    }

    func drawDead(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        let dead = console.dead
        if let letter = dead.letter {
            guard let pane = letter.pane else {
                return drawCentered(["loading" + look.lines.ellipsis], role: .placeholder, into: &grid, in: area)
            }
            return drawPane(pane, into: &grid, in: area)
        }
        if let group = dead.group { return drawLetters(of: group, console, into: &grid, in: area) }
        guard !dead.groups.isEmpty else {
            let isFiltered = !console.filter(in: .dead).isEmpty
            return drawNoRows(
                isFiltered
                    ? ["no dead letter matches", "\(keyMap.keyName(for: .closeRow)) drops the filter"]
                    : [
                        "there are no dead letters",
                        console.hasCatalog
                            ? "jobs that are not tried again, and messages that no worker here could run, are put here"
                            : "what fails in Celery's workers from now on is put here, where they tell of their tasks",
                    ],
                isLoaded: dead.all != nil, into: &grid, in: area)
        }
        let (details, list) = area.splitBottom(deadDetailRows)
        let isWide = area.columns >= 110
        var columns: [ConsoleColumn] = [
            .init(title: "COUNT", width: 7), .init(title: "OF", width: 6, isRight: false, isFitted: true),
            .init(title: "LAST", width: 6), .init(title: "FIRST", width: 6),
            .init(title: "QUEUE", width: 8, isRight: false, isFitted: true),
            .init(title: "TASK", width: max(12, area.columns / 6), isRight: false, isFitted: true),
        ]
        if isWide { columns.append(.init(title: "OWNERS", width: 12, isRight: false, isFitted: true)) }
        columns.append(.init(title: "ERROR", width: 0, isRight: false))
        if let group = dead.cursorGroup { drawDeadDetails(of: group, group.error, into: &grid, in: details) }
        drawRows(columns, count: dead.groups.count, dead.cursor, into: &grid, in: list) { index in
            let group = dead.groups[index]
            let isPoison = group.kind == .poison
            var cells = [
                ConsoleCell(text: grouped(group.count), role: .badge),
                ConsoleCell(text: group.source.rawValue, role: .dim),
                ConsoleCell(text: age(group.lastAt, console)),
                ConsoleCell(text: age(group.firstAt, console), role: .dim),
                ConsoleCell(text: displayEscaped(group.queue)),
                ConsoleCell(text: displayEscaped(Self.head(group.task ?? "-"))),
            ]
            if isWide {
                let owners = group.owners.isEmpty ? "-" : displayEscaped(group.owners.joined(separator: " "))
                cells.append(ConsoleCell(text: owners, role: .dim))
            }
            cells.append(
                ConsoleCell(
                    text: (isPoison ? "!" : "") + displayEscaped(Self.head(group.error)),
                    role: isPoison ? .error : .text))
            return cells
        }
    }

    private func drawLetters(
        of group: DeadSummaryGroup, _ console: ConsoleState, into grid: inout Grid, in area: Rect
    ) {
        guard !group.letters.isEmpty else { return drawNoRows([], isLoaded: false, into: &grid, in: area) }
        let columns: [ConsoleColumn] = [
            .init(title: "DIED", width: 6), .init(title: "ID", width: 12, isRight: false, isFitted: true),
            .init(title: "ERROR", width: 0, isRight: false),
        ]
        let (details, list) = area.splitBottom(deadDetailRows)
        if let letter = console.dead.cursorLetter {
            drawDeadDetails(of: group, letter.reason, into: &grid, in: details)
        }
        drawRows(columns, count: group.letters.count, console.dead.letterCursor, into: &grid, in: list) { index in
            let letter = group.letters[index]
            return [
                ConsoleCell(text: age(letter.at, console)),
                ConsoleCell(text: displayEscaped(letter.id), role: .dim),
                ConsoleCell(text: displayEscaped(Self.head(letter.reason))),
            ]
        }
    }

    private func drawDeadDetails(
        of group: DeadSummaryGroup, _ error: String, into grid: inout Grid, in area: Rect
    ) {
        let task = group.task.map { displayEscaped(Self.head($0)) } ?? "none"
        var lines: [(label: String, text: String, role: StyleRole)] = [
            ("task", task + " in " + displayEscaped(group.queue), .value),
            ("error", displayEscaped(Self.head(error)), .error),
        ]
        if !group.owners.isEmpty {
            lines.append(("owners", displayEscaped(group.owners.joined(separator: ", ")), .value))
        }
        drawConsoleDetails(lines, into: &grid, in: area)
    }

    private func age(_ moment: Double, _ console: ConsoleState) -> String {
        ConsoleText.age(max(0, console.now - moment))
    }

    func deadFacts(_ console: ConsoleState) -> String {
        let dead = console.dead
        if let letter = dead.letter { return displayEscaped(letter.id) }
        if let letter = dead.cursorLetter {
            return displayEscaped(letter.id) + look.lines.separator + ConsoleText.moment(letter.at) + " UTC"
        }
        guard let group = dead.cursorGroup, group.count > 0 else { return "" }
        var parts = ["group \(displayEscaped(String(group.id.prefix(8))))", group.kind.rawValue]
        parts.append("\(ConsoleText.moment(group.firstAt)) to \(ConsoleText.moment(group.lastAt)) UTC")
        if !group.owners.isEmpty { parts.append(displayEscaped("of " + group.owners.joined(separator: ", "))) }
        return parts.joined(separator: look.lines.separator)
    }
}
