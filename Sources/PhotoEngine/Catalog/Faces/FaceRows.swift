import Core

/// Faces inside a transaction, and the people they are of: one is there as long as a face is of them.
struct FaceRows {
    let connection: any SQLConnection
    let owner: SQLValue

    private static let columns = """
        x, y, width, height, source, (SELECT name FROM people WHERE people.id = faces.person)
        """

    /// In the order of `photos`, each left to right.
    func faces(of photos: [PhotoID], ownOnly: Bool? = nil) throws -> [[Face]] {
        let condition = ownOnly.map { " AND is_own = \($0 ? 1 : 0)" } ?? ""
        return try connection.rows(
            "SELECT \(Self.columns) FROM faces WHERE photo = ? AND owner = ?\(condition) ORDER BY x, y, id",
            each: photos.map { [.id($0), owner] }
        ).map { try $0.map(Self.face) }
    }

    private static func face(_ row: SQLRow) throws -> Face {
        var row = row
        func number() throws -> Double { try SQLRow.present(row.optionalDouble()) }
        let box = PictureRegion(x: try number(), y: try number(), width: try number(), height: try number())
        let source: Face.Source = try row.choice()
        return Face(box: box, name: try row.optionalText(), source: source)
    }

    /// Those that a photo's file tells of; the rows stay where it tells of the same ones.
    func replace(with faces: [Face], of photo: PhotoID, newID: () -> FaceID) throws {
        let old = try self.faces(of: [photo], ownOnly: false)[0]
        if Set(old) == Set(faces) { return }
        try delete("photo = ? AND is_own = 0", [[.id(photo)]])
        _ = try insert(faces, of: photo, isOwn: false, newID: newID)
    }

    func insert(_ faces: [Face], of photo: PhotoID, isOwn: Bool, newID: () -> FaceID) throws -> [FaceID] {
        try faces.map { face in
            let id = newID()
            try connection.send(
                """
                INSERT INTO faces (id, owner, photo, person, x, y, width, height, source, is_own)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .id(id), owner, .id(photo), .id(try face.name.map { try person(named: $0, newID: newID) }),
                    .double(face.box.x), .double(face.box.y), .double(face.box.width), .double(face.box.height),
                    .text(face.source.rawValue), .bool(isOwn),
                ])
            return id
        }
    }

    /// Those that are there no more are passed over.
    func remove(_ faces: [FaceID]) throws { try delete("id = ?", faces.map { [.id($0)] }) }

    /// A photo that is removed for good.
    func forget(_ photo: PhotoID) throws { try delete("photo = ?", [[.id(photo)]]) }

    private func delete(_ condition: String, _ values: [[SQLValue]]) throws {
        let people: [PersonID] = try connection.rows(
            "DELETE FROM faces WHERE \(condition) AND owner = ? RETURNING person", each: values.map { $0 + [owner] }
        ).joined().compactMap { row in
            var row = row
            return try row.optionalID()
        }
        try connection.send(
            "DELETE FROM people WHERE id = ? AND owner = ? AND NOT EXISTS (SELECT 1 FROM faces WHERE person = people.id)",
            each: Set(people).sorted().map { [.id($0), owner] })
    }

    private func person(named name: String, newID: () -> FaceID) throws -> PersonID {
        let key = SQLValue.string(CollectionName.key(of: name))
        let find = "SELECT id FROM people WHERE owner = ? AND name_key = ?"
        if var known = try connection.row(find, [owner, key]) { return try known.id() }
        let id = PersonID(uuid: newID().uuid)
        try connection.execute(
            "INSERT INTO people (id, owner, name_key, name) VALUES (?, ?, ?, ?)",
            [.id(id), owner, key, .string(name)])
        return id
    }
}

extension SQLCatalog {
    func faces(of photos: [PhotoID]) async throws -> [[Face]] {
        try await database.read { [ownerValue] connection in
            try FaceRows(connection: connection, owner: ownerValue).faces(of: photos)
        }
    }
}
