import Core

/// A row of `albums`, as it can be put back.
struct AlbumRow: Codable, Hashable {
    let id: AlbumID
    var name: String
    var description: String
    var cover: PhotoID?
    var order: String
    /// A saved search; nil for an album that photos are put into.
    var query: String?

    static let columns = "id, name, description, cover, photo_order, query"

    /// Takes `columns` off the row.
    init(_ row: inout SQLRow) throws {
        id = try row.id()
        (name, description) = try (row.text(), row.text())
        cover = try row.optionalID()
        order = try row.text()
        query = try row.optionalText()
    }

    init(id: AlbumID, name: String, description: String, query: String? = nil) {
        (self.id, self.name, self.description, self.query) = (id, name, description, query)
        (cover, order) = (nil, Album.Order.date.rawValue)
    }
}

/// Albums inside a transaction.
struct AlbumRows {
    let connection: any SQLConnection
    let owner: SQLValue

    func album(_ id: AlbumID) throws -> AlbumRow? {
        var row = try connection.row(
            "SELECT \(AlbumRow.columns) FROM albums WHERE id = ? AND owner = ?", [.id(id), owner])
        return try row.map { _ in try AlbumRow(&row!) }
    }

    func album(named name: String) throws -> AlbumRow? {
        var row = try connection.row(
            "SELECT \(AlbumRow.columns) FROM albums WHERE owner = ? AND name_key = ?",
            [owner, .string(CollectionName.key(of: name))])
        return try row.map { _ in try AlbumRow(&row!) }
    }

    /// Throws `.notFound` for one that is not there.
    func known(_ id: AlbumID) throws -> AlbumRow {
        guard let album = try album(id) else { throw EngineError(.notFound, "there is no album \(id)") }
        return album
    }

    /// As `known`; throws `.conflict` for a saved search.
    func filled(_ id: AlbumID) throws -> AlbumRow {
        let album = try known(id)
        guard album.query == nil else {
            throw EngineError(
                .conflict, "the album \(album.name) is a saved search: it holds what that finds",
                whatToDo: "put photos into another album")
        }
        return album
    }

    func isTaken(_ name: String) throws -> Bool {
        try connection.row(
            "SELECT 1 FROM albums WHERE owner = ? AND name_key = ?", [owner, .string(CollectionName.key(of: name))])
            != nil
    }

    func insert(_ album: AlbumRow) throws {
        try connection.execute(
            """
            INSERT INTO albums (id, owner, name_key, name, description, cover, photo_order, query, folded, photos)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
            """,
            [
                .id(album.id), owner, .string(CollectionName.key(of: album.name)), .string(album.name),
                .string(album.description), .id(album.cover), .text(album.order), .string(album.query),
                .text(CollectionName.folded(album.name)),
            ])
    }

    /// Its photos must have left it.
    func delete(_ id: AlbumID) throws {
        try connection.execute("DELETE FROM albums WHERE id = ? AND owner = ?", [.id(id), owner])
    }

    /// All but its name, as `album` has it.
    func update(_ album: AlbumRow) throws {
        try connection.execute(
            "UPDATE albums SET description = ?, cover = ?, photo_order = ?, query = ? WHERE id = ? AND owner = ?",
            [
                .string(album.description), .id(album.cover), .text(album.order), .string(album.query), .id(album.id),
                owner,
            ])
    }

    /// Those whose names begin with `name` and a slash, in order.
    func nested(in name: String) throws -> [AlbumRow] {
        let key = CollectionName.key(of: name)
        // "0" is what follows "/".
        return try connection.rows(
            "SELECT \(AlbumRow.columns) FROM albums WHERE owner = ? AND name_key >= ? AND name_key < ? ORDER BY name_key",
            [owner, .string(key + "/"), .string(key + "0")]
        ).map { row in
            var row = row
            return try AlbumRow(&row)
        }
    }

    /// All at once: one may take the name that another leaves. Throws `.conflict` for a name of an album that is not among them.
    func rename(_ names: [(id: AlbumID, name: String)]) throws {
        try connection.send(
            "UPDATE albums SET name_key = ? WHERE id = ? AND owner = ?",
            each: names.map { [.string("/\($0.id)"), .id($0.id), owner] })
        for (id, name) in names {
            if try isTaken(name) {
                throw EngineError(
                    .conflict, "there is an album \(name) already", whatToDo: "choose another name, or rename that one")
            }
            try connection.execute(
                "UPDATE albums SET name_key = ?, name = ?, folded = ? WHERE id = ? AND owner = ?",
                [
                    .string(CollectionName.key(of: name)), .string(name), .text(CollectionName.folded(name)), .id(id),
                    owner,
                ])
        }
    }
}
