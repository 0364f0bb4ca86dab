internal import Core
internal import Duplicates

/// What the catalogue and the small pictures tell of the photo that a scan compares.
///
/// One photo after the other: `hashes`, `arrive`, then what `ClusterPlan` asks, then `proof`.
final class ScanEvidence: ClusterEvidence {
    /// A hash the photo has as it is, or turned.
    typealias TurnedHash = (orientation: Orientation, hash: PerceptualHash)

    private let catalog: any DuplicateCatalog
    private let source: any PictureSource
    private let options: DuplicateScanOptions
    private var pictures: [PhotoID: ComparablePicture?] = [:]
    /// Pictures on their way, for photos that follow.
    private var coming: [PhotoID: Task<ComparablePicture?, any Error>] = [:]
    private var photo: PhotoID?
    private var turned: [TurnedHash] = []
    private var near: [NearPhoto] = []
    private var known: [PhotoID: (sha256: SHA256Digest, hash: PerceptualHash)] = [:]
    private var answers: [Pair: LikenessEvidence?] = [:]
    /// The earliest members of clusters that were asked for, and how many were.
    private var earliest: [ClusterID: (asked: Int, photos: [PhotoID])] = [:]
    private(set) var comparisons = 0
    private(set) var withoutPicture: Set<PhotoID> = []
    /// Whether what the photo may be like could not be looked at.
    private(set) var lacksOther = false

    /// Of 5.4 kB each.
    private static let mostPictures = 4096
    /// How many are on their way at a time: enough to hide a bucket's latency.
    private static let mostComing = 4
    /// How many photos of one hash, and in all, are looked at.
    private static let mostNear = 64

    private struct Pair: Hashable {
        let low: PhotoID
        let high: PhotoID

        init(_ one: PhotoID, _ other: PhotoID) { (low, high) = (min(one, other), max(one, other)) }
    }

    init(catalog: any DuplicateCatalog, pictures: any PictureSource, options: DuplicateScanOptions) {
        self.catalog = catalog
        source = pictures
        self.options = options
    }

    /// The upright picture's hash first, then those of its turns, where they are asked for. The stored hash serves where the stored
    /// picture is upright; else the small one's, which is nearer to the truth than what could be derived from the bits. nil
    /// when the small picture is needed and isn't there.
    func hashes(of photo: UncomparedPhoto) async throws -> [TurnedHash]? {
        known = [photo.photo: (photo.sha256, photo.hash)]
        if photo.orientation == .upright, !options.turns { return [(.upright, photo.hash)] }
        guard let picture = try await picture(photo.photo) else { return nil }
        let upright = photo.orientation == .upright ? photo.hash : picture.hash
        known[photo.photo] = (photo.sha256, upright)
        let turns = options.turns ? Orientation.allCases.filter { $0 != .upright } : []
        return [(.upright, upright)] + turns.map { ($0, picture.oriented($0).hash) }
    }

    /// Those of a page whose small pictures will surely be looked at.
    func pictured(_ page: [UncomparedPhoto]) -> Set<PhotoID> {
        if options.turns { return Set(page.map(\.photo)) }
        let pictured = page.filter { one in
            one.orientation != .upright
                || page.contains { $0.photo != one.photo && $0.hash.distance(to: one.hash) <= options.distance }
        }
        return Set(pictured.map(\.photo))
    }

    /// Begins to load the small pictures of the first of `photos`, which come next.
    func prepare(_ photos: some Sequence<UncomparedPhoto>) {
        for photo in photos.prefix(Self.mostComing) where pictures[photo.photo] == nil && coming[photo.photo] == nil {
            coming[photo.photo] = Task { [source] in
                try await source.picture(of: photo.sha256).map(ComparablePicture.init)
            }
        }
    }

    func isNear(_ hashes: [TurnedHash], _ others: [ComparedPhoto]) -> Bool {
        others.contains { other in hashes.contains { $0.hash.distance(to: other.hash) <= options.distance } }
    }

    /// Looks for what may be like the photo; false when nothing is.
    func arrive(_ photo: UncomparedPhoto, _ hashes: [TurnedHash]) async throws -> Bool {
        self.photo = photo.photo
        turned = hashes
        (answers, earliest, lacksOther) = ([:], [:], false)
        var nearest: [PhotoID: NearPhoto] = [:]
        for (_, hash) in hashes {
            for found in try await catalog.photos(near: hash, within: options.distance, limit: Self.mostNear)
            where found.photo != photo.photo && found.distance <= nearest[found.photo]?.distance ?? 64 {
                nearest[found.photo] = found
            }
        }
        near = nearest.values.sorted { ($0.distance, $0.photo) < ($1.distance, $1.photo) }
        for found in near { known[found.photo] = (found.sha256, found.hash) }
        return !near.isEmpty
    }

    func isReadable(_ photo: PhotoID) async throws -> Bool { try await picture(photo) != nil }

    /// Why each photo that the changes bring into a cluster is there.
    func proof(of changes: [ClusterChange]) -> [PhotoID: LikenessEvidence] {
        guard let photo else { return [:] }
        func found(_ other: PhotoID, for joining: PhotoID) -> LikenessEvidence? {
            guard let answer = answers[Pair(photo, other)], let evidence = answer else { return nil }
            // The pair's higher was turned to stand as the lower does.
            if joining == max(photo, other) { return evidence }
            return evidence.inverse
        }
        let others = answers.keys.compactMap { $0.low == photo ? $0.high : $0.high == photo ? $0.low : nil }.sorted()
        let best = others.compactMap { found($0, for: photo) }.max { ($0.similarity ?? 0) < ($1.similarity ?? 0) }
        var proof: [PhotoID: LikenessEvidence] = [:]
        for change in changes {
            switch change {
            case .founded(_, let joining), .joined(let joining, _):
                proof[joining] = joining == photo ? best : found(joining, for: joining)
            case .merged: break
            }
        }
        return proof
    }

    // MARK: What a plan asks

    func candidates(of photo: PhotoID, limit: Int) -> [ClusterCandidate] {
        near.prefix(limit).map {
            ClusterCandidate(photo: $0.photo, cluster: $0.cluster, memberCount: $0.clusterPhotos)
        }
    }

    func sample(of cluster: ClusterID, toward photo: PhotoID, early: Int, near count: Int) async throws -> [PhotoID] {
        let early = try await earliest(early, of: cluster)
        // Of a cluster of many thousand, those that a search for the photo's hash finds are the nearest.
        let others = near.filter { $0.cluster == cluster && !early.contains($0.photo) }.prefix(count)
        return early + others.map(\.photo)
    }

    private func earliest(_ count: Int, of cluster: ClusterID) async throws -> [PhotoID] {
        if let (asked, photos) = earliest[cluster], asked >= count { return Array(photos.prefix(count)) }
        let first = try await catalog.members(of: cluster, after: nil, limit: count)
        for member in first { known[member.photo] = (member.sha256, member.hash) }
        let photos = first.map(\.photo)
        earliest[cluster] = (count, photos)
        return photos
    }

    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) async throws -> Bool {
        try await catalog.areKeptApart(one, other)
    }

    func likeness(of one: PhotoID, to other: PhotoID) async throws -> Double? {
        let pair = Pair(one, other)
        if let answer = answers[pair] { return answer.map { $0.similarity ?? 1 } }
        let evidence = try await compare(pair)
        answers[pair] = .some(evidence)
        return evidence.map { $0.similarity ?? 1 }
    }

    private func compare(_ pair: Pair) async throws -> LikenessEvidence? {
        guard let first = try await picture(pair.low), let second = try await picture(pair.high),
            let low = known[pair.low], let high = known[pair.high]
        else {
            lacksOther = true
            return nil
        }
        if first.showsTooLittle || second.showsTooLittle { return nil }
        let ways = options.turns ? high.hash.orientations(toward: low.hash).prefix(2).map(\.orientation) : [.upright]
        for way in ways {
            comparisons += 1
            let comparison = PictureComparison(first, second, orientation: way)
            guard comparison.isSame else { continue }
            let distance =
                way == .upright
                ? low.hash.distance(to: high.hash) : low.hash.distance(to: second.oriented(way).hash)
            return LikenessEvidence(distance: distance, similarity: comparison.similarity, orientation: way)
        }
        return nil
    }

    private func picture(_ photo: PhotoID) async throws -> ComparablePicture? {
        if let picture = pictures[photo] { return picture }
        guard let sha256 = known[photo]?.sha256 else { return nil }
        if pictures.count >= Self.mostPictures { pictures = [:] }
        let task = coming.removeValue(forKey: photo)
        let picture =
            if let task { try await task.value } else {
                try await source.picture(of: sha256).map(ComparablePicture.init)
            }
        if picture == nil { withoutPicture.insert(photo) }
        pictures[photo] = .some(picture)
        return picture
    }
}
