import Core

extension SQLCatalog {
    func eventPhotos(after: TimelinePosition?, limit: Int) async throws -> [EventPhoto] {
        let condition = Timeline.condition(TimelineQuery(after: after, limit: limit), owner: ownerValue)
        let statement = KnownCities.statement(ownerValue)
        let cities = try KnownCities(try await database.rows(statement.sql, statement.values))
        return try await database.rows(
            """
            SELECT id, taken_at, latitude, longitude, place FROM photos WHERE \(condition.sql)
                AND taken_at_source <> '\(CaptureTimeSource.modified.rawValue)'
                AND NOT EXISTS (SELECT 1 FROM album_photos WHERE album_photos.photo = photos.id LIMIT 1 OFFSET 0)
                AND NOT EXISTS (
                    SELECT 1 FROM refused_events WHERE refused_events.owner = ?
                        AND first_at <= photos.taken_at AND last_at >= photos.taken_at LIMIT 1 OFFSET 0)
            ORDER BY \(Timeline.order) LIMIT ?
            """, condition.values + [ownerValue, .int(max(0, limit))]
        ).map { row in
            var row = row
            let (id, time): (PhotoID, Int64) = try (row.id(), row.int64())
            let (latitude, longitude) = try (row.optionalDouble(), row.optionalDouble())
            return EventPhoto(
                id: id, wallMicroseconds: time,
                position: latitude.flatMap { latitude in
                    longitude.flatMap { GeoPosition(latitude: latitude, longitude: $0) }
                }, place: try row.optionalText().map(cities.city(of:)))
        }
    }
}

/// Times without events, inside a transaction.
struct RefusedEventRows {
    let connection: any SQLConnection
    let owner: SQLValue

    /// False where it is refused already.
    func insert(_ span: ClosedRange<Int64>) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO refused_events (owner, first_at, last_at) VALUES (?, ?, ?)
            ON CONFLICT (owner, first_at, last_at) DO NOTHING
            """, [owner, .int(span.lowerBound), .int(span.upperBound)]) > 0
    }

    func delete(_ span: ClosedRange<Int64>) throws {
        _ = try connection.execute(
            "DELETE FROM refused_events WHERE owner = ? AND first_at = ? AND last_at = ?",
            [owner, .int(span.lowerBound), .int(span.upperBound)])
    }
}
