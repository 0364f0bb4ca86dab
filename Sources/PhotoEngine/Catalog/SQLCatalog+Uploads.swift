import Core

extension SQLCatalog {
    func beginUpload(_ id: UploadID, of content: UploadContent, at key: ObjectKey) async throws -> BegunUpload {
        guard FileRecording.isPossible(content.byteCount.bytes) else {
            throw EngineError(.invalidInput, "an upload cannot have \(content.byteCount.bytes) bytes")
        }
        let now = clock.microseconds
        return try await database.write { [ownerValue] connection in
            if let upload = try UploadRows.upload(id, owner: ownerValue, connection: connection) {
                guard upload.content.sha256 == content.sha256 else {
                    throw EngineError(
                        .conflict, "upload \(id) is of other bytes", whatToDo: "choose a new upload id for each file")
                }
                if let photo = upload.photo { return .known(photo) }
                guard upload.state == .begun else { throw UploadRows.abandoned(id) }
                let removed = try RemovedKeys(of: content.sha256, owner: ownerValue, connection: connection)
                return .begun(try UploadRows.moved(upload, awayFrom: removed, connection: connection))
            }
            let (durable, removed) = try UploadRows.known(content.sha256, owner: ownerValue, connection: connection)
            if let durable { return .known(durable) }
            // Before anything is sent; it counts when the upload is confirmed.
            var room = QuotaRoom()
            if let refusal = try room.refusal(of: content.byteCount, owner: ownerValue, connection: connection) {
                throw refusal
            }
            try connection.execute(
                """
                INSERT INTO uploads (
                    id, owner, state, sha256, byte_count, media_type, filename, taken_at, taken_at_offset,
                    taken_at_source, object_key, created_at
                ) VALUES (?, ?, 'begun', ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (owner, sha256) WHERE state = 'begun' DO NOTHING
                """,
                [
                    .id(id), ownerValue, .digest(content.sha256), .int(content.byteCount.bytes),
                    .text(content.mediaType.rawValue), .string(content.filename),
                    .int(content.provisional.wallMicroseconds), .int(content.provisional.offsetMinutes),
                    .text(content.provisional.source.rawValue),
                    .text(removed.unused(like: key).description), .int(now),
                ])
            let row = try connection.row(
                "SELECT \(UploadRows.columns) FROM uploads WHERE owner = ? AND sha256 = ? AND state = 'begun'",
                [ownerValue, .digest(content.sha256)])
            let upload = try UploadRows.upload(try SQLRow.present(row))
            return .begun(try UploadRows.moved(upload, awayFrom: removed, connection: connection))
        }
    }

    func upload(_ id: UploadID) async throws -> Upload? {
        try await database.read { [ownerValue] in try UploadRows.upload(id, owner: ownerValue, connection: $0) }
    }

    func uploads(state: UploadState, after: UploadID?, limit: Int) async throws -> [Upload] {
        var condition = Timeline.Condition(sql: "owner = ? AND state = ?", values: [ownerValue, .text(state.rawValue)])
        // The index over states leaves out the many that were confirmed.
        if state != .confirmed { condition.and("state <> 'confirmed'") }
        if let after { condition.and("id > ?", [.id(after)]) }
        return try await database.rows(
            "SELECT \(UploadRows.columns) FROM uploads WHERE \(condition.sql) ORDER BY id LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map(UploadRows.upload)
    }

    func setMultipart(_ multipart: MultipartUpload, of upload: UploadID) async throws {
        try await database.write { [ownerValue] connection in
            try connection.execute(
                "DELETE FROM upload_parts WHERE upload = ? AND owner = ?", [.id(upload), ownerValue])
            let count = try connection.execute(
                """
                UPDATE uploads SET multipart_token = ?, multipart_bytes = ?
                WHERE id = ? AND owner = ? AND state = 'begun'
                """,
                [.string(multipart.token), .int(multipart.partByteCount), .id(upload), ownerValue])
            guard count == 1 else { throw UploadRows.notUnderWay(upload) }
        }
    }

    func addPart(_ part: UploadPart, to upload: UploadID) async throws {
        // A part whose note is lost is sent again.
        try await database.write(.soon) { [ownerValue] connection in
            let count = try connection.execute(
                """
                INSERT INTO upload_parts (upload, number, owner, byte_count, entity_tag)
                SELECT id, ?, owner, ?, ? FROM uploads
                WHERE id = ? AND owner = ? AND state = 'begun' AND multipart_token IS NOT NULL
                ON CONFLICT (upload, number) DO UPDATE SET
                    byte_count = excluded.byte_count, entity_tag = excluded.entity_tag
                """,
                [.int(part.number), .int(part.byteCount), .string(part.entityTag), .id(upload), ownerValue])
            guard count == 1 else { throw UploadRows.notUnderWay(upload) }
        }
    }

    func parts(of upload: UploadID) async throws -> [UploadPart] {
        try await database.rows(
            "SELECT number, byte_count, entity_tag FROM upload_parts WHERE upload = ? AND owner = ? ORDER BY number",
            [.id(upload), ownerValue]
        ).map { row in
            var row = row
            return try UploadPart(number: row.int(), byteCount: row.int64(), entityTag: row.text())
        }
    }

    func confirmUpload(_ id: UploadID, file: ScannedFile?) async throws -> RecordOutcome {
        return try await recording { [ownerValue] recording, connection in
            guard let upload = try UploadRows.upload(id, owner: ownerValue, connection: connection) else {
                throw EngineError(.notFound, "there is no upload \(id)")
            }
            guard upload.state != .abandoned else { throw UploadRows.abandoned(id) }
            let outcome: RecordOutcome
            if let file {
                guard case .photo(let sha256, let mediaType, let provisional, _) = file.content,
                    sha256 == upload.content.sha256
                else { throw EngineError(.conflict, "upload \(id) is not of this file's bytes") }
                outcome = try recording.record(
                    ScannedFile(
                        path: file.path, fingerprint: file.fingerprint,
                        content: .photo(
                            sha256: sha256, mediaType: mediaType, provisional: provisional,
                            original: .object(upload.key))
                    ))
            } else {
                outcome = try recording.record(upload)
            }
            try recording.write()
            if upload.state == .begun, let photo = outcome.photo {
                try connection.send(
                    "UPDATE uploads SET state = 'confirmed', photo = ?, multipart_token = NULL, multipart_bytes = NULL "
                        + "WHERE id = ?", [.id(photo), .id(id)])
                try connection.send("DELETE FROM upload_parts WHERE upload = ?", [.id(id)])
            }
            return outcome
        }
    }

    func abandonUpload(_ id: UploadID) async throws -> Bool {
        try await database.write { [ownerValue] connection in
            let count = try connection.execute(
                """
                UPDATE uploads SET state = 'abandoned', multipart_token = NULL, multipart_bytes = NULL
                WHERE id = ? AND owner = ? AND state <> 'confirmed'
                """, [.id(id), ownerValue])
            guard count == 1 else { return false }
            try connection.execute("DELETE FROM upload_parts WHERE upload = ?", [.id(id)])
            return true
        }
    }
}

/// How uploads are read.
enum UploadRows {
    static let columns = """
        id, state, sha256, byte_count, media_type, filename, taken_at, taken_at_offset, taken_at_source, object_key, \
        multipart_token, multipart_bytes, photo, created_at
        """

    static func upload(_ id: UploadID, owner: SQLValue, connection: any SQLConnection) throws -> Upload? {
        try connection.row("SELECT \(columns) FROM uploads WHERE id = ? AND owner = ?", [.id(id), owner]).map(upload)
    }

    static func upload(_ row: SQLRow) throws -> Upload {
        var row = row
        let id: UploadID = try row.id()
        let state: UploadState = try row.choice()
        let content = try UploadContent(
            sha256: row.digest(), byteCount: ByteCount(row.int64()), mediaType: row.choice(), filename: row.text(),
            provisional: CaptureTime(
                wallMicroseconds: row.int64(), offsetMinutes: row.optionalInt(), source: row.choice()))
        let key = try SQLRow.present(ObjectKey(untrusted: row.text()))
        let token = try row.optionalText()
        let partBytes = try row.optionalInt64()
        var multipart: MultipartUpload?
        if let token, let partBytes { multipart = MultipartUpload(token: token, partByteCount: partBytes) }
        return try Upload(
            id: id, content: content, key: key, state: state, multipart: multipart, photo: row.optionalID(),
            createdAt: row.int64())
    }

    /// The photo that has these bytes durably, and the keys that they were removed for good under.
    static func known(
        _ sha256: SHA256Digest, owner: SQLValue, connection: any SQLConnection
    ) throws -> (photo: PhotoID?, removed: RemovedKeys) {
        var photo: PhotoID?
        var keys: [String] = []
        for var row in try connection.rows(
            """
            SELECT id, NULL FROM photos WHERE owner = ? AND sha256 = ? AND (original_key IS NOT NULL OR is_missing = 0)
            UNION ALL
            SELECT NULL, object_key FROM removed_originals WHERE owner = ? AND sha256 = ? AND object_key IS NOT NULL
            """, [owner, .digest(sha256), owner, .digest(sha256)])
        {
            if let found: PhotoID = try row.optionalID() {
                photo = found
            } else {
                keys.append(try row.text())
            }
        }
        return (photo, RemovedKeys(keys))
    }

    /// An upload whose key was removed for good under way begins anew under another.
    static func moved(
        _ upload: Upload, awayFrom removed: RemovedKeys, connection: any SQLConnection
    ) throws -> Upload {
        guard removed.contains(upload.key) else { return upload }
        let key = removed.unused(like: upload.key)
        try connection.send(
            "UPDATE uploads SET object_key = ?, multipart_token = NULL, multipart_bytes = NULL WHERE id = ?",
            [.text(key.description), .id(upload.id)])
        try connection.send("DELETE FROM upload_parts WHERE upload = ?", [.id(upload.id)])
        return Upload(
            id: upload.id, content: upload.content, key: key, state: upload.state, multipart: nil, photo: upload.photo,
            createdAt: upload.createdAt)
    }

    static func abandoned(_ id: UploadID) -> EngineError {
        EngineError(.conflict, "upload \(id) was given up", whatToDo: "begin a new one")
    }

    static func notUnderWay(_ id: UploadID) -> EngineError {
        EngineError(.notFound, "no such upload is under way: \(id)", whatToDo: "begin it again")
    }
}

extension RecordOutcome {
    /// The photo whose bytes these are.
    fileprivate var photo: PhotoID? {
        switch self {
        case .imported(let id), .known(let id), .moved(let id): id
        case .unsupported, .rejected, .overQuota: nil
        }
    }
}
