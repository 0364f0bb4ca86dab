public import Core
internal import Foundation

extension SQLiteTaskHistory {
    /// Errors that are looked through at a time.
    private static let pageSize = 2000
    /// Errors of a trigram that are counted.
    private static let mostCounted = 10_000

    public func task(_ id: String) async throws -> BrokerTask? {
        try await database.row("SELECT \(TaskRows.columns) FROM task WHERE id = ?", [.string(id)]).map { row in
            var row = row
            return try TaskRows.task(&row).task
        }
    }

    public func attempts(of id: String) async throws -> [TaskAttempt] {
        try await database.read { connection in
            guard
                var row = try connection.row("SELECT \(TaskRows.columns) FROM task WHERE id = ?", [.string(id)])
            else { return [] }
            let (number, task) = try TaskRows.task(&row)
            return try TaskRows.attempts(of: number, connection) + [task.attempt]
        }
    }

    public func ids(beginningWith prefix: String, limit: Int) async throws -> [String] {
        guard !prefix.isEmpty else { return [] }
        // U+10FFFF sorts behind all others.
        return try await database.rows(
            "SELECT id FROM task WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            [.string(prefix), .string(prefix + "\u{10FFFF}"), .int(limit)]
        ).map { row in
            var row = row
            return try row.text()
        }
    }

    public func lastChange() async throws -> Int64 {
        var row = try await database.row("SELECT coalesce(max(place), 0) FROM change", [])
        return try row?.int64() ?? 0
    }

    public func changes(
        after place: Int64, limit: Int, _ filter: TaskFilter
    ) async throws -> (tasks: [BrokerTask], next: Int64) {
        let pattern = try filter.errorPattern.map(ErrorPattern.init)
        let query = TaskQuery(filter)
        return try await database.read { connection in
            var last = try connection.row(
                "SELECT max(place) FROM (SELECT place FROM change WHERE place > ? ORDER BY place LIMIT ?)",
                [.integer(place), .int(limit)])
            guard let next = try last?.optionalInt64() else { return ([], place) }
            let rows = try connection.rows(
                """
                SELECT \(TaskRows.columns) FROM (
                    SELECT max(place) AS latest, task AS changed FROM change WHERE place > ? AND place <= ? GROUP BY task
                ) CROSS JOIN task ON changed = task.number \(query.condition) ORDER BY latest
                """, [.integer(place), .integer(next)] + query.values)
            let tasks = try rows.compactMap { row -> BrokerTask? in
                var row = row
                let task = try TaskRows.task(&row).task
                return pattern.map { $0.fits(task.error ?? "") == true } == false ? nil : task
            }
            return (tasks, next)
        }
    }

    public func tasks(_ filter: TaskFilter, limit: Int) async throws -> TaskPage {
        let pattern = try filter.errorPattern.map(ErrorPattern.init)
        let isPaged = filter.order == .newest || filter.order == .oldest
        return try await database.read { connection in
            var rarest: String?
            if let parts = pattern?.parts, !parts.isEmpty {
                rarest = try TrigramIndex(table: "task_error").rarest(of: parts, limit: Self.mostCounted, connection)
                if rarest == nil { return TaskPage(tasks: [], next: nil) }
            }
            let query = TaskQuery(filter, errors: rarest)
            var found: [(number: Int64, task: BrokerTask)] = []
            var place = filter.after
            while true {
                // One more than is wanted tells whether there are more.
                let count = pattern == nil ? limit + 1 : isPaged ? Self.pageSize : -1
                let (sql, values) = query.statement(after: place, limit: count)
                var lastNumber: Int64?
                let rows = try connection.rows(sql, values)
                for row in rows {
                    var row = row
                    let read = try TaskRows.task(&row)
                    lastNumber = read.number
                    if let pattern, pattern.fits(read.task.error ?? "") != true { continue }
                    found.append(read)
                    if found.count > limit { break }
                }
                if pattern == nil || !isPaged || found.count > limit || rows.count < count { break }
                place = lastNumber
            }
            let page = found.prefix(limit)
            return TaskPage(
                tasks: page.map(\.task), next: isPaged && found.count > limit ? page.last?.number : nil)
        }
    }
}

/// The statement that a filter stands for.
private struct TaskQuery {
    private var conditions: [String] = []
    private(set) var values: [SQLValue] = []
    private let order: TaskFilter.Order
    /// The index of errors first, in the order of the tasks: so a page of many that fit is read without the rest.
    private let isByError: Bool

    /// - Parameter errors: what the index of errors is asked for.
    init(_ filter: TaskFilter, errors: String? = nil) {
        order = filter.order
        isByError = errors != nil
        if filter.errorPattern != nil {
            add("task.error IS NOT NULL", [])
            if let errors { add("task_error MATCH ?", [.string(errors)]) }
        }
        if !filter.states.isEmpty, filter.states.count < BrokerTask.State.allCases.count {
            let places = filter.states.map { TaskRows.number($0) }.sorted()
            add("state IN (\(places.map(String.init).joined(separator: ", ")))", [])
            // Said again for the sake of the partial index, which SQLite does not see in a list.
            if !filter.states.contains(.succeeded) { add("state <> 4", []) }
        } else if filter.errorPattern != nil, errors == nil {
            add("state <> 4", [])
        }
        for (column, text) in [("name", filter.name), ("queue", filter.queue), ("worker", filter.worker)] {
            guard let text else { continue }
            let isPattern = text.contains { "*?[".contains($0) }
            add("\(column) \(isPattern ? "GLOB" : "=") ?", [.string(text)])
        }
        if let since = filter.since { add("last_heard >= ?", [.real(since)]) }
        if let until = filter.until { add("last_heard < ?", [.real(until)]) }
    }

    /// With its WHERE, where there is any.
    var condition: String { conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ") }

    private mutating func add(_ condition: String, _ values: [SQLValue]) {
        conditions.append(condition)
        self.values += values
    }

    /// A limit of -1 is none.
    func statement(after place: Int64?, limit: Int) -> (String, [SQLValue]) {
        var conditions = conditions
        var values = values
        let number = isByError ? "task_error.rowid" : "task.number"
        if let place, order == .newest || order == .oldest {
            conditions.append("\(number) \(order == .newest ? "<" : ">") ?")
            values.append(.integer(place))
        }
        let ordering =
            switch order {
            case .newest: "\(number) DESC"
            case .oldest: number
            case .runtime: "runtime DESC NULLS LAST, \(number) DESC"
            case .wait: "started - sent DESC NULLS LAST, \(number) DESC"
            case .retries: "retries + earlier DESC, \(number) DESC"
            case .ended: "ended DESC NULLS LAST, \(number) DESC"
            }
        let source = isByError ? "task_error CROSS JOIN task ON task.number = task_error.rowid" : "task"
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return (
            "SELECT \(TaskRows.columns) FROM \(source) \(filter) ORDER BY \(ordering) LIMIT ?", values + [.int(limit)]
        )
    }
}
