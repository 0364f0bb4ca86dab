import Core

extension SQLCatalog {
    func job(_ id: JobID) async throws -> Job? {
        try await database.row("SELECT \(JobColumns.all) FROM jobs WHERE id = ? AND owner = ?", [.id(id), ownerValue])
            .map(JobColumns.job)
    }

    func jobs(state: JobState?, after: JobID?, limit: Int) async throws -> [Job] {
        var condition = Timeline.Condition(sql: "owner = ?", values: [ownerValue])
        if let state {
            condition.and("state = ?", [.text(state.rawValue)])
            // The index over states leaves out the many that succeeded.
            if state != .succeeded { condition.and("state <> 'succeeded'") }
        }
        if let after { condition.and("id < ?", [.id(after)]) }
        return try await database.rows(
            "SELECT \(JobColumns.all) FROM jobs WHERE \(condition.sql) ORDER BY id DESC LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map(JobColumns.job)
    }

    func jobs(of photo: PhotoID, limit: Int) async throws -> [Job] {
        try await database.rows(Self.jobsOfPhoto, [.id(photo), ownerValue, .int(max(0, limit))]).map(JobColumns.job)
    }

    static let jobsOfPhoto =
        "SELECT \(JobColumns.all) FROM jobs WHERE photo = ? AND owner = ? ORDER BY id DESC LIMIT ?"

    func retry(_ jobs: [JobID]) async throws -> Int {
        if jobs.isEmpty { return 0 }
        let now = SQLValue.int(clock.microseconds)
        return try await database.write { [ownerValue] connection in
            var counters = CounterChanges()
            var count = 0
            for job in jobs {
                let state: JobState? = try connection.row(
                    """
                    SELECT state FROM jobs WHERE id = ? AND owner = ? AND state IN ('dead', 'cancelled')
                        AND NOT EXISTS (
                            SELECT 1 FROM jobs AS other WHERE other.photo = jobs.photo AND other.kind = jobs.kind
                                AND other.photo IS NOT NULL AND other.state IN ('queued', 'running', 'retrying'))
                    """, [.id(job), ownerValue]
                ).map { row in
                    var row = row
                    return try row.choice()
                }
                guard let state else { continue }
                try connection.execute(
                    """
                    UPDATE jobs SET state = 'queued', attempts = 0, worker_deaths = 0, error = NULL, run_at = ?,
                        started_at = NULL, finished_at = NULL, published_at = NULL
                    WHERE id = ?
                    """, [now, .id(job)])
                counters.moveJobs(from: state, to: .queued)
                count += 1
            }
            try counters.write(to: connection, owner: ownerValue)
            return count
        }
    }

    func jobCounts() async throws -> [JobState: Int] {
        let totals = try await database.read { [ownerValue] in try SQLCatalog.totals(ownerValue, connection: $0) }
        return JobState.allCases.reduce(into: [:]) { counts, state in
            let count = totals[CounterChanges.Total.jobs(state).name] ?? 0
            if count > 0 { counts[state] = Int(count) }
        }
    }

    func nextDue(queue: QueueName) async throws -> Int64? {
        var row = try await database.row(
            """
            SELECT run_at FROM jobs WHERE owner = ? AND queue = ? AND state IN ('queued', 'retrying')
            ORDER BY run_at LIMIT 1
            """, [ownerValue, .text(queue.rawValue)])
        return try row?.int64()
    }

    func enqueueProcessing(_ photos: [PhotoID]) async throws -> Int {
        if photos.isEmpty { return 0 }
        let now = clock.microseconds
        return try await database.write { [self] connection in
            var count = 0
            for photo in photos {
                guard
                    try connection.row("SELECT 1 FROM photos WHERE id = ? AND owner = ?", [.id(photo), ownerValue])
                        != nil
                else { continue }
                let isNew = try JobInsertion.insert(
                    .processPhoto, photo: photo, id: newIdentifier(), owner: ownerValue, now: now,
                    connection: connection)
                if isNew { count += 1 }
            }
            var counters = CounterChanges()
            counters.moveJobs(count, from: nil, to: .queued)
            try counters.write(to: connection, owner: ownerValue)
            return count
        }
    }

    static func totals(_ owner: SQLValue, connection: any SQLConnection) throws -> [String: Int64] {
        var totals: [String: Int64] = [:]
        for row in try connection.rows("SELECT name, value FROM totals WHERE owner = ?", [owner]) {
            var row = row
            totals[try row.text()] = try row.int64()
        }
        return totals
    }
}
