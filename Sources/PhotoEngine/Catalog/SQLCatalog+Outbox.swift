import Core

extension SQLCatalog {
    func claim(_ job: JobID, worker: String, leaseSeconds: Double) async throws -> JobClaim {
        let now = clock.microseconds
        let until = now + Int64((leaseSeconds * 1_000_000).rounded())
        return try await database.write { [ownerValue] connection in
            let found = try connection.row(
                "SELECT lease_until, \(JobColumns.all) FROM jobs WHERE id = ? AND owner = ?", [.id(job), ownerValue])
            guard var found else { return .unknown }
            let leaseEnd = try found.optionalInt64()
            let current = try JobColumns.job(found)
            if current.state.isFinished { return .finished(current) }
            let isExpired = current.state == .running
            if isExpired, let leaseEnd, leaseEnd > now { return .held }
            if !isExpired, current.runAt > now { return .notDue(current.runAt) }
            var counters = CounterChanges()
            let deaths = current.workerDeaths + (isExpired ? 1 : 0)
            // Whoever changed the row since it was read has the job now.
            let unchanged = "id = ? AND owner = ? AND state = ? AND attempts = ? AND coalesce(lease_until, 0) = ?"
            let key: [SQLValue] = [
                .id(job), ownerValue, .text(current.state.rawValue), .int(current.attempts), .int(leaseEnd ?? 0),
            ]
            guard deaths < JobPolicy.poisonLimit else {
                let row = try connection.row(
                    """
                    UPDATE jobs SET state = 'dead', worker_deaths = ?, finished_at = ?, worker = NULL, lease_until = NULL,
                        error = coalesce(error, ?)
                    WHERE \(unchanged) RETURNING \(JobColumns.all)
                    """,
                    [.int(deaths), .int(now), .text("its worker ended \(JobPolicy.poisonLimit) times")] + key)
                guard let row else { return .held }
                counters.moveJobs(from: current.state, to: .dead)
                try counters.write(to: connection, owner: ownerValue)
                return .finished(try JobColumns.job(row))
            }
            let row = try connection.row(
                """
                UPDATE jobs SET state = 'running', worker = ?, lease_until = ?, started_at = ?, finished_at = NULL,
                    attempts = attempts + 1, worker_deaths = ?
                WHERE \(unchanged) RETURNING \(JobColumns.all)
                """, [.string(worker), .int(until), .int(now), .int(deaths)] + key)
            guard let row else { return .held }
            counters.moveJobs(from: current.state, to: .running)
            try counters.write(to: connection, owner: ownerValue)
            return .claimed(try JobColumns.job(row))
        }
    }

    func takeUnpublished(olderThanSeconds: Double, limit: Int) async throws -> [Job] {
        guard limit > 0 else { return [] }
        let now = SQLValue.int(clock.microseconds)
        let cutoff = SQLValue.int(clock.microseconds - Int64((olderThanSeconds * 1_000_000).rounded()))
        let may = """
            owner = ? AND state IN ('queued', 'running', 'retrying')
            AND run_at <= ? AND (state <> 'running' OR lease_until <= ?)
            """
        let scope = [ownerValue, now, now]
        @Sendable func choice(_ lock: String) -> String {
            """
            SELECT id FROM (
                SELECT id FROM jobs WHERE \(may) AND published_at IS NULL ORDER BY run_at LIMIT ? \(lock)
            ) AS unpublished
            UNION ALL
            SELECT id FROM (
                SELECT id FROM jobs WHERE \(may) AND published_at <= ? ORDER BY published_at LIMIT ? \(lock)
            ) AS lost
            """
        }
        let values = scope + [.int(limit)] + scope + [cutoff, .int(limit)]
        // A relay asks each second, and must not take the right to write for nothing.
        let isIdle = try await database.read { connection in
            try connection.row(choice(""), values) == nil
        }
        if isIdle { return [] }
        return try await database.write { [ownerValue, dialect] connection in
            try connection.rows(choice(dialect.skipLocked), values).prefix(limit).map { row in
                var row = row
                let id: JobID = try row.id()
                let taken = try connection.row(
                    "UPDATE jobs SET published_at = ? WHERE id = ? AND owner = ? RETURNING \(JobColumns.all)",
                    [now, .id(id), ownerValue])
                return try JobColumns.job(try SQLRow.present(taken))
            }
        }
    }

    func cancel(_ jobs: [JobID]) async throws -> Int {
        if jobs.isEmpty { return 0 }
        let now = SQLValue.int(clock.microseconds)
        return try await database.write { [ownerValue] connection in
            var counters = CounterChanges()
            var count = 0
            for job in jobs {
                let state: JobState? = try connection.row(
                    "SELECT state FROM jobs WHERE id = ? AND owner = ? AND state IN ('queued', 'retrying')",
                    [.id(job), ownerValue]
                ).map { row in
                    var row = row
                    return try row.choice()
                }
                guard let state else { continue }
                let changed = try connection.execute(
                    "UPDATE jobs SET state = 'cancelled', finished_at = ? WHERE id = ? AND state = ?",
                    [now, .id(job), .text(state.rawValue)])
                counters.moveJobs(changed, from: state, to: .cancelled)
                count += changed
            }
            try counters.write(to: connection, owner: ownerValue)
            return count
        }
    }
}
