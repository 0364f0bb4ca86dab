import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// Which dead letters.
struct DeadFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only of this queue.", valueName: "queue")) var queue: String?
    @Option(help: "Only of this kind.") var kind: DeadLetter.Kind?
    @Option(help: ArgumentHelp("Only whose reason or task holds this text.", valueName: "text")) var match: String?
    @Option(help: ArgumentHelp("Only whose reason or task this regular expression fits.", valueName: "regex"))
    var regex: String?

    func validate() throws {
        if let regex { try RegexText.check(regex) }
    }

    /// The latest first.
    func letters(of console: any BrokerConsole) async throws -> [DeadLetter] {
        let wanted = match?.lowercased()
        let expression = try regex.map { try NSRegularExpression(pattern: $0) }
        func fits(_ text: String) -> Bool {
            expression?.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
        }
        return try await console.deadLetters(limit: .max).filter { letter in
            if let queue, letter.queue != queue { return false }
            if let kind, letter.kind != kind { return false }
            if expression != nil, !fits(letter.reason), !fits(DeadFormat.task(of: letter) ?? "") { return false }
            guard let wanted else { return true }
            return letter.reason.lowercased().contains(wanted)
                || DeadFormat.task(of: letter)?.lowercased().contains(wanted) == true
        }
    }

    /// Those whose ids begin so; throws where none does, or several.
    static func named(_ names: [String], in letters: [DeadLetter]) throws -> [DeadLetter] {
        try names.map { name in
            let found = letters.filter { $0.id.hasPrefix(name) }
            if found.count == 1 { return found[0] }
            if let exact = found.first(where: { $0.id == name }) { return exact }
            throw EngineError(
                found.isEmpty ? .notFound : .conflict,
                found.isEmpty
                    ? "no dead letter has the id \(name)"
                    : "several dead letters have ids that begin with \(name)",
                whatToDo: "list them with: phototui dead")
        }
    }
}

/// The dead letters that an action is for: by id, by group, or all that a filter lets through.
struct DeadSelection: ParsableArguments {
    @OptionGroup var filter: DeadFilter
    @Option(help: ArgumentHelp("All of a group of `dead list --group`.", valueName: "group")) var group: String?
    @Flag(help: "All that --queue, --kind, --match and --regex let through.") var all = false
    @Argument(help: "Ids, or beginnings of ids.") var ids: [String] = []

    func validate() throws {
        if [group != nil, all, !ids.isEmpty].filter(\.self).count != 1 {
            throw ValidationError("name dead letters, or a --group, or --all")
        }
    }

    func letters(of console: any BrokerConsole) async throws -> [DeadLetter] {
        let letters = try await filter.letters(of: console)
        if !ids.isEmpty { return try DeadFilter.named(ids, in: letters) }
        guard let group else { return letters }
        let found = DeadGroup.all(of: letters).filter { $0.id.hasPrefix(group.lowercased()) }
        guard found.count == 1 else {
            throw EngineError(
                found.isEmpty ? .notFound : .conflict,
                found.isEmpty
                    ? "there is no group \(group)"
                    : "several groups begin with \(group)",
                whatToDo: "list them with: phototui dead list --group")
        }
        return found[0].letters
    }

    /// Asks, and then does `body` to the letters a thousand at a time, oldest first; returns how many there still were.
    func act(
        on letters: [DeadLetter], _ action: String, verb: String, _ consent: ConsentOptions, _ opened: OpenConsole,
        _ body: @escaping @Sendable ([String]) async throws -> Int
    ) async throws -> Int {
        guard !letters.isEmpty else { return 0 }
        let word = action.prefix { $0 != " " }
        if letters.count > 1 || ids.isEmpty {
            try consent.ask(
                "\(counted(letters.count, "dead letter")) of \(opened.address): \(verb)", type: String(word))
        }
        let ids = letters.reversed().map(\.id)
        let subject = letters.count == 1 ? "dead letter \(ids[0])" : "\(letters.count) dead letters (\(described))"
        let progress = ProgressLine()
        let tally = Tally()
        return try await Interrupt.cancelling {
            progress.clear()
        } work: {
            try await opened.act(
                action, on: subject, reason: consent.reason, outcome: { "\($0) done" },
                soFar: { "\(tally.value) done" }
            ) {
                var done = 0
                for start in stride(from: 0, to: ids.count, by: 1000) {
                    try Task.checkCancellation()
                    done += try await body(Array(ids[start..<min(start + 1000, ids.count)]))
                    tally.value = done
                    progress.show(done, of: ids.count, "dead letters")
                }
                return done
            }
        }
    }

    private var described: String {
        var words: [String] = []
        if let group { words.append("group \(group)") }
        if let queue = filter.queue { words.append("queue \(queue)") }
        if let kind = filter.kind { words.append("kind \(kind.rawValue)") }
        if let match = filter.match { words.append("matching \(match)") }
        if let regex = filter.regex { words.append("fitting \(regex)") }
        return words.isEmpty ? "all" : words.joined(separator: ", ")
    }

    func tell(_ done: Int, of asked: Int, _ verb: String, asJSON: Bool, skipped: Int) throws {
        if asJSON {
            let document: JSON = .object([
                verb: .count(done), "gone": .count(asked - done), "skipped": .count(skipped),
            ])
            try Console.line(document.encoded())
        } else {
            try Console.line("\(counted(done, "dead letter")) \(verb)")
            if skipped > 0 { Console.note("\(skipped) left: poison, which --poison includes\n") }
            if done < asked { Console.complain("\(asked - done) were gone: somebody else was faster") }
        }
        if done < asked { throw done == 0 ? ExitCode.failure : ExitCode.inPart }
    }
}
