import Core

/// Where photos were taken, inside a transaction, and the cities that are told of.
struct PlaceRows {
    let connection: any SQLConnection
    let owner: SQLValue

    static let columns = "id, name, region, country_code, country, latitude, longitude, time_zone"

    func insert(_ cities: [City]) throws {
        var seen: Set<Int64> = []
        try connection.insert(
            into: "places (owner, \(Self.columns))", row: "(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values: cities.filter { seen.insert($0.id).inserted }.map { city in
                [
                    owner, .int(city.id), .string(city.name), .string(city.region), .string(city.countryCode),
                    .string(city.country), .double(city.position.latitude), .double(city.position.longitude),
                    .string(city.timeZone),
                ]
            }, onConflict: "ON CONFLICT (owner, id) DO NOTHING")
    }

    func cities() throws -> [Int64: City] {
        try connection.rows("SELECT \(Self.columns) FROM places WHERE owner = ?", [owner]).reduce(into: [:]) {
            let city = try Self.city($1)
            $0[city.id] = city
        }
    }

    func city(_ id: Int64) throws -> City? {
        try connection.row("SELECT \(Self.columns) FROM places WHERE owner = ? AND id = ?", [owner, .int(id)])
            .map(Self.city)
    }

    static func city(_ row: SQLRow) throws -> City {
        var row = row
        let (id, name) = try (row.int64(), row.text())
        let region = try row.optionalText()
        let (code, country) = try (row.text(), row.text())
        let (latitude, longitude) = try (row.optionalDouble(), row.optionalDouble())
        return City(
            id: id, name: name, region: region, countryCode: code, country: country,
            position: try SQLRow.present(GeoPosition(latitude: latitude ?? .nan, longitude: longitude ?? .nan)),
            timeZone: try row.optionalText())
    }

    /// Whether it was noted: the photo is at that position still, and nobody looked it up meanwhile.
    func set(_ place: FoundPlace, of photo: PhotoID, counters: inout CounterChanges) throws -> Bool {
        let found = try connection.row(
            """
            SELECT \(PhotoUpdate.Standing.columns) FROM photos WHERE id = ? AND owner = ? AND place_id IS NULL
                AND latitude = ? AND longitude = ?
            """,
            [.id(photo), owner, .double(place.position.latitude), .double(place.position.longitude)])
        guard var found else { return false }
        let standing = try PhotoUpdate.Standing(&found)
        try connection.send(
            """
            UPDATE photos SET place_id = ?, place = coalesce(place, ?), taken_at_offset = coalesce(taken_at_offset, ?)
            WHERE id = ?
            """,
            [
                .int(place.city?.id ?? 0), .string(place.place), .int(place.offsetMinutes), .id(photo),
            ])
        if standing.place == nil { move(standing, to: place.place, &counters) }
        return true
    }

    /// A photo whose position is another now: what was found for the old one is forgotten.
    func forget(_ photo: PhotoID, counters: inout CounterChanges) throws {
        var row = try connection.row(
            "SELECT place_id FROM photos WHERE id = ? AND owner = ? AND place_id IS NOT NULL", [.id(photo), owner])
        guard let id = try row?.int64() else { return }
        let standing = try PhotoUpdate.Standing(photo, connection: connection)
        // What the file names is not of our finding. A quarter may stand in front of the city.
        let city = try city(id)?.place
        let isFound =
            standing.place.flatMap { place in city.map { place == $0 || place.hasSuffix(", " + $0) } } ?? false
        try connection.send(
            "UPDATE photos SET place_id = NULL\(isFound ? ", place = NULL" : "") WHERE id = ?", [.id(photo)])
        if isFound { move(standing, to: nil, &counters) }
    }

    private func move(_ standing: PhotoUpdate.Standing, to place: String?, _ counters: inout CounterChanges) {
        guard Timeline.contains(status: standing.status, isArchived: standing.isArchived) else { return }
        let month = standing.captureTime.month.ordinal
        counters.addToTimeline(-1, month: month, place: standing.place)
        counters.addToTimeline(1, month: month, place: place)
    }
}

/// The cities that photos were found in: of a place that tells a quarter, too, they are what its photos have in common.
struct KnownCities {
    private let places: Set<String>

    static func statement(_ owner: SQLValue) -> (sql: String, values: [SQLValue]) {
        ("SELECT \(PlaceRows.columns) FROM places WHERE owner = ?", [owner])
    }

    init(_ rows: [SQLRow]) throws { places = Set(try rows.map { try PlaceRows.city($0).place }) }

    /// `Lisbon, Portugal` of `Alfama, Lisbon, Portugal`.
    func city(of place: String) -> String {
        guard let comma = place.firstRange(of: ", ") else { return place }
        let rest = String(place[comma.upperBound...])
        return places.contains(rest) ? rest : place
    }
}
