import Core
import Foundation

/// How a job is written.
enum JobFormat {
    static func json(_ job: Job) -> JSON { .object(fields(job)) }

    static func json(_ job: Job, _ attempts: [JobAttempt]) -> JSON {
        .object(fields(job) + [("timeline", .array(attempts.map { json($0) }))])
    }

    private static func json(_ attempt: JobAttempt) -> JSON {
        .object([
            "number": .count(attempt.number), "outcome": .string(attempt.outcome.rawValue),
            "worker": .text(attempt.worker), "started_at": .moment(attempt.startedAt),
            "ended_at": .moment(attempt.endedAt), "error": .text(attempt.error),
        ])
    }

    private static func fields(_ job: Job) -> [(name: String, value: JSON)] {
        [
            ("id", .string(job.id.description)),
            ("kind", .string(job.kind.rawValue)),
            ("queue", .string(job.kind.queue.rawValue)),
            ("state", .string(job.state.rawValue)),
            ("attempts", .count(job.attempts)),
            ("photo_id", .text(job.photo?.description)),
            ("worker", .text(job.worker)),
            ("error", .text(job.error)),
            ("worker_deaths", .count(job.workerDeaths)),
            ("created_at", .moment(job.createdAt)),
            ("run_at", .moment(job.runAt)),
            ("started_at", .moment(job.startedAt)),
            ("finished_at", .moment(job.finishedAt)),
        ]
    }

    /// `process_photo succeeded, 1 attempt, at 2024-07-12T18:03:07.000Z (0190a7c2-…): the last error`.
    static func line(_ job: Job) -> String {
        let attempts = "\(job.attempts) attempt\(job.attempts == 1 ? "" : "s")"
        let moment = rfc3339(microseconds: job.finishedAt ?? job.startedAt ?? job.createdAt)
        return "\(job.kind.rawValue) \(job.state.rawValue), \(attempts), at \(moment) (\(job.id))"
            + (job.error.map { ": \($0)" } ?? "")
    }

    static func text(_ job: Job, _ attempts: [JobAttempt]) -> String {
        var table = TextTable([("", .left), ("", .left)])
        table.add(["id", job.id.description])
        table.add(["kind", "\(job.kind.rawValue) in queue \(job.kind.queue.rawValue)"])
        table.add(["state", job.state.rawValue])
        table.add(["attempts", "\(job.attempts), of which \(job.workerDeaths) ended with the worker gone"])
        if let worker = job.worker { table.add(["worker", displayEscaped(worker)]) }
        if let photo = job.photo { table.add(["photo", photo.description]) }
        if let error = job.error { table.add(["error", displayEscaped(error)]) }
        table.add(["created", rfc3339(microseconds: job.createdAt)])
        if !job.state.isFinished { table.add(["runs at", rfc3339(microseconds: job.runAt)]) }
        if let at = job.startedAt { table.add(["started", rfc3339(microseconds: at)]) }
        if let at = job.finishedAt { table.add(["finished", rfc3339(microseconds: at)]) }
        return table.text(showsTitles: false) + attempts.map(text).joined()
    }

    /// One attempt: how it ended, on which worker, when, and with which error.
    private static func text(_ attempt: JobAttempt) -> String {
        let outcome =
            switch attempt.outcome {
            case .failed: Ink.bad(attempt.outcome.rawValue)
            case .lost: Ink.warning("lost: its worker ended")
            case .succeeded: Ink.good(attempt.outcome.rawValue)
            case .running: attempt.outcome.rawValue
            }
        let place = attempt.worker.map { " on \(displayEscaped($0))" } ?? ""
        var moments = TextTable([("", .left), ("", .left), ("", .right)])
        moments.add(["  started", rfc3339(microseconds: attempt.startedAt), ""])
        if let end = attempt.endedAt {
            let seconds = max(0, Double(end - attempt.startedAt) / 1e6)
            moments.add(["  ended", rfc3339(microseconds: end), "+" + TaskFormat.short(seconds)])
        }
        return "\n" + Ink.bold("attempt \(attempt.number)") + " \(outcome)\(place)\n" + moments.text(showsTitles: false)
            + (attempt.error.map { "  " + Ink.bad(displayEscaped($0)) + "\n" } ?? "")
    }

    static let csvHeader =
        "id,kind,state,queue,attempts,worker_deaths,photo_id,created_at,started_at,finished_at,error,worker\r\n"

    static func csv(_ job: Job) -> String {
        let fields: [String] = [
            job.id.description, job.kind.rawValue, job.state.rawValue, job.kind.queue.rawValue, "\(job.attempts)",
            "\(job.workerDeaths)", job.photo?.description ?? "", rfc3339(microseconds: job.createdAt),
            job.startedAt.map(rfc3339) ?? "", job.finishedAt.map(rfc3339) ?? "", job.error ?? "",
            job.worker ?? "",
        ]
        return fields.map { CSV.field(displayEscaped($0)) }.joined(separator: ",") + "\r\n"
    }
}
