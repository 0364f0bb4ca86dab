public import Core

/// One owner's whole library in one database, as rows.
public struct LibraryRows: Sendable {
    let database: any SQLDatabase
    /// Which library it is: the same wherever it is promoted to.
    public let owner: OwnerID
    /// What the owner is called in this database.
    public let name: String

    var ownerValue: SQLValue { .id(owner) }

    /// How much there is.
    public struct Sum: Hashable, Sendable {
        public var photos = 0
        public var bytes = ByteCount(0)
        /// Photos whose files are nowhere.
        public var missing = 0
        /// Of no use away from the storage that they were made in.
        public var shares = 0
    }

    public func sum() async throws -> Sum {
        let row = try await database.row(
            """
            SELECT count(*), CAST(coalesce(sum(byte_count), 0) AS BIGINT),
                (SELECT count(*) FROM photos WHERE owner = ? AND is_missing = 1 AND original_path IS NOT NULL),
                (SELECT count(*) FROM shares WHERE owner = ? AND ended_at IS NULL)
            FROM photos WHERE owner = ?
            """, [ownerValue, ownerValue, ownerValue])
        var sum = try SQLRow.present(row)
        return Sum(
            photos: try sum.int(), bytes: ByteCount(try sum.int64()), missing: try sum.int(), shares: try sum.int())
    }

    func createdAt() async throws -> Int64 {
        var row = try SQLRow.present(
            try await database.row("SELECT created_at FROM owners WHERE id = ?", [ownerValue]))
        return try row.int64()
    }

    /// Whether the owner has nothing at all, but what an admin gave or refused them.
    func isEmpty() async throws -> Bool {
        // Counters stay when what they count is gone.
        let counters = ["month_counts", "place_counts", "totals", "search_terms"]
        let tables = try await LibraryTable.moved().filter { !counters.contains($0.name) }
        return try await database.read { [ownerValue] connection in
            try tables.allSatisfy { try $0.isEmpty(of: ownerValue, connection) }
        }
    }

    /// Photos in the order of their digests behind `last`, a few hundred at most, with the files that hold their bytes.
    public func photos(behind last: SHA256Digest?) async throws -> [PromotedPhoto] {
        let columns = ["id", "sha256", "media_type", "byte_count", "filename", "taken_at", "is_missing"]
        let table = LibraryTable(name: "photos", columns: columns + ["original_path", "original_key"], key: [1])
        return try await database.read { [ownerValue] connection in
            if let inOrder = connection.dialect.readsInOrder { _ = try connection.rows(inOrder, []) }
            let rows = try table.page(behind: last.map { [.digest($0)] }, of: ownerValue, connection)
            return try PromotedPhotos(table: table, owner: ownerValue, connection: connection)
                .photos(rows, withFiles: true)
        }
    }

    /// Throws `.unavailable` while jobs run: what they are about to write would be missed.
    public func requireRest(_ clock: any EngineClock = SystemClock()) async throws {
        let row = try await database.row(
            "SELECT count(*) FROM jobs WHERE owner = ? AND state = 'running' AND lease_until > ?",
            [ownerValue, .int(clock.microseconds)])
        var running = try SQLRow.present(row)
        let count = try running.int()
        guard count > 0 else { return }
        throw EngineError(
            .unavailable, "\(count) of the library's jobs are running",
            whatToDo: "let the import or worker finish, then promote again: what is there already is not sent again",
            isRetryable: true)
    }

    /// What the owner may have in this database.
    func quota() async throws -> Quota {
        let found = try await database.row("SELECT photos, bytes FROM quotas WHERE owner = ?", [ownerValue])
        guard var row = found else { return .none }
        return Quota(photos: try row.optionalInt(), bytes: try row.optionalInt64().map { ByteCount($0) })
    }

    /// Takes all rows away again, but the owner's.
    func clear() async throws {
        let tables = try await LibraryTable.moved()
        let earlier = LibraryTable(name: "promoted_originals", columns: ["photo", "owner"], key: [0])
        let films = LibraryTable(name: "films", columns: ["owner", "sha256"], key: [0, 1])
        for table in (tables.prefix(2) + [earlier, films] + tables.dropFirst(2)).reversed() {
            while try await database.write(.soon, { [ownerValue] in try table.delete(of: ownerValue, $0) }) > 0 {
                try Task.checkCancellation()
            }
        }
    }
}
