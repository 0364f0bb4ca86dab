import Core
import Duplicates
import Foundation
import Grid
import Imaging
import SystemPackage
import Thumbnails

extension Benchmark {
    static let duplicates = Benchmark(
        name: "duplicates", arguments: "--distance N [--orientations]",
        summary:
            "Puts the files named on standard input into duplicate clusters; one JSON line has them and what it took."
    ) { arguments in
        guard let place = arguments.firstIndex(of: "--distance"), place + 1 < arguments.count,
            let distance = Int(arguments[place + 1]), (0...16).contains(distance)
        else { throw EngineError(.invalidInput, "--distance takes a number from 0 to 16") }
        var files: [String] = []
        while let line = readLine() { files.append(line) }
        let search = DuplicateSearch(distance: distance, turns: arguments.contains("--orientations"))
        try await search.run(files)
    }
}

private struct SeenPhoto: Sendable {
    let path: String
    let id: PhotoID
    let sha256: SHA256Digest
    /// As the upright picture has it.
    let hash: PerceptualHash
    /// Whether the hash was derived from the stored picture's.
    let isDerived: Bool
    let picture: ComparablePicture
}

private struct DuplicateSearch {
    let distance: Int
    let turns: Bool

    func run(_ files: [String]) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let photos = try await read(files)
        let read = clock.now
        let evidence = FolderEvidence(photos, near: near(photos), turns: turns)
        let paired = clock.now
        for photo in photos {
            for change in try await ClusterPlan().arrival(of: photo.id, evidence: evidence) {
                evidence.map.apply(change)
            }
            evidence.arrived.insert(photo.id)
        }
        let end = clock.now
        let paths = Dictionary(uniqueKeysWithValues: photos.map { ($0.id, $0.path) })
        let report = Report(
            files: files.count, read: photos.count, comparisons: evidence.comparisons,
            readSeconds: (read - start) / .seconds(1), pairSeconds: (paired - read) / .seconds(1),
            compareSeconds: evidence.compared / .seconds(1), clusterSeconds: (end - paired) / .seconds(1),
            clusters: evidence.map.clusters.map { $0.members.compactMap { paths[$0] } })
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }

    private struct Report: Encodable {
        let files, read, comparisons: Int
        let readSeconds, pairSeconds, compareSeconds, clusterSeconds: Double
        let clusters: [[String]]
    }

    private func read(_ files: [String]) async throws -> [SeenPhoto] {
        let pool = DecoderPool(count: 2)
        defer { pool.close() }
        return await withTaskGroup(of: SeenPhoto?.self) { group in
            var waiting = Array(files.enumerated())[...]
            for (index, file) in waiting.prefix(6) { group.addTask { try? await see(file, index, pool) } }
            waiting = waiting.dropFirst(6)
            var photos: [SeenPhoto] = []
            while let photo = await group.next() {
                if let photo { photos.append(photo) }
                if let (index, file) = waiting.popFirst() { group.addTask { try? await see(file, index, pool) } }
            }
            return photos.sorted { $0.id < $1.id }
        }
    }

    private func see(_ file: String, _ index: Int, _ pool: DecoderPool) async throws -> SeenPhoto? {
        let photo = try await pool.process(FilePath(file), options: ProcessingOptions())
        guard let rendition = photo.renditions.first(where: { $0.kind.size == 256 }),
            let image = WebPPicture.decode(rendition.data, maxWidth: 256, maxHeight: 256),
            let id = PhotoID(String(format: "00000000-0000-7000-8000-%012d", index))
        else { return nil }

        let luma = (0..<image.width * image.height).map { pixel -> UInt8 in
            let at = pixel * 4
            let red = Int(image.rgba[at]) * 19_595
            let green = Int(image.rgba[at + 1]) * 38_470
            return UInt8((red + green + Int(image.rgba[at + 2]) * 7_471 + 0x8000) >> 16)
        }
        let orientation = photo.metadata.orientation
        return SeenPhoto(
            path: file, id: id, sha256: photo.sha256, hash: photo.perceptualHash.oriented(orientation),
            isDerived: orientation != .upright,
            picture: luma.withUnsafeBufferPointer {
                ComparablePicture(luma: $0, width: image.width, height: image.height)
            })
    }

    /// The candidates of each photo with their distances.
    private func near(_ photos: [SeenPhoto]) -> [PhotoID: [(photo: PhotoID, distance: Int)]] {
        let slack = PerceptualHash.orientationSlack
        var nearest: [Set<Int>: Int] = [:]
        for orientation in turns ? Orientation.allCases : [.upright] {
            // Both as they are and turned, every value once: the search takes hashes that differ.
            var holders: [PerceptualHash: [Int]] = [:]
            for (index, photo) in photos.enumerated() {
                holders[photo.hash, default: []].append(index)
                if orientation != .upright { holders[photo.hash.oriented(orientation), default: []].append(~index) }
            }
            let hashes = Array(holders.keys)
            func note(_ first: PerceptualHash, _ second: PerceptualHash, _ bits: Int) {
                for one in holders[first]! {
                    for other in holders[second]! {
                        let (a, b) = (one < 0 ? ~one : one, other < 0 ? ~other : other)
                        // One as it is and one turned, or both as they are.
                        guard a != b, orientation == .upright || (one < 0) != (other < 0) else { continue }
                        let isDerived = orientation != .upright || photos[a].isDerived || photos[b].isDerived
                        if bits <= distance + (isDerived ? slack : 0) {
                            nearest[[a, b]] = min(nearest[[a, b]] ?? 64, bits)
                        }
                    }
                }
            }
            for hash in hashes { note(hash, hash, 0) }
            NearPairs(within: distance + slack).forEach(among: hashes) { note(hashes[$0], hashes[$1], $2) }
        }
        var near: [PhotoID: [(PhotoID, Int)]] = [:]
        for (pair, bits) in nearest {
            let two = pair.sorted()
            near[photos[two[0]].id, default: []].append((photos[two[1]].id, bits))
            near[photos[two[1]].id, default: []].append((photos[two[0]].id, bits))
        }
        return near.mapValues { $0.sorted { ($0.1, $0.0) < ($1.1, $1.0) } }
    }
}

/// What a folder's photos show of each other.
private final class FolderEvidence: ClusterEvidence {
    var map = ClusterMap()
    var arrived: Set<PhotoID> = []
    private(set) var comparisons = 0
    private(set) var compared = Duration.zero
    private let photos: [PhotoID: SeenPhoto]
    private let near: [PhotoID: [(photo: PhotoID, distance: Int)]]
    private let turns: Bool
    private var answers: [Set<PhotoID>: Double?] = [:]

    init(_ photos: [SeenPhoto], near: [PhotoID: [(photo: PhotoID, distance: Int)]], turns: Bool) {
        self.photos = Dictionary(uniqueKeysWithValues: photos.map { ($0.id, $0) })
        self.near = near
        self.turns = turns
    }

    func candidates(of photo: PhotoID, limit: Int) -> [ClusterCandidate] {
        (near[photo] ?? []).lazy.filter { self.arrived.contains($0.photo) }.prefix(limit).map {
            self.map.candidate($0.photo)
        }
    }

    func sample(of cluster: ClusterID, toward photo: PhotoID, early: Int, near: Int) -> [PhotoID] {
        let members = map.members(of: cluster)
        let hash = photos[photo]!.hash
        let others = members.dropFirst(early).sorted {
            (photos[$0]!.hash.distance(to: hash), $0) < (photos[$1]!.hash.distance(to: hash), $1)
        }
        return Array(members.prefix(early)) + others.prefix(near)
    }

    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) -> Bool { false }

    func likeness(of one: PhotoID, to other: PhotoID) -> Double? {
        if let answer = answers[[one, other]] { return answer }
        let (first, second) = (photos[min(one, other)]!, photos[max(one, other)]!)
        var answer: Double? = first.sha256 == second.sha256 ? 1 : nil
        if answer == nil, !first.picture.showsTooLittle, !second.picture.showsTooLittle {
            let ways = turns ? second.hash.orientations(toward: first.hash).prefix(2).map(\.orientation) : [.upright]
            for way in ways where answer == nil {
                comparisons += 1
                compared += ContinuousClock().measure {
                    let comparison = PictureComparison(first.picture, second.picture, orientation: way)
                    if comparison.isSame { answer = comparison.similarity }
                }
            }
        }
        answers[[one, other]] = answer
        return answer
    }
}
