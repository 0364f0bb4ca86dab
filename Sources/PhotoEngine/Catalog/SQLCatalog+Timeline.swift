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
        // Several quarters are one city.
        let found = try await database.rowsThatMayLag(
            """
            SELECT place, photos FROM place_counts WHERE owner = ? AND month = ? AND photos > 0
            ORDER BY photos DESC, place LIMIT ?
            """, [ownerValue, .int(month.ordinal), .int(max(0, min(limit, 1000)) * 20)]
        ).map { row in
            var row = row
            return (place: try row.text(), photos: try row.int())
        }
        let statement = KnownCities.statement(ownerValue)
        let cities = try KnownCities(try await database.rowsThatMayLag(statement.sql, statement.values))
        let counts = Dictionary(found.map { (cities.city(of: $0.place), $0.photos) }, uniquingKeysWith: +)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(max(0, limit)).map(\.key)
    }
}
