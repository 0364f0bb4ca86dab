public import Core

/// What failed for good and was not sent again.
extension SQLiteTaskHistory {
    private static let isFailure = "state = 5 AND retried_as IS NULL"
    /// Errors of an older file that are looked at in one transaction.
    private static let batch = 2000

    public func failures() async throws -> [FailureGroup] {
        try await printOlder()
        return try await database.read { connection in
            try connection.rows(
                """
                SELECT name, queue, fingerprint, count(*) AS failed, min(ended), max(ended) FROM task
                WHERE \(Self.isFailure) GROUP BY name, queue, fingerprint ORDER BY failed DESC
                """, []
            ).map { row in
                var row = row
                let key = FailureKey(
                    task: try row.optionalText(), queue: try row.optionalText(), fingerprint: try row.optionalInt64())
                let (count, first, last) = (try row.int(), try row.optionalDouble(), try row.optionalDouble())
                let (condition, values) = Self.condition(key)
                var latest = try connection.row(
                    "SELECT error FROM task WHERE \(condition) ORDER BY ended DESC, id DESC LIMIT 1", values)
                return FailureGroup(
                    key: key, count: count, firstAt: first ?? 0, lastAt: last ?? 0, error: try latest?.optionalText())
            }
        }
    }

    public func failed(in group: FailureKey?, after place: FailurePlace?, limit: Int) async throws -> [BrokerTask] {
        var (condition, values) = group.map(Self.condition) ?? (Self.isFailure, [])
        if let place {
            condition += " AND (ended, id) < (?, ?)"
            values += [.real(place.at), .string(place.id)]
        }
        return try await database.rows(
            "SELECT \(TaskRows.columns) FROM task WHERE \(condition) ORDER BY ended DESC, id DESC LIMIT ?",
            values + [.int(max(0, limit))]
        ).map { row in
            var row = row
            return try TaskRows.task(&row).task
        }
    }

    public func record(retries: [(task: String, sentAs: String)], at moment: Double) async throws {
        guard !retries.isEmpty else { return }
        try await database.write { connection in
            for retry in retries {
                guard
                    var row = try connection.row(
                        "UPDATE task SET retried_as = ?, retried_at = ? WHERE id = ? RETURNING number",
                        [.string(retry.sentAs), .real(moment), .string(retry.task)])
                else { continue }
                try connection.execute("INSERT INTO change (task) VALUES (?)", [.integer(try row.int64())])
            }
        }
    }

    private static func condition(_ key: FailureKey) -> (String, [SQLValue]) {
        (
            "\(isFailure) AND name IS ? AND queue IS ? AND fingerprint IS ?",
            [.string(key.task), .string(key.queue), .int(key.fingerprint)]
        )
    }

    /// A file of an older form has none of what was kept in it.
    private func printOlder() async throws {
        while true {
            let rows = try await database.rows(
                "SELECT number, error FROM task WHERE state = 5 AND fingerprint IS NULL ORDER BY number LIMIT ?",
                [.int(Self.batch)])
            if rows.isEmpty { return }
            let prints: [[SQLValue]] = try rows.map { row in
                var row = row
                let (number, error) = (try row.int64(), try row.optionalText())
                return [.integer(error.map { ErrorFingerprint($0).number } ?? 0), .integer(number)]
            }
            try await database.write(.soon) { connection in
                for values in prints {
                    try connection.execute("UPDATE task SET fingerprint = ? WHERE number = ?", values)
                }
            }
            try Task.checkCancellation()
        }
    }
}
