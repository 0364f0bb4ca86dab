import Core

extension SQLiteTaskHistory {
    public func held(by worker: String, heardUntil moment: Double, limit: Int) async throws -> [String] {
        // By the few that are not over: not by the worker, which may have run all there are.
        try await ids(
            "+worker = ? AND state IN (?, ?) AND state <> 4 AND last_heard <= ?",
            [
                .string(worker), .integer(TaskRows.number(.received)), .integer(TaskRows.number(.running)),
                .real(moment),
            ], limit)
    }

    public func queued(in queue: String?, heardUntil moment: Double, limit: Int) async throws -> [String] {
        try await ids(
            "state = ? AND state <> 4 AND last_heard <= ?" + (queue == nil ? "" : " AND queue = ?"),
            [.integer(TaskRows.number(.queued)), .real(moment)] + (queue.map { [.string($0)] } ?? []), limit)
    }

    public func record(lost ids: [String], because reason: String, at moment: Double) async throws {
        if ids.isEmpty { return }
        try await database.write(.soon) { connection in
            let events = ids.map { id in
                var event = TaskEvent(id: id, kind: .lost, at: moment, heardAt: moment)
                event.error = reason
                return event
            }
            try Self.take(events, connection)
        }
    }

    private func ids(_ condition: String, _ values: [SQLValue], _ limit: Int) async throws -> [String] {
        try await database.rows(
            "SELECT id FROM task WHERE \(condition) ORDER BY number LIMIT ?", values + [.int(limit)]
        ).map { row in
            var row = row
            return try row.text()
        }
    }
}
