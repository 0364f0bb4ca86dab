import Core

/// How jobs are written and read.
enum JobInsertion {
    static let table = "jobs (id, owner, kind, queue, state, photo, attempts, worker_deaths, created_at, run_at)"
    static let row = "(?, ?, ?, ?, 'queued', ?, 0, 0, ?, ?)"
    static let onConflict = """
        ON CONFLICT (photo, kind) WHERE state IN ('queued', 'running', 'retrying') AND photo IS NOT NULL DO NOTHING
        """

    static func values(_ kind: JobKind, photo: PhotoID, id: JobID, owner: SQLValue, now: Int64) -> [SQLValue] {
        [.id(id), owner, .text(kind.rawValue), .text(kind.queue.rawValue), .id(photo), .int(now), .int(now)]
    }
}

enum JobColumns {
    private static let names = [
        "id", "kind", "state", "owner", "photo", "attempts", "worker_deaths", "error", "created_at", "run_at",
        "started_at", "finished_at", "ran_by",
    ]
    static let all = names.joined(separator: ", ")
    /// Beside another table's.
    static let qualified = names.map { "jobs.\($0)" }.joined(separator: ", ")

    static func job(_ row: SQLRow) throws -> Job {
        var row = row
        return try take(from: &row)
    }

    static func take(from row: inout SQLRow) throws -> Job {
        try Job(
            id: row.id(), kind: row.choice(), state: row.choice(), owner: row.id(), photo: row.optionalID(),
            attempts: row.int(), workerDeaths: row.int(), error: row.optionalText(), createdAt: row.int64(),
            runAt: row.int64(), startedAt: row.optionalInt64(), finishedAt: row.optionalInt64(),
            worker: row.optionalText())
    }
}
