import App
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

    static func json(_ row: DeadRow) -> JSON {
        .object([
            "id": .string(row.id), "source": .string(row.source.rawValue), "at": .string(moment(row.at)),
            "queue": .text(row.queue), "kind": .string(row.kind.rawValue), "task": .text(row.task),
            "task_id": .text(row.taskID), "owner": .text(row.owner), "reason": .string(row.reason),
        ])
    }

    static func detailedJSON(_ letter: DeadLetter) -> JSON {
        .object([
            "id": .string(letter.id), "source": .string(DeadSource.letter.rawValue),
            "at": .string(moment(letter.at)), "queue": .string(letter.queue),
            "kind": .string(letter.kind.rawValue), "reason": .string(letter.reason),
            "message": QueueFormat.json(message(letter)),
            "message_base64": .string(Data(letter.raw).base64EncodedString()),
        ])
    }

    static let columns: [(title: String, alignment: TextTable.Alignment)] = [
        ("ID", .left), ("AT", .left), ("OF", .left), ("QUEUE", .left), ("KIND", .left), ("TASK", .left),
        ("OWNER", .left), ("REASON", .left),
    ]

    static func cells(_ row: DeadRow) -> [String] {
        [
            displayEscaped(row.id), moment(row.at), row.source.rawValue, displayEscaped(row.queue ?? "-"),
            row.kind.rawValue, displayEscaped(row.task ?? "-"), displayEscaped(row.owner ?? "-"),
            displayEscaped(row.reason.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""),
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

    // Groups

    static func json(_ group: DeadGroup) -> JSON {
        .object([
            "group": .string(group.id), "source": .string(group.source.rawValue), "count": .count(group.count),
            "queue": .text(group.queue), "task": .text(group.task), "kind": .string(group.kind.rawValue),
            "error": .string(group.error), "first_at": .moment(Int64(group.firstAt * 1e6)),
            "last_at": .moment(Int64(group.lastAt * 1e6)), "owners": .array(group.owners.map(JSON.string)),
        ])
    }

    static let groupColumns: [(title: String, alignment: TextTable.Alignment)] = [
        ("GROUP", .left), ("COUNT", .right), ("OF", .left), ("FIRST", .left), ("LAST", .left), ("QUEUE", .left),
        ("TASK", .left), ("OWNERS", .left), ("ERROR", .left),
    ]

    static func cells(_ group: DeadGroup) -> [String] {
        [
            String(group.id.prefix(8)), "\(group.count)", group.source.rawValue, moment(group.firstAt),
            moment(group.lastAt), displayEscaped(group.queue ?? "-"), displayEscaped(group.task ?? "-"),
            group.owners.isEmpty ? "-" : displayEscaped(group.owners.joined(separator: " ")),
            displayEscaped(group.error),
        ]
    }
}

/// One dead letter, job or task, as a list shows it.
struct DeadRow {
    let source: DeadSource
    let id: String
    /// Unix seconds.
    let at: Double
    let queue: String?
    let kind: DeadLetter.Kind
    let task: String?
    let taskID: String?
    let owner: String?
    let reason: String

    init(_ letter: DeadLetter) {
        (source, id, at, queue) = (.letter, letter.id, letter.at, letter.queue)
        (kind, reason, owner) = (letter.kind, letter.reason, DeadFormat.owner(letter))
        let message = QueuedMessage(reading: letter.raw)
        (task, taskID) = (message.task, message.id)
    }

    init(_ job: Job, owner: String?) {
        (source, id, at) = (.job, job.id.description, Double(job.finishedAt ?? 0) / 1e6)
        (queue, kind, task) = (job.kind.queue.rawValue, .failed, job.kind.rawValue)
        (taskID, self.owner, reason) = (job.id.description, owner, job.error ?? "")
    }

    init(_ task: BrokerTask) {
        (source, id, at, queue) = (.task, task.id, task.endedAt ?? 0, task.queue)
        (kind, self.task, taskID, owner, reason) = (.failed, task.name, task.id, nil, task.error ?? "")
    }
}

/// Dead letters, jobs or tasks whose errors differ only in their particulars.
struct DeadGroup {
    /// Sixteen hexadecimal digits, of what they have in common; the first eight are shown.
    let id: String
    let source: DeadSource
    let queue: String?
    let task: String?
    let kind: DeadLetter.Kind
    /// What the errors have in common.
    let error: String
    var count: Int
    /// Unix seconds.
    let firstAt: Double
    let lastAt: Double
    /// Whose they are, where that is known.
    let owners: [String]
    /// Of jobs and tasks.
    let key: FailureKey?
    /// The latest first.
    let letters: [DeadLetter]

    private static func id(
        _ source: DeadSource, _ queue: String?, _ task: String?, _ kind: DeadLetter.Kind, _ error: String
    ) -> String {
        StableHash.hexadecimal(of: [source.rawValue, queue ?? "", task ?? "", kind.rawValue, error])
    }

    init(_ group: FailureGroup, _ source: DeadSource, owner: String?) {
        (self.source, key, letters, kind) = (source, group.key, [], .failed)
        (queue, task) = (group.key.queue, group.key.task)
        error = ErrorFingerprint(group.error ?? "").description
        (count, firstAt, lastAt) = (group.count, group.firstAt, group.lastAt)
        owners = owner.map { [$0] } ?? []
        id = Self.id(source, queue, task, .failed, group.key.fingerprint.map(String.init) ?? "")
    }

    private struct Common: Hashable {
        let queue: String
        let task: String?
        let kind: DeadLetter.Kind
        let error: String
    }

    private init(_ common: Common, _ letters: [DeadLetter]) {
        (source, key, self.letters, kind) = (.letter, nil, letters, common.kind)
        (queue, task, error, count) = (common.queue, common.task, common.error, letters.count)
        let moments = letters.map(\.at)
        (firstAt, lastAt) = (moments.min() ?? 0, moments.max() ?? 0)
        owners = Set(letters.compactMap(DeadFormat.owner)).sorted()
        id = Self.id(.letter, queue, task, kind, error)
    }

    static func all(of letters: [DeadLetter]) -> [DeadGroup] {
        Dictionary(grouping: letters) { letter in
            Common(
                queue: letter.queue, task: DeadFormat.task(of: letter), kind: letter.kind,
                error: ErrorFingerprint(letter.reason).description)
        }.map { DeadGroup($0.key, $0.value) }
    }

    /// The largest first.
    static func precedes(_ left: DeadGroup, _ right: DeadGroup) -> Bool {
        (left.count, right.id) > (right.count, left.id)
    }
}
