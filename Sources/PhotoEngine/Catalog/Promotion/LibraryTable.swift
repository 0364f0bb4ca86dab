import Core

/// A table of a library, as the schema has it.
struct LibraryTable: Sendable {
    let name: String
    let columns: [String]
    /// The places of the primary key's columns.
    let key: [Int]

    /// Every table but `schema_versions`, each behind those that it refers to; tests compare with the schema.
    static let order = [
        "owners", "folders", "photos", "promoted_originals", "photo_metadata", "live_photos", "films", "files", "jobs",
        "job_attempts",
        "retried_failures", "journal",
        "month_counts", "place_counts", "totals", "uploads", "upload_parts", "vectors", "uncompared_photos",
        "duplicate_clusters", "compared_photos", "hash_buckets", "duplicate_decisions", "resolutions",
        "calibration_answers", "calibrations", "photo_stacks", "stacked_photos", "albums", "album_photos", "tags",
        "photo_tags", "edits", "edit_parts", "removed_originals", "photo_texts", "photo_terms", "search_terms",
        "search_history", "people", "faces", "sidecars", "places", "refused_events", "exported_photos", "shares",
        "shared_photos", "quotas",
    ]

    /// Those whose rows go over as they are: the owner is added first, where originals were is written with the photos, copies of films
    /// with the films, and what an owner may have is for each database to say.
    static func moved() async throws -> [LibraryTable] {
        let database = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        _ = try await Migration.run(on: database, at: 0)
        let tables = try await database.read { connection in
            try order.filter { !["owners", "promoted_originals", "films", "quotas"].contains($0) }.map {
                try read($0, connection)
            }
        }
        try await database.close()
        return tables
    }

    private static func read(_ name: String, _ connection: any SQLConnection) throws -> LibraryTable {
        let rows = try connection.rows("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", [.text(name)])
        let columns = try rows.map { row in
            var row = row
            return try (name: row.text(), place: row.int())
        }
        let key = columns.indices.filter { columns[$0].place > 0 }.sorted { columns[$0].place < columns[$1].place }
        return LibraryTable(name: name, columns: columns.map(\.name), key: key)
    }

    func column(_ name: String) -> Int { columns.firstIndex(of: name) ?? 0 }

    func key(of row: [SQLValue]) -> [SQLValue] { key.map { row[$0] } }

    /// Rows that are read at once: fewer of those that hold whole documents.
    var pageLength: Int { ["edit_parts", "resolutions"].contains(name) ? 50 : 500 }

    private var keyColumns: String { key.map { columns[$0] }.joined(separator: ", ") }

    private var ownRows: String {
        name == "photo_metadata"
            ? "EXISTS (SELECT 1 FROM photos WHERE photos.id = \(name).photo AND photos.owner = ?)" : "owner = ?"
    }

    /// An owner's next rows in the order of the key, behind `last`.
    func page(behind last: [SQLValue]?, of owner: SQLValue, _ connection: any SQLConnection) throws -> [[SQLValue]] {
        let dialect = connection.dialect
        let marks = repeatElement("?", count: key.count).joined(separator: ", ")
        let isBehind = last == nil ? "" : "(\(keyColumns)) > (\(marks)) AND "
        let names = columns.map { $0 == Self.floats ? dialect.readFloats($0) : $0 }.joined(separator: ", ")
        let rows = try connection.rows(
            "SELECT \(names) FROM \(name) WHERE \(isBehind)\(ownRows) ORDER BY \(keyColumns) LIMIT ?",
            (last ?? []) + [owner, .int(pageLength)])
        return try rows.map { row in
            var row = row
            return try columns.map { column in
                let value = try row.value()
                return column == Self.floats ? try FloatList.bytes(value) : value
            }
        }
    }

    /// Throws `.conflict` where one of the rows is there.
    func insert(_ rows: [[SQLValue]], _ connection: any SQLConnection) throws {
        if rows.isEmpty { return }
        let dialect = connection.dialect
        let marks = columns.map { $0 == Self.floats ? dialect.writtenFloats : "?" }.joined(separator: ", ")
        var values = rows
        if dialect.keepsFloatsAsText, let place = columns.firstIndex(of: Self.floats) {
            for index in values.indices { values[index][place] = try FloatList.text(values[index][place]) }
        }
        try connection.insert(
            into: "\(name) (\(columns.joined(separator: ", ")))", row: "(\(marks))", values: values, onConflict: "")
    }

    /// Takes away some of a library's rows; how many. What the journal says of the owner stays.
    func delete(of owner: SQLValue, _ connection: any SQLConnection) throws -> Int {
        try connection.execute(
            """
            DELETE FROM \(name) WHERE (\(keyColumns)) IN (
                SELECT \(keyColumns) FROM \(name) WHERE \(ownRows)\(isOfLibrary) LIMIT 5000)
            """, [owner])
    }

    /// Whether an owner's library has rows here.
    func isEmpty(of owner: SQLValue, _ connection: any SQLConnection) throws -> Bool {
        try connection.row("SELECT 1 FROM \(name) WHERE \(ownRows)\(isOfLibrary) LIMIT 1", [owner]) == nil
    }

    private var isOfLibrary: String {
        name == "journal"
            ? " AND action NOT IN (\(PromotionEntry.ofOwners.map { "'\($0)'" }.joined(separator: ", ")))" : ""
    }

    /// The one column of 32-bit floats, which the databases keep differently.
    private static let floats = "components"
}

/// A list of 32-bit floats: as bytes one after the other, or as Postgres writes an array.
enum FloatList {
    static func bytes(_ value: SQLValue) throws -> SQLValue {
        guard case .text(let text) = value else { return value }
        let numbers = text.dropFirst().dropLast().split(separator: ",")
        return .bytes(
            try numbers.flatMap { number in
                withUnsafeBytes(of: try SQLRow.present(Float(number)).bitPattern.littleEndian, Array.init)
            })
    }

    static func text(_ value: SQLValue) throws -> SQLValue {
        guard case .bytes(let bytes) = value else { return value }
        let numbers = stride(from: 0, to: bytes.count - 3, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32.zero) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) })
        }
        return .text("{" + numbers.map { "\($0)" }.joined(separator: ",") + "}")
    }
}
