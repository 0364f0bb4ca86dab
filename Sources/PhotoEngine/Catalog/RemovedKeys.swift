import Core

/// The keys that originals with certain bytes had when they were removed for good. None is used again: their deletion may be
/// under way in another process, however long ago it was recorded, and whoever found the object there has found nothing.
struct RemovedKeys {
    private let keys: Set<String>

    init(_ keys: some Sequence<String>) {
        self.keys = Set(keys)
    }

    init(of sha256: SHA256Digest, owner: SQLValue, connection: any SQLConnection) throws {
        let rows = try connection.rows(
            "SELECT object_key FROM removed_originals WHERE owner = ? AND sha256 = ? AND object_key IS NOT NULL",
            [owner, .digest(sha256)])
        self.init(
            try rows.map { row in
                var row = row
                return try row.text()
            })
    }

    func contains(_ key: ObjectKey) -> Bool { keys.contains(key.description) }

    /// `key`, or the first of `name-2.jpg`, `name-3.jpg`, … that was never removed.
    func unused(like key: ObjectKey) -> ObjectKey {
        if !contains(key) { return key }
        let text = key.description
        let segment = text.lastIndex(of: "/") ?? text.startIndex
        let dot = text[segment...].lastIndex(of: ".") ?? text.endIndex
        var number = 2
        while true {
            let next = "\(text[..<dot])-\(number)\(text[dot...])"
            if !keys.contains(next) { return ObjectKey(next) }
            number += 1
        }
    }
}

/// A photo was about to be stored under the key of an original that was removed for good after its bytes were found there.
struct RemovedKeyFault: Error {
    let originals: [StoredOriginal]
}

/// An original in the object store.
struct StoredOriginal {
    let sha256: SHA256Digest
    let key: ObjectKey
}

extension SQLCatalog {
    /// A transaction that records files or uploads. None is recorded under a key that was removed for good: that is `.conflict`,
    /// and what was put there meanwhile is deleted once more.
    func recording<Value: Sendable>(
        _ body: @escaping @Sendable (inout FileRecording, any SQLConnection) throws -> Value
    ) async throws -> Value {
        let now = clock.microseconds
        do {
            return try await database.write { [self] connection in
                var recording = FileRecording(connection: connection, catalog: self, now: now)
                let value = try body(&recording, connection)
                try recording.end()
                return value
            }
        } catch let fault as RemovedKeyFault {
            try await database.write { [ownerValue] connection in
                try connection.send(
                    "UPDATE removed_originals SET deleted_at = NULL WHERE owner = ? AND sha256 = ? AND object_key = ?",
                    each: fault.originals.map { [ownerValue, .digest($0.sha256), .text($0.key.description)] })
            }
            throw EngineError(
                .conflict, "the copy of a photo was removed with the trash while its bytes were found there",
                whatToDo: "import the file again")
        }
    }

    func unusedKey(like key: ObjectKey, of sha256: SHA256Digest) async throws -> ObjectKey {
        try await database.read { [ownerValue] in
            try RemovedKeys(of: sha256, owner: ownerValue, connection: $0).unused(like: key)
        }
    }

    func removedOriginals(after: RemovedOriginalID?, limit: Int) async throws -> [RemovedOriginal] {
        var condition = Timeline.Condition(sql: "owner = ? AND deleted_at IS NULL", values: [ownerValue])
        if let after { condition.and("id > ?", [.id(after)]) }
        return try await database.rows(
            "SELECT id, sha256, object_key FROM removed_originals WHERE \(condition.sql) ORDER BY id LIMIT ?",
            condition.values + [.int(max(0, limit))]
        ).map { row in
            var row = row
            let (id, sha256): (RemovedOriginalID, SHA256Digest) = try (row.id(), row.digest())
            let key = try row.optionalText().map { try SQLRow.present(ObjectKey(untrusted: $0)) }
            return RemovedOriginal(id: id, sha256: sha256, key: key)
        }
    }

    func markDeleted(_ originals: [RemovedOriginalID]) async throws {
        if originals.isEmpty { return }
        let now = clock.microseconds
        try await database.write(.soon) { [ownerValue] connection in
            // A key is kept for good, so that nobody uses it again.
            try connection.send(
                "DELETE FROM removed_originals WHERE id = ? AND owner = ? AND object_key IS NULL",
                each: originals.map { [.id($0), ownerValue] })
            try connection.send(
                "UPDATE removed_originals SET deleted_at = ? WHERE id = ? AND owner = ?",
                each: originals.map { [.int(now), .id($0), ownerValue] })
        }
    }
}
