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

    func jobs(
        _ filter: JobFilter, after: JobID?, limit: Int, looked: @escaping @Sendable (_ errors: Int) -> Void
    ) async throws -> [Job] {
        if filter.errorPattern != nil {
            return try await jobsByError(filter, after: after, limit: limit, looked: looked)
        }
        let ordering = Self.ordering(filter.order)
        var condition = condition(filter)
        if let after, let comparison = ordering.comparison { condition.and("id \(comparison) ?", [.id(after)]) }
        return try await database.rows(
            "SELECT \(JobColumns.all) FROM jobs WHERE \(condition.sql) ORDER BY \(ordering.sql) LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map(JobColumns.job)
    }

    /// How what follows a job compares with it, where ids are the order.
    static func ordering(_ order: TaskFilter.Order) -> (sql: String, comparison: String?) {
        switch order {
        case .newest: ("id DESC", "<")
        case .oldest: ("id", ">")
        case .runtime: ("coalesce(finished_at - started_at, -1) DESC, id DESC", nil)
        case .wait:
            (
                "coalesce(started_at - CASE WHEN run_at > created_at THEN run_at ELSE created_at END, -1) DESC, id DESC",
                nil
            )
        case .retries: ("attempts DESC, id DESC", nil)
        case .ended: ("coalesce(finished_at, -1) DESC, id DESC", nil)
        }
    }

    /// All that a filter asks for, but that its pattern fits the error. In an index of errors, states are not sought.
    func condition(_ filter: JobFilter, amongErrors: Bool = false) -> Timeline.Condition {
        var condition = Timeline.Condition(sql: "owner = ?", values: [ownerValue])
        func add(_ column: String, _ words: [String]) {
            condition.and(
                words.isEmpty ? "1 = 0" : "\(column) IN (\(words.map { _ in "?" }.joined(separator: ", ")))",
                words.sorted().map(SQLValue.text))
        }
        if !filter.states.isEmpty {
            add(amongErrors ? dialect.unsought("state") : "state", filter.states.map(\.rawValue))
            if !amongErrors, !filter.states.contains(.succeeded) { condition.and("state <> 'succeeded'") }
        }
        if let kinds = filter.kinds { add("kind", kinds.map(\.rawValue)) }
        if let queues = filter.queues { add("queue", queues.map(\.rawValue)) }
        if !filter.workers.isEmpty {
            let patterns = filter.workers.map(dialect.pattern)
            // A whole name may itself hold what a pattern gives another meaning.
            condition.and(
                "(\(patterns.map { "ran_by = ? OR ran_by \($0.comparison) ?" }.joined(separator: " OR ")))",
                zip(filter.workers, patterns).flatMap { [.string($0), .string($1.text)] })
        }
        if let photo = filter.photo { condition.and("photo = ?", [.id(photo)]) }
        if filter.errorPattern != nil { condition.and("error IS NOT NULL") }
        let changed = "coalesce(finished_at, started_at, created_at)"
        if let since = filter.since { condition.and("\(changed) >= ?", [.int(since)]) }
        if let until = filter.until { condition.and("\(changed) < ?", [.int(until)]) }
        return condition
    }

    func jobs(of photo: PhotoID, limit: Int) async throws -> [Job] {
        try await database.rows(Self.jobsOfPhoto, [.id(photo), ownerValue, .int(max(0, limit))]).map(JobColumns.job)
    }

    static let jobsOfPhoto =
        "SELECT \(JobColumns.all) FROM jobs WHERE photo = ? AND owner = ? ORDER BY id DESC LIMIT ?"

    func retry(_ jobs: [JobID]) async throws -> Int {
        // Of a photo's jobs one may wait, and no more than one.
        let isAlone = """
            NOT EXISTS (
                SELECT 1 FROM jobs AS other
                WHERE other.photo = jobs.photo AND other.kind = jobs.kind AND (
                    other.state IN ('queued', 'running', 'retrying')
                    OR (other.state = jobs.state AND other.id > jobs.id AND other.id IN (SELECT id FROM named))
                )
            )
            """
        return try await move(
            jobs, from: [.dead, .cancelled], to: .queued,
            setting: """
                attempts = 0, worker_deaths = 0, error = NULL, fingerprint = NULL, run_at = ?, started_at = NULL, finished_at = NULL,
                ran_by = NULL, published_at = NULL
                """, [.int(clock.microseconds)], where: isAlone
        ) { [ownerValue] connection in
            try EarlierAttempts.addLast(jobs, owner: ownerValue, where: isAlone, connection)
            try Self.keepFirst(of: jobs, owner: ownerValue, where: isAlone, connection)
        }
    }

    func cancel(_ jobs: [JobID]) async throws -> Int {
        try await move(
            jobs, from: [.queued, .retrying], to: .cancelled, setting: "finished_at = ?", [.int(clock.microseconds)],
            where: "1 = 1")
    }

    /// Moves those of the jobs that are in one of the states to another, with a statement for each of these states, however
    /// many jobs there are; returns how many.
    private func move(
        _ jobs: [JobID], from old: [JobState], to new: JobState, setting changes: String, _ values: [SQLValue],
        where condition: String, before: @escaping @Sendable (any SQLConnection) throws -> Void = { _ in }
    ) async throws -> Int {
        if jobs.isEmpty { return 0 }
        let statement = """
            \(NamedRows.table)
            UPDATE jobs SET state = ?, \(changes)
            WHERE owner = ? AND state = ? AND id IN (SELECT id FROM named) AND \(condition) RETURNING id
            """
        let named = NamedRows.values(jobs)
        return try await database.write { [ownerValue] connection in
            try before(connection)
            let moved = try connection.rows(
                statement,
                each: old.map { named + [.text(new.rawValue)] + values + [ownerValue, .text($0.rawValue)] })
            var counters = CounterChanges()
            for (state, rows) in zip(old, moved) { counters.moveJobs(rows.count, from: state, to: new) }
            try counters.write(to: connection, owner: ownerValue)
            return moved.reduce(0) { $0 + $1.count }
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
            let known: [PhotoID] = try connection.rows(
                "\(NamedRows.table) \(NamedRows.own("photos")) ORDER BY own.id",
                NamedRows.values(photos) + [ownerValue]
            ).map { row in
                var row = row
                return try row.id()
            }
            let added = try connection.rows(
                "INSERT INTO \(JobInsertion.table) VALUES \(JobInsertion.row) \(JobInsertion.onConflict) RETURNING id",
                each: known.map {
                    JobInsertion.values(.processPhoto, photo: $0, id: newIdentifier(), owner: ownerValue, now: now)
                }
            ).count { !$0.isEmpty }
            var counters = CounterChanges()
            counters.moveJobs(added, from: nil, to: .queued)
            try counters.write(to: connection, owner: ownerValue)
            return added
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
