import Core

extension SQLCatalog {
    func storedOriginals(after: ObjectKey?, limit: Int) async throws -> [OriginalObject] {
        var photos = Timeline.Condition(sql: "owner = ? AND original_key IS NOT NULL", values: [ownerValue])
        var films = Timeline.Condition(sql: "owner = ?", values: [ownerValue])
        if let after {
            photos.and("original_key > ?", [.text(after.description)])
            films.and("object_key > ?", [.text(after.description)])
        }
        let limit = SQLValue.int(max(0, limit))
        return try await database.rows(
            """
            SELECT * FROM (
                SELECT id, original_key, sha256, byte_count FROM photos
                WHERE \(photos.sql) ORDER BY original_key LIMIT ?) AS stored
            UNION ALL
            SELECT * FROM (
                SELECT CAST(NULL AS \(database.dialect.bytes)), object_key, sha256, byte_count FROM films WHERE \(films.sql) ORDER BY object_key LIMIT ?) AS copied
            ORDER BY 2 LIMIT ?
            """, photos.values + [limit] + films.values + [limit, limit]
        ).map { row in
            var row = row
            let (photo, key): (PhotoID?, String) = try (row.optionalID(), row.text())
            return try OriginalObject(
                photo: photo, key: SQLRow.present(ObjectKey(untrusted: key)), sha256: row.digest(),
                byteCount: ByteCount(row.int64()))
        }
    }

    func picturedPhotos(after: SHA256Digest?, limit: Int) async throws -> [PicturedPhoto] {
        var condition = Timeline.Condition(sql: "owner = ?", values: [ownerValue])
        if let after { condition.and("sha256 > ?", [.digest(after)]) }
        return try await database.rows(
            "SELECT id, sha256, status FROM photos WHERE \(condition.sql) ORDER BY sha256 LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map { row in
            var row = row
            let (photo, sha256): (PhotoID, SHA256Digest) = try (row.id(), row.digest())
            let status: PhotoStatus = try row.choice()
            return PicturedPhoto(photo: photo, sha256: sha256, isProcessed: status == .ready)
        }
    }

    func originals(of digests: [SHA256Digest]) async throws -> [SHA256Digest: ObjectKey?] {
        if digests.isEmpty { return [:] }
        let rows = try await database.rows(
            """
            \(NamedRows.digests)
            SELECT own.sha256, own.original_key FROM named CROSS JOIN photos AS own
            WHERE own.owner = ? AND own.sha256 = named.id
            UNION ALL
            SELECT films.sha256, films.object_key FROM named CROSS JOIN films
            WHERE films.owner = ? AND films.sha256 = named.id
            """, NamedRows.values(digests) + [ownerValue, ownerValue])
        return try rows.reduce(into: [:]) { found, row in
            var row = row
            let sha256: SHA256Digest = try row.digest()
            found[sha256] = .some(try row.optionalText().flatMap { ObjectKey(untrusted: $0) })
        }
    }
}
