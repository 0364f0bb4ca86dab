public import Core

extension SQLiteTaskHistory {
    /// Ends that are looked at; of more in the window, the latest.
    private static let mostEnds = 50_000
    /// What is watched for a shorter time tells nothing of rates.
    private static let leastSeconds = 10.0
    /// Ends of which nobody told the queue may be so many, for the rates of the others to stand.
    private static let mostUnknown = 0.01

    public func rates(seconds: Double, now: Double) async throws -> [String: QueueRates] {
        let watches = try await watches(limit: 100)
        guard let since = watches.watchedSince(at: now), now - since >= Self.leastSeconds else { return [:] }
        let start = max(since, now - seconds)
        let isSilent = try await workers(since: start).areSilentOnTasks(until: now)
        return try await database.read { connection in
            var begin = start
            let rows = try connection.rows(
                """
                SELECT queue, state, started - sent, runtime, ended FROM task WHERE ended >= ? AND ended <= ?
                ORDER BY ended DESC LIMIT ?
                """, [.real(begin), .real(now + TaskWatchState.gap), .int(Self.mostEnds)])
            var ends: [String: Ends] = [:]
            var unknown = 0
            for row in rows {
                var row = row
                let queue = try row.optionalText()
                let state = try row.int()
                let (wait, run, ended) = (try row.optionalDouble(), try row.optionalDouble(), try row.optionalDouble())
                if rows.count == Self.mostEnds, let ended { begin = max(start, ended) }
                guard let queue else {
                    unknown += 1
                    continue
                }
                ends[queue, default: Ends()].add(state: state, wait: wait, run: run)
            }
            let window = max(1, now - begin)
            let isKnown = Double(unknown) <= Self.mostUnknown * Double(rows.count)
            var rates: [String: QueueRates] = [:]
            for queue in try Self.queues(connection) {
                let told = ends[queue] ?? Ends()
                var found = QueueRates(window: window)
                found.growth = try Self.growth(of: queue, since: start, connection)
                // Of a queue that no task was ever known of, its workers may tell nothing.
                if isKnown, !isSilent, try told.count > 0 || Self.hasTasks(of: queue, connection) {
                    let out = Double(told.count) / window
                    found.outPerSecond = out
                    found.inPerSecond = found.growth.map { max(0, out + $0) }
                }
                found.ended = told.count
                found.errorShare = told.count > 0 ? Double(told.failed) / Double(told.count) : nil
                found.wait = QueueRates.Spread(told.waits)
                found.run = QueueRates.Spread(told.runs)
                rates[queue] = found
            }
            return rates
        }
    }

    public func longestRuns(limit: Int) async throws -> [String: Double] {
        let rows = try await database.rows(
            """
            SELECT name, max(runtime) AS longest FROM task WHERE name IS NOT NULL AND runtime IS NOT NULL
            GROUP BY name ORDER BY longest DESC LIMIT ?
            """, [.int(limit)])
        return try rows.reduce(into: [:]) { found, row in
            var row = row
            let name = try row.text()
            found[name] = try row.optionalDouble()
        }
    }

    private struct Ends {
        var count = 0
        var failed = 0
        var waits: [Double] = []
        var runs: [Double] = []

        mutating func add(state: Int, wait: Double?, run: Double?) {
            count += 1
            if state == Int(TaskRows.number(.failed)) { failed += 1 }
            if let wait, wait >= 0 { waits.append(wait) }
            if let run { runs.append(run) }
        }
    }

    private static func queues(_ connection: any SQLConnection) throws -> [String] {
        try connection.rows(
            """
            SELECT DISTINCT queue FROM depth UNION SELECT queue FROM (
                WITH RECURSIVE known (queue) AS (
                    SELECT min(queue) FROM task UNION ALL
                    SELECT (SELECT min(queue) FROM task WHERE queue > known.queue) FROM known WHERE queue IS NOT NULL
                ) SELECT queue FROM known WHERE queue IS NOT NULL LIMIT 1000)
            """, []
        ).map { row in
            var row = row
            return try row.text()
        }
    }

    private static func hasTasks(of queue: String, _ connection: any SQLConnection) throws -> Bool {
        try !connection.rows("SELECT 1 FROM task WHERE queue = ? LIMIT 1", [.string(queue)]).isEmpty
    }

    private static func growth(
        of queue: String, since start: Double, _ connection: any SQLConnection
    ) throws -> Double? {
        func sample(_ order: String) throws -> (at: Double, depth: Double)? {
            guard
                var row = try connection.row(
                    "SELECT at, waiting FROM depth WHERE queue = ? AND at >= ? ORDER BY at \(order) LIMIT 1",
                    [.string(queue), .real(start)])
            else { return nil }
            return (try SQLRow.present(row.optionalDouble()), Double(try row.int()))
        }
        guard let first = try sample("ASC"), let last = try sample("DESC"), last.at - first.at >= leastSeconds / 2
        else {
            return nil
        }
        return (last.depth - first.depth) / (last.at - first.at)
    }
}
