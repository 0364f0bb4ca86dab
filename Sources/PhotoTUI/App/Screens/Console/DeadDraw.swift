import Core
import Grid
import Widgets

extension AppState {
    func deadHeading(_ console: ConsoleState) -> (String, [String]) {
        let dead = console.dead
        if dead.letter != nil {
            return ("Dead letter", (dead.letter?.pane.map(paneFacts).map { [$0] } ?? []).filter { !$0.isEmpty })
        }
        if let group = dead.group {
            return ("Dead letters: \(displayEscaped(Self.head(group.error)))", [grouped(group.letters.count)])
        }
        guard dead.all != nil else { return ("Dead letters", []) }
        let shown = dead.groups.reduce(0) { $0 + $1.letters.count }
        let total = counted(dead.total, "letter")
        let count = shown == dead.total ? total : "\(grouped(shown)) of \(total)"
        return ("Dead letters", [counted(dead.groups.count, "group"), count])
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
                        "there are no dead letters", "phototui's workers put here what failed for good",
                        console.hasCatalog
                            ? "a library's dead jobs are among them"
                            : "what fails in Celery's is among them as long as somebody watches",
                    ],
                isLoaded: dead.all != nil, into: &grid, in: area)
        }
        let columns: [ConsoleColumn] = [
            .init(title: "COUNT", width: 7), .init(title: "LAST", width: 6), .init(title: "FIRST", width: 6),
            .init(title: "QUEUE", width: 10, isRight: false),
            .init(title: "TASK", width: max(12, area.columns / 5), isRight: false),
            .init(title: "ERROR", width: 0, isRight: false),
        ]
        drawRows(columns, count: dead.groups.count, dead.cursor, into: &grid, in: area) { index in
            let group = dead.groups[index]
            let isPoison = group.kind == .poison
            return [
                ConsoleCell(text: grouped(group.letters.count), role: .badge),
                ConsoleCell(text: age(of: group.letters.first, console)),
                ConsoleCell(text: age(of: group.letters.last, console), role: .dim),
                ConsoleCell(text: displayEscaped(group.queue)),
                ConsoleCell(text: displayEscaped(Self.head(group.task ?? "-"))),
                ConsoleCell(
                    text: (isPoison ? "!" : "") + displayEscaped(Self.head(group.error)),
                    role: isPoison ? .error : .text),
            ]
        }
    }

    private func drawLetters(
        of group: DeadSummaryGroup, _ console: ConsoleState, into grid: inout Grid, in area: Rect
    ) {
        let columns: [ConsoleColumn] = [
            .init(title: "DIED", width: 6), .init(title: "ID", width: 12, isRight: false),
            .init(title: "ERROR", width: 0, isRight: false),
        ]
        drawRows(columns, count: group.letters.count, console.dead.letterCursor, into: &grid, in: area) { index in
            let letter = group.letters[index]
            return [
                ConsoleCell(text: age(of: letter, console)),
                ConsoleCell(text: displayEscaped(letter.id), role: .dim),
                ConsoleCell(text: displayEscaped(Self.head(letter.reason))),
            ]
        }
    }

    private func age(of letter: DeadSummary?, _ console: ConsoleState) -> String {
        letter.map { ConsoleText.age(max(0, console.now - $0.at)) } ?? "-"
    }

    func deadFacts(_ console: ConsoleState) -> String {
        let dead = console.dead
        if let letter = dead.letter { return displayEscaped(letter.id) }
        if let letter = dead.cursorLetter {
            return displayEscaped(letter.id) + look.lines.separator + ConsoleText.moment(letter.at) + " UTC"
        }
        guard let group = dead.cursorGroup, let last = group.letters.first, let first = group.letters.last else {
            return ""
        }
        var parts = ["group \(displayEscaped(group.id))", group.kind.rawValue]
        parts.append("\(ConsoleText.moment(first.at)) to \(ConsoleText.moment(last.at)) UTC")
        if !group.owners.isEmpty { parts.append(displayEscaped("of " + group.owners.joined(separator: ", "))) }
        return parts.joined(separator: look.lines.separator)
    }
}
