import Core
import SystemPackage

extension SQLCatalog {
    func trash(after: TrashPosition?, limit: Int) async throws -> [TrashedPhoto] {
        var condition = Timeline.Condition(sql: "owner = ? AND trashed_at IS NOT NULL", values: [ownerValue])
        if let after {
            // The first part finds the place in the index.
            condition.and(
                "trashed_at <= ? AND (trashed_at < ? OR id < ?)",
                [.int(after.trashedAt), .int(after.trashedAt), .id(after.photo)])
        }
        let sql = """
            SELECT \(PhotoColumns.full) FROM photos WHERE \(condition.sql) ORDER BY trashed_at DESC, id DESC LIMIT ?
            """
        return try await database.read { [ownerValue, values = condition.values] connection in
            let photos = try connection.rows(sql, values + [.int(max(0, limit))]).map(PhotoColumns.photo)
            let files = try connection.rows(
                "SELECT \(FileColumns.all) FROM files WHERE photo = ? AND owner = ? ORDER BY path",
                each: photos.map { [.id($0.id), ownerValue] })
            return try zip(photos, files).map { photo, files in
                TrashedPhoto(
                    photo: photo, trashedAt: try SQLRow.present(photo.trashedAt), files: try files.map(FileColumns.file)
                )
            }
        }
    }

    func trashSums() async throws -> (photos: Int, byteCount: ByteCount) {
        let found = try await database.row(
            """
            SELECT count(*), CAST(coalesce(sum(byte_count), 0) AS bigint) FROM photos
            WHERE owner = ? AND trashed_at IS NOT NULL
            """, [ownerValue])
        var row = try SQLRow.present(found)
        return (try row.int(), ByteCount(try row.int64()))
    }

    func restore(_ photos: [PhotoID], actor: String, reason: String) async throws -> [PhotoID] {
        let photos = Array(Set(photos)).sorted()
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let trash = TrashedPhotos(connection: connection, owner: owner)
            let likeness = Likeness(connection: connection, owner: ownerValue)
            var counters = CounterChanges()
            Likeness.count(&counters)
            var moments: [Int64: [PhotoID]] = [:]
            for photo in photos {
                if let moment = try trash.moment(of: photo) { moments[moment, default: []].append(photo) }
            }
            let restored = moments.values.joined().sorted()
            if restored.isEmpty { return [] }
            for (moment, photos) in moments {
                let decided = try decisions(at: moment, connection).flatMap(\.trashed)
                var archived = Set(decided.lazy.filter(\.wasArchived).map(\.photo))
                let edits = RemovalRows(connection: connection, owner: ownerValue)
                for case .trashed(_, let others, _) in try edits.steps(of: [.trash], "AND made_at = ?", [.int(moment)])
                {
                    archived.formUnion(others.photos)
                }
                for photo in photos {
                    try trash.restore(photo, isArchived: archived.contains(photo), counters: &counters)
                    try likeness.waitIfComparable(photo)
                }
            }
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: actor, action: "restore from trash",
                    subject: Self.names(restored),
                    outcome: counted(restored.count, "photo") + (reason.isEmpty ? "" : ": \(reason)")), to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return restored
        }
    }

    private static func names(_ photos: [PhotoID]) -> String {
        photos.prefix(8).map(\.description).joined(separator: " ") + (photos.count > 8 ? " …" : "")
    }

    /// The decisions that put photos into the trash at a moment. One may hold tens of thousands of photos: read it once for all.
    private func decisions(at moment: Int64, _ connection: any SQLConnection) throws -> [ResolutionContent] {
        // Its id was made behind `moment`, in the same transaction.
        let (first, last) = (Self.earliestIdentifier(at: moment), Self.earliestIdentifier(at: moment + 3_600_000_000))
        let rows = try connection.rows(
            """
            SELECT content FROM resolutions
            WHERE owner = ? AND id >= ? AND id < ? AND resolved_at = ? AND undone_at IS NULL
            """, [ownerValue, .bytes(first), .bytes(last), .int(moment)])
        return try rows.map { row in
            var row = row
            return try ResolutionContent.decoded(try row.text())
        }
    }

    /// The lowest UUIDv7 of a moment in Unix microseconds.
    private static func earliestIdentifier(at moment: Int64) -> [UInt8] {
        let milliseconds = UInt64(max(0, moment / 1000))
        return (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64($0))) }
            + [UInt8](repeating: 0, count: 10)
    }

    func kept(insteadOf photos: Set<PhotoID>, trashedAt moment: Int64) async throws -> [PhotoID: [PhotoID]] {
        try await database.read { [self] connection in
            var kept: [PhotoID: [PhotoID]] = [:]
            for decision in try decisions(at: moment, connection) {
                for trashed in decision.trashed where photos.contains(trashed.photo) {
                    kept[trashed.photo] = [decision.keeper] + decision.alsoKept
                }
            }
            return kept
        }
    }

    func remove(
        _ photo: PhotoID, trashedAt moment: Int64, keeping keeper: PhotoID?, forgetting gone: [FilePath], actor: String,
        reason: String
    ) async throws -> RemovedOriginal? {
        let now = clock.microseconds
        return try await database.write { [self] connection in
            if let keeper {
                let isThere = try connection.row(
                    "SELECT 1 FROM photos WHERE id = ? AND owner = ? AND is_missing = 0 AND trashed_at IS NULL",
                    [.id(keeper), ownerValue])
                guard isThere != nil else { return nil }
            }
            let found = try connection.row(
                """
                SELECT byte_count, is_missing, status, filename, sha256, original_key FROM photos
                WHERE id = ? AND owner = ? AND trashed_at = ? AND NOT EXISTS (
                    SELECT 1 FROM jobs WHERE jobs.photo = photos.id AND state IN ('queued', 'running', 'retrying'))
                """, [.id(photo), ownerValue, .int(moment)])
            guard var row = found else { return nil }
            var counters = CounterChanges()
            Likeness.count(&counters)
            counters.add(-1, to: .photos)
            counters.add(-(try row.int64()), to: .bytes)
            if try row.bool() { counters.add(-1, to: .missing) }
            if try row.text() == "unreadable" { counters.add(-1, to: .unreadable) }
            let name = try row.text()
            var removed = RemovedOriginal(
                id: newIdentifier(), sha256: try row.digest(),
                key: try row.optionalText().map { try SQLRow.present(ObjectKey(untrusted: $0)) })
            let films = try FilmRows(connection: connection, owner: ownerValue).leave(photo)
            removed.films = films.map { RemovedOriginal(id: newIdentifier(), sha256: $0.sha256, key: $0.key) }
            try forget(photo, connection)
            try leaveStack(photo, connection)
            try forgetFiles(of: photo, gone, counters: &counters, connection)
            try connection.execute("DELETE FROM photos WHERE id = ? AND owner = ?", [.id(photo), ownerValue])
            try connection.send(
                "INSERT INTO removed_originals (id, owner, sha256, object_key, removed_at) VALUES (?, ?, ?, ?, ?)",
                each: ([removed] + removed.films).map { one in
                    [.id(one.id), ownerValue, .digest(one.sha256), .string(one.key?.description), .int(now)]
                })
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: actor, action: "empty trash", subject: photo.description,
                    outcome: "removed for good: \(name)" + (reason.isEmpty ? "" : ": \(reason)")), to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return removed
        }
    }

    /// What refers to a photo, but for its files and its stack.
    private func forget(_ photo: PhotoID, _ connection: any SQLConnection) throws {
        try Likeness(connection: connection, owner: ownerValue).forget([photo])
        for (table, column) in [
            ("uncompared_photos", "photo"), ("duplicate_decisions", "first"), ("duplicate_decisions", "second"),
            ("calibration_answers", "first"), ("calibration_answers", "second"), ("uploads", "photo"),
            ("vectors", "photo"), ("sidecars", "photo"), ("exported_photos", "photo"), ("shared_photos", "photo"),
            ("promoted_originals", "photo"),
        ] {
            try connection.send("DELETE FROM \(table) WHERE \(column) = ? AND owner = ?", [.id(photo), ownerValue])
        }
        try MemberRows(connection: connection, owner: ownerValue).forget(photo)
        var search = SearchRows()
        try search.remove(photo, of: owner, connection)
        try search.write(to: connection, owner: owner)
        try FaceRows(connection: connection, owner: ownerValue).forget(photo)
        try connection.send("DELETE FROM photo_metadata WHERE photo = ?", [.id(photo)])
        try connection.send("UPDATE jobs SET photo = NULL WHERE photo = ? AND owner = ?", [.id(photo), ownerValue])
    }

    /// A stack of one is none.
    private func leaveStack(_ photo: PhotoID, _ connection: any SQLConnection) throws {
        let left = try connection.row(
            "DELETE FROM stacked_photos WHERE photo = ? AND owner = ? RETURNING stack", [.id(photo), ownerValue])
        guard var left else { return }
        let stack: ResolutionID = try left.id()
        let rest = try connection.rows("SELECT 1 FROM stacked_photos WHERE stack = ? LIMIT 2", [.id(stack)])
        if rest.count > 1 { return }
        for (table, column) in [("stacked_photos", "stack"), ("photo_stacks", "id")] {
            try connection.send("DELETE FROM \(table) WHERE \(column) = ? AND owner = ?", [.id(stack), ownerValue])
        }
    }

    private func forgetFiles(
        of photo: PhotoID, _ gone: [FilePath], counters: inout CounterChanges, _ connection: any SQLConnection
    ) throws {
        let forgotten = try connection.rows(
            "DELETE FROM files WHERE owner = ? AND path = ? AND (photo = ? OR photo IS NULL AND reason = ?) RETURNING 1",
            each: gone.map { [ownerValue, .path($0), .id(photo), .text(FileColumns.removedReason)] })
        let missing = try connection.rows(
            "DELETE FROM files WHERE photo = ? AND owner = ? AND is_missing = 1 RETURNING 1", [.id(photo), ownerValue])
        counters.add(-Int64(forgotten.count { !$0.isEmpty } + missing.count), to: .files)
        try connection.send(
            "UPDATE files SET photo = NULL, outcome = 'unsupported', reason = ? WHERE photo = ? AND owner = ?",
            [.text(FileColumns.removedReason), .id(photo), ownerValue])
    }
}
