import Core

/// Changes to clusters and to the index of hashes, inside a transaction.
struct Likeness {
    let connection: any SQLConnection
    let owner: SQLValue

    /// The comparisons' mark; whoever changes anything here adds to it.
    func mark() throws -> Int64 {
        var row = try connection.row(Self.mark, [owner])
        return try row?.int64() ?? 0
    }

    static let mark =
        "SELECT value FROM totals WHERE owner = ? AND name = '\(CounterChanges.Total.comparisons.name)'"

    /// What every change of clusters adds to the counters.
    static func count(_ counters: inout CounterChanges) {
        counters.add(1, to: .comparisons)
        counters.add(1, to: .changes)
    }

    /// What became of photos that were to be put into the index.
    enum Addition {
        case added
        /// One of them waits no more with its hash.
        case stale
        /// Some of them were in clusters from an earlier comparison, which they left now, so that what was planned may not hold.
        case left
    }

    /// Puts photos that wait into the index, all of them in a few round trips.
    func add(_ compared: [ComparedPhoto]) throws -> Addition {
        let waiting = try connection.rows(
            """
            SELECT 1 FROM photos JOIN uncompared_photos ON uncompared_photos.photo = photos.id
            WHERE uncompared_photos.owner = ? AND photos.id = ? AND photos.phash = ? AND photos.orientation = ?
            """,
            each: compared.map(\.photo).map { photo in
                [
                    owner, .id(photo.photo), .int(Int64(bitPattern: photo.hash.bits)),
                    .int(photo.orientation.rawValue),
                ]
            })
        guard waiting.allSatisfy({ !$0.isEmpty }) else { return .stale }
        if try forget(compared.map(\.photo.photo)) { return .left }
        try insert(compared.map { ($0.photo.photo, $0.hash) })
        try connection.send(
            "DELETE FROM uncompared_photos WHERE owner = ? AND photo = ?",
            each: compared.map { [owner, .id($0.photo.photo)] })
        return .added
    }

    /// Carries out what the arrival of a photo, which is in the index by now, changes.
    func carryOut(_ compared: ComparedPhoto, freshID: () -> ClusterID) throws {
        for change in compared.changes {
            switch change {
            case .founded(let planned, let second):
                let isTaken = try connection.row("SELECT 1 FROM duplicate_clusters WHERE id = ?", [.id(planned)]) != nil
                let cluster = isTaken ? freshID() : planned
                try begin(cluster, with: planned.first)
                try join(second, cluster, compared.evidence[second])
                // The changes that follow name the planned id, which is another cluster's: later photos bring them about.
                if isTaken { return }
            case .joined(let other, let cluster): try join(other, cluster, compared.evidence[other])
            case .merged(let gone, let cluster): try merge(gone, into: cluster)
            }
        }
    }

    /// A cluster of one, to which the caller adds at least one more.
    func begin(_ cluster: ClusterID, with first: PhotoID) throws {
        try connection.execute(
            """
            INSERT INTO duplicate_clusters (id, owner, photos, byte_count, largest, newest)
            SELECT ?, owner, 1, byte_count, byte_count, taken_at FROM photos WHERE id = ? AND owner = ?
            """, [.id(cluster), .id(first), owner])
        try place(first, in: cluster, nil)
    }

    func join(_ photo: PhotoID, _ cluster: ClusterID, _ evidence: LikenessEvidence?) throws {
        var row = try SQLRow.present(
            try connection.row(
                "SELECT byte_count, taken_at FROM photos WHERE id = ? AND owner = ?", [.id(photo), owner]))
        let (bytes, time) = (SQLValue.int(try row.int64()), SQLValue.int(try row.int64()))
        try connection.execute(
            """
            UPDATE duplicate_clusters SET photos = photos + 1, byte_count = byte_count + ?,
                largest = CASE WHEN largest < ? THEN ? ELSE largest END,
                newest = CASE WHEN newest < ? THEN ? ELSE newest END
            WHERE id = ? AND owner = ?
            """, [bytes, bytes, bytes, time, time, .id(cluster), owner])
        try place(photo, in: cluster, evidence)
    }

    func place(_ photo: PhotoID, in cluster: ClusterID?, _ evidence: LikenessEvidence?) throws {
        try connection.send(
            """
            UPDATE compared_photos SET cluster = ?, distance = ?, similarity = ?, orientation = ?
            WHERE photo = ? AND owner = ?
            """,
            [
                .id(cluster), .int(evidence?.distance), .double(evidence?.similarity),
                .int(evidence?.orientation.rawValue), .id(photo), owner,
            ])
    }

    private func merge(_ gone: ClusterID, into cluster: ClusterID) throws {
        try connection.execute(
            "UPDATE compared_photos SET cluster = ? WHERE cluster = ? AND owner = ?", [.id(cluster), .id(gone), owner])
        try connection.execute("DELETE FROM duplicate_clusters WHERE id = ? AND owner = ?", [.id(gone), owner])
        try recount(cluster)
    }

    /// Puts photos into the index, in no cluster.
    func insert(_ photos: [(photo: PhotoID, hash: PerceptualHash)]) throws {
        func value(_ hash: PerceptualHash) -> SQLValue { .int(Int64(bitPattern: hash.bits)) }
        try connection.insert(
            into: "compared_photos (photo, owner, phash)", row: "(?, ?, ?)",
            values: photos.map { [.id($0.photo), owner, value($0.hash)] }, onConflict: "")
        try connection.insert(
            into: "hash_buckets (owner, bucket, phash)", row: "(?, ?, ?)",
            values: Set(photos.map(\.hash)).flatMap { hash in
                HashBuckets.of(hash).map { [owner, .int($0), value(hash)] }
            },
            onConflict: "ON CONFLICT (owner, bucket, phash) DO NOTHING")
    }

    /// Takes photos out of the index and their clusters; whether one of them was in a cluster.
    @discardableResult
    func forget(_ photos: [PhotoID]) throws -> Bool {
        let found = try connection.rows(
            "DELETE FROM compared_photos WHERE photo = ? AND owner = ? RETURNING phash, cluster",
            each: photos.map { [.id($0), owner] })
        var hashes: [Int64] = []
        var left: Set<ClusterID> = []
        for var row in found.joined() {
            hashes.append(try row.int64())
            if let cluster: ClusterID = try row.optionalID() { left.insert(cluster) }
        }
        for cluster in left.sorted() { try shrink(cluster) }
        try clearBuckets(of: hashes)
        return !left.isEmpty
    }

    /// Takes hashes out of the index that no photo has any more.
    func clearBuckets(of hashes: some Sequence<Int64>) throws {
        let hashes = Array(Set(hashes))
        let photos = try connection.rows(
            "SELECT 1 FROM compared_photos WHERE owner = ? AND phash = ? LIMIT 1",
            each: hashes.map { [owner, .int($0)] })
        let unused = zip(hashes, photos).filter { $1.isEmpty }.map(\.0)
        try connection.send(
            "DELETE FROM hash_buckets WHERE owner = ? AND bucket = ? AND phash = ?",
            each: unused.flatMap { hash in
                HashBuckets.of(PerceptualHash(bits: UInt64(bitPattern: hash))).map { [owner, .int($0), .int(hash)] }
            })
    }

    func wait(_ photo: PhotoID) throws {
        try connection.send(
            "INSERT INTO uncompared_photos (owner, photo) VALUES (?, ?) ON CONFLICT (owner, photo) DO NOTHING",
            [owner, .id(photo)])
    }

    /// As `wait`, unless it is gone, in the trash or without a hash.
    func waitIfComparable(_ photo: PhotoID) throws {
        try connection.send(
            """
            INSERT INTO uncompared_photos (owner, photo)
            SELECT owner, id FROM photos
            WHERE id = ? AND owner = ? AND status = 'ready' AND phash IS NOT NULL AND trashed_at IS NULL
            ON CONFLICT (owner, photo) DO NOTHING
            """, [.id(photo), owner])
    }

    /// Ends a cluster; its photos stay in the index.
    func end(_ cluster: ClusterID) throws {
        try connection.execute(
            """
            UPDATE compared_photos SET cluster = NULL, distance = NULL, similarity = NULL, orientation = NULL
            WHERE cluster = ? AND owner = ?
            """, [.id(cluster), owner])
        try connection.execute("DELETE FROM duplicate_clusters WHERE id = ? AND owner = ?", [.id(cluster), owner])
    }

    /// After photos have left: one that is left alone is no cluster.
    private func shrink(_ cluster: ClusterID) throws {
        let left = try connection.rows(
            "SELECT photo FROM compared_photos WHERE cluster = ? AND owner = ? LIMIT 2", [.id(cluster), owner])
        if left.count > 1 { try recount(cluster) } else { try end(cluster) }
    }

    func recount(_ cluster: ClusterID) throws {
        var row = try SQLRow.present(
            try connection.row(
                """
                SELECT count(*), CAST(sum(byte_count) AS bigint), max(byte_count), max(taken_at) FROM compared_photos
                JOIN photos ON photos.id = compared_photos.photo
                WHERE compared_photos.cluster = ? AND compared_photos.owner = ?
                """, [.id(cluster), owner]))
        let values: [SQLValue] = [
            .int(try row.int64()), .int(try row.int64()), .int(try row.int64()), .int(try row.int64()),
        ]
        try connection.execute(
            "UPDATE duplicate_clusters SET photos = ?, byte_count = ?, largest = ?, newest = ? WHERE id = ? AND owner = ?",
            values + [.id(cluster), owner])
    }
}
