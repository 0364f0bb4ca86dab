import Core

extension SQLCatalog {
    func claim(queue: QueueName, worker: String, leaseSeconds: Double, limit: Int) async throws -> [Job] {
        guard limit > 0 else { return [] }
        let started = clock.microseconds
        let now = SQLValue.int(started)
        let until = SQLValue.int(leaseEnd(leaseSeconds))
        let scope = [ownerValue, .text(queue.rawValue), now]
        let waiting = "owner = ? AND queue = ? AND state IN ('queued', 'retrying') AND run_at <= ?"
        let expired = "owner = ? AND queue = ? AND state = 'running' AND lease_until <= ?"
        if dialect.hasOneWriter {
            // An idle worker asks often, and must not take the right to write for it.
            let row = try await database.row(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE \(waiting)) OR EXISTS (SELECT 1 FROM jobs WHERE \(expired))",
                scope + scope)
            if row == nil { return [] }
        }
        let candidates = """
            SELECT \(JobColumns.all) FROM (
                SELECT * FROM (
                    SELECT \(JobColumns.all) FROM jobs WHERE \(waiting) ORDER BY run_at, id LIMIT ? \(dialect.skipLocked)
                ) AS waiting
                UNION ALL
                SELECT * FROM (
                    SELECT \(JobColumns.all) FROM jobs WHERE \(expired) ORDER BY lease_until LIMIT ? \(dialect.skipLocked)
                ) AS expired
            ) AS candidates ORDER BY run_at, id LIMIT ?
            """
        return try await database.write(.soon) { [ownerValue] connection in
            var counters = CounterChanges()
            func choose() throws -> [Job] {
                try connection.rows(candidates, scope + [.int(limit)] + scope + [.int(limit), .int(limit)])
                    .map(JobColumns.job)
            }
            var chosen = try choose()
            if chosen.contains(where: { $0.state == .running }) {
                let poisoned = try connection.execute(
                    """
                    UPDATE jobs SET state = 'dead', worker_deaths = worker_deaths + 1, finished_at = ?, worker = NULL,
                        lease_until = NULL, fingerprint = CASE WHEN error IS NULL THEN ? ELSE fingerprint END,
                        error = coalesce(error, ?)
                    WHERE \(expired) AND worker_deaths + 1 >= ?
                    """,
                    [now, .integer(ErrorFingerprint(Job.poisonError).number), .text(Job.poisonError)] + scope
                        + [.int(JobPolicy.poisonLimit)])
                counters.moveJobs(poisoned, from: .running, to: .dead)
                if poisoned > 0 { chosen = try choose() }
            }
            try EarlierAttempts.addLost(chosen.filter { $0.state == .running }.map(\.id), connection)
            // What the statement does is foreseen, so that nobody waits for its answer.
            for list in KeyList.lists(chosen.map { .id($0.id) }) {
                try connection.send(
                    JobClaim.statement(list), [.string(worker), .string(worker), until, now] + list.keys)
            }
            for job in chosen { counters.moveJobs(from: job.state, to: .running) }
            try counters.write(to: connection, owner: ownerValue)
            return chosen.map { $0.claimed(by: worker, at: started) }
        }
    }

    func extendLeases(_ jobs: [JobID], worker: String, leaseSeconds: Double) async throws -> [JobID] {
        if jobs.isEmpty { return [] }
        let until = SQLValue.int(leaseEnd(leaseSeconds))
        return try await database.write(.soon) { [ownerValue] connection in
            let held = try connection.rows(
                """
                UPDATE jobs SET lease_until = ? WHERE id = ? AND owner = ? AND state = 'running' AND worker = ?
                RETURNING id
                """, each: jobs.map { [until, .id($0), ownerValue, .string(worker)] })
            return zip(jobs, held).filter { $1.isEmpty }.map { $0.0 }
        }
    }

    func release(_ jobs: [JobID], worker: String) async throws {
        if jobs.isEmpty { return }
        try await database.write(.soon) { [ownerValue] connection in
            var counters = CounterChanges()
            let released = try connection.rows(
                """
                UPDATE jobs SET state = CASE WHEN attempts > 1 THEN 'retrying' ELSE 'queued' END,
                    started_at = CASE WHEN attempts > 1 THEN started_at END, attempts = attempts - 1, worker = NULL,
                    ran_by = CASE WHEN attempts > 1 THEN ran_by END, lease_until = NULL, published_at = NULL
                WHERE id = ? AND owner = ? AND state = 'running' AND worker = ? RETURNING state
                """, each: jobs.map { [.id($0), ownerValue, .string(worker)] })
            for var row in released.compactMap(\.first) { counters.moveJobs(from: .running, to: try row.choice()) }
            try counters.write(to: connection, owner: ownerValue)
        }
    }

    func leaseHolders() async throws -> [String] {
        try await database.rows(
            "SELECT DISTINCT worker FROM jobs WHERE owner = ? AND state = 'running' ORDER BY worker", [ownerValue]
        ).compactMap { row in
            var row = row
            return try row.optionalText()
        }
    }

    func endLeases(of workers: [String]) async throws -> Int {
        if workers.isEmpty { return 0 }
        let now = SQLValue.int(clock.microseconds)
        return try await database.write(.soon) { [ownerValue] connection in
            try workers.reduce(0) { count, worker in
                try count
                    + connection.execute(
                        "UPDATE jobs SET lease_until = ? WHERE owner = ? AND state = 'running' AND worker = ?",
                        [now, ownerValue, .string(worker)])
            }
        }
    }

    func fail(_ job: JobID, worker: String, error: String, runAt: Int64?, unreadable: Bool) async throws -> Bool {
        let now = SQLValue.int(clock.microseconds)
        return try await database.write(.soon) { [ownerValue] connection in
            let state: JobState = runAt == nil ? .dead : .retrying
            let row = try connection.row(
                """
                UPDATE jobs SET state = ?, error = ?, fingerprint = ?, run_at = coalesce(?, run_at), finished_at = ?,
                    worker = NULL, lease_until = NULL, published_at = NULL
                WHERE id = ? AND owner = ? AND state = 'running' AND worker = ? RETURNING photo, started_at, ran_by
                """,
                [
                    .text(state.rawValue), .string(error), .integer(ErrorFingerprint(error).number), .int(runAt),
                    runAt == nil ? now : .null, .id(job), ownerValue, .string(worker),
                ])
            guard var row else { return false }
            var counters = CounterChanges()
            counters.moveJobs(from: .running, to: state)
            let photo: PhotoID? = try row.optionalID()
            if runAt != nil, let startedAt = try row.optionalInt64() {
                try EarlierAttempts.add(
                    job, owner: ownerValue, worker: row.optionalText(), startedAt: startedAt, endedAt: now,
                    error: error,
                    connection)
            }
            if unreadable, let photo {
                try PhotoUpdate.reject(photo, reason: error, connection: connection, counters: &counters)
            }
            try counters.write(to: connection, owner: ownerValue)
            return true
        }
    }

    func leaseEnd(_ seconds: Double) -> Int64 {
        clock.microseconds + Int64((seconds * 1_000_000).rounded())
    }
}

extension JobClaim {
    /// Takes jobs of any state that may run, as `Job.claimed(by:at:)` foresees; its values are the worker twice, the lease's end and
    /// now.
    static func statement(_ list: KeyList) -> String {
        """
        UPDATE jobs SET worker_deaths = worker_deaths + CASE state WHEN 'running' THEN 1 ELSE 0 END,
            state = 'running', worker = ?, ran_by = ?, lease_until = ?, started_at = ?, finished_at = NULL,
            attempts = attempts + 1
        WHERE id IN \(list.marks)
        """
    }
}

extension Job {
    /// What is kept of one that never told an error.
    static let poisonError = "its worker ended \(JobPolicy.poisonLimit) times"

    /// As it is once it was claimed.
    func claimed(by worker: String, at moment: Int64) -> Job {
        var job = self
        job.worker = worker
        job.workerDeaths += state == .running ? 1 : 0
        (job.state, job.startedAt, job.finishedAt) = (.running, moment, nil)
        job.attempts += 1
        return job
    }
}
