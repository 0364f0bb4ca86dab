import Core
import Grid
import Widgets

@testable import App

/// Clusters whose photos follow from their number, and that are resolved and taken back as the engine would.
final class SampleClusters {
    let count: Int
    /// Clusters that are gone.
    var gone: Set<Int> = []
    /// Photos of a cluster, where they are other than at first.
    var sizes: [Int: Int] = [:]
    var mark: Int64 = 1
    var uncompared = 0
    /// What the next change fails with.
    var refusal: EngineError?
    /// What the next undoing could not put back.
    var conflicts: [UndoneResolution.Conflict] = []
    /// A stack that cluster 2 has.
    var stack = StackReason.burst
    var name: (Int, Int) -> String = { cluster, photo in
        photo == 0 ? "IMG_\(2040 + cluster).jpg" : photo == 1 ? "IMG-2024-WA000\(cluster).jpg" : "copy \(photo).jpg"
    }
    private var resolutions: [ResolutionID: Resolution] = [:]
    /// Clusters whose stack was put together.
    private var stacked: Set<Int> = []
    private var earlier: [Resolution] = []
    private lazy var sorted = (0..<count).map(cluster)

    init(_ count: Int) { self.count = count }

    static func id(_ cluster: Int) -> ClusterID { ClusterID(first: photoID(cluster, 0)) }

    static func photoID(_ cluster: Int, _ photo: Int) -> PhotoID {
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes[6] = 0x70
        for index in 0..<4 { bytes[15 - index] = UInt8(truncatingIfNeeded: photo >> (8 * index)) }
        for index in 0..<4 { bytes[11 - index] = UInt8(truncatingIfNeeded: cluster >> (8 * index)) }
        return PhotoID(bytes: bytes)!
    }

    static func number(_ id: ClusterID) -> Int {
        id.bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
    }

    func photoCount(_ cluster: Int) -> Int { sizes[cluster] ?? 2 + cluster % 4 }

    func cluster(_ number: Int) -> DuplicateCluster {
        let photos = photoCount(number)
        let won = Int64(count - number) * 1000 + 400
        return DuplicateCluster(
            id: Self.id(number), photos: photos, byteCount: ByteCount(won + 3_400_000), bytesToWin: ByteCount(won),
            newest: Int64(number))
    }

    func isSame(_ number: Int) -> Bool { number % 3 != 2 }
    func isExact(_ number: Int) -> Bool { number.isMultiple(of: 6) }
    func kind(_ number: Int) -> ClusterKind { isExact(number) ? .exact : isSame(number) ? .same : .similar }
    func isCertain(_ number: Int) -> Bool { number.isMultiple(of: 10) }

    func page(_ request: ClusterPageRequest) -> ClusterPage {
        let query = request.query
        var list = sorted.filter { !gone.contains(Self.number($0.id)) }
        if query.order != .bytesToWin {
            list.sort {
                let (one, other) = (ClusterPosition($0, in: query.order), ClusterPosition($1, in: query.order))
                return (one.value, one.id) > (other.value, other.id)
            }
        }
        list = list.filter { cluster in
            let number = Self.number(cluster.id)
            if query.filter.mostDistance != nil, !isSame(number) { return false }
            return query.filter.text.isEmpty
                || (0..<cluster.photos).contains { name(number, $0).lowercased().contains(query.filter.text) }
        }
        if query.isReversed { list.reverse() }
        if let after = query.after {
            list = list.filter {
                let position = ClusterPosition($0, in: query.order)
                let isBehind = (position.value, position.id) < (after.value, after.id)
                return position != after && isBehind != query.isReversed
            }
        }
        let found = Array(list.prefix(query.limit))
        let reached = found.count < query.limit ? nil : found.last.map { ClusterPosition($0, in: query.order) }
        guard request.certainOnly || request.exactOnly else { return ClusterPage(clusters: found, reached: reached) }
        let certain = found.filter {
            let number = Self.number($0.id)
            return (!request.certainOnly || isCertain(number)) && (!request.exactOnly || isExact(number))
        }
        return ClusterPage(
            clusters: certain,
            summaries: Dictionary(uniqueKeysWithValues: certain.map { ($0.id, summary(Self.number($0.id))) }),
            reached: reached)
    }

    func summary(_ number: Int) -> ClusterSummary {
        let details = details(number)
        return ClusterSummary(
            name: name(number, 0), pictures: details.photos.prefix(3).map(\.photo.sha256),
            advice: ClusterSummary.Advice(
                kind: details.kind, isCertain: details.isCertain,
                bytesToWin: ByteCount(details.photos.dropFirst().reduce(0) { $0 + $1.photo.byteCount.bytes }),
                sentence: details.sentence, stack: details.stacks.first?.reason, doubt: details.doubt))
    }

    func photo(_ cluster: Int, _ number: Int) -> ReviewedPhoto {
        let id = Self.photoID(cluster, number)
        let digest = SHA256Digest(bytes: id.bytes + id.bytes)!
        let isFirst = number == 0
        var metadata = PhotoMetadata()
        if isFirst {
            metadata.cameraModel = "Canon EOS R5\u{1b}]52;c;aGk=\u{07}"
            metadata.exposure.seconds = 1.0 / 120
            metadata.exposure.iso = 50
            metadata.position = GeoPosition(latitude: 38.7139, longitude: -9.1394)
        } else if number == 1 {
            metadata.rating = 4
            metadata.keywords = ["sea", "boat"]
        }
        let time = CaptureTime(
            year: 2024, month: 7, day: 12, hour: 18, minute: number, second: 0, source: isFirst ? .exif : .modified)!
        let photo = Photo(
            id: id, owner: OwnerID(uuid: id.uuid), sha256: digest, perceptualHash: nil, filename: name(cluster, number),
            mediaType: .jpeg, byteCount: ByteCount(isFirst ? 3_400_000 : 410_000 + Int64(number)),
            pixelSize: isFirst ? PixelSize(width: 4032, height: 3024) : PixelSize(width: 1600, height: 1200),
            captureTime: time, importedAt: 0, metadata: metadata, original: .object(ObjectKey("originals/a")),
            status: .ready, problem: nil, isFavourite: number == 1, isArchived: false, isMissing: number == 3)
        let evidence = LikenessEvidence(distance: 2 * number, similarity: 0.98, orientation: .upright)
        return ReviewedPhoto(
            photo: photo, paths: [Array("/home/ana/\(isFirst ? "camera" : "phone")/\(name(cluster, number))".utf8)],
            member: ClusterMember(
                photo: id, sha256: digest, hash: PerceptualHash(bits: UInt64(1) << UInt64(2 * number) - 1),
                evidence: isFirst ? nil : evidence))
    }

    func details(_ number: Int) -> ClusterDetails {
        let photos = (0..<photoCount(number)).map { photo(number, $0) }
        let isStack = number == 2 && !stacked.contains(number)
        return ClusterDetails(
            cluster: cluster(number), photos: photos, keeper: photos[0].photo.id, alwaysKept: [],
            choice: "4032x3024 JPEG original; the other is a 1600 px WhatsApp copy",
            stacks: isStack ? [.init(photos: photos.prefix(2).map(\.photo.id), kind: stack)] : [],
            kind: kind(number),
            doubt: isCertain(number)
                ? nil : isSame(number) ? "little tells it from IMG_1.jpg" : "its pictures are only similar")
    }

    /// A decision that keeps all photos.
    private func keep(_ verdict: Resolution.Verdict, _ photos: [PhotoID], _ reason: String) -> Resolution {
        let made = Resolution(
            id: ResolutionID(uuid: photos[0].uuid), verdict: verdict, cluster: ClusterID(first: photos.min()!),
            keeper: photos[0], alsoKept: Array(photos.dropFirst()), trashed: [], byteCount: ByteCount(0),
            before: PhotoMarks(), after: PhotoMarks(), actor: "ana", reason: reason, resolvedAt: 0, undone: nil)
        resolutions[made.id] = made
        return made
    }

    private func change() -> EngineError? {
        defer { refusal = nil }
        if refusal == nil { mark += 1 }
        return refusal
    }

    /// Answers one effect; nothing for those that are not about duplicates.
    func answers(_ effect: Effect) -> [Message] {
        switch effect {
        case .loadClusters(let request, let wanted): return [.clustersLoaded(request, page(wanted))]
        case .loadClusterTotals(let request):
            let left = sorted.filter { !gone.contains(Self.number($0.id)) }
            let bytes = left.reduce(0) { $0 + $1.bytesToWin.bytes }
            return [
                .clusterTotalsLoaded(
                    request,
                    ClusterTotals(
                        mark: mark, clusters: left.count, bytesToWin: ByteCount(bytes), uncompared: uncompared))
            ]
        case .loadSummaries(let request, let clusters):
            return clusters.map { cluster in
                let number = Self.number(cluster.id)
                return .clusterSummarized(request, cluster.id, gone.contains(number) ? .gone : .known(summary(number)))
            }
        case .loadCluster(let request, let id):
            let number = Self.number(id)
            return gone.contains(number)
                ? [.failed(request, EngineError(.notFound, "it was resolved, or its photos are not alike any more"))]
                : [.clusterLoaded(request, details(number))]
        case .loadDifference(let request, let wanted):
            let size = GridSize(columns: wanted.columns, rows: wanted.rows)
            return [
                .differenceLoaded(
                    request,
                    DifferencePicture(
                        picture: SampleLibrary.picture(size), similarity: 0.973, differingShare: 0.034,
                        uncoveredShare: 0.001))
            ]
        case .resolve(let request, let decision):
            if let error = change() { return [.failed(request, error)] }
            return [.resolved(request, resolve(decision))]
        case .decideDistinct(let request, let photos, let reason):
            if let error = change() { return [.failed(request, error)] }
            let made = keep(.distinct, photos, reason)
            gone.insert(Self.number(made.cluster))
            return [.decidedDistinct(request, DistinctDecision(newPairs: photos.count, resolution: made))]
        case .stackPhotos(let request, let stacks, let reason):
            if let error = change() { return [.failed(request, error)] }
            let made = stacks.map { keep(.stack($0.kind), $0.photos, reason) }
            let number = Self.number(made[0].cluster)
            sizes[number] = photoCount(number) - stacks.reduce(0) { $0 + $1.photos.count - 1 }
            if photoCount(number) < 2 { gone.insert(number) }
            stacked.insert(number)
            return [.stacked(request, made)]
        case .loadLastDecision(let request):
            return [
                .lastDecisionLoaded(
                    request, earlier.popLast().map { LastDecision(resolution: $0, name: "IMG\u{1b}[2J.jpg", days: 12) })
            ]
        case .undoResolution(let request, let id, _):
            if let error = change() { return [.failed(request, error)] }
            guard let resolution = resolutions[id] else { return [] }
            let number = Self.number(resolution.cluster)
            gone.remove(number)
            if stacked.remove(number) != nil { sizes[number] = nil }
            defer { conflicts = [] }
            return [
                .resolutionUndone(
                    request,
                    UndoneResolution(resolution: resolution, restored: resolution.trashed, conflicts: conflicts))
            ]
        default: return []
        }
    }

    /// A decision of a session before.
    func addEarlier(_ number: Int, reason: String) {
        let photos = (0..<3).map { Self.photoID(number, $0) }
        let resolution = Resolution(
            id: ResolutionID(uuid: Self.photoID(number, 0).uuid), cluster: ClusterID(first: photos[0]),
            keeper: photos[0], alsoKept: [], trashed: Array(photos.dropFirst()), byteCount: ByteCount(820_000),
            before: PhotoMarks(), after: PhotoMarks(), actor: "bo\u{1b}]", reason: reason, resolvedAt: 0, undone: nil)
        gone.insert(number)
        resolutions[resolution.id] = resolution
        earlier.append(resolution)
    }

    private func resolve(_ decision: ClusterDecision) -> Resolution {
        let number = Self.number(decision.cluster)
        gone.insert(number)
        let trashed = decision.members.filter { $0 != decision.keeper && !decision.alsoKept.contains($0) }.sorted()
        let resolution = Resolution(
            id: ResolutionID(uuid: decision.cluster.uuid), cluster: decision.cluster, keeper: decision.keeper,
            alsoKept: decision.alsoKept.sorted(), trashed: trashed,
            byteCount: ByteCount(Int64(trashed.count) * 410_000),
            before: PhotoMarks(), after: PhotoMarks(), actor: "ana", reason: decision.reason, resolvedAt: 0, undone: nil
        )
        resolutions[resolution.id] = resolution
        return resolution
    }
}

extension RunningApp {
    /// The app on its list of duplicates.
    static func onDuplicates(
        _ clusters: SampleClusters, columns: Int = 80, rows: Int = 24, look: Look = Look()
    ) -> RunningApp {
        var library = SampleLibrary([("2024-07", 14)])
        library.clusters = clusters
        var app = RunningApp(library, columns: columns, rows: rows, look: look)
        app.start()
        app.press("d")
        return app
    }

    var screen: String { frame().textLines.joined(separator: "\n") }

    var cluster: Int? { state.duplicates.comparison.map { SampleClusters.number($0.cluster) } }
}
