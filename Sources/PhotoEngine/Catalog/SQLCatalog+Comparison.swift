import Core

extension SQLCatalog {
    func uncompared(after: PhotoID?, limit: Int) async throws -> [UncomparedPhoto] {
        try await database.rows(
            """
            SELECT photos.id, photos.sha256, photos.phash, photos.orientation,
                CASE WHEN EXISTS (SELECT 1 FROM stacked_photos WHERE stacked_photos.photo = photos.id) THEN 1 ELSE 0 END
            FROM uncompared_photos
            JOIN photos ON photos.id = uncompared_photos.photo
            WHERE uncompared_photos.owner = ? AND uncompared_photos.photo > ? AND photos.phash IS NOT NULL
            ORDER BY uncompared_photos.photo LIMIT ?
            """, [ownerValue, .bytes(after?.bytes ?? []), .int(max(0, limit))]
        ).map { row in
            var row = row
            let (photo, digest): (PhotoID, SHA256Digest) = try (row.id(), row.digest())
            let hash = PerceptualHash(bits: UInt64(bitPattern: try row.int64()))
            let orientation = try SQLRow.present(Orientation(rawValue: row.int()))
            return UncomparedPhoto(
                photo: photo, sha256: digest, hash: hash, orientation: orientation,
                isStacked: try row.bool())
        }
    }

    func uncomparedCount() async throws -> Int {
        var row = try await database.row("SELECT count(*) FROM uncompared_photos WHERE owner = ?", [ownerValue])
        return try row?.int() ?? 0
    }

    func prepareComparison(all: Bool) async throws -> Int {
        try await database.write { [ownerValue] connection in
            if all {
                // Referring rows first.
                for table in ["compared_photos", "duplicate_clusters", "hash_buckets"] {
                    try connection.execute("DELETE FROM \(table) WHERE owner = ?", [ownerValue])
                }
            }
            try connection.execute(
                """
                INSERT INTO uncompared_photos (owner, photo)
                SELECT owner, id FROM photos
                WHERE owner = ? AND status = 'ready' AND phash IS NOT NULL AND trashed_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM compared_photos WHERE compared_photos.photo = photos.id)
                ON CONFLICT (owner, photo) DO NOTHING
                """, [ownerValue])
            if all {
                var counters = CounterChanges()
                Likeness.count(&counters)
                try counters.write(to: connection, owner: ownerValue)
            }
            var row = try connection.row("SELECT count(*) FROM uncompared_photos WHERE owner = ?", [ownerValue])
            return try row?.int() ?? 0
        }
    }

    func photos(near hash: PerceptualHash, within distance: Int, limit: Int) async throws -> [NearPhoto] {
        guard limit > 0 else { return [] }
        let lists = Dictionary(
            grouping: KeyList.lists(HashBuckets.near(hash, within: distance).map { .int($0) }), by: \.marks)
        return try await database.read { [ownerValue] connection in
            var hashes: Set<PerceptualHash> = []
            for (marks, lists) in lists {
                let found = try connection.integers(
                    "SELECT phash FROM hash_buckets WHERE owner = ? AND bucket IN \(marks)",
                    each: lists.map { [ownerValue] + $0.keys })
                for bits in found {
                    let other = PerceptualHash(bits: UInt64(bitPattern: bits))
                    if hash.distance(to: other) <= distance { hashes.insert(other) }
                }
            }
            let all = hashes.map { (distance: hash.distance(to: $0), hash: $0) }.sorted { $0.distance < $1.distance }
            // Those as near as the last one, too: among them the photos' ids decide.
            let nearest = all.prefix { $0.distance <= all[min(limit, all.count) - 1].distance }
            let photos = try connection.rows(
                """
                SELECT compared_photos.photo, photos.sha256, compared_photos.cluster, duplicate_clusters.photos
                FROM compared_photos JOIN photos ON photos.id = compared_photos.photo
                LEFT JOIN duplicate_clusters ON duplicate_clusters.id = compared_photos.cluster
                WHERE compared_photos.owner = ? AND compared_photos.phash = ? ORDER BY compared_photos.photo LIMIT ?
                """, each: nearest.map { [ownerValue, .int(Int64(bitPattern: $0.hash.bits)), .int(limit)] })
            var near: [NearPhoto] = []
            for (found, rows) in zip(nearest, photos) {
                for var row in rows {
                    let (photo, digest): (PhotoID, SHA256Digest) = try (row.id(), row.digest())
                    let (cluster, count): (ClusterID?, Int?) = try (row.optionalID(), row.optionalInt())
                    near.append(
                        NearPhoto(
                            photo: photo, sha256: digest, hash: found.hash, distance: found.distance, cluster: cluster,
                            clusterPhotos: count ?? 1))
                }
            }
            return Array(near.sorted { ($0.distance, $0.photo) < ($1.distance, $1.photo) }.prefix(limit))
        }
    }

    func comparisonMark() async throws -> Int64 {
        var row = try await database.row(Likeness.mark, [ownerValue])
        return try row?.int64() ?? 0
    }

    func record(_ compared: [ComparedPhoto], since mark: Int64) async throws -> Int64? {
        do {
            return try await database.write { [self] connection in
                let likeness = Likeness(connection: connection, owner: ownerValue)
                guard try likeness.mark() == mark else { throw StaleComparison() }
                let addition = try likeness.add(compared)
                if addition == .stale { throw StaleComparison() }
                if addition == .added {
                    for photo in compared { try likeness.carryOut(photo, freshID: newIdentifier) }
                }
                var counters = CounterChanges()
                Likeness.count(&counters)
                try counters.write(to: connection, owner: ownerValue)
                return addition == .added ? mark + 1 : nil
            }
        } catch is StaleComparison {
            return nil
        }
    }
}

/// Rolls back what was compared with clusters that have changed since.
private struct StaleComparison: Error {}
