import ArgumentParser
import Core
import Foundation
import Jobs
import PhotoEngine

/// Which dead letters.
struct DeadFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only of this queue.", valueName: "queue")) var queue: String?
    @Option(help: "Only of this kind.") var kind: DeadLetter.Kind?
    @Option(help: ArgumentHelp("Only whose reason or task holds this text.", valueName: "text")) var match: String?

    /// The latest first.
    func letters(of console: any BrokerConsole) async throws -> [DeadLetter] {
        let wanted = match?.lowercased()
        return try await console.deadLetters(limit: .max).filter { letter in
            if let queue, letter.queue != queue { return false }
            if let kind, letter.kind != kind { return false }
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
    @Flag(help: "All that --queue, --kind and --match let through.") var all = false
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
        return try await Interrupt.cancelling {
            progress.clear()
        } work: {
            try await opened.act(action, on: subject, reason: consent.reason, outcome: { "\($0) done" }) {
                var done = 0
                for start in stride(from: 0, to: ids.count, by: 1000) {
                    try Task.checkCancellation()
                    done += try await body(Array(ids[start..<min(start + 1000, ids.count)]))
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

/// Dead letters whose errors differ only in their particulars.
struct DeadGroup {
    /// Eight hexadecimal digits, of what the letters have in common.
    let id: String
    let queue: String
    let task: String?
    let error: ErrorFingerprint
    /// The latest first.
    let letters: [DeadLetter]

    private struct Key: Hashable {
        let queue: String
        let task: String?
        let kind: DeadLetter.Kind
        let error: ErrorFingerprint

        /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits: the same in every process.
        var id: String {
            let text = [queue, task ?? "", kind.rawValue, error.description].joined(separator: "\u{0}")
            let hash = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
            let digits = String(hash, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
    }

    /// The largest first.
    static func all(of letters: [DeadLetter]) -> [DeadGroup] {
        let groups = Dictionary(grouping: letters) { letter in
            Key(
                queue: letter.queue, task: DeadFormat.task(of: letter), kind: letter.kind,
                error: ErrorFingerprint(letter.reason))
        }
        return groups.map { key, letters in
            DeadGroup(id: key.id, queue: key.queue, task: key.task, error: key.error, letters: letters)
        }.sorted { ($0.letters.count, $1.id) > ($1.letters.count, $0.id) }
    }

    var json: JSON {
        let moments = letters.map(\.at)
        return .object([
            "group": .string(id), "count": .count(letters.count), "queue": .string(queue), "task": .text(task),
            "kind": .string(letters[0].kind.rawValue), "error": .string(error.description),
            "first_at": .moment(moments.min().map { Int64($0 * 1e6) }),
            "last_at": .moment(moments.max().map { Int64($0 * 1e6) }),
            "owners": .array(owners.map(JSON.string)),
        ])
    }

    /// Whose jobs they are, where the messages say so.
    private var owners: [String] { Set(letters.compactMap(DeadFormat.owner)).sorted() }

    var row: [String] {
        [
            id, "\(letters.count)", DeadFormat.moment(letters.map(\.at).min() ?? 0),
            DeadFormat.moment(letters.map(\.at).max() ?? 0), displayEscaped(queue), displayEscaped(task ?? "-"),
            displayEscaped(error.description),
        ]
    }
}

/// How dead letters are written.
enum DeadFormat {
    static func moment(_ seconds: Double) -> String {
        rfc3339(microseconds: Int64(exactly: (seconds * 1e6).rounded()) ?? 0)
    }

    static func task(of letter: DeadLetter) -> String? { message(letter).task }
    static func owner(_ letter: DeadLetter) -> String? {
        message(letter).headers.first { $0.name == "phototui_owner" }.map {
            $0.value.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
    }

    private static func message(_ letter: DeadLetter) -> QueuedMessage { QueuedMessage(reading: letter.raw) }

    static func json(_ letter: DeadLetter) -> JSON {
        .object([
            "id": .string(letter.id), "at": .string(moment(letter.at)), "queue": .string(letter.queue),
            "kind": .string(letter.kind.rawValue), "task": .text(task(of: letter)),
            "task_id": .text(message(letter).id), "reason": .string(letter.reason),
        ])
    }

    static func detailedJSON(_ letter: DeadLetter) -> JSON {
        .object([
            "id": .string(letter.id), "at": .string(moment(letter.at)), "queue": .string(letter.queue),
            "kind": .string(letter.kind.rawValue), "reason": .string(letter.reason),
            "message": QueueFormat.json(message(letter)),
            "message_base64": .string(Data(letter.raw).base64EncodedString()),
        ])
    }

    static func row(_ letter: DeadLetter) -> [String] {
        [
            displayEscaped(letter.id), moment(letter.at), displayEscaped(letter.queue), letter.kind.rawValue,
            displayEscaped(task(of: letter) ?? "-"), displayEscaped(letter.reason),
        ]
    }

    static func text(_ letter: DeadLetter) -> String {
        var table = TextTable([("", .left), ("", .left)])
        table.add(["id", displayEscaped(letter.id)])
        table.add(["queue", displayEscaped(letter.queue)])
        table.add(["kind", letter.kind.rawValue])
        table.add(["reason", displayEscaped(letter.reason)])
        table.add(["at", moment(letter.at)])
        return table.text(showsTitles: false) + QueueFormat.text(message(letter))
    }
}
