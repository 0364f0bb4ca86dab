import Catalog
import Core
import Duplicates
import Foundation
import Objects
import SystemPackage
import Workflows

extension Benchmark {
    static let duplicateLibrary = Benchmark(
        name: "duplicate-library", arguments: "open|pages|arrivals N|resolutions N|cluster|equal N HASH CATALOGUE",
        summary: "Times what is asked of a library with very many duplicates, a JSON line for each."
    ) { arguments in
        guard arguments.count >= 2, let last = arguments.last else {
            throw EngineError(.invalidInput, "name a measure and a catalogue")
        }
        let bench = DuplicateLibraryBench(catalog: try await SQLiteCatalog.open(FilePath(last)))
        let count = arguments.count > 2 ? Int(arguments[1]) ?? 100 : 100
        switch arguments[0] {
        case "open": break
        case "pages": try await bench.pages()
        case "arrivals": try await bench.arrivals(count)
        case "resolutions": try await bench.resolutions(count)
        case "cluster": try await bench.cluster()
        case "equal":
            guard arguments.count == 4, let hash = PerceptualHash(arguments[2]) else {
                throw EngineError(.invalidInput, "equal takes a number and a hash")
            }
            try await bench.equal(count, hash)
        default: throw EngineError(.invalidInput, "there is no measure \(arguments[0])")
        }
        try await bench.catalog.close()
    }
}

/// Pictures that are the same for the same name, and no two else alike.
private struct MadeUpPictures: PictureSource {
    func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
        // A copy's digest begins as its original's does.
        var state = original.bytes.prefix(8).reduce(UInt64(1)) { $0 << 8 | UInt64($1) }
        let size = PixelSize(width: 96, height: 64)
        func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
        let patches = (0..<10).map { _ in
            (x: next() * 96, y: next() * 64, size: 5 + next() * 14, light: next() * 240 - 120)
        }
        var rgb: [UInt8] = []
        rgb.reserveCapacity(size.pixels * 3)
        for y in 0..<size.height {
            for x in 0..<size.width {
                var light = 128.0
                for patch in patches {
                    let (dx, dy) = (Double(x) - patch.x, Double(y) - patch.y)
                    let near = dx * dx + dy * dy
                    if near < patch.size * patch.size { light += patch.light * (1 - near / (patch.size * patch.size)) }
                }
                let grey = UInt8(max(0, min(255, light)))
                rgb += [grey, grey, grey]
            }
        }
        return PixelBuffer(size: size, rgb: rgb)
    }

    func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer? {
        try await picture(of: original)
    }

    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? { nil }

    func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest? { nil }
}

/// An even grey, for every photo.
private struct BlankPictures: PictureSource {
    func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
        let size = PixelSize(width: 64, height: 64)
        return PixelBuffer(size: size, rgb: [UInt8](repeating: 90, count: size.pixels * 3))
    }

    func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer? {
        try await picture(of: original)
    }

    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? { nil }

    func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest? { nil }
}

private struct DuplicateLibraryBench {
    private static let firstArrivals = 50

    let catalog: any Catalog
    private let clock = ContinuousClock()

    private var review: DuplicateReview {
        DuplicateReview(
            catalog: catalog, rules: KeeperRules(),
            originals: OriginalPresence(catalog: catalog, objects: MemoryObjectStore()), pictures: BlankPictures())
    }

    private func report(_ what: String, _ times: [Duration]) {
        let kilobytes = Self.residentKilobytes
        let line = Measurement(times).line(what)
        print(line.dropLast() + ", \"kilobytes\": \(kilobytes)}")
    }

    /// VmHWM of this process: the most it ever took.
    private static var residentKilobytes: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// A page of the list as the screen has it, and with the proposals that the command prints, anywhere in the list.
    func pages() async throws {
        for order in ClusterQuery.Order.allCases {
            var times: [Duration] = []
            var after: ClusterPosition?
            while true {
                let start = clock.now
                let page = try await catalog.clusters(ClusterQuery(order: order, after: after, limit: 50))
                times.append(clock.now - start)
                guard let last = page.last else { break }
                after = ClusterPosition(last, in: order)
            }
            report("a page of 50 clusters by \(order.rawValue), through all of them", times)
        }
        var (times, sums): ([Duration], [Duration]) = ([], [])
        var after: ClusterPosition?
        for _ in 0..<200 {
            let start = clock.now
            let page = try await catalog.clusters(ClusterQuery(after: after, limit: 50))
            try await review.proposals(for: page) { _, _ in }
            times.append(clock.now - start)
            let begin = clock.now
            _ = try await catalog.clusterSums()
            sums.append(clock.now - begin)
            guard let last = page.last else { break }
            after = ClusterPosition(last, in: .bytesToWin)
        }
        report("a page of 50 clusters with their proposals", times)
        report("the sums of all clusters", sums)
    }

    /// One more photo after the other, of which each second is a copy of one that is there. The first ones, which find
    /// nothing of the file in memory, are told apart.
    func arrivals(_ count: Int) async throws {
        let scan = DuplicateScan(catalog: catalog, pictures: MadeUpPictures())
        var options = DuplicateScanOptions()
        options.sumsClusters = false
        // What an earlier run left.
        _ = try await scan.run(options) { _ in }
        var (first, lone, copies): ([Duration], [Duration], [Duration]) = ([], [], [])
        let known = try await catalog.photos(after: nil, limit: Self.firstArrivals + count)
            .filter { $0.perceptualHash != nil }
        for (number, original) in known.enumerated() {
            let isCopy = number % 2 == 1
            let flip = UInt64(1) << UInt64.random(in: 0..<64) | UInt64(1) << UInt64.random(in: 0..<64)
            let near = original.perceptualHash.map { PerceptualHash(bits: $0.bits ^ flip) }
            try await add(number, hash: isCopy ? near : nil, like: isCopy ? original.sha256 : nil)
            let start = clock.now
            let report = try await scan.run(options) { _ in }
            let took = clock.now - start
            if number < Self.firstArrivals {
                first.append(took)
            } else if isCopy {
                copies.append(took)
            } else {
                lone.append(took)
            }
            guard report.compared == 1 else { throw EngineError(.internal, "\(report.compared) photos were compared") }
        }
        report("the first \(first.count) of them", first)
        report("one more photo, like no other", lone)
        report("one more photo, a copy of another", copies)
        print("{\"measure\": \"clusters\", \"count\": \(try await catalog.clusterSums().clusters)}")
    }

    private func add(_ number: Int, hash: PerceptualHash?, like original: SHA256Digest?) async throws {
        var random = SystemRandomNumberGenerator()
        let tail = (0..<24).map { _ in UInt8.random(in: 0...255, using: &random) }
        let head =
            original.map { Array($0.bytes.prefix(8)) } ?? (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) }
        let name = "/photos/new/\(number)-\(UInt64.random(in: 0...UInt64.max, using: &random)).jpg"
        guard let digest = SHA256Digest(bytes: head + tail),
            let time = CaptureTime(year: 2024, month: 7, day: 1, hour: 1, minute: 1, second: 1, source: .modified)
        else { throw EngineError(.internal, "a made-up photo is impossible") }
        _ = try await catalog.record([
            ScannedFile(
                path: FilePath(name), fingerprint: FileFingerprint(byteCount: 4_000_000, modified: 0),
                content: .photo(
                    sha256: digest, mediaType: .jpeg, provisional: time, original: .file(FilePath(name))))
        ])
        let bits = hash?.bits ?? UInt64.random(in: 0...UInt64.max)
        for job in try await catalog.claim(queue: .high, worker: "bench", leaseSeconds: 60, limit: 10) {
            _ = try await catalog.finish(
                job.id, worker: "bench",
                processed: ProcessedPhoto(
                    sha256: digest, mediaType: .jpeg, pixelSize: PixelSize(width: 96, height: 64),
                    perceptualHash: PerceptualHash(bits: bits), metadata: PhotoMetadata(), problem: nil, renditions: [])
            )
        }
    }

    /// Resolves that many clusters, then takes all of it back, the last first.
    func resolutions(_ count: Int) async throws {
        var (resolved, undone): ([Duration], [Duration]) = ([], [])
        var made: [Resolution] = []
        while made.count < count {
            let page = try await catalog.clusters(ClusterQuery(limit: min(100, count - made.count)))
            if page.isEmpty { break }
            for cluster in page {
                let start = clock.now
                let proposal = try await review.proposal(for: cluster)
                made.append(
                    try await review.resolve(
                        proposal, keeper: proposal.keeper, alsoKept: proposal.alsoKept(), actor: "bench", reason: "")
                )
                resolved.append(clock.now - start)
            }
        }
        for resolution in made.reversed() {
            let start = clock.now
            let result = try await review.undo(resolution, actor: "bench")
            undone.append(clock.now - start)
            guard result.conflicts.isEmpty else { throw EngineError(.internal, "\(result.conflicts)") }
        }
        report("resolve a cluster, its proposal included", resolved)
        report("undo it", undone)
    }

    /// What is asked of the largest cluster, however large.
    func cluster() async throws {
        guard let cluster = try await catalog.clusters(ClusterQuery(order: .photos, limit: 1)).first else { return }
        func timed<Value>(_ what: String, _ body: () async throws -> Value) async throws -> Value {
            let start = clock.now
            let value = try await body()
            report("\(cluster.photos) photos: \(what)", [clock.now - start])
            return value
        }
        let proposal = try await timed("proposal") { try await review.proposal(for: cluster) }
        _ = try await timed("the farthest of it") { proposal.farthest }
        let marks = try await timed("what changes") {
            proposal.marks(of: proposal.keeper, trashing: proposal.trashed(keeping: proposal.kept))
        }
        let members = proposal.members.prefix(1).map(\.photo)
        // Another arrives.
        let first = try await catalog.photo(members[0])
        let scan = DuplicateScan(catalog: catalog, pictures: OnePicture())
        for number in 0..<20 { try await add(number, hash: first?.perceptualHash, like: nil) }
        let joined = try await timed("20 more arrive") { try await scan.run(DuplicateScanOptions()) { _ in } }
        let pair = Array(proposal.members.suffix(200).map(\.photo))
        _ = try await timed("200 of it are decided to be distinct") {
            try await review.decideDistinct(pair, actor: "bench")
        }
        guard let seen = try await catalog.cluster(cluster.id) else { return }
        let now = try await review.proposal(for: seen)
        let resolution = try await timed("resolve") {
            try await review.resolve(now, keeper: now.keeper, alsoKept: [], actor: "bench", reason: "")
        }
        _ = try await timed("undo") { try await review.undo(resolution, actor: "bench") }
        print("{\"measure\": \"joined\", \"count\": \(joined.clustered), \"marks\": \(marks == nil ? 0 : 1)}")
    }

    private struct OnePicture: PictureSource {
        func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
            guard let digest = SHA256Digest(bytes: [UInt8](repeating: 7, count: 32)) else { return nil }
            return try await MadeUpPictures().picture(of: digest)
        }

        func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer? {
            try await picture(of: original)
        }

        func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? { nil }

        func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest? { nil }
    }

    /// More photos with one hash, as blank pictures have.
    func equal(_ count: Int, _ hash: PerceptualHash) async throws {
        let scan = DuplicateScan(catalog: catalog, pictures: BlankPictures())
        var times: [Duration] = []
        for number in 0..<count {
            try await add(number, hash: hash, like: nil)
            let start = clock.now
            let found = try await scan.run(DuplicateScanOptions()) { _ in }
            times.append(clock.now - start)
            guard found.clustered == 0 else { throw EngineError(.internal, "a blank picture came into a cluster") }
        }
        report("one more blank picture", times)
    }
}
