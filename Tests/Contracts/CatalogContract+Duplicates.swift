import Core

extension Catalog {
    /// A photo with this hash that waits to be compared.
    func addHashed(
        _ number: Int, _ bits: UInt64, faces: [FaceRegion] = [], _ change: (inout PhotoMetadata) -> Void = { _ in }
    ) async throws -> UncomparedPhoto {
        let id = try await add(scanned(number))
        try await finishJob(of: id, number, bits, faces: faces, change)
        return uncompared(id, number, bits)
    }

    func uncompared(_ photo: PhotoID, _ number: Int, _ bits: UInt64) -> UncomparedPhoto {
        UncomparedPhoto(
            photo: photo, sha256: digest(number), hash: PerceptualHash(bits: bits), orientation: .upright)
    }

    func finishJob(
        of photo: PhotoID, _ number: Int, _ bits: UInt64, faces: [FaceRegion] = [],
        _ change: (inout PhotoMetadata) -> Void = { _ in }
    ) async throws {
        for job in try await claimAll() where job.photo == photo {
            let made = processed(number, change)
            let result = ProcessedPhoto(
                sha256: made.sha256, mediaType: made.mediaType, pixelSize: made.pixelSize,
                perceptualHash: PerceptualHash(bits: bits), metadata: made.metadata, faces: faces, problem: nil,
                renditions: [])
            try require(try await finish(job.id, worker: "w", processed: result), "the job could be finished")
        }
    }

    /// Records what a comparison made now came to; false when it is stale.
    func record(
        _ changes: [ClusterChange], of photo: UncomparedPhoto, evidence: [PhotoID: LikenessEvidence] = [:]
    ) async throws -> Bool {
        let compared = ComparedPhoto(photo: photo, hash: photo.hash, changes: changes, evidence: evidence)
        return try await record([compared], since: comparisonMark()) != nil
    }

    /// A photo that was compared; with `other`, found to show the same: it joins its cluster, or begins one with it.
    func addCompared(
        _ number: Int, _ bits: UInt64, like other: PhotoID? = nil, turned turn: Orientation = .rotated90,
        faces: [FaceRegion] = [], _ change: (inout PhotoMetadata) -> Void = { _ in }
    ) async throws -> PhotoID {
        let photo = try await addHashed(number, bits, faces: faces, change)
        let evidence = LikenessEvidence(distance: 3, similarity: 0.75, orientation: turn)
        var changes: [ClusterChange] = []
        if let other {
            let known = try await cluster(of: other)
            changes = [known.map { .joined(photo.photo, $0) } ?? .founded(ClusterID(first: other), photo.photo)]
        }
        try require(
            try await record(changes, of: photo, evidence: [photo.photo: evidence]), "photo \(number) could be compared"
        )
        return photo.photo
    }

    func photos(of cluster: ClusterID) async throws -> [PhotoID] {
        try await members(of: cluster, after: nil, limit: 100).map(\.photo)
    }
}

private let evidence = LikenessEvidence(distance: 3, similarity: 0.75, orientation: .rotated90)

private func cluster(_ founder: PhotoID) -> ClusterID { ClusterID(first: founder) }

extension CatalogContract {
    static let duplicateCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A photo waits to be compared from the moment it has a hash, once, and again with another hash") {
            subject in
            let catalog = subject.catalog
            _ = try await catalog.add(scanned(1))
            try requireEqual(try await catalog.uncompared(after: nil, limit: 9), [], "those that wait, unprocessed")
            let photo = try await catalog.addHashed(2, 5)
            try requireEqual(try await catalog.uncompared(after: nil, limit: 9), [photo], "those that wait")
            try requireEqual(try await subject.stranger.uncomparedCount(), 0, "those that wait for a stranger")
            try require(!(try await subject.stranger.record([], of: photo)), "a stranger may not compare it")
            try require(try await catalog.record([], of: photo), "it could be compared")
            try require(!(try await subject.second.record([], of: photo)), "it waits no more")
            try requireEqual(try await catalog.uncomparedCount(), 0, "those that wait then")
            let other = try await catalog.addCompared(3, 5, like: photo.photo)
            _ = try await catalog.enqueueProcessing([other])
            try await catalog.finishJob(of: other, 3, 6)
            let again = catalog.uncompared(other, 3, 6)
            try requireEqual(try await catalog.uncompared(after: nil, limit: 9), [again], "what waits again")
            let old = catalog.uncompared(other, 3, 5)
            try require(!(try await catalog.record([], of: old)), "its old hash counts no more")
            try require(!(try await catalog.record([], of: again)), "it leaves its cluster first")
            try require(try await catalog.record([], of: again), "it could be compared again")
            try requireEqual(try await catalog.cluster(cluster(photo.photo)), nil, "the cluster it left")
            try requireEqual(
                try await catalog.photos(near: PerceptualHash(bits: 5), within: 0, limit: 9).map(\.photo),
                [photo.photo], "those with its old hash")
            try await catalog.requireSound()
        },
        ContractCase("Every photo near a hash is found, within any distance, and none beyond") { subject in
            var random = SeededRandom(seed: 4)
            var bits: [UInt64] = (0..<8).map { _ in random.next() }
            for _ in 0..<52 {
                var near = bits[Int.random(in: 0..<8, using: &random)]
                for _ in 0..<Int.random(in: 0...18, using: &random) {
                    near ^= 1 << UInt64.random(in: 0..<64, using: &random)
                }
                bits.append(near)
            }
            var photos: [UncomparedPhoto] = []
            for (number, bits) in bits.enumerated() {
                photos.append(try await subject.catalog.addHashed(number, bits))
            }
            let all = photos.map { ComparedPhoto(photo: $0, hash: $0.hash) }
            let mark = try await subject.catalog.comparisonMark()
            try require(try await subject.catalog.record(all, since: mark) != nil, "they could be compared")
            try requireEqual(try await subject.catalog.uncomparedCount(), 0, "those that wait")
            for distance in [0, 1, 3, 4, 8, 11, 16] {
                for asked in bits.prefix(12).map(PerceptualHash.init(bits:)) {
                    let expected = photos.map { (asked.distance(to: $0.hash), $0.photo) }
                        .filter { $0.0 <= distance }.sorted { $0 < $1 }
                    let found = try await subject.catalog.photos(near: asked, within: distance, limit: 99)
                    try requireEqual(found.map(\.photo), expected.map(\.1), "the photos within \(distance)")
                    try requireEqual(found.map(\.distance), expected.map(\.0), "their distances")
                    let first = try await subject.catalog.photos(near: asked, within: distance, limit: 3)
                    try requireEqual(first, Array(found.prefix(3)), "the nearest three")
                }
            }
            try requireEqual(
                try await subject.stranger.photos(near: photos[0].hash, within: 16, limit: 9), [], "a stranger's")
        },
        ContractCase("A photo is found by the hash it was compared by, be it another than its file's") { subject in
            let catalog = subject.catalog
            let photo = try await catalog.addHashed(1, 5)
            let compared = ComparedPhoto(photo: photo, hash: PerceptualHash(bits: 0xff00))
            _ = try await catalog.record([compared], since: try await catalog.comparisonMark())
            let near = try await catalog.photos(near: PerceptualHash(bits: 0xff01), within: 1, limit: 9)
            try requireEqual(
                near,
                [
                    NearPhoto(
                        photo: photo.photo, sha256: digest(1), hash: PerceptualHash(bits: 0xff00), distance: 1,
                        cluster: nil, clusterPhotos: 1)
                ], "what is near")
            try requireEqual(
                try await catalog.photos(near: photo.hash, within: 1, limit: 9), [], "what is near its own")
            try await catalog.requireSound()
        },
        ContractCase("Several clusters are read at once, each photo with its albums, tags and faces") { subject in
            let catalog = subject.catalog
            let box = PictureRegion(x: 0.25, y: 0.25, width: 0.5, height: 0.5)
            let size = PixelSize(width: 4000, height: 3000)
            let faces = [FaceRegion(box: box, name: "Anna", source: .mwg, dimensions: size)]
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 2, like: one, faces: faces)
            let three = try await catalog.addCompared(3, 3)
            let four = try await catalog.addCompared(4, 4, like: three)
            let lone = try await catalog.addCompared(5, 5)
            try await catalog.edit(.addTags([.tag("sea")]), [two, three])
            _ = try await catalog.addAlbum("Trips", [one, three])
            let read = try await subject.second.photos(
                of: [cluster(three), cluster(lone), cluster(one)], after: nil, limit: 9
            ) { _ in true }
            try requireEqual(read.map { $0.map(\.photo.id) }, [[three, four], [], [one, two]], "the photos")
            let photos = Array(read.joined())
            try requireEqual(photos.map(\.collections.albums), [["Trips"], [], ["Trips"], []], "their albums")
            try requireEqual(photos.map(\.collections.tags), [["sea"], [], [], ["sea"]], "their tags")
            try requireEqual(photos.map { $0.faces.map(\.name) }, [[], [], [], ["Anna"]], "their faces")
            try requireEqual(
                try await catalog.photos(of: [cluster(one), cluster(three)], after: nil, limit: 1) { _ in true }
                    .map { $0.map(\.photo.id) }, [[one], [three]], "one of each")
        },
        ContractCase("A cluster begins with two, grows, takes others in, and keeps its id") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 2, like: one)
            let three = try await catalog.addCompared(3, 3)
            let four = try await catalog.addCompared(4, 4, like: three)
            let lone = try await catalog.addCompared(5, 5)
            try requireEqual(try await catalog.cluster(of: two), cluster(one), "the cluster of the second")
            try requireEqual(try await catalog.cluster(of: four), cluster(three), "the cluster of the fourth")
            let last = try await catalog.addHashed(6, 6)
            let changes: [ClusterChange] = [
                .joined(last.photo, cluster(one)), .merged(cluster(three), into: cluster(one)),
                .joined(lone, cluster(one)),
            ]
            try require(
                try await subject.second.record(changes, of: last, evidence: [last.photo: evidence]),
                "it could join them all")
            try requireEqual(
                try await catalog.cluster(cluster(one)),
                DuplicateCluster(
                    id: cluster(one), photos: 6, byteCount: ByteCount(6 * 1000 + 21), bytesToWin: ByteCount(5015),
                    newest: time(2024, 7).wallMicroseconds), "the cluster")
            try requireEqual(
                try await catalog.photos(of: cluster(one)), [one, two, three, four, lone, last.photo].sorted(),
                "its photos")
            let members = try await catalog.members(of: cluster(one), after: nil, limit: 9)
            try requireEqual(members.first { $0.photo == two }?.evidence, evidence, "the evidence")
            try requireEqual(members.first { $0.photo == one }?.evidence, nil, "the evidence of the first")
            try requireEqual(members.first { $0.photo == two }?.sha256, digest(2), "its digest")
            let photos = try await catalog.photos(of: [cluster(one)], after: nil, limit: 9) { _ in true }[0]
            try requireEqual(photos.map(\.member), members, "its members with their photos")
            for known in photos {
                try requireEqual(known.photo, try await catalog.photo(known.member.photo), "the photo")
                let files = try await catalog.files(of: known.photo.id)
                try requireEqual(known.paths, files.map(\.path), "its paths")
            }
            let missing = try requirePresent(photos.last, "the last")
            try await catalog.markMissing(missing.paths)
            let rest = try await catalog.photos(
                of: [cluster(one)], after: photos[photos.count - 2].photo.id, limit: 9
            ) { _ in true }[0]
            try requireEqual(rest.map(\.photo.id), [missing.photo.id], "the page behind the last but one")
            try requireEqual(rest.map(\.paths), [[]], "the paths of one whose file is gone")
            try await catalog.markPresent(missing.paths)
            try requireEqual(try await catalog.cluster(cluster(three)), nil, "the cluster taken in")
            let near = try await catalog.photos(near: PerceptualHash(bits: 2), within: 0, limit: 1)
            try requireEqual(near.first?.cluster, cluster(one), "the cluster of what is near")
            try requireEqual(near.first?.clusterPhotos, 6, "how many it has")
            let sums = try await catalog.clusterSums()
            try requireEqual(sums.clusters, 1, "how many clusters there are")
            try requireEqual(sums.bytesToWin, ByteCount(5015), "what can be won")
            let prefix = String(cluster(one).description.prefix(35))
            try requireEqual(
                try await catalog.clusters(idPrefix: prefix, limit: 9).map(\.id), [cluster(one)], "those named so")
            try requireEqual(try await subject.stranger.clusters(idPrefix: "", limit: 9), [], "a stranger's")
            try requireEqual(try await subject.stranger.cluster(cluster(one)), nil, "a stranger's")
            try requireEqual(try await subject.stranger.photos(of: cluster(one)), [], "its photos to a stranger")
            try requireEqual(try await subject.stranger.clusterSums().clusters, 0, "a stranger's sum")
            try await catalog.requireSound()
        },
        ContractCase("What was compared while somebody changed a cluster or decided is compared again") { subject in
            let catalog = subject.catalog
            let (one, two) = (try await catalog.addCompared(1, 1), try await catalog.addHashed(2, 2))
            let three = try await catalog.addHashed(3, 3)
            let mark = try await catalog.comparisonMark()
            try requireEqual(try await catalog.record([], since: mark), mark + 1, "the mark after a change of nothing")
            let stale = ComparedPhoto(photo: three, hash: three.hash)
            try requireEqual(try await subject.second.record([stale], since: mark), nil, "what is stale")
            try require(
                try await catalog.record([.founded(cluster(one), two.photo)], of: two, evidence: [:]),
                "one that is not can be recorded")
            let before = try await catalog.comparisonMark()
            _ = try await subject.second.decideDistinct([one, three.photo], actor: "a")
            try requireEqual(try await catalog.record([stale], since: before), nil, "what a decision made stale")
            // Of several, one that waits no more has all be compared again.
            let gone = ComparedPhoto(photo: two, hash: two.hash)
            let now = try await catalog.comparisonMark()
            try requireEqual(try await catalog.record([stale, gone], since: now), nil, "with one that waits no more")
            try requireEqual(try await catalog.uncompared(after: nil, limit: 9), [three], "what waits")
            try requireEqual(try await catalog.comparisonMark(), now, "the mark of what was refused")
            try await catalog.requireSound()
        },
        ContractCase("A photo that left the cluster it began can begin another") { subject in
            let catalog = subject.catalog
            let (one, two) = (try await catalog.addCompared(1, 1), try await catalog.addCompared(2, 2))
            let three = try await catalog.addCompared(3, 3, like: two)
            let four = try await catalog.addCompared(4, 4, like: two)
            _ = try await catalog.decideDistinct([one, two], actor: "a")
            // The second is still the first of its cluster, by id: it leaves, as the higher id of a pair.
            let low = try await catalog.addHashed(5, 5)
            _ = try await catalog.record([.joined(low.photo, cluster(two))], of: low)
            let first = [two, three, four, low.photo].min()!
            let other = first == two ? three : two
            _ = try await catalog.decideDistinct([first, other], actor: "a")
            let left = try requirePresent(try await catalog.uncompared(after: nil, limit: 9).first, "who left")
            try requireEqual(left.photo, max(first, other), "who left")
            try require(try await catalog.record([], of: left), "it is compared again")
            let newcomer = try await catalog.addCompared(6, 6, like: left.photo)
            let its = try requirePresent(try await catalog.cluster(of: newcomer), "its cluster")
            try requireEqual(
                Set(try await catalog.photos(of: its)), [left.photo, newcomer], "the photos of the new cluster")
            try requireEqual(try await catalog.clusterSums().clusters, 2, "the clusters")
            try await catalog.requireSound()
        },
        ContractCase("Clusters come in pages, in each order") { subject in
            let catalog = subject.catalog
            for number in 0..<7 {
                let first = try await catalog.addCompared(10 * number, UInt64(number) << 32)
                for copy in 1...(1 + number % 3) {
                    _ = try await catalog.addCompared(10 * number + copy, UInt64(number) << 32, like: first)
                }
            }
            for order in ClusterQuery.Order.allCases {
                var paged: [DuplicateCluster] = []
                while true {
                    let after = paged.last.map { ClusterPosition($0, in: order) }
                    let page = try await catalog.clusters(ClusterQuery(order: order, after: after, limit: 3))
                    if page.isEmpty { break }
                    paged += page
                }
                let all = try await catalog.clusters(ClusterQuery(order: order, limit: 99))
                try requireEqual(paged, all, "the pages by \(order)")
                try requireEqual(Set(all.map(\.id)).count, 7, "the clusters")
                let keys = all.map { ClusterPosition($0, in: order).value }
                try requireEqual(keys, keys.sorted(by: >), "the order by \(order)")
                let middle = ClusterPosition(all[3], in: order)
                try requireEqual(
                    try await catalog.clusters(ClusterQuery(order: order, isReversed: true, limit: 99)),
                    all.reversed(), "from the last by \(order)")
                try requireEqual(
                    try await catalog.clusters(ClusterQuery(order: order, isReversed: true, after: middle, limit: 2)),
                    [all[2], all[1]], "what precedes the middle by \(order)")
            }
            try requireEqual(try await subject.stranger.clusters(ClusterQuery(limit: 9)), [], "a stranger's clusters")
        },
        ContractCase("Clusters are found by their photos' text and by how near the photos are") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            _ = try await catalog.addCompared(2, 1, like: one) { $0.place = "Lisbon 100%" }
            let three = try await catalog.addCompared(3, 3)
            let far = try await catalog.addHashed(4, 4)
            let distant = LikenessEvidence(distance: 7, similarity: 0.8, orientation: .upright)
            let founding: [ClusterChange] = [.founded(cluster(three), far.photo)]
            try require(
                try await catalog.record(founding, of: far, evidence: [far.photo: distant]), "it could be compared")
            func found(_ filter: ClusterFilter, isReversed: Bool = false) async throws -> [ClusterID] {
                try await catalog.clusters(ClusterQuery(isReversed: isReversed, filter: filter, limit: 9)).map(\.id)
            }
            try requireEqual(
                Set(try await found(ClusterFilter())), [cluster(one), cluster(three)], "without a filter")
            for text in ["LISBON", "100%", "2.jpg", "1.JPG"] {
                try requireEqual(try await found(ClusterFilter(text: text)), [cluster(one)], "those with \(text)")
                let reversed = try await found(ClusterFilter(text: text), isReversed: true)
                try requireEqual(reversed, [cluster(one)], "those with \(text), reversed")
            }
            try requireEqual(try await found(ClusterFilter(text: "100_")), [], "a sign that SQL reads as any")
            try requireEqual(try await found(ClusterFilter(mostDistance: 2)), [], "those within 2 bits")
            try requireEqual(try await found(ClusterFilter(mostDistance: 4)), [cluster(one)], "those within 4 bits")
            try requireEqual(
                Set(try await found(ClusterFilter(mostDistance: 7))), [cluster(one), cluster(three)], "within 7")
            try requireEqual(
                try await found(ClusterFilter(text: "lisbon", mostDistance: 2)), [], "both conditions at once")
            try requireEqual(
                try await subject.stranger.clusters(ClusterQuery(filter: ClusterFilter(text: "jpg"), limit: 9)), [],
                "a stranger's")
        },
        ContractCase("Photos decided to be distinct leave their cluster for good") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 2, like: one)
            let three = try await catalog.addCompared(3, 3, like: one)
            try requireEqual(try await catalog.decideDistinct([three, one], actor: "a"), 1, "the new pairs")
            try requireEqual(try await subject.second.decideDistinct([one, three], actor: "a"), 0, "them again")
            let (stays, leaves) = (min(one, three), max(one, three))
            try requireEqual(try await catalog.photos(of: cluster(one)), [stays, two].sorted(), "who is left")
            try requireEqual(try await catalog.uncompared(after: nil, limit: 9).map(\.photo), [leaves], "who waits")
            try require(
                try await catalog.areKeptApart(.photo(leaves), .cluster(cluster(one))), "it is kept from the cluster")
            try require(
                try await catalog.areKeptApart(.cluster(cluster(one)), .photo(leaves)), "the cluster is kept from it")
            try require(try await catalog.areKeptApart(.photo(one), .photo(three)), "the two are kept apart")
            try require(!(try await catalog.areKeptApart(.photo(two), .photo(leaves))), "others are not")
            let other = try await catalog.addCompared(4, 4)
            _ = try await catalog.addCompared(5, 5, like: other)
            let theirs = ClusterSide.cluster(cluster(other))
            try require(!(try await catalog.areKeptApart(theirs, .cluster(cluster(one)))), "nor two clusters")
            _ = try await catalog.decideDistinct([other, two], actor: "a")
            try require(try await catalog.areKeptApart(theirs, .cluster(cluster(one))), "until somebody decides")
            try require(
                !(try await subject.stranger.areKeptApart(.photo(one), .photo(three))), "a stranger's decisions")
            try await catalog.requireSound()
            _ = try await catalog.decideDistinct([one, two, three], actor: "a")
            try requireEqual(try await catalog.clusterSums().clusters, 1, "the clusters then")
            try requireEqual(try await catalog.prepareComparison(all: true), 5, "those that wait anew")
            try require(try await catalog.areKeptApart(.photo(one), .photo(two)), "the decision stays")
            var refused = false
            do { _ = try await subject.stranger.decideDistinct([one, two], actor: "a") } catch { refused = true }
            try require(refused, "a stranger decides nothing")
            try requireEqual(try await catalog.journal(limit: 9).map(\.actor), ["a", "a", "a"], "the journal")
            try await catalog.requireSound()
        },
    ]
}
