import Core
import SystemPackage

extension SQLCatalog {
    private static let columns = "id, photos, byte_count, byte_count - largest, newest"

    private static func cluster(_ row: SQLRow) throws -> DuplicateCluster {
        var row = row
        return DuplicateCluster(
            id: try row.id(), photos: try row.int(), byteCount: ByteCount(try row.int64()),
            bytesToWin: ByteCount(try row.int64()), newest: try row.int64())
    }

    func clusters(_ query: ClusterQuery) async throws -> [DuplicateCluster] {
        let pages = Self.pages(query, owner: ownerValue, dialect: dialect)
        let limit = max(0, query.limit)
        if pages.count == 1 {
            return try await database.rows(pages[0].sql, pages[0].values + [.int(limit)]).map(Self.cluster)
        }
        return try await database.read { connection in
            var found: [DuplicateCluster] = []
            for page in pages where found.count < limit {
                found += try connection.rows(page.sql, page.values + [.int(limit - found.count)]).map(Self.cluster)
            }
            return found
        }
    }

    /// The statements of a page of clusters, which follow each other until it is full; how many are wanted is each one's last
    /// value, and not among them. After a position there are two, not one with row values, for which SQLite finds no place in an
    /// index of an expression: it would read it from its start.
    static func pages(_ query: ClusterQuery, owner: SQLValue, dialect: SQLDialect) -> [Timeline.Condition] {
        let key =
            switch query.order {
            case .bytesToWin: "(byte_count - largest)"
            case .photos: "photos"
            case .newest: "newest"
            }
        let (toward, direction) = query.isReversed ? (">", "ASC") : ("<", "DESC")
        func page(_ start: String?, _ values: [SQLValue], order: String) -> Timeline.Condition {
            var condition = Timeline.Condition(sql: "owner = ?", values: [owner])
            if let start { condition.and(start, values) }
            narrow(&condition, query.filter, dialect)
            return Timeline.Condition(
                sql: "SELECT \(columns) FROM duplicate_clusters WHERE \(condition.sql) ORDER BY \(order) LIMIT ?",
                values: condition.values)
        }
        let order = "\(key) \(direction), id \(direction)"
        guard let after = query.after else { return [page(nil, [], order: order)] }
        return [
            page("\(key) = ? AND id \(toward) ?", [.int(after.value), .id(after.id)], order: "id \(direction)"),
            page("\(key) \(toward) ?", [.int(after.value)], order: order),
        ]
    }

    /// By subqueries for each cluster in turn: the order's index is walked, and ends as soon as the page is full.
    private static func narrow(_ condition: inout Timeline.Condition, _ filter: ClusterFilter, _ dialect: SQLDialect) {
        let isMember = "compared_photos.cluster = duplicate_clusters.id"
        if let most = filter.mostDistance {
            condition.and(
                "NOT EXISTS (SELECT 1 FROM compared_photos WHERE \(isMember) AND compared_photos.distance > ?)",
                [.int(most)])
        }
        if !filter.text.isEmpty {
            var photo = Timeline.Condition(sql: isMember, values: [])
            let columns = [
                "filename", "coalesce(camera_make, '') || ' ' || coalesce(camera_model, '')", "coalesce(lens, '')",
                "coalesce(place, '')", "coalesce(caption, '')",
            ]
            photo.and(
                "(" + columns.map(dialect.contains).joined(separator: " OR ") + ")",
                Array(repeating: .string(Timeline.asciiLowercased(filter.text)), count: columns.count))
            condition.and(
                """
                EXISTS (
                    SELECT 1 FROM compared_photos JOIN photos ON photos.id = compared_photos.photo WHERE \(photo.sql))
                """, photo.values)
        }
    }

    func cluster(_ id: ClusterID) async throws -> DuplicateCluster? {
        try await database.row(
            "SELECT \(Self.columns) FROM duplicate_clusters WHERE id = ? AND owner = ?", [.id(id), ownerValue]
        ).map(Self.cluster)
    }

    func clusters(idPrefix prefix: String, limit: Int) async throws -> [DuplicateCluster] {
        guard let range = IdentifierRange(prefix: prefix) else { return [] }
        return try await database.rows(
            """
            SELECT \(Self.columns) FROM duplicate_clusters
            WHERE \(dialect.unsought("owner")) = ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?
            """,
            [ownerValue, .bytes(range.first), .bytes(range.last), .int(max(0, limit))]
        ).map(Self.cluster)
    }

    func clusterSums() async throws -> (clusters: Int, bytesToWin: ByteCount) {
        let found = try await database.row(
            """
            SELECT count(*), CAST(coalesce(sum(byte_count - largest), 0) AS bigint) FROM duplicate_clusters
            WHERE \(dialect.unsought("owner")) = ?
            """, [ownerValue])
        var row = try SQLRow.present(found)
        return (try row.int(), ByteCount(try row.int64()))
    }

    func members(of cluster: ClusterID, after: PhotoID?, limit: Int) async throws -> [ClusterMember] {
        try await database.rows(Self.members, memberValues(cluster, after, limit)).map(Self.member)
    }

    private static let members = """
        SELECT compared_photos.photo, photos.sha256, compared_photos.phash, compared_photos.distance,
            compared_photos.similarity, compared_photos.orientation
        FROM compared_photos JOIN photos ON photos.id = compared_photos.photo
        WHERE compared_photos.cluster = ? AND compared_photos.owner = ? AND compared_photos.photo > ?
        ORDER BY compared_photos.photo LIMIT ?
        """

    private func memberValues(_ cluster: ClusterID, _ after: PhotoID?, _ limit: Int) -> [SQLValue] {
        [.id(cluster), ownerValue, .bytes(after?.bytes ?? []), .int(max(0, limit))]
    }

    private static func member(_ row: SQLRow) throws -> ClusterMember {
        var row = row
        let (photo, digest): (PhotoID, SHA256Digest) = try (row.id(), row.digest())
        return ClusterMember(
            photo: photo, sha256: digest, hash: PerceptualHash(bits: UInt64(bitPattern: try row.int64())),
            evidence: try evidence(&row))
    }

    func photos(
        of clusters: [ClusterID], after: PhotoID?, limit: Int, tags isWanted: @escaping @Sendable (String) -> Bool
    ) async throws -> [[ClusterPhoto]] {
        let values = clusters.map { memberValues($0, after, limit) }
        return try await database.read { [ownerValue] connection in
            var paths: [PhotoID: [FilePath]] = [:]
            for var row in try connection.rows(Self.memberPaths, each: values).joined() {
                let photo: PhotoID = try row.id()
                paths[photo, default: []].append(try row.path())
            }
            var stacks: [PhotoID: StackReason] = [:]
            for var row in try connection.rows(Self.memberStacks, each: values).joined() {
                let photo: PhotoID = try row.id()
                stacks[photo] = try SQLRow.present(StackReason(rawValue: row.text()))
            }
            let photos = try connection.rows(Self.memberPhotos, each: values).map { rows in
                try rows.map { try Self.photo($0, isWanted) }
            }
            let ids = photos.joined().map(\.photo.id)
            var collections = try SQLCatalog.collections(of: ids, owner: ownerValue, connection)[...]
            var faces = try FaceRows(connection: connection, owner: ownerValue).faces(of: ids)[...]
            return photos.map { photos in
                photos.map { photo, member in
                    ClusterPhoto(
                        member: member, photo: photo, paths: paths[photo.id] ?? [],
                        collections: collections.removeFirst(), faces: faces.removeFirst(),
                        stack: stacks[photo.id])
                }
            }
        }
    }

    private static func photo(
        _ row: SQLRow, _ isWanted: (String) -> Bool
    ) throws -> (photo: Photo, member: ClusterMember) {
        var row = row
        let hash = PerceptualHash(bits: UInt64(bitPattern: try row.int64()))
        let evidence = try evidence(&row)
        let photo = try PhotoColumns.photo(&row) { try TagText($0).tags(isWanted) }
        return (photo, ClusterMember(photo: photo.id, sha256: photo.sha256, hash: hash, evidence: evidence))
    }

    /// From the cluster to what belongs to its photos, in SQLite by the order of the CROSS JOIN: with the owner beside a list of
    /// keys it reads all the owner has.
    private static let memberPhotos = """
        WITH members (member, found, distance, similarity, turn) AS (
            SELECT photo, phash, distance, similarity, orientation FROM compared_photos
            WHERE cluster = ? AND owner = ? AND photo > ? ORDER BY photo LIMIT ?
        )
        SELECT found, distance, similarity, turn, \(PhotoColumns.full) FROM members CROSS JOIN photos
        WHERE photos.id = member ORDER BY member
        """

    private static let memberPaths = """
        WITH members (member) AS (
            SELECT photo FROM compared_photos WHERE cluster = ? AND owner = ? AND photo > ? ORDER BY photo LIMIT ?
        )
        SELECT member, path FROM members CROSS JOIN files WHERE files.photo = member AND is_missing = 0
        ORDER BY member, path
        """

    private static let memberStacks = """
        WITH members (member) AS (
            SELECT photo FROM compared_photos WHERE cluster = ? AND owner = ? AND photo > ? ORDER BY photo LIMIT ?
        )
        SELECT member, reason FROM members CROSS JOIN stacked_photos CROSS JOIN photo_stacks
        WHERE stacked_photos.photo = member AND photo_stacks.id = stacked_photos.stack
        """

    /// Takes distance, similarity and orientation off the row.
    static func evidence(_ row: inout SQLRow) throws -> LikenessEvidence? {
        let (distance, similarity) = try (row.optionalInt(), row.optionalDouble())
        let orientation = try row.optionalInt().flatMap(Orientation.init)
        return distance.map {
            LikenessEvidence(distance: $0, similarity: similarity, orientation: orientation ?? .upright)
        }
    }

    func cluster(of photo: PhotoID) async throws -> ClusterID? {
        var row = try await database.row(
            "SELECT cluster FROM compared_photos WHERE photo = ? AND owner = ?", [.id(photo), ownerValue])
        return try row?.optionalID()
    }

    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) async throws -> Bool {
        let asked = Likeness.areKeptApart(one, other, owner: ownerValue)
        return try await database.row(asked.sql, asked.values) != nil
    }
}
