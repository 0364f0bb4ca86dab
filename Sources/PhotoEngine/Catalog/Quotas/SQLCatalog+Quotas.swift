import Core

extension SQLCatalog {
    func usage() async throws -> OwnerUsage {
        try await database.read { [ownerValue] in try QuotaRows.usage(of: ownerValue, connection: $0) }
    }
}

/// How quotas are read and written.
enum QuotaRows {
    private static let columns = """
        owners.name, quotas.photos, quotas.bytes,
        coalesce((SELECT value FROM totals WHERE totals.owner = owners.id AND totals.name = 'photos'), 0),
        coalesce((SELECT value FROM totals WHERE totals.owner = owners.id AND totals.name = 'bytes'), 0)
        """

    /// What each owner has that this connection may see, or one of them, in order of name.
    static func usages(of owner: SQLValue? = nil, connection: any SQLConnection) throws -> [OwnerUsage] {
        try connection.rows(
            """
            SELECT \(columns) FROM owners LEFT JOIN quotas ON quotas.owner = owners.id
            \(owner == nil ? "" : "WHERE owners.id = ?") ORDER BY owners.name
            """, [owner].compactMap { $0 }
        ).map { row in
            var row = row
            let name = try row.text()
            let quota = Quota(photos: try row.optionalInt(), bytes: try row.optionalInt64().map { ByteCount($0) })
            return try OwnerUsage(owner: name, photos: row.int(), bytes: ByteCount(row.int64()), quota: quota)
        }
    }

    static func usage(of owner: SQLValue, connection: any SQLConnection) throws -> OwnerUsage {
        guard let usage = try usages(of: owner, connection: connection).first else {
            throw EngineError(.notFound, "the owner is not there any more")
        }
        return usage
    }

    static func set(_ quota: Quota, of owner: SQLValue, connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO quotas (owner, photos, bytes) VALUES (?, ?, ?)
            ON CONFLICT (owner) DO UPDATE SET photos = excluded.photos, bytes = excluded.bytes
            """, [owner, .int(quota.photos), .int(quota.bytes?.bytes)])
    }
}

/// What an owner's quota leaves to a transaction that records photos. The transaction keeps all others of the owner's that write
/// waiting, so that two imports can't both take the last of it.
struct QuotaRoom {
    private var usage: OwnerUsage?

    /// Why a photo of so many bytes is not taken; nil where it is, and counted.
    mutating func refusal(
        of bytes: ByteCount, owner: SQLValue, connection: any SQLConnection
    ) throws -> EngineError? {
        let now = try usage ?? QuotaRows.usage(of: owner, connection: connection)
        guard now.quota != .none else {
            usage = now
            return nil
        }
        guard now.hasRoom(for: bytes) else {
            usage = now
            return now.refusal(of: bytes)
        }
        usage = OwnerUsage(owner: now.owner, photos: now.photos + 1, bytes: now.bytes + bytes, quota: now.quota)
        return nil
    }
}
