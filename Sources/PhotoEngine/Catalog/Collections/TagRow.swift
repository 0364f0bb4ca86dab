import Core

/// A row of `tags`, as it can be put back.
struct TagRow: Codable, Hashable {
    let id: TagID
    var name: String
}

/// Tags inside a transaction: one is there as long as a photo has it.
struct TagRows {
    let connection: any SQLConnection
    let owner: SQLValue

    func tag(_ id: TagID) throws -> TagRow? {
        var row = try connection.row("SELECT name FROM tags WHERE id = ? AND owner = ?", [.id(id), owner])
        return try row.map { _ in TagRow(id: id, name: try row!.text()) }
    }

    /// Throws `.notFound` for one that is not there.
    func known(_ id: TagID) throws -> TagRow {
        guard let tag = try tag(id) else { throw EngineError(.notFound, "there is no tag \(id)") }
        return tag
    }

    func tag(named name: String) throws -> TagRow? {
        var row = try connection.row(
            "SELECT id, name FROM tags WHERE owner = ? AND name_key = ?",
            [owner, .string(CollectionName.key(of: name))])
        return try row.map { _ in TagRow(id: try row!.id(), name: try row!.text()) }
    }

    func insert(_ tag: TagRow) throws {
        try connection.execute(
            "INSERT INTO tags (id, owner, name_key, name, folded, photos) VALUES (?, ?, ?, ?, ?, 0)",
            [
                .id(tag.id), owner, .string(CollectionName.key(of: tag.name)), .string(tag.name),
                .text(CollectionName.folded(tag.name)),
            ])
    }

    /// The tag as it is now, put back under its id where it is gone, unless another has its name by now.
    func restored(_ tag: TagRow) throws -> TagRow {
        if let there = try self.tag(tag.id) ?? self.tag(named: tag.name) { return there }
        try insert(tag)
        return tag
    }

    func rename(_ id: TagID, _ name: String) throws {
        if let other = try tag(named: name), other.id != id {
            throw EngineError(
                .conflict, "there is a tag \(other.name) already",
                whatToDo: "to put the photos of both under one: phototui tags merge")
        }
        try connection.execute(
            "UPDATE tags SET name_key = ?, name = ?, folded = ? WHERE id = ? AND owner = ?",
            [
                .string(CollectionName.key(of: name)), .string(name), .text(CollectionName.folded(name)), .id(id),
                owner,
            ])
    }

    func deleteUnused(_ tags: [TagID]) throws {
        try connection.send(
            "DELETE FROM tags WHERE id = ? AND owner = ? AND NOT EXISTS (SELECT 1 FROM photo_tags WHERE tag = tags.id)",
            each: tags.map { [.id($0), owner] })
    }
}
