import Core
import SystemPackage

extension SQLCatalog {
    func noteExports(_ exports: [ExportedPhoto]) async throws {
        if exports.isEmpty { return }
        // What is lost is found out again by reading the file.
        try await database.write(.soon) { [ownerValue] connection in
            try connection.send(
                """
                INSERT INTO exported_photos (photo, path, owner, sha256, keeps_position, actor, exported_at)
                SELECT id, ?, owner, ?, ?, ?, ? FROM photos WHERE id = ? AND owner = ?
                ON CONFLICT (photo, path) DO UPDATE SET sha256 = excluded.sha256,
                    keeps_position = excluded.keeps_position, actor = excluded.actor,
                    exported_at = excluded.exported_at
                """,
                each: exports.map { export in
                    [
                        .path(export.path), .digest(export.sha256), .bool(export.keepsPosition),
                        .string(export.actor), .int(export.exportedAt), .id(export.photo), ownerValue,
                    ]
                })
        }
    }

    func exports(of photos: [PhotoID]) async throws -> [[ExportedPhoto]] {
        try await database.read { [ownerValue] connection in
            try SharingRows(connection: connection, owner: ownerValue).exports(of: photos)
        }
    }

    func beginShare(_ share: Share, of photos: [PhotoID]) async throws {
        guard !photos.isEmpty, photos.count <= Share.mostPhotos else {
            throw EngineError(
                .invalidInput, "a share has 1 to \(Share.mostPhotos) photos, and \(photos.count) were named",
                whatToDo: "share an album at a time, or write a gallery with: phototui export --gallery")
        }
        try await database.write { [ownerValue] connection in
            try connection.execute(
                """
                INSERT INTO shares (id, owner, title, album, photos, state, actor, reason, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .id(share.id), ownerValue, .string(share.title), .id(share.album), .int(Set(photos).count),
                    .text(Share.State.begun.rawValue), .string(share.actor), .string(share.reason),
                    .int(share.createdAt),
                    .int(share.expiresAt),
                ])
            try connection.send(
                """
                INSERT INTO shared_photos (photo, share, owner)
                SELECT id, ?, owner FROM photos WHERE id = ? AND owner = ? ON CONFLICT (photo, share) DO NOTHING
                """, each: photos.map { [.id(share.id), .id($0), ownerValue] })
        }
    }

    func finishShare(_ id: ShareID) async throws -> Bool {
        try await database.write { [self] connection in
            let rows = try connection.rows(
                """
                UPDATE shares SET state = 'shared' WHERE id = ? AND owner = ? AND state = 'begun'
                RETURNING \(SharingRows.shareColumns)
                """, [.id(id), ownerValue])
            guard let share = try rows.first.map(SharingRows.share) else { return false }
            try append(share, "share", actor: share.actor, share.reason, connection)
            return true
        }
    }

    func endShare(_ id: ShareID, as state: Share.State, actor: String, reason: String) async throws -> Bool {
        guard state == .revoked || state == .expired else {
            throw EngineError(.invalidInput, "a share ends as revoked or expired")
        }
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let rows = try connection.rows(
                """
                UPDATE shares SET state = ?, ended_at = ?, ended_by = ?
                WHERE id = ? AND owner = ? AND state IN ('begun', 'shared')
                RETURNING \(SharingRows.shareColumns)
                """, [.text(state.rawValue), .int(now), .string(actor), .id(id), ownerValue])
            guard let share = try rows.first.map(SharingRows.share) else { return false }
            try append(share, state == .revoked ? "revoke share" : "expire share", actor: actor, reason, connection)
            return true
        }
    }

    private func append(
        _ share: Share, _ action: String, actor: String, _ reason: String, _ connection: any SQLConnection
    ) throws {
        try append(
            JournalEntry(
                id: newIdentifier(), at: clock.microseconds, actor: actor, action: action,
                subject: share.id.description,
                outcome: "\(counted(share.photoCount, "photo")) as \(share.title)"
                    + (reason.isEmpty ? "" : ": \(reason)")),
            to: connection)
    }

    func shares(idPrefix prefix: String?, isOpen: Bool, limit: Int) async throws -> [Share] {
        var condition = Timeline.Condition(sql: "owner = ?", values: [ownerValue])
        if isOpen { condition.and("state IN ('begun', 'shared')") }
        if let prefix {
            guard let range = IdentifierRange(prefix: prefix) else { return [] }
            condition.and("id >= ? AND id <= ?", [.bytes(range.first), .bytes(range.last)])
        }
        return try await database.rows(
            "SELECT \(SharingRows.shareColumns) FROM shares WHERE \(condition.sql) ORDER BY id DESC LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map(SharingRows.share)
    }
}

/// What left the library, inside a transaction.
struct SharingRows {
    let connection: any SQLConnection
    let owner: SQLValue

    static let shareColumns =
        "id, title, album, photos, state, actor, reason, created_at, expires_at, ended_at, ended_by"

    static func share(_ row: SQLRow) throws -> Share {
        var row = row
        return try Share(
            id: row.id(), title: row.text(), album: row.optionalID(), photoCount: row.int(), state: row.choice(),
            actor: row.text(), reason: row.text(), createdAt: row.int64(), expiresAt: row.int64(),
            endedAt: row.optionalInt64(),
            endedBy: row.optionalText())
    }

    func exports(of photos: [PhotoID]) throws -> [[ExportedPhoto]] {
        let found = try connection.rows(
            """
            SELECT path, sha256, keeps_position, actor, exported_at FROM exported_photos
            WHERE photo = ? AND owner = ? ORDER BY path
            """, each: photos.map { [.id($0), owner] })
        return try zip(photos, found).map { photo, rows in
            try rows.map { row in
                var row = row
                return try ExportedPhoto(
                    photo: photo, path: row.path(), sha256: row.digest(), keepsPosition: row.bool(),
                    actor: row.text(), exportedAt: row.int64())
            }
        }
    }

    func shares(of photo: PhotoID) throws -> [Share] {
        try connection.rows(
            """
            SELECT \(Self.shareColumns) FROM shares
            WHERE owner = ? AND id IN (SELECT share FROM shared_photos WHERE photo = ? AND owner = ?) ORDER BY id
            """, [owner, .id(photo), owner]
        ).map(Self.share)
    }
}
