import Core
import Foundation
import Jobs
import PhotoEngine

/// How dead letters are written.
enum DeadFormat {
    static func moment(_ seconds: Double) -> String {
        rfc3339(microseconds: Int64(exactly: (seconds * 1e6).rounded()) ?? 0)
    }

    static func task(of letter: DeadLetter) -> String? {
        letter.source == .message ? message(letter).task : letter.task
    }
    static func owner(_ letter: DeadLetter) -> String? {
        letter.owner
            ?? message(letter).headers.first { $0.name == "phototui_owner" }.map {
                $0.value.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
            }
    }

    private static func message(_ letter: DeadLetter) -> QueuedMessage { QueuedMessage(reading: letter.raw) }

    static func json(_ letter: DeadLetter) -> JSON {
        .object([
            "id": .string(letter.id), "at": .string(moment(letter.at)), "queue": .string(letter.queue),
            "kind": .string(letter.kind.rawValue), "task": .text(task(of: letter)),
            "task_id": .text(taskID(of: letter)), "reason": .string(letter.reason),
            "source": .string(letter.source.rawValue),
        ])
    }

    private static func taskID(of letter: DeadLetter) -> String? {
        letter.source == .message ? message(letter).id : letter.id
    }

    static func detailedJSON(_ letter: DeadLetter) -> JSON {
        guard letter.source == .message else { return json(letter) }
        return messageJSON(letter)
    }

    private static func messageJSON(_ letter: DeadLetter) -> JSON {
        .object([
            "id": .string(letter.id), "at": .string(moment(letter.at)), "queue": .string(letter.queue),
            "kind": .string(letter.kind.rawValue), "reason": .string(letter.reason),
            "source": .string(letter.source.rawValue), "message": QueueFormat.json(message(letter)),
            "message_base64": .string(Data(letter.raw).base64EncodedString()),
        ])
    }

    static func row(_ letter: DeadLetter) -> [String] {
        [
            displayEscaped(letter.id), moment(letter.at), displayEscaped(letter.queue), letter.kind.rawValue,
            letter.source.rawValue,
            displayEscaped(task(of: letter) ?? "-"), displayEscaped(letter.reason),
        ]
    }

    static func text(_ letter: DeadLetter) -> String {
        var table = TextTable([("", .left), ("", .left)])
        table.add(["id", displayEscaped(letter.id)])
        table.add(["queue", displayEscaped(letter.queue)])
        table.add(["kind", "\(letter.kind.rawValue), a \(letter.source.rawValue)"])
        if letter.source != .message { table.add(["task", displayEscaped(letter.task ?? "-")]) }
        table.add(["reason", displayEscaped(letter.reason)])
        table.add(["at", moment(letter.at)])
        return table.text(showsTitles: false)
            + (letter.source == .message ? QueueFormat.text(message(letter)) : "all of it: phototui jobs show\n")
    }
}

/// Dead letters whose errors differ only in their particulars.
struct DeadGroup {
    /// Eight hexadecimal digits, of what the letters have in common.
    let id: String
    let queue: String
    let task: String?
    let error: ErrorFingerprint
    let source: DeadLetter.Source
    /// The latest first.
    let letters: [DeadLetter]

    private struct Key: Hashable {
        let queue: String
        let task: String?
        let kind: DeadLetter.Kind
        let error: ErrorFingerprint
        let source: DeadLetter.Source

        /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits: the same in every process.
        var id: String {
            var parts = [queue, task ?? "", kind.rawValue, error.description]
            if source != .message { parts.append(source.rawValue) }
            let text = parts.joined(separator: "\u{0}")
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
                error: ErrorFingerprint(letter.reason), source: letter.source)
        }
        return groups.map { key, letters in
            DeadGroup(
                id: key.id, queue: key.queue, task: key.task, error: key.error, source: key.source, letters: letters)
        }.sorted { ($0.letters.count, $1.id) > ($1.letters.count, $0.id) }
    }

    var json: JSON {
        let moments = letters.map(\.at)
        return .object([
            "group": .string(id), "count": .count(letters.count), "queue": .string(queue), "task": .text(task),
            "kind": .string(letters[0].kind.rawValue), "source": .string(source.rawValue),
            "error": .string(error.description),
            "first_at": .moment(moments.min().map { Int64($0 * 1e6) }),
            "last_at": .moment(moments.max().map { Int64($0 * 1e6) }),
            "owners": .array(owners.map(JSON.string)),
        ])
    }

    /// Whose jobs they are, where the messages say so.
    var owners: [String] { Set(letters.compactMap(DeadFormat.owner)).sorted() }

    var row: [String] {
        [
            id, "\(letters.count)", DeadFormat.moment(letters.map(\.at).min() ?? 0),
            DeadFormat.moment(letters.map(\.at).max() ?? 0), displayEscaped(queue), source.rawValue,
            displayEscaped(task ?? "-"), displayEscaped(owners.joined(separator: ", ")),
            displayEscaped(error.description),
        ]
    }
}
