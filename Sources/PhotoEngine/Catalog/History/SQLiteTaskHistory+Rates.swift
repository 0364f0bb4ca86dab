public import Core

extension SQLiteTaskHistory {
    /// Ends that are looked at; of more in the window, the latest.
    private static let mostEnds = 50_000
    /// What is watched for a shorter time tells nothing of rates.
    private static let leastSeconds = 10.0
    /// What comes and goes now, and whether the queue grows, is of so long; where it has turned, of that.
    private static let recentSeconds = 60.5
    private static let turnSeconds = 15.5
    /// Ends of which nobody told the queue may be so many, for the rates of the others to be whole.
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
            var unknown: [Double] = []
            for row in rows {
                var row = row
                let queue = try row.optionalText()
                let state = try row.int()
                let (wait, run, ended) = (try row.optionalDouble(), try row.optionalDouble(), try row.optionalDouble())
                if rows.count == Self.mostEnds, let ended { begin = max(start, ended) }
                guard let queue else {
                    unknown.append(ended ?? 0)
                    continue
                }
                ends[queue, default: Ends()].add(state: state, wait: wait, run: run, at: ended ?? 0)
            }
            let window = max(1, now - begin)
            let trendSeconds = QueueRates.step * Double(QueueRates.steps)
            let depths = try Self.depths(since: max(start, now - trendSeconds), connection)
            let firstStep = QueueRates.step(of: now) - QueueRates.steps
            var areWhole: [ClosedRange<Double>: Bool] = [:]
            var rates: [String: QueueRates] = [:]
            for queue in try Self.queues(connection) {
                let told = ends[queue] ?? Ends()
                var found = QueueRates(window: window)
                let tendency = Self.tendency(of: depths[queue] ?? [])
                let span = tendency?.span ?? max(begin, now - Self.recentSeconds)...now
                found.growth = tendency?.growth
                found.recent = span.upperBound - span.lowerBound
                // Of a queue that no task was ever known of, its workers may tell nothing.
                if !isSilent, try told.count > 0 || Self.hasTasks(of: queue, connection) {
                    let isWhole =
                        areWhole[span]
                        ?? (Double(unknown.count(where: span.contains)) <= Self.mostUnknown
                            * Double(Self.count(in: span, ends, unknown)))
                    areWhole[span] = isWhole
                    var out = Double(told.moments.count(where: span.contains)) / max(1, found.recent)
                    // What is gone has gone, whoever took it.
                    if !isWhole, let growth = found.growth { out = max(out, -growth) }
                    found.outPerSecond = out
                    found.inPerSecond = found.growth.map { max(0, out + $0) }
                    found.isAtLeast = !isWhole
                }
                found.ended = told.count
                found.errorShare = told.count > 0 ? Double(told.failed) / Double(told.count) : nil
                found.wait = QueueRates.Spread(told.waits)
                found.run = QueueRates.Spread(told.runs)
                for (at, depth) in depths[queue] ?? [] { found.depths[QueueRates.step(of: at)] = Int(depth) }
                for at in told.moments where QueueRates.step(of: at) >= firstStep {
                    found.ends[QueueRates.step(of: at), default: 0] += 1
                }
                rates[queue] = found
            }
            return rates
        }
    }

    public func sentMoments(of ids: [String]) async throws -> [String: Double] {
        try await database.read { connection in
            var found: [String: Double] = [:]
            for id in ids {
                var row = try connection.row("SELECT coalesce(resent, sent) FROM task WHERE id = ?", [.string(id)])
                found[id] = try row?.optionalDouble()
            }
            return found
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
        var moments: [Double] = []

        mutating func add(state: Int, wait: Double?, run: Double?, at moment: Double) {
            count += 1
            moments.append(moment)
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

    private static func count(in span: ClosedRange<Double>, _ ends: [String: Ends], _ unknown: [Double]) -> Int {
        ends.values.reduce(unknown.count(where: span.contains)) { $0 + $1.moments.count(where: span.contains) }
    }

    // Tendencies

    private typealias Depth = (at: Double, depth: Double)

    private static func depths(since moment: Double, _ connection: any SQLConnection) throws -> [String: [Depth]] {
        let rows = try connection.rows(
            "SELECT queue, at, waiting FROM depth WHERE at >= ? ORDER BY at", [.real(moment)])
        var found: [String: [Depth]] = [:]
        for row in rows {
            var row = row
            let queue = try row.text()
            found[queue, default: []].append((try SQLRow.present(row.optionalDouble()), Double(try row.int())))
        }
        return found
    }

    /// By how many messages it changes each second, and of when that is: of the last minute, or of its end alone where the queue
    /// has turned since, or changes twice as fast or slowly.
    private static func tendency(of depths: [Depth]) -> (growth: Double, span: ClosedRange<Double>)? {
        guard let last = depths.last else { return nil }
        func since(_ seconds: Double) -> (change: Double, growth: Double, span: ClosedRange<Double>)? {
            guard let first = depths.first(where: { $0.at >= last.at - seconds }),
                last.at - first.at >= leastSeconds / 2
            else { return nil }
            let change = last.depth - first.depth
            return (change, change / (last.at - first.at), first.at...last.at)
        }
        guard let long = since(recentSeconds) else { return nil }
        guard let short = since(turnSeconds) else { return (long.growth, long.span) }
        let hasTurned = short.change * long.change <= 0 && max(abs(short.change), abs(long.change)) >= 1
        let pace = long.growth == 0 ? 1 : short.growth / long.growth
        let isOther = hasTurned || (abs(short.change) >= 10 && (pace > 2 || pace < 0.5))
        return isOther ? (short.growth, short.span) : (long.growth, long.span)
    }
}
