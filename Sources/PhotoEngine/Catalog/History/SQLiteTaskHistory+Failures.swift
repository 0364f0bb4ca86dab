public import Core

/// What failed for good and was not sent again.
extension SQLiteTaskHistory {
    private static let isFailure = "state = 5 AND retried_as IS NULL"
    /// Errors of an older file that are looked at in one transaction.
    private static let batch = 2000

    public func failures() async throws -> [FailureGroup] {
        try await printOlder()
        return try await database.read { connection in
            var groups = try connection.rows(
                """
                SELECT name, queue, fingerprint, count(*), min(ended), max(ended) FROM task
                WHERE \(Self.isFailure) GROUP BY name, queue, fingerprint
                """, []
            ).map { row in
                var row = row
                let key = FailureKey(
                    task: try row.optionalText(), queue: try row.optionalText(), fingerprint: try row.optionalInt64())
                return FailureGroup(
                    key: key, count: try row.int(), firstAt: try row.optionalDouble() ?? 0,
                    lastAt: try row.optionalDouble() ?? 0, error: nil)
            }
            groups = Self.joined(groups).sorted { $0.count > $1.count }
            return try groups.map { group in
                let (statement, values) = Self.statement("error, ended, id", group.key)
                var latest = try connection.row(statement + " LIMIT 1", values)
                return FailureGroup(
                    key: group.key, count: group.count, firstAt: group.firstAt, lastAt: group.lastAt,
                    error: try latest?.optionalText())
            }
        }
    }

    /// One error is one group: those whose queue nobody told go to the largest of the same task and error.
    private static func joined(_ groups: [FailureGroup]) -> [FailureGroup] {
        struct Common: Hashable {
            let task: String?
            let fingerprint: Int64?
        }
        let byError = Dictionary(grouping: groups) { Common(task: $0.key.task, fingerprint: $0.key.fingerprint) }
        return byError.values.flatMap { alike -> [FailureGroup] in
            let known = alike.filter { $0.key.queue != nil }
            guard let unknown = alike.first(where: { $0.key.queue == nil }),
                let largest = known.max(by: { ($0.count, $1.key.queue ?? "") < ($1.count, $0.key.queue ?? "") })
            else { return alike }
            let key = largest.key
            let whole = FailureGroup(
                key: FailureKey(
                    task: key.task, queue: key.queue, fingerprint: key.fingerprint, takesUnknown: true),
                count: largest.count + unknown.count, firstAt: min(largest.firstAt, unknown.firstAt),
                lastAt: max(largest.lastAt, unknown.lastAt), error: nil)
            return known.filter { $0.key != key } + [whole]
        }
    }

    public func failed(in group: FailureKey?, after place: FailurePlace?, limit: Int) async throws -> [BrokerTask] {
        let (statement, values) = Self.statement(TaskRows.columns, group, after: place)
        return try await database.rows(
            statement + " LIMIT ?", values + [.int(max(0, limit))]
        ).map { row in
            var row = row
            return try TaskRows.task(&row).task
        }
    }

    public func record(retries: [(task: String, sentAs: String)], sent: [TaskEvent], at moment: Double) async throws {
        guard !retries.isEmpty || !sent.isEmpty else { return }
        try await database.write { connection in
            for retry in retries {
                guard
                    var row = try connection.row(
                        "UPDATE task SET retried_as = ?, retried_at = ? WHERE id = ? RETURNING number",
                        [.string(retry.sentAs), .real(moment), .string(retry.task)])
                else { continue }
                try connection.execute("INSERT INTO change (task) VALUES (?)", [.integer(try row.int64())])
            }
            try Self.take(sent, ifUnsent: true, connection)
        }
    }

    /// Failures of a group or all, the latest first. Each part of a group is read in its index' order.
    private static func statement(
        _ columns: String, _ key: FailureKey?, after place: FailurePlace? = nil
    ) -> (String, [SQLValue]) {
        let behind = place == nil ? "" : " AND (ended, id) < (?, ?)"
        let after: [SQLValue] = place.map { [.real($0.at), .string($0.id)] } ?? []
        func part(_ condition: String) -> String {
            "SELECT \(columns) FROM task WHERE \(isFailure)\(condition)\(behind)"
        }
        let order = " ORDER BY ended DESC, id DESC"
        guard let key else { return (part("") + order, after) }
        let common: [SQLValue] = [.string(key.task), .int(key.fingerprint)]
        let known = part(" AND name IS ? AND fingerprint IS ? AND queue IS ?")
        guard key.takesUnknown else { return (known + order, common + [.string(key.queue)] + after) }
        let unknown = part(" AND name IS ? AND fingerprint IS ? AND queue IS NULL")
        return (
            known + " UNION ALL " + unknown + order, common + [.string(key.queue)] + after + common + after
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
