import Core
import Foundation

extension SQLCatalog {
    func traces(of photo: PhotoID) async throws -> PhotoTraces {
        try await database.read { [self] connection in
            let rows = StoryRows(connection: connection, owner: ownerValue, photo: photo)
            return PhotoTraces(
                uploads: try rows.uploads(), edits: try rows.edits(), resolutions: try rows.resolutions(),
                answers: try rows.answers(), journal: try rows.journal(), exports: try rows.exports(),
                shares: try rows.shares(), sidecars: try rows.sidecars(), city: try rows.city(),
                earlierOriginal: try rows.earlierOriginal())
        }
    }
}

/// What the tables hold of one photo, inside a transaction.
private struct StoryRows {
    let connection: any SQLConnection
    let owner: SQLValue
    let photo: PhotoID

    private var dialect: SQLDialect { connection.dialect }

    func uploads() throws -> [Upload] {
        try connection.rows(
            "SELECT \(UploadRows.columns) FROM uploads WHERE owner = ? AND photo = ? ORDER BY id",
            [owner, .id(photo)]
        ).map(UploadRows.upload)
    }

    /// Photos stand packed in an edit's content: what may hold this one is read, and looked at.
    func edits() throws -> [Edit] {
        let patterns = PackedIDs.parts(of: photo) + [photo.description]
        let may = Array(repeating: dialect.includes("content"), count: patterns.count).joined(separator: " OR ")
        let parts = try connection.rows(
            "SELECT edit, content FROM edit_parts WHERE owner = ? AND (\(may)) ORDER BY edit, ordinal",
            [owner] + patterns.map { .text($0) })
        var edits: Set<EditID> = []
        for var row in parts {
            let id: EditID = try row.id()
            if edits.contains(id) { continue }
            if try EditStep.decoded(row.text()).contains(where: { $0.isAbout(photo) }) { edits.insert(id) }
        }
        return try connection.rows(
            "SELECT \(SQLCatalog.editColumns) FROM edits WHERE id = ? AND owner = ?",
            each: edits.sorted().map { [.id($0), owner] }
        ).joined().map(SQLCatalog.edit)
    }

    func resolutions() throws -> [Resolution] {
        try connection.rows(
            """
            SELECT \(ResolutionContent.columns) FROM resolutions
            WHERE owner = ? AND \(dialect.includes("content")) ORDER BY id
            """, [owner, .text(photo.description)]
        ).map { try ResolutionContent.resolution($0).resolution }
            .filter { $0.keeper == photo || $0.alsoKept.contains(photo) || $0.trashed.contains(photo) }
    }

    func answers() throws -> [PhotoTraces.Answer] {
        try connection.rows(
            """
            SELECT CASE WHEN first = ? THEN second ELSE first END, is_same, answered_at FROM calibration_answers
            WHERE owner = ? AND (first = ? OR second = ?) ORDER BY answered_at
            """, [.id(photo), owner, .id(photo), .id(photo)]
        ).map { row in
            var row = row
            return try PhotoTraces.Answer(other: row.id(), isSame: row.bool(), at: row.int64())
        }
    }

    func journal() throws -> [JournalEntry] {
        try connection.rows(
            """
            SELECT id, at, actor, action, subject, outcome FROM journal
            WHERE owner = ? AND (\(dialect.includes("subject"))
                OR action = ? AND at >= (SELECT imported_at FROM photos WHERE id = ? AND owner = ?))
            ORDER BY at, id
            """, [owner, .text(photo.description), .text(PromotionEntry.action), .id(photo), owner]
        ).map { row in
            var row = row
            return try JournalEntry(
                id: row.id(), at: row.int64(), actor: row.text(), action: row.text(), subject: row.text(),
                outcome: row.text())
        }
    }

    func exports() throws -> [ExportedPhoto] {
        try SharingRows(connection: connection, owner: owner).exports(of: [photo])[0].sorted {
            $0.exportedAt < $1.exportedAt
        }
    }

    func shares() throws -> [Share] { try SharingRows(connection: connection, owner: owner).shares(of: photo) }

    func sidecars() throws -> [Sidecar] {
        try connection.rows(
            "SELECT path, content FROM sidecars WHERE photo = ? AND owner = ? ORDER BY path", [.id(photo), owner]
        ).map { row in
            var row = row
            let path = try row.path()
            let marks = try? JSONDecoder().decode(WrittenMarks.self, from: Data(row.text().utf8))
            return Sidecar(path: path, marks: try SQLRow.present(marks))
        }
    }

    func earlierOriginal() throws -> OriginalLocation? {
        try connection.row(
            "SELECT path, object_key FROM promoted_originals WHERE photo = ? AND owner = ?", [.id(photo), owner]
        ).map(PromotedPhotos.location)
    }

    func city() throws -> City? {
        var row = try connection.row(
            "SELECT place_id FROM photos WHERE id = ? AND owner = ?", [.id(photo), owner])
        guard let id = try row?.optionalInt64() else { return nil }
        return try PlaceRows(connection: connection, owner: owner).city(id)
    }
}

extension EditStep {
    fileprivate func isAbout(_ photo: PhotoID) -> Bool {
        if case .changedAlbum(let before, let after) = self {
            return before.cover != after.cover && [before.cover, after.cover].contains(photo)
        }
        return photos.contains(photo)
    }
}

extension PackedIDs {
    /// One of these is part of any packed text that holds the id: base64 of its bytes as they may lie among those of others, without
    /// the characters that say something of its neighbours, too.
    static func parts(of photo: PhotoID) -> [String] {
        (0..<3).map { shift in
            let text = Array((Data(repeating: 0, count: shift) + Data(photo.bytes)).base64EncodedString().utf8)
            let (first, last) = ((8 * shift + 5) / 6, 8 * (shift + 16) / 6)
            return String(decoding: text[first..<last], as: UTF8.self)
        }
    }
}
