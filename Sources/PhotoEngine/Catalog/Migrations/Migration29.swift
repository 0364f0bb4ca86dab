import Core

/// Which photos are live photos, and the films of such of which the library has a copy.
let migration29 = Migration(
    version: 29,
    statements: { dialect in
        [
            """
            CREATE TABLE live_photos (
                photo \(dialect.bytes) NOT NULL PRIMARY KEY REFERENCES photos (id),
                owner \(dialect.bytes) NOT NULL REFERENCES owners (id),
                identifier \(dialect.text) NOT NULL
            ) \(dialect.keyedTableEnd)
            """,
            "CREATE INDEX live_photos_identifier ON live_photos (owner, identifier)",
            """
            CREATE TABLE films (
                owner \(dialect.bytes) NOT NULL REFERENCES owners (id),
                sha256 \(dialect.bytes) NOT NULL,
                identifier \(dialect.text) NOT NULL,
                byte_count \(dialect.integer) NOT NULL,
                modified \(dialect.integer) NOT NULL,
                object_key \(dialect.text) NOT NULL,
                earlier_path \(dialect.bytes),
                PRIMARY KEY (owner, sha256)
            ) \(dialect.keyedTableEnd)
            """,
            "CREATE INDEX films_identifier ON films (owner, identifier)",
            "CREATE INDEX films_stored ON films (owner, object_key)",
        ]
    }, work: LivePhotoBackfill.run)

/// The live photos among those that were there before.
private enum LivePhotoBackfill {
    @Sendable static func run(_ connection: any SQLConnection) throws {
        if connection.dialect.hasRowSecurity {
            try RowLevelSecurity.lifted(["photos", "photo_metadata"], connection) { try fill(connection) }
        } else {
            try fill(connection)
        }
    }

    private static func fill(_ connection: any SQLConnection) throws {
        var last = SQLValue.bytes([])
        while true {
            let rows = try connection.rows(
                """
                SELECT photo, owner, tags FROM photo_metadata JOIN photos ON photos.id = photo
                WHERE photo > ? AND tags LIKE '%"\(Film.identifierTag)"%' ORDER BY photo LIMIT 1000
                """, [last])
            var live: [[SQLValue]] = []
            for var row in rows {
                let (photo, owner): (PhotoID, OwnerID) = try (row.id(), row.id())
                last = .id(photo)
                let tags = try PhotoColumns.tags(row.text())
                if let identifier = Film.identifier(in: tags) {
                    live.append([.id(photo), .id(owner), .text(identifier)])
                }
            }
            try connection.insert(
                into: "live_photos (photo, owner, identifier)", row: "(?, ?, ?)", values: live, onConflict: "")
            if rows.count < 1000 { return }
        }
    }
}
