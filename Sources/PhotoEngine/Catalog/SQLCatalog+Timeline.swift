import Core

extension SQLCatalog {
    func months(filter: TimelineFilter) async throws -> [MonthCount] {
        let statement: Timeline.Condition
        if filter.isEmpty {
            statement = Timeline.Condition(
                sql: "SELECT month, photos FROM month_counts WHERE owner = ? AND photos > 0 ORDER BY month DESC",
                values: [ownerValue])
        } else {
            let condition = Timeline.condition(
                TimelineQuery(limit: 0, filter: filter), owner: ownerValue, dialect: dialect)
            statement = Timeline.Condition(
                sql: "SELECT month, count(*) FROM photos WHERE \(condition.sql) GROUP BY month ORDER BY month DESC",
                values: condition.values)
        }
        return try await database.rowsThatMayLag(statement.sql, statement.values).map { row in
            var row = row
            return try MonthCount(month: Month(ordinal: row.int()), count: row.int())
        }
    }

    func timeline(_ query: TimelineQuery) async throws -> [TimelineEntry] {
        let page = Timeline.page(query, columns: PhotoColumns.entry, owner: ownerValue, dialect: dialect)
        return try await database.rowsThatMayLag(page.sql, page.values).map(PhotoColumns.entry)
    }

    func places(in month: Month, limit: Int) async throws -> [String] {
        try await database.rowsThatMayLag(
            """
            SELECT place FROM place_counts WHERE owner = ? AND month = ? AND photos > 0
            ORDER BY photos DESC, place LIMIT ?
            """, [ownerValue, .int(month.ordinal), .int(max(0, limit))]
        ).map { row in
            var row = row
            return try row.text()
        }
    }
}
