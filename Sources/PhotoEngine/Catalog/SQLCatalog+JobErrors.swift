import Core

/// Jobs whose error a pattern fits.
extension SQLCatalog {
    /// Jobs that are read at a time.
    private static var pageSize: Int { 2000 }
    /// Up to so many are looked at one by one, wherever they are; of more, some are soon found in the order of the jobs.
    private static var mostCandidates: Int { 10_000 }

    /// What an error must hold is looked for in the index of errors. Where few jobs have it, only these are read; else the errors
    /// are read once, in the order that is asked for, up to the limit.
    func jobsByError(
        _ filter: JobFilter, after: JobID?, limit: Int, looked: @escaping @Sendable (_ errors: Int) -> Void
    ) async throws -> [Job] {
        guard limit > 0 else { return [] }
        let pattern = try ErrorPattern(filter.errorPattern ?? "")
        let after = filter.order == .newest || filter.order == .oldest ? after : nil
        if !pattern.parts.isEmpty {
            let candidates = try await database.read { [ownerValue] in
                try $0.dialect.jobsByError(pattern.parts, ownerValue, Self.mostCandidates, $0)
            }
            if let candidates {
                return try await jobs(among: candidates, fitting: pattern, filter, after: after, limit: limit)
            }
        }
        let ids = try await walk(fitting: pattern, filter, after: after, limit: limit, looked)
        var found: [Job] = []
        for start in stride(from: 0, to: ids.count, by: Self.pageSize) {
            found += try await jobs(named: Array(ids[start..<min(start + Self.pageSize, ids.count)]), filter)
        }
        return found
    }

    private func jobs(
        among candidates: [JobID], fitting pattern: ErrorPattern, _ filter: JobFilter, after: JobID?, limit: Int
    ) async throws -> [Job] {
        let isPaged = filter.order == .newest || filter.order == .oldest
        var ids = candidates.sorted()[...]
        if filter.order != .oldest { ids = ids.reversed()[...] }
        if let after { ids = ids.drop { filter.order == .oldest ? $0 <= after : $0 >= after } }
        var found: [Job] = []
        while !ids.isEmpty, !isPaged || found.count < limit {
            let page = Array(ids.prefix(Self.pageSize))
            ids = ids.dropFirst(page.count)
            found += try await jobs(named: page, filter).filter { pattern.fits($0.error ?? "") == true }
            try Task.checkCancellation()
        }
        if !isPaged { found.sort { (rank($0, filter.order), $0.id) > (rank($1, filter.order), $1.id) } }
        return Array(found.prefix(limit))
    }

    /// Those of the named jobs that a filter lets through, whatever their error, in the order of their names.
    private func jobs(named ids: [JobID], _ filter: JobFilter) async throws -> [Job] {
        let condition = condition(filter)
        let rows = try await database.rows(
            """
            \(NamedRows.table)
            SELECT \(JobColumns.qualified) FROM named CROSS JOIN jobs WHERE jobs.id = named.id AND \(condition.sql)
            """, NamedRows.values(ids) + condition.values)
        let jobs = try rows.map(JobColumns.job)
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        return jobs.sorted { (places[$0.id] ?? 0) < (places[$1.id] ?? 0) }
    }

    /// The greatest is the first; as the statement orders jobs without a pattern.
    private func rank(_ job: Job, _ order: TaskFilter.Order) -> Int64 {
        switch order {
        case .newest, .oldest: 0
        case .runtime: job.finishedAt.flatMap { end in job.startedAt.map { end - $0 } } ?? -1
        case .wait: job.startedAt.map { $0 - job.waitsSince } ?? -1
        case .retries: Int64(job.attempts)
        case .ended: job.finishedAt ?? -1
        }
    }

    private func walk(
        fitting pattern: ErrorPattern, _ filter: JobFilter, after: JobID?, limit: Int,
        _ looked: @escaping @Sendable (_ errors: Int) -> Void
    ) async throws -> [JobID] {
        let (sql, values) = errors(filter, after: after, holding: pattern.parts)
        return try await database.read { connection in
            if let inOrder = connection.dialect.readsInOrder { try connection.send(inOrder, []) }
            var found: [JobID] = []
            var count = 0
            try connection.eachRow(sql, values) { row in
                var row = row
                let id: JobID = try row.id()
                if pattern.fits(try row.text()) == true { found.append(id) }
                count += 1
                if count.isMultiple(of: Self.pageSize) { looked(count) }
                return found.count < limit
            }
            return found
        }
    }

    /// Ids and errors of all that a filter lets through, in its order. Each order has an index of the jobs that have an error.
    func errors(
        _ filter: JobFilter, after: JobID? = nil, holding parts: [String] = []
    ) -> (sql: String, values: [SQLValue]) {
        let ordering = Self.ordering(filter.order)
        var condition = condition(filter, amongErrors: true)
        if let after, let comparison = ordering.comparison { condition.and("id \(comparison) ?", [.id(after)]) }
        for part in parts { condition.and(dialect.contains("error"), [.text(Timeline.asciiLowercased(part))]) }
        return ("SELECT id, error FROM jobs WHERE \(condition.sql) ORDER BY \(ordering.sql)", condition.values)
    }
}
