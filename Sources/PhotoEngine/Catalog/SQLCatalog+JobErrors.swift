import Core

/// Jobs whose error a pattern fits.
extension SQLCatalog {
    /// Jobs that are read at a time.
    private static var pageSize: Int { 2000 }
    /// Up to so many are looked at one by one, wherever they are; of more, some are soon found in the order of the jobs.
    private static var mostCandidates: Int { 10_000 }

    /// What an error must hold is looked for in the index of errors. Where few jobs have it, only these are read; else the jobs
    /// are read once, in their order, up to the limit. Other orders than that of the ids read all that fit, and keep the first.
    func jobsByError(_ filter: JobFilter, after: JobID?, limit: Int) async throws -> [Job] {
        let pattern = try ErrorPattern(filter.errorPattern ?? "")
        var found = FoundJobs(order: filter.order, limit: limit)
        let condition = condition(filter)
        if !pattern.parts.isEmpty {
            let candidates = try await database.read { [ownerValue] in
                try $0.dialect.jobsByError(pattern.parts, ownerValue, Self.mostCandidates, $0)
            }
            if let candidates {
                var ids = candidates.sorted()[...]
                if found.isNewestFirst { ids = ids.reversed()[...] }
                if found.isPaged, let after { ids = ids.drop { found.isNewestFirst ? $0 >= after : $0 <= after } }
                while !ids.isEmpty, !found.isFull {
                    let page = Array(ids.prefix(Self.pageSize))
                    ids = ids.dropFirst(page.count)
                    found.add(try await jobs(named: page, condition), fitting: pattern)
                    try Task.checkCancellation()
                }
                return found.jobs()
            }
        }
        var place = found.isPaged ? after : nil
        while !found.isFull {
            let page = try await nextJobs(after: place, found.isNewestFirst, holding: pattern.parts, condition)
            found.add(page, fitting: pattern)
            if page.count < Self.pageSize { break }
            place = page.last?.id
            try Task.checkCancellation()
        }
        return found.jobs()
    }

    /// Those of the named jobs that meet a condition, in the order of their names.
    private func jobs(named ids: [JobID], _ condition: Timeline.Condition) async throws -> [Job] {
        let rows = try await database.rows(
            """
            \(NamedRows.table)
            SELECT \(JobColumns.qualified) FROM named CROSS JOIN jobs WHERE jobs.id = named.id AND \(condition.sql)
            """, NamedRows.values(ids) + condition.values)
        let jobs = try rows.map(JobColumns.job)
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        return jobs.sorted { (places[$0.id] ?? 0) < (places[$1.id] ?? 0) }
    }

    private func nextJobs(
        after place: JobID?, _ isNewestFirst: Bool, holding parts: [String], _ condition: Timeline.Condition
    ) async throws -> [Job] {
        var condition = condition
        if let place { condition.and("id \(isNewestFirst ? "<" : ">") ?", [.id(place)]) }
        for part in parts { condition.and(dialect.contains("error"), [.text(Timeline.asciiLowercased(part))]) }
        let sql = """
            SELECT \(JobColumns.all) FROM jobs WHERE \(condition.sql) ORDER BY id \(isNewestFirst ? "DESC" : "ASC") LIMIT ?
            """
        let values = condition.values + [.int(Self.pageSize)]
        return try await database.read { connection in
            if let inOrder = connection.dialect.readsInOrder { try connection.send(inOrder, []) }
            return try connection.rows(sql, values)
        }.map(JobColumns.job)
    }
}

/// The first jobs, in some order, of those that come in the order of their ids.
private struct FoundJobs {
    let order: TaskFilter.Order
    let limit: Int
    private var kept: [Job] = []

    init(order: TaskFilter.Order, limit: Int) {
        self.order = order
        self.limit = max(0, limit)
    }

    /// Whether ids are the order.
    var isPaged: Bool { order == .newest || order == .oldest }
    var isNewestFirst: Bool { order != .oldest }
    /// Whether nothing that is still to come can be among the first.
    var isFull: Bool { limit == 0 || isPaged && kept.count >= limit }

    mutating func add(_ page: [Job], fitting pattern: ErrorPattern) {
        for job in page where !isFull && pattern.fits(job.error ?? "") == true {
            kept.append(job)
            if kept.count >= 2 * limit + 1000 { kept = jobs() }
        }
    }

    func jobs() -> [Job] {
        if isPaged { return Array(kept.prefix(limit)) }
        let sorted = kept.map { (rank($0), $0) }.sorted { $0.0 == $1.0 ? $0.1.id > $1.1.id : $0.0 > $1.0 }
        return sorted.prefix(limit).map(\.1)
    }

    /// The greatest is the first; as the statement orders jobs without a pattern.
    private func rank(_ job: Job) -> Int64 {
        switch order {
        case .newest, .oldest: 0
        case .runtime: job.finishedAt.flatMap { end in job.startedAt.map { end - $0 } } ?? -1
        case .wait: job.startedAt.map { $0 - job.waitsSince } ?? -1
        case .retries: Int64(job.attempts)
        case .ended: job.finishedAt ?? -1
        }
    }
}
