import Core

extension SQLCatalog {
    func attempts(of job: JobID) async throws -> [JobAttempt] {
        try await database.read { [ownerValue] connection in
            var attempts = try connection.rows(
                """
                SELECT number, worker, started_at, ended_at, error FROM job_attempts WHERE job = ? AND owner = ?
                ORDER BY number
                """, [.id(job), ownerValue]
            ).map { row in
                var row = row
                return try JobAttempt(
                    number: row.int(), worker: row.optionalText(), startedAt: row.int64(),
                    endedAt: row.optionalInt64(), error: row.optionalText(), isRunning: false)
            }
            let row = try connection.row(
                "SELECT \(JobColumns.all) FROM jobs WHERE id = ? AND owner = ?", [.id(job), ownerValue])
            let latest = try row.map(JobColumns.job).flatMap { $0.attempt(number: (attempts.last?.number ?? 0) + 1) }
            if let latest { attempts.append(latest) }
            return attempts
        }
    }
}

extension Job {
    /// Its latest, where that is not among the earlier ones.
    fileprivate func attempt(number: Int) -> JobAttempt? {
        guard let startedAt, [.running, .succeeded, .dead].contains(state) else { return nil }
        return JobAttempt(
            number: number, worker: worker, startedAt: startedAt, endedAt: finishedAt,
            error: state == .dead ? error : nil, isRunning: state == .running)
    }
}

/// Keeps attempts that others follow. A job whose first attempt succeeds, as nearly all do, has none of them.
enum EarlierAttempts {
    /// Of each job; an outage makes hundreds.
    private static let most = 20
    private static let columns = "job, number, owner, worker, started_at, ended_at, error"
    private static let number = "(SELECT coalesce(max(number), 0) + 1 FROM job_attempts WHERE job = jobs.id)"

    /// One that failed, and is to be followed by another by itself.
    static func add(
        _ job: JobID, owner: SQLValue, worker: String?, startedAt: Int64, endedAt: SQLValue, error: String,
        _ connection: any SQLConnection
    ) throws {
        try connection.send(
            """
            INSERT INTO job_attempts (\(columns))
            VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM job_attempts WHERE job = ?), ?, ?, ?, ?, ?)
            """, [.id(job), .id(job), owner, .string(worker), .int(startedAt), endedAt, .string(error)])
        try connection.send(
            "DELETE FROM job_attempts WHERE job = ? AND number <= (SELECT max(number) FROM job_attempts WHERE job = ?) - ?",
            [.id(job), .id(job), .int(most)])
    }

    /// Those whose workers ended with them, before the jobs are claimed anew.
    static func addLost(_ jobs: [JobID], _ connection: any SQLConnection) throws {
        for list in KeyList.lists(jobs.map(SQLValue.id)) {
            try connection.send(
                """
                INSERT INTO job_attempts (\(columns))
                SELECT id, \(number), owner, ran_by, started_at, NULL, NULL FROM jobs
                WHERE id IN \(list.marks) AND started_at IS NOT NULL
                """, list.keys)
        }
    }

    /// The last of dead jobs that fit a condition, before a person has them tried again.
    static func addLast(
        _ jobs: [JobID], owner: SQLValue, where condition: String, _ connection: any SQLConnection
    ) throws {
        let named = NamedRows.values(jobs)
        try connection.send(
            """
            \(NamedRows.table)
            INSERT INTO job_attempts (\(columns))
            SELECT id, \(number), owner, ran_by, started_at, finished_at, error FROM jobs
            WHERE owner = ? AND state = 'dead' AND started_at IS NOT NULL AND id IN (SELECT id FROM named)
                AND \(condition)
            """, named + [owner])
        try connection.send(
            """
            \(NamedRows.table)
            DELETE FROM job_attempts WHERE job IN (SELECT id FROM named) AND number <= (
                SELECT max(number) FROM job_attempts AS others WHERE others.job = job_attempts.job
            ) - ?
            """, named + [.int(most)])
    }
}
