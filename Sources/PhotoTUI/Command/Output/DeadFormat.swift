import Core
import Foundation
import Jobs
import PhotoEngine

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
    var owners: [String] { Set(letters.compactMap(DeadFormat.owner)).sorted() }

    var row: [String] {
        [
            id, "\(letters.count)", DeadFormat.moment(letters.map(\.at).min() ?? 0),
            DeadFormat.moment(letters.map(\.at).max() ?? 0), displayEscaped(queue), displayEscaped(task ?? "-"),
            displayEscaped(error.description),
        ]
    }
}
