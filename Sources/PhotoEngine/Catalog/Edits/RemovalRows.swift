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
