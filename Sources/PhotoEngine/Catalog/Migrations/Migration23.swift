import Core

/// Photos are found by each whole keyword of theirs, as by a tag.
let migration23 = Migration(version: 23, statements: { _ in [] }, work: KeywordBackfill.run)

/// The keywords of photos that were there before they were kept whole.
private enum KeywordBackfill {
    @Sendable static func run(_ connection: any SQLConnection) throws {
        if connection.dialect.hasRowSecurity {
            let tables = ["photos", "photo_metadata", "photo_texts", "photo_terms", "search_terms"]
            try RowLevelSecurity.lifted(tables, connection) { try fill(connection) }
        } else {
            try fill(connection)
        }
    }

    private static func fill(_ connection: any SQLConnection) throws {
        // Where all that searches read was just made anew, they are there already.
        try connection.execute("DELETE FROM search_terms WHERE kind = 'keyword'", [])
        var last = SQLValue.bytes([])
        while true {
            let rows = try connection.rows(
                "SELECT photo, owner, taken_at, content FROM photo_texts WHERE photo > ? ORDER BY photo LIMIT 1000",
                [last])
            var owners: [OwnerID: SearchRows] = [:]
            for var row in rows {
                let (photo, owner): (PhotoID, OwnerID) = try (row.id(), row.id())
                let (takenAt, content) = try (row.int64(), row.text())
                last = .id(photo)
                try owners[owner, default: SearchRows()].addKeywords(photo, of: owner, takenAt: takenAt, content) {
                    try names(of: photo, connection)
                }
            }
            for (owner, var rows) in owners { try rows.write(to: connection, owner: owner) }
            if rows.count < 1000 { return }
        }
    }

    private static func names(of photo: PhotoID, _ connection: any SQLConnection) throws -> [String: String] {
        var row = try connection.row("SELECT keywords FROM photo_metadata WHERE photo = ?", [.id(photo)])
        return SearchedText.keywordNames(try row?.optionalText().map(PhotoColumns.keywords) ?? [])
    }
}
