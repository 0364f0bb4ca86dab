import Core
import Foundation

/// How a broker's tasks are written.
enum TaskFormat {
    static func moment(_ seconds: Double?) -> Int64? { seconds.flatMap { Int64(exactly: ($0 * 1e6).rounded()) } }
    private static func text(_ seconds: Double?) -> String {
        moment(seconds).map(rfc3339(microseconds:)) ?? "-"
    }

    static func json(_ task: BrokerTask) -> JSON {
        .object(fields(task))
    }

    private static func fields(_ task: BrokerTask) -> [(name: String, value: JSON)] {
        [
            ("id", .string(task.id)), ("task", .text(task.name)), ("queue", .text(task.queue)),
            ("state", .string(task.state.rawValue)), ("worker", .text(task.worker)),
            ("attempts", .count(attempts(task))), ("retries", .count(task.retries)),
            ("sent_at", .moment(moment(task.sentAt))), ("received_at", .moment(moment(task.receivedAt))),
            ("started_at", .moment(moment(task.startedAt))), ("finished_at", .moment(moment(task.endedAt))),
            ("wait_seconds", .decimal(task.waitSeconds)), ("run_seconds", .decimal(task.runSeconds)),
            ("eta", .text(task.eta)), ("args", .text(task.arguments)), ("kwargs", .text(task.keywords)),
            ("result", .text(task.result)), ("error", .text(task.error)), ("root_id", .text(task.root)),
            ("parent_id", .text(task.parent)), ("first_heard_at", .moment(moment(task.firstHeardAt))),
            ("last_heard_at", .moment(moment(task.lastHeardAt))), ("retried_as", .text(task.retriedAs)),
            ("retried_at", .moment(moment(task.retriedAt))),
        ]
    }

    static func json(_ task: BrokerTask, _ attempts: [TaskAttempt]) -> JSON {
        .object(
            fields(task) + [
                ("trace", .text(task.trace)),
                (
                    "timeline",
                    .array(
                        attempts.enumerated().map { index, attempt in
                            .object([
                                "state": .string(word(attempt, isLatest: index == attempts.count - 1)),
                                "retries": .count(attempt.retries), "worker": .text(attempt.worker),
                                "sent_at": .moment(moment(attempt.sentAt)),
                                "received_at": .moment(moment(attempt.receivedAt)),
                                "started_at": .moment(moment(attempt.startedAt)),
                                "finished_at": .moment(moment(attempt.endedAt)),
                                "run_seconds": .decimal(attempt.runSeconds), "error": .text(attempt.error),
                                "trace": .text(attempt.trace),
                            ])
                        })
                ),
            ])
    }

    /// Those that were begun, the latest among them.
    private static func attempts(_ task: BrokerTask) -> Int {
        task.earlierAttempts + (task.startedAt != nil || task.endedAt != nil ? 1 : 0)
    }

    /// An attempt that is over, and of whose end nobody told, is lost.
    private static func word(_ attempt: TaskAttempt, isLatest: Bool) -> String {
        !isLatest && !attempt.state.isFinished && attempt.state != .retrying ? "lost" : attempt.state.rawValue
    }

    // As text

    static let columns: [(title: String, alignment: TextTable.Alignment)] = [
        ("ID", .left), ("TASK", .left), ("STATE", .left), ("QUEUE", .left), ("WORKER", .left), ("TRIES", .right),
        ("WAIT", .right), ("RUN", .right), ("HEARD", .left), ("ERROR", .left),
    ]

    /// Of one that was sent nothing more is known where workers don't tell.
    static func row(_ task: BrokerTask, isUntold: Bool = false) -> [String] {
        [
            displayEscaped(task.id), displayEscaped(task.name ?? "-"),
            isUntold && task.state == .queued ? "-" : task.state.rawValue,
            displayEscaped(task.queue ?? "-"), displayEscaped(task.worker ?? "-"), "\(attempts(task))",
            task.waitSeconds.map(short) ?? "-", task.runSeconds.map(short) ?? "-", text(task.lastHeardAt),
            (task.retriedAs == nil ? "" : "retried; ") + cut(task.error ?? ""),
        ]
    }

    /// One line for who follows: `2026-11-21T10:00:00.000Z failed photo.resize 1f0c… celery@host 1.2 s: error`.
    static func line(_ task: BrokerTask) -> String {
        var words = [
            text(task.lastHeardAt), coloured(task.state), displayEscaped(task.name ?? "-"), displayEscaped(task.id),
        ]
        if let queue = task.queue { words.append(displayEscaped(queue)) }
        if let worker = task.worker { words.append(displayEscaped(worker)) }
        if task.state.isFinished, let seconds = task.runSeconds { words.append(short(seconds)) }
        return words.joined(separator: " ") + (task.error.map { ": \(cut($0))" } ?? "")
    }

    static func text(_ task: BrokerTask, _ attempts: [TaskAttempt]) -> String {
        var table = TextTable([("", .left), ("", .left)])
        func add(_ name: String, _ value: String?) { if let value { table.add([name, displayEscaped(value)]) } }
        add("id", task.id)
        add("task", task.name)
        table.add(["state", coloured(task.state)])
        add("queue", task.queue)
        add("worker", task.worker)
        add("wait", task.waitSeconds.map(short))
        add("run", task.runSeconds.map(short))
        add("eta", task.eta)
        add("args", task.arguments)
        add("kwargs", task.keywords)
        add("result", task.result)
        if let root = task.root, root != task.id { add("root", root) }
        if let parent = task.parent, parent != task.id { add("parent", parent) }
        add("error", task.error)
        if let id = task.retriedAs { add("retried", "as \(id), \(text(task.retriedAt))") }
        var output = table.text(showsTitles: false)
        for (index, attempt) in attempts.enumerated() {
            output += "\n" + Ink.bold("attempt \(task.earlierAttempts + 1 - (attempts.count - 1 - index))")
            output += " " + word(attempt, isLatest: index == attempts.count - 1)
            output += attempt.worker.map { " on \(displayEscaped($0))" } ?? ""
            output += "\n"
            var moments = TextTable([("", .left), ("", .left), ("", .right)])
            var before: Double?
            for (name, at) in [
                ("sent", attempt.sentAt), ("received", attempt.receivedAt), ("started", attempt.startedAt),
                (attempt.state == .retrying ? "failed, to be retried" : attempt.state.rawValue, attempt.endedAt),
            ] {
                guard let at else { continue }
                moments.add(["  " + name, text(at), before.map { "+" + short(max(0, at - $0)) } ?? ""])
                before = at
            }
            output += moments.text(showsTitles: false)
            if let error = attempt.error { output += "  " + Ink.bad(displayEscaped(error)) + "\n" }
            for line in (attempt.trace ?? "").split(whereSeparator: \.isNewline) {
                output += "  " + displayEscaped(String(line)) + "\n"
            }
        }
        return output
    }

    /// `850 ms`, `1.2 s`, `3 min 20 s`.
    static func short(_ seconds: Double) -> String {
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 60 { return "\(Double(Int(seconds * 10)) / 10) s" }
        return ProgressLine.duration(seconds)
    }

    private static func coloured(_ state: BrokerTask.State) -> String {
        switch state {
        case .failed, .rejected: Ink.bad(state.rawValue)
        case .retrying, .revoked, .lost: Ink.warning(state.rawValue)
        case .succeeded: Ink.good(state.rawValue)
        default: state.rawValue
        }
    }

    private static func cut(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return displayEscaped(line.count > 200 ? line.prefix(199) + "…" : line)
    }

    // As CSV

    static let csvHeader =
        "id,task,state,queue,worker,attempts,wait_seconds,run_seconds,sent_at,started_at,finished_at,error\r\n"

    static func csv(_ task: BrokerTask) -> String {
        let fields: [String] = [
            task.id, task.name ?? "", task.state.rawValue, task.queue ?? "", task.worker ?? "",
            "\(attempts(task))", task.waitSeconds.map { "\($0)" } ?? "", task.runSeconds.map { "\($0)" } ?? "",
            moment(task.sentAt).map(rfc3339) ?? "", moment(task.startedAt).map(rfc3339) ?? "",
            moment(task.endedAt).map(rfc3339) ?? "", task.error ?? "",
        ]
        return fields.map { CSV.field(displayEscaped($0)) }.joined(separator: ",") + "\r\n"
    }
}
