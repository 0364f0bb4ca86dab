import Core

/// Which photos are in an album or under a tag, inside a transaction; keeps the collections' counts.
struct MemberRows {
    /// One of the two tables that say so.
    enum Table: CaseIterable {
        case albums, tags

        var members: String { self == .albums ? "album_photos" : "photo_tags" }
        var collection: String { self == .albums ? "album" : "tag" }
        var collections: String { self == .albums ? "albums" : "tags" }
    }

    /// A photo that was put in or taken out.
    struct Member {
        let photo: PhotoID
        let isShown: Bool
        /// 0 under a tag.
        let position: Int64
    }

    let connection: any SQLConnection
    let owner: SQLValue

    /// Positions are so far apart that photos can be put between two.
    static let step: Int64 = 1 << 20

    /// Photos that aren't in it yet, in their order; those in the trash only when they are `restored`. Returns those put in.
    func insert(_ photos: [PhotoID], into collection: PhotoCollection, restored: Bool = false) throws -> [Member] {
        let first = if case .album(let id) = collection { try lastPosition(in: id) + Self.step } else { Int64(0) }
        return try insert(photos, into: collection, from: first, restored: restored)
    }

    private func insert(
        _ photos: [PhotoID], into collection: PhotoCollection, from first: Int64, restored: Bool
    ) throws -> [Member] {
        if photos.isEmpty { return [] }
        let (table, id) = Self.place(of: collection)
        let positions: (column: String, value: String, values: [SQLValue]) =
            table == .tags
            ? ("", "", []) : (", position", ", ? + ? * ((named.start - 1) / 16)", [.int(first), .int(Self.step)])
        let rows = try connection.rows(
            """
            \(NamedRows.table)
            INSERT INTO \(table.members) (\(table.collection), photo, owner, is_shown, taken_at\(positions.column))
            SELECT ?, photos.id, photos.owner, CASE WHEN trashed_at IS NULL THEN 1 ELSE 0 END, photos.taken_at\(positions.value)
            FROM named CROSS JOIN photos
            WHERE photos.id = named.id AND photos.owner = ?\(restored ? "" : " AND photos.trashed_at IS NULL")
            ON CONFLICT (\(table.collection), photo) DO NOTHING RETURNING \(Self.returned(table))
            """, NamedRows.values(photos) + [id] + positions.values + [owner])
        return try count(rows, table, id, by: 1)
    }

    /// Back into an album, each at its old place.
    func restore(_ photos: [PhotoID], at positions: [Int64], into album: AlbumID) throws -> [Member] {
        let rows = try connection.rows(
            """
            INSERT INTO album_photos (album, photo, owner, is_shown, taken_at, position)
            SELECT ?, id, owner, CASE WHEN trashed_at IS NULL THEN 1 ELSE 0 END, taken_at, ? FROM photos
            WHERE id = ? AND owner = ? ON CONFLICT (album, photo) DO NOTHING RETURNING \(Self.returned(.albums))
            """, each: zip(photos, positions).map { [.id(album), .int($1), .id($0), owner] })
        return try count(rows.compactMap(\.first), .albums, .id(album), by: 1)
    }

    /// Returns those that were in it; without `photos`, all that are. Those in the trash only `withHidden`.
    func remove(
        _ photos: [PhotoID]?, from collection: PhotoCollection, withHidden: Bool
    ) throws -> [Member] {
        if photos?.isEmpty == true { return [] }
        let (table, id) = Self.place(of: collection)
        let named = photos == nil ? "" : " AND " + connection.dialect.isAmong("photo", "SELECT id FROM named")
        let rows = try connection.rows(
            """
            \(photos == nil ? "" : NamedRows.table)
            DELETE FROM \(table.members) WHERE \(table.collection) = ? AND owner = ?\(named)\
            \(withHidden ? "" : " AND is_shown = 1")
            RETURNING \(Self.returned(table))
            """, (photos.map(NamedRows.values) ?? []) + [id, owner])
        return try count(rows, table, id, by: -1)
    }

    /// All photos of one tag to another. Returns those put under it, and those taken from the first.
    func move(_ tag: TagID, into other: TagID) throws -> (inserted: [Member], removed: [Member]) {
        let rows = try connection.rows(
            """
            INSERT INTO photo_tags (tag, photo, owner, is_shown, taken_at)
            SELECT ?, photo, owner, is_shown, taken_at FROM photo_tags WHERE tag = ? AND owner = ?
            ON CONFLICT (tag, photo) DO NOTHING RETURNING \(Self.returned(.tags))
            """, [.id(other), .id(tag), owner])
        return (
            try count(rows, .tags, .id(other), by: 1), try remove(nil, from: .tag(tag), withHidden: true)
        )
    }

    /// The positions of an album's photos, in order.
    func positions(in album: AlbumID) throws -> [(photo: PhotoID, position: Int64)] {
        try connection.rows(
            "SELECT photo, position FROM album_photos WHERE album = ? AND owner = ? ORDER BY position, photo",
            [.id(album), owner]
        ).map { row in
            var row = row
            return (try row.id(), try row.int64())
        }
    }

    func setPositions(_ positions: [(photo: PhotoID, position: Int64)], in album: AlbumID) throws {
        try connection.send(
            "UPDATE album_photos SET position = ? WHERE album = ? AND photo = ? AND owner = ?",
            each: positions.map { [.int($0.position), .id(album), .id($0.photo), owner] })
    }

    /// What follows photos into the trash, or back.
    func setShown(_ isShown: Bool, _ photos: [PhotoID]) throws {
        for table in Table.allCases {
            let rows = try connection.rows(
                """
                UPDATE \(table.members) SET is_shown = ? WHERE photo = ? AND owner = ? AND is_shown <> ?
                RETURNING \(table.collection)
                """, each: photos.map { [.bool(isShown), .id($0), owner, .bool(isShown)] })
            var counts: [SQLValue: Int64] = [:]
            for var row in rows.joined() { counts[.bytes(try row.bytes()), default: 0] += isShown ? 1 : -1 }
            try add(counts, table)
        }
    }

    /// A photo that is removed for good, and in the trash until now.
    func forget(_ photo: PhotoID) throws {
        try connection.send("UPDATE albums SET cover = NULL WHERE cover = ? AND owner = ?", [.id(photo), owner])
        try connection.send("DELETE FROM album_photos WHERE photo = ? AND owner = ?", [.id(photo), owner])
        let tags: [TagID] = try connection.rows(
            "DELETE FROM photo_tags WHERE photo = ? AND owner = ? RETURNING tag", [.id(photo), owner]
        ).map { row in
            var row = row
            return try row.id()
        }
        try TagRows(connection: connection, owner: owner).deleteUnused(tags)
    }

    private func lastPosition(in album: AlbumID) throws -> Int64 {
        let last = [0, 1].map { "SELECT max(position) AS place FROM album_photos WHERE album = ? AND is_shown = \($0)" }
        var row = try connection.row(
            "SELECT max(place) FROM (\(last.joined(separator: " UNION ALL "))) AS lasts", [.id(album), .id(album)])
        return try row?.optionalInt64() ?? 0
    }

    private static func place(of collection: PhotoCollection) -> (Table, SQLValue) {
        switch collection {
        case .album(let id): (.albums, .id(id))
        case .tag(let id): (.tags, .id(id))
        }
    }

    private static func returned(_ table: Table) -> String {
        "photo, is_shown" + (table == .albums ? ", position" : "")
    }

    private func count(_ rows: [SQLRow], _ table: Table, _ id: SQLValue, by sign: Int64) throws -> [Member] {
        let members = try rows.map { row in
            var row = row
            return try Member(photo: row.id(), isShown: row.bool(), position: table == .albums ? row.int64() : 0)
        }
        try add([id: sign * Int64(members.count(where: \.isShown))], table)
        return members
    }

    private func add(_ counts: [SQLValue: Int64], _ table: Table) throws {
        try connection.send(
            "UPDATE \(table.collections) SET photos = photos + ? WHERE id = ? AND owner = ?",
            each: counts.filter { $0.value != 0 }.map { [.int($0.value), $0.key, owner] })
    }
}
