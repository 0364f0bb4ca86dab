import Core

/// What edits took away that nobody took back, inside a transaction: whatever tells of it again does not bring it back.
struct RemovalRows {
    let connection: any SQLConnection
    let owner: SQLValue

    /// Names of tags that a photo had and has no more, as they were called then; those it has again are among them.
    func words(of photo: PhotoID) throws -> [String] {
        var words: [String] = []
        let patterns = PackedIDs.parts(of: photo)
        let may = Array(repeating: connection.dialect.includes("content"), count: patterns.count)
            .joined(separator: " OR ")
        for step in try steps(
            of: [.untag, .mergeTags, .renameTag], "AND (kind = 'rename_tag' OR \(may))", patterns.map { .text($0) })
        {
            switch step {
            case .untagged(let tag, let photos) where photos.photos.contains(photo): words.append(tag.name)
            case .renamedTag(let before, let after):
                let has = try connection.row(
                    "SELECT 1 FROM photo_tags WHERE tag = ? AND photo = ? AND owner = ?",
                    [.id(after.id), .id(photo), owner])
                if has != nil { words.append(before.name) }
            default: break
            }
        }
        return words
    }

    func all() throws -> Removals {
        var removals = Removals()
        var names: [(key: String, tag: TagID)] = []
        for step in try steps(
            of: [
                .removeFromAlbum, .gatherAlbums, .createAlbum, .untag, .mergeTags, .renameTag,
            ])
        {
            switch step {
            case .left(let album, _, let photos, _): removals.left[album, default: []].formUnion(photos.photos)
            case .joined(let album, let name, _): removals.gathered[CollectionName.key(of: name)] = album
            case .createdAlbum(let album) where album.query != nil:
                removals.gathered[CollectionName.key(of: album.name)] = album.id
            case .untagged(let tag, let photos):
                removals.untagged[CollectionName.key(of: tag.name), default: []].formUnion(photos.photos)
            case .renamedTag(let before, let after): names.append((CollectionName.key(of: before.name), after.id))
            default: break
            }
        }
        for (key, tag) in names {
            removals.renamed[key] = try TagRows(connection: connection, owner: owner).tag(tag)?.name
        }
        return removals
    }

    /// In the order in which they were made.
    func steps(of kinds: [Edit.Kind], _ condition: String = "", _ values: [SQLValue] = []) throws -> [EditStep] {
        try connection.rows(
            """
            SELECT content FROM edit_parts JOIN edits ON edits.id = edit_parts.edit
            WHERE edit_parts.owner = ? AND is_undone = 0
                AND kind IN (\(kinds.map { "'\($0.rawValue)'" }.joined(separator: ", "))) \(condition)
            ORDER BY edit, ordinal
            """, [owner] + values
        ).flatMap { row in
            var row = row
            return try EditStep.decoded(row.text())
        }
    }
}
