import Core

/// What is not tried again by itself, by what it has in common.
extension SQLCatalog {
    private static var isDead: String { "owner = ? AND state = 'dead'" }
    /// Errors of before they were kept so, in one transaction.
    private static var batch: Int { 1000 }

    func deadGroups() async throws -> [FailureGroup] {
        try await printOlder()
        return try await database.read { [ownerValue] connection in
            let rows = try connection.rows(
                """
                SELECT kind, queue, fingerprint, count(*) AS dead, min(finished_at), max(finished_at), (
                    SELECT first_at FROM retried_failures AS retried
                    WHERE retried.owner = jobs.owner AND retried.kind = jobs.kind AND retried.queue = jobs.queue
                        AND retried.fingerprint = jobs.fingerprint)
                FROM jobs WHERE \(Self.isDead)
                GROUP BY owner, kind, queue, fingerprint ORDER BY dead DESC, kind, queue, fingerprint
                """, [ownerValue])
            return try rows.map { row in
                var row = row
                let key = FailureKey(
                    task: try row.text(), queue: try row.text(), fingerprint: try row.optionalInt64())
                let (count, first, last) = (try row.int(), try row.optionalInt64(), try row.optionalInt64())
                let retried = try row.optionalInt64()
                let condition = Self.condition(key, owner: ownerValue)
                var latest = try connection.row(
                    "SELECT error FROM jobs WHERE \(condition.sql) ORDER BY finished_at DESC, id DESC LIMIT 1",
                    condition.values)
                return FailureGroup(
                    key: key, count: count, firstAt: Double(min(first ?? 0, retried ?? .max)) / 1e6,
                    lastAt: Double(last ?? 0) / 1e6, error: try latest?.optionalText())
            }
        }
    }

    /// Keeps when the first of a group died, before a person has it tried again.
    static func keepFirst(
        of jobs: [JobID], owner: SQLValue, where condition: String, _ connection: any SQLConnection
    ) throws {
        try connection.send(
            """
            \(NamedRows.table)
            INSERT INTO retried_failures (owner, kind, queue, fingerprint, first_at)
            SELECT owner, kind, queue, fingerprint, min(finished_at) FROM jobs
            WHERE \(isDead) AND fingerprint IS NOT NULL AND finished_at IS NOT NULL AND id IN (SELECT id FROM named)
                AND \(condition)
            GROUP BY owner, kind, queue, fingerprint
            ON CONFLICT (owner, kind, queue, fingerprint) DO UPDATE SET first_at = excluded.first_at
            WHERE excluded.first_at < retried_failures.first_at
            """, NamedRows.values(jobs) + [owner])
    }

    func deadJobs(in group: FailureKey?, after place: FailurePlace?, limit: Int) async throws -> [Job] {
        var condition =
            group.map { Self.condition($0, owner: ownerValue) }
            ?? Timeline.Condition(sql: Self.isDead, values: [ownerValue])
        if let place {
            let at = SQLValue.integer(Int64((place.at * 1e6).rounded()))
            if let id = JobID(place.id) {
                condition.and("(finished_at, id) < (?, ?)", [at, .id(id)])
            } else {
                condition.and("finished_at \(place.id.isEmpty ? "<" : "<=") ?", [at])
            }
        }
        return try await database.rows(
            "SELECT \(JobColumns.all) FROM jobs WHERE \(condition.sql) ORDER BY finished_at DESC, id DESC LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map(JobColumns.job)
    }

    private static func condition(_ key: FailureKey, owner: SQLValue) -> Timeline.Condition {
        var condition = Timeline.Condition(sql: isDead, values: [owner])
        condition.and("kind = ? AND queue = ?", [.string(key.task ?? ""), .string(key.queue ?? "")])
        if let print = key.fingerprint {
            condition.and("fingerprint = ?", [.integer(print)])
        } else {
            condition.and("fingerprint IS NULL")
        }
        return condition
    }

    /// Of jobs that died before it was kept. Where this may not be written they are a group of their own.
    private func printOlder() async throws {
        while true {
            let rows = try await database.rows(
                "SELECT id, error FROM jobs WHERE \(Self.isDead) AND fingerprint IS NULL ORDER BY id LIMIT ?",
                [ownerValue, .int(Self.batch)])
            if rows.isEmpty { return }
            let prints: [[SQLValue]] = try rows.map { row in
                var row = row
                let id: JobID = try row.id()
                return [
                    .integer(ErrorFingerprint(try row.optionalText() ?? "").number), .id(id), ownerValue,
                ]
            }
            do {
                try await database.write(.soon) { connection in
                    try connection.send(
                        "UPDATE jobs SET fingerprint = ? WHERE id = ? AND owner = ? AND state = 'dead'", each: prints)
                }
            } catch let error as EngineError where error.code == .permissionDenied {
                return
            }
            try Task.checkCancellation()
        }
    }
}
