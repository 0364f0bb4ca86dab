import Core

/// Keywords of files that were taken from photos as tags, inside a transaction: the files still say them, and nothing finds the
/// photos by them.
struct RemovedKeywords {
    let connection: any SQLConnection
    let owner: OwnerID

    /// What was removed of a photo, for statements over `photos`.
    static let ofPhoto = "(SELECT removed_keywords FROM photo_metadata WHERE photo_metadata.photo = photos.id)"

    /// What a keyword's line is in the column, and in no other's.
    static func line(_ folded: String) -> String { "\n\(folded)\n" }

    /// Of those of the photos that are found by the keyword that a tag is called like.
    func insert(_ tag: String, _ photos: [PhotoID]) throws {
        let folded = CollectionName.folded(tag)
        if folded.isEmpty || photos.isEmpty { return }
        let term = SearchTerm(kind: .keyword, content: folded).number(of: owner)
        let found = try ids(
            """
            \(NamedRows.table)
            SELECT photos.id FROM named CROSS JOIN photos CROSS JOIN photo_terms
            WHERE photos.id = named.id AND photos.owner = ? AND photo_terms.term = ?
                AND photo_terms.taken_at = photos.taken_at AND photo_terms.photo = photos.id
            """, NamedRows.values(photos) + [.id(owner), .integer(term)])
        try set("coalesce(removed_keywords, '') || ?", "1 = 1", [.text(Self.line(folded))], found)
    }

    /// Back to those of the photos that it was taken from.
    func delete(_ tag: String, _ photos: [PhotoID]) throws {
        let folded = CollectionName.folded(tag)
        if folded.isEmpty || photos.isEmpty { return }
        let line = SQLValue.text(Self.line(folded))
        let found = try ids(
            """
            \(NamedRows.table)
            SELECT photos.id FROM named CROSS JOIN photos CROSS JOIN photo_metadata
            WHERE photos.id = named.id AND photos.owner = ? AND photo_metadata.photo = photos.id
                AND removed_keywords IS NOT NULL AND \(connection.dialect.includes("removed_keywords"))
            """, NamedRows.values(photos) + [.id(owner), line])
        try set("nullif(replace(removed_keywords, ?, ''), '')", "removed_keywords IS NOT NULL", [line], found)
    }

    private func ids(_ sql: String, _ values: [SQLValue]) throws -> [PhotoID] {
        try connection.rows(sql, values).map { row in
            var row = row
            return try row.id()
        }
    }

    private func set(_ value: String, _ condition: String, _ values: [SQLValue], _ photos: [PhotoID]) throws {
        if photos.isEmpty { return }
        try connection.execute(
            """
            \(NamedRows.table)
            UPDATE photo_metadata SET removed_keywords = \(value)
            WHERE \(condition) AND \(connection.dialect.isAmong("photo", "SELECT id FROM named"))
            """, NamedRows.values(photos) + values)
        var search = SearchRows()
        try search.refresh(photos, of: owner, connection)
        try search.write(to: connection, owner: owner)
    }
}
