import Core

extension SQLCatalog {
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
            let chosen: [JobID] = try connection.rows(choice(dialect.skipLocked), values).prefix(limit).map { row in
                var row = row
                return try row.id()
            }
            return try connection.rows(
                "UPDATE jobs SET published_at = ? WHERE id = ? AND owner = ? RETURNING \(JobColumns.all)",
                each: chosen.map { [now, .id($0), ownerValue] }
            ).map { try JobColumns.job(try SQLRow.present($0.first)) }
        }
    }
}
