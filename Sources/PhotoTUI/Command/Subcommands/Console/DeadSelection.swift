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
    func letters(of sources: DeadSources) async throws -> [DeadLetter] {
        let wanted = match?.lowercased()
        let expression = try regex.map { try NSRegularExpression(pattern: $0) }
        func fits(_ text: String) -> Bool {
            expression?.firstMatch(in: text, range: NSRange(location: 0, length: text.utf16.count)) != nil
        }
        return try await sources.letters().filter { letter in
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

    func letters(of sources: DeadSources) async throws -> [DeadLetter] {
        let letters = try await filter.letters(of: sources)
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

    /// Asks, and then does `body` to the letters a thousand at a time, oldest first; returns how many there still were, and what
    /// stays.
    func act(
        on letters: [DeadLetter], _ action: String, verb: String, _ consent: ConsentOptions, _ opened: OpenConsole,
        _ body: @escaping @Sendable ([DeadLetter]) async throws -> DeadSources.Outcome
    ) async throws -> DeadSources.Outcome {
        guard !letters.isEmpty else { return DeadSources.Outcome() }
        let word = action.prefix { $0 != " " }
        if letters.count > 1 || ids.isEmpty {
            try await opened.ask(
                consent, "\(counted(letters.count, "dead letter")) of \(opened.address): \(verb)", type: String(word),
                for: action, on: counted(letters.count, "dead letter"))
        }
        let oldest = Array(letters.reversed())
        let subject =
            letters.count == 1 ? "dead letter \(oldest[0].id)" : "\(letters.count) dead letters (\(described))"
        let progress = ProgressLine()
        let tally = Tally()
        return try await Interrupt.cancelling {
            progress.clear()
        } work: {
            try await opened.act(
                action, on: subject, reason: consent.reason,
                outcome: { (["\($0.done) done"] + $0.sentences).joined(separator: ", ") },
                soFar: { "\(tally.value) done" }
            ) {
                var outcome = DeadSources.Outcome()
                for start in stride(from: 0, to: oldest.count, by: 1000) {
                    try Task.checkCancellation()
                    outcome.add(try await body(Array(oldest[start..<min(start + 1000, oldest.count)])))
                    tally.value = outcome.done
                    progress.show(outcome.done, of: oldest.count, "dead letters")
                }
                return outcome
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

    /// `skipped` were left for the reason given.
    func tell(
        _ outcome: DeadSources.Outcome, of asked: Int, _ verb: String, asJSON: Bool, skipped: Int, since reason: String
    ) throws {
        let (done, gone) = (outcome.done, asked - outcome.done - outcome.kept.count)
        if asJSON {
            let kept = outcome.kept.map { JSON.object(["id": .string($0.id), "reason": .string($0.reason)]) }
            let document: JSON = .object([
                verb: .count(done), "gone": .count(gone), "skipped": .count(skipped), "kept": .array(kept),
            ])
            try Console.line(document.encoded())
        } else {
            try Console.line("\(counted(done, "dead letter")) \(verb)")
            if skipped > 0 { Console.note("\(skipped) left: \(reason)\n") }
            for sentence in outcome.sentences { Console.complain(sentence) }
            if gone > 0 { Console.complain("\(gone) \(gone == 1 ? "was" : "were") gone: somebody else was faster") }
        }
        if done < asked { throw done == 0 ? ExitCode.failure : ExitCode.inPart }
    }
}
