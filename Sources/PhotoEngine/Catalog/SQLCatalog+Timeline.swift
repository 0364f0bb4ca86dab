import Core

extension SQLCatalog {
    func months() async throws -> [MonthCount] {
        try await database.rowsThatMayLag(
            "SELECT month, photos FROM month_counts WHERE owner = ? AND photos > 0 ORDER BY month DESC", [ownerValue]
        ).map { row in
            var row = row
            return try MonthCount(month: Month(ordinal: row.int()), count: row.int())
        }
    }

    func timeline(_ query: TimelineQuery) async throws -> [TimelineEntry] {
        let page = Timeline.page(query, columns: PhotoColumns.entry, owner: ownerValue)
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
