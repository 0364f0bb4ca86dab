import Core

extension SQLCatalog {
    func tiers(_ limits: TierLimits) async throws -> [TierShare] {
        try await database.rows(
            """
            SELECT coalesce(tier, 'hot'), \(TierRows.due), count(*), CAST(sum(byte_count) AS BIGINT) FROM photos
            WHERE owner = ? AND original_key IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
            """, TierRows.values(limits) + [ownerValue]
        ).map { row in
            var row = row
            return try TierShare(
                now: row.choice(), due: row.choice(), photos: row.int(), bytes: ByteCount(row.int64()))
        }
    }

    func tierMoves(_ limits: TierLimits, after: PhotoID?, limit: Int) async throws -> [TierMove] {
        var condition = Timeline.Condition(
            sql: "owner = ? AND original_key IS NOT NULL AND imported_at < ?",
            values: [ownerValue, .int(limits.warmBefore)])
        if let after { condition.and("id > ?", [.id(after)]) }
        return try await database.rows(
            """
            SELECT id, original_key, sha256, byte_count, now, due FROM (
                SELECT id, original_key, sha256, byte_count, coalesce(tier, 'hot') AS now, \(TierRows.due) AS due
                FROM photos WHERE \(condition.sql)
            ) AS moves WHERE now <> due ORDER BY id LIMIT ?
            """, TierRows.values(limits) + condition.values + [.int(max(0, limit))]
        ).map { row in
            var row = row
            let (photo, key): (PhotoID, String) = try (row.id(), row.text())
            return try TierMove(
                photo: photo, key: SQLRow.present(ObjectKey(untrusted: key)), sha256: row.digest(),
                bytes: ByteCount(row.int64()), from: row.choice(), to: row.choice())
        }
    }

    func setTier(_ tier: StorageTier, of photo: PhotoID, at key: ObjectKey) async throws -> Bool {
        // What is lost is moved again, which changes nothing.
        try await database.write(.soon) { [ownerValue] connection in
            try connection.execute(
                "UPDATE photos SET tier = ? WHERE id = ? AND owner = ? AND original_key = ?",
                [tier == .hot ? .null : .text(tier.rawValue), .id(photo), ownerValue, .text(key.description)]) == 1
        }
    }
}

private enum TierRows {
    /// Where an original is to be; its values are `values`.
    static let due = """
        CASE WHEN trashed_at IS NOT NULL THEN coalesce(tier, 'hot')
            WHEN imported_at < ? OR tier = 'cold' THEN 'cold'
            WHEN imported_at < ? OR tier = 'warm' THEN 'warm' ELSE 'hot' END
        """

    static func values(_ limits: TierLimits) -> [SQLValue] { [.int(limits.coldBefore), .int(limits.warmBefore)] }
}
