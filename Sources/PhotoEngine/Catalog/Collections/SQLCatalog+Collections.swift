import Core

extension SQLCatalog {
    func albums(_ query: CollectionQuery) async throws -> [Album] {
        try await database.read { [self] connection in
            let found = Self.names(query, in: .albums, Self.albumColumns, owner: ownerValue, dialect)
            return try albums(try connection.rows(found.sql, found.values), connection)
        }
    }

    func album(named name: CollectionName) async throws -> Album? {
        try await database.read { [self] connection in
            let rows = try connection.rows(
                "SELECT \(Self.albumColumns) FROM albums WHERE owner = ? AND name_key = ?",
                [ownerValue, .string(name.key)])
            return try albums(rows, connection).first
        }
    }

    func album(_ id: AlbumID) async throws -> Album? {
        try await database.read { [self] connection in
            let rows = try connection.rows(
                "SELECT \(Self.albumColumns) FROM albums WHERE owner = ? AND id = ?", [ownerValue, .id(id)])
            return try albums(rows, connection).first
        }
    }

    func tags(_ query: CollectionQuery) async throws -> [Tag] {
        let found = Self.names(query, in: .tags, "id, name, photos", owner: ownerValue, dialect)
        return try await database.rows(found.sql, found.values).map(Self.tag)
    }

    func tag(named name: CollectionName) async throws -> Tag? {
        try await database.row(
            "SELECT id, name, photos FROM tags WHERE owner = ? AND name_key = ?", [ownerValue, .string(name.key)]
        ).map(Self.tag)
    }

    func keywords(containing text: String, after: String?, limit: Int) async throws -> [Keyword] {
        let key = CollectionName.key(of: text)
        return try await database.read { [ownerValue] connection in
            var found: [Keyword] = []
            var last = after.map(CollectionName.folded) ?? ""
            while found.count < limit {
                let rows = try connection.rows(
                    """
                    SELECT content, name, photos FROM search_terms WHERE owner = ? AND kind = 'keyword' AND content > ?
                    ORDER BY content LIMIT ?
                    """, [ownerValue, .text(last), .int(Self.keywordsAtOnce)])
                var some: [(key: String, keyword: Keyword)] = []
                for var row in rows {
                    last = try row.text()
                    let keyword = Keyword(name: try row.text(), photoCount: try row.int())
                    some.append((CollectionName.key(of: keyword.name), keyword))
                }
                if !key.isEmpty { some.removeAll { !$0.key.contains(key) } }
                let tags = try Set(
                    KeyList.lists(some.map { .string($0.key) }).flatMap { list in
                        try connection.rows(
                            "SELECT name_key FROM tags WHERE owner = ? AND name_key IN \(list.marks)",
                            [ownerValue] + list.keys
                        ).map { row in
                            var row = row
                            return try row.text()
                        }
                    })
                found += some.filter { !tags.contains($0.key) }.map(\.keyword)
                if rows.count < Self.keywordsAtOnce { break }
            }
            return Array(found.prefix(max(0, limit)))
        }
    }

    private static let keywordsAtOnce = 500

    private static func tag(_ row: SQLRow) throws -> Tag {
        var row = row
        return try Tag(id: row.id(), name: row.text(), photoCount: row.int())
    }

    private static let albumColumns = "\(AlbumRow.columns), photos"

    /// Each with the photo that stands for it: the one chosen, where it is shown, else the first.
    private func albums(_ rows: [SQLRow], _ connection: any SQLConnection) throws -> [Album] {
        let found = try rows.map { row in
            var row = row
            return (album: try AlbumRow(&row), photos: try row.int())
        }
        let chosen = try connection.rows(
            "SELECT photo FROM album_photos WHERE album = ? AND photo = ? AND is_shown = 1",
            each: found.map { [.id($0.album.id), .id($0.album.cover)] })
        return try zip(found, chosen).map { found, chosen in
            let order = try SQLRow.present(Album.Order(rawValue: found.album.order))
            var cover: PhotoID? = try chosen.first.map { row in
                var row = row
                return try row.id()
            }
            if cover == nil, found.photos > 0 {
                let page = Self.page(.album(found.album.id), order, after: nil, owner: ownerValue)
                var first = try connection.row(page.sql, page.values + [.int(1)])
                cover = try first?.id()
            }
            return Album(
                id: found.album.id, name: found.album.name, description: found.album.description, cover: cover,
                order: order, photoCount: found.photos,
                query: found.album.query)
        }
    }

    /// The statement for albums or tags by their names.
    private static func names(
        _ query: CollectionQuery, in table: MemberRows.Table, _ columns: String, owner: SQLValue, _ dialect: SQLDialect
    ) -> Timeline.Condition {
        var condition = Timeline.Condition(sql: "owner = ?", values: [owner])
        if !query.text.isEmpty {
            condition.and(dialect.contains("name_key"), [.string(CollectionName.key(of: query.text))])
        }
        if let after = query.after { condition.and("name_key > ?", [.string(after.key)]) }
        return Timeline.Condition(
            sql: """
                SELECT \(columns) FROM \(table.collections) WHERE \(condition.sql)
                ORDER BY \(query.isByPhotoCount ? "photos DESC, name_key" : "name_key") LIMIT ?
                """, values: condition.values + [.int(max(0, query.limit))])
    }

    func photos(
        in collection: PhotoCollection, after: CollectionPosition?, limit: Int
    ) async throws -> [CollectedPhoto] {
        try await members(of: collection, PhotoColumns.full, after: after, limit: limit) { row, position in
            CollectedPhoto(photo: try PhotoColumns.photo(row), position: position)
        }
    }

    func entries(
        in collection: PhotoCollection, after: CollectionPosition?, limit: Int
    ) async throws -> [CollectedEntry] {
        try await members(of: collection, PhotoColumns.entry, after: after, limit: limit) { row, position in
            CollectedEntry(entry: try PhotoColumns.entry(row), position: position)
        }
    }

    private func members<Member: Sendable>(
        of collection: PhotoCollection, _ columns: String, after: CollectionPosition?, limit: Int,
        _ take: @escaping @Sendable (SQLRow, CollectionPosition) throws -> Member
    ) async throws -> [Member] {
        try await database.read { [self] connection in
            var order = Album.Order.date
            if case .album(let id) = collection {
                guard let album = try AlbumRows(connection: connection, owner: ownerValue).album(id) else { return [] }
                order = try SQLRow.present(Album.Order(rawValue: album.order))
            }
            let page = Self.page(collection, order, after: after, owner: ownerValue)
            let places = try connection.rows(page.sql, page.values + [.int(max(0, limit))]).map { row in
                var row = row
                let photo: PhotoID = try row.id()
                return CollectionPosition(value: try row.int64(), photo: photo)
            }
            let photos = try connection.rows(
                "SELECT \(columns) FROM photos WHERE id = ? AND owner = ?",
                each: places.map { [.id($0.photo), ownerValue] })
            return try zip(places, photos).map { place, rows in try take(SQLRow.present(rows.first), place) }
        }
    }

    /// The statement for a page of ids and positions; how many are wanted is its last value, and not among them.
    static func page(
        _ collection: PhotoCollection, _ order: Album.Order, after: CollectionPosition?, owner: SQLValue
    ) -> Timeline.Condition {
        let (table, id): (MemberRows.Table, SQLValue) =
            switch collection {
            case .album(let id): (.albums, .id(id))
            case .tag(let id): (.tags, .id(id))
            }
        var condition = Timeline.Condition(
            sql: "\(table.collection) = ? AND is_shown = 1 AND owner = ?", values: [id, owner])
        let key = order == .hand ? "position" : "taken_at"
        if let after {
            condition.and(
                "(\(key), photo) \(order == .hand ? ">" : "<") (?, ?)", [.int(after.value), .id(after.photo)])
        }
        let direction = order == .hand ? "" : " DESC"
        return Timeline.Condition(
            sql: """
                SELECT photo, \(key) FROM \(table.members) WHERE \(condition.sql)
                ORDER BY \(key)\(direction), photo\(direction) LIMIT ?
                """, values: condition.values)
    }

    func collections(of photos: [PhotoID]) async throws -> [PhotoCollections] {
        try await database.read { [ownerValue] connection in
            try SQLCatalog.collections(of: photos, owner: ownerValue, connection)
        }
    }

    static func collections(
        of photos: [PhotoID], owner: SQLValue, _ connection: any SQLConnection
    ) throws -> [PhotoCollections] {
        func names(_ table: MemberRows.Table) throws -> [[String]] {
            try connection.rows(
                """
                SELECT name FROM \(table.members) JOIN \(table.collections) AS named ON named.id = \(table.collection)
                WHERE photo = ? AND \(table.members).owner = ? ORDER BY name_key
                """, each: photos.map { [.id($0), owner] }
            ).map { rows in
                try rows.map { row in
                    var row = row
                    return try row.text()
                }
            }
        }
        return try zip(names(.albums), names(.tags)).map { PhotoCollections(albums: $0, tags: $1) }
    }
}
