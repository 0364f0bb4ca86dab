import Core

extension SQLCatalog {
    private static let unplaced = "owner = ? AND latitude IS NOT NULL AND longitude IS NOT NULL AND place_id IS NULL"

    func unplaced(after: PhotoID?, limit: Int) async throws -> [UnplacedPhoto] {
        try await database.rows(
            """
            SELECT id, latitude, longitude, taken_at, taken_at_offset, taken_at_source FROM photos
            WHERE \(Self.unplaced) AND id > ? ORDER BY id LIMIT ?
            """, [ownerValue, .bytes(after?.bytes ?? []), .int(max(0, limit))]
        ).compactMap { row in
            var row = row
            let photo: PhotoID = try row.id()
            let (latitude, longitude) = try (row.optionalDouble(), row.optionalDouble())
            let time = try CaptureTime(
                wallMicroseconds: row.int64(), offsetMinutes: row.optionalInt(), source: row.choice())
            return GeoPosition(latitude: latitude ?? .nan, longitude: longitude ?? .nan).map {
                UnplacedPhoto(photo: photo, position: $0, captureTime: time)
            }
        }
    }

    func unplacedCount() async throws -> Int {
        var row = try SQLRow.present(
            try await database.row("SELECT count(*) FROM photos WHERE \(Self.unplaced)", [ownerValue]))
        return try row.int()
    }

    func setPlaces(_ places: [PhotoID: FoundPlace]) async throws -> Int {
        if places.isEmpty { return 0 }
        return try await database.write { [owner, ownerValue] connection in
            let rows = PlaceRows(connection: connection, owner: ownerValue)
            var counters = CounterChanges()
            counters.add(1, to: .changes)
            try rows.insert(places.values.compactMap(\.city))
            let placed = try places.sorted { $0.key < $1.key }
                .filter { try rows.set($0.value, of: $0.key, counters: &counters) }.map(\.key)
            var search = SearchRows()
            try search.refresh(placed, of: owner, connection)
            try search.write(to: connection, owner: owner)
            try counters.write(to: connection, owner: ownerValue)
            return placed.count
        }
    }

    func forgetPlaces() async throws {
        try await database.write { [owner, ownerValue] connection in
            let rows = PlaceRows(connection: connection, owner: ownerValue)
            var counters = CounterChanges()
            counters.add(1, to: .changes)
            let placed: [PhotoID] = try connection.rows(
                "SELECT id FROM photos WHERE owner = ? AND place_id IS NOT NULL ORDER BY id", [ownerValue]
            ).map { row in
                var row = row
                return try row.id()
            }
            for photo in placed { try rows.forget(photo, counters: &counters) }
            var search = SearchRows()
            try search.refresh(placed, of: owner, connection)
            try search.write(to: connection, owner: owner)
            try connection.execute("DELETE FROM places WHERE owner = ?", [ownerValue])
            try counters.write(to: connection, owner: ownerValue)
        }
    }

    func cities() async throws -> [CityCount] {
        try await database.read { [ownerValue] connection in
            let cities = try PlaceRows(connection: connection, owner: ownerValue).cities()
            let counts = try connection.rows(
                """
                SELECT place_id, count(*) FROM photos WHERE owner = ? AND \(Timeline.membership) AND place_id > 0
                GROUP BY place_id
                """, [ownerValue])
            return try counts.compactMap { row in
                var row = row
                let city = cities[try row.int64()]
                let count = try row.int()
                return city.map { CityCount(city: $0, count: count) }
            }.sorted { left, right in
                (left.city.country, -left.count, left.city.name, left.city.id)
                    < (right.city.country, -right.count, right.city.name, right.city.id)
            }
        }
    }

    func photos(inCity city: Int64, after: TimelinePosition?, limit: Int) async throws -> [TimelineEntry] {
        var condition = Timeline.Condition(
            sql: "owner = ? AND \(Timeline.membership) AND place_id = ?", values: [ownerValue, .int(max(1, city))])
        if let after { condition.and("(taken_at, id) < (?, ?)", [.int(after.wallMicroseconds), .id(after.id)]) }
        return try await database.rows(
            """
            SELECT \(PhotoColumns.entry) FROM photos WHERE \(condition.sql) ORDER BY taken_at DESC, id DESC LIMIT ?
            """, condition.values + [.int(max(0, limit))]
        ).map(PhotoColumns.entry)
    }
}
