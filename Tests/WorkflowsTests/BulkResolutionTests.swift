import Core
import Duplicates
import Foundation
import Synchronization
import Testing
import Workflows

@Suite("Resolving many clusters")
final class BulkResolutionTests {
    private final class Told: Sendable {
        private let state = Mutex<(resolved: [PhotoID], dry: Int, failed: Int)>(([], 0, 0))
        var resolved: Set<PhotoID> { state.withLock { Set($0.resolved) } }
        var dry: Int { state.withLock { $0.dry } }
        var count: Int { state.withLock { $0.resolved.count } }

        func add(_ outcome: BulkResolution.Outcome) {
            state.withLock { state in
                switch outcome {
                case .resolved(let proposal, let made):
                    state.resolved.append(proposal.keeper)
                    if made == nil { state.dry += 1 }
                case .failed: state.failed += 1
                }
            }
        }
    }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("phototui-bulk-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func bulk(_ library: DuplicateLibrary) -> BulkResolution {
        BulkResolution(
            catalog: library.catalog, review: library.review(),
            pictures: library)
    }

    /// An equal pair, a pair of other brightness whose distance is told, and a burst.
    private func library() async throws -> (DuplicateLibrary, equal: Set<PhotoID>, faded: Set<PhotoID>) {
        let library = try await DuplicateLibrary(folder: folder)
        let equal: Set = [try await library.add(1, scene: 1), try await library.add(2, scene: 1)]
        let faded: Set = [
            try await library.add(3, scene: 2), try await library.add(4, scene: 2, fading: 30, flipping: 0x7001),
        ]
        for number in 10...11 {
            try await library.add(number, scene: 3, fading: number) { metadata in
                metadata.cameraMake = "Acme"
                metadata.cameraModel = "X100"
                metadata.exposure.seconds = 0.01
                metadata.captureTime = CaptureTime(
                    wallMicroseconds: Int64(number) * 1_000_000, offsetMinutes: nil, source: .exif)
            }
        }
        _ = try await library.scan(DuplicateScanOptions(distance: 16))
        #expect(try await library.clusters().count == 3)
        return (library, equal, faded)
    }

    @Test("Exact are those with the same pixels, and no burst, however alike")
    func exact() async throws {
        let (library, equal, _) = try await library()
        let told = Told()
        let report = try await bulk(library).run(.exact, actor: "a", reason: "asked") { told.add($0) }
        #expect(report.resolved == 1 && report.leftAlone == 2 && report.failed == 0)
        #expect(told.count == 1 && told.dry == 0 && told.resolved.isSubset(of: equal))
        #expect(try await library.clusters().count == 2)
        let made = try #require(try await library.catalog.resolutions(after: nil, limit: 9).first)
        #expect(made.reason == "asked" && Set(made.trashed + [made.keeper]) == equal)
        #expect(report.byteCount == made.byteCount)
    }

    @Test("Originals that differ in what no rendition shows have not the same pixels")
    func finePrint() async throws {
        let (library, _, _) = try await library()
        library.print(finely: "Total 23.00", on: 1)
        library.print(finely: "Total 28.00", on: 2)
        let report = try await bulk(library).run(.exact, actor: "a", reason: "") { _ in }
        #expect(report.resolved == 0 && report.leftAlone == 3)
    }

    @Test("What holds more than was compared, or stands another way, goes in none of them; it may be kept")
    func unseen() async throws {
        let library = try await DuplicateLibrary(folder: folder)
        // As many frames each, of which the first are equal; a smaller picture with frames beside a larger one; mirrored.
        for number in 1...2 {
            try await library.add(number, scene: 1) { $0.tags = [PictureTag.frames: "3"] }
        }
        let film = try await library.add(3, scene: 2) { $0.tags = [PictureTag.film: "1"] }
        try await library.add(4, scene: 2)
        try await library.add(5, scene: 3)
        try await library.add(6, scene: 3, turned: .mirrored)
        // A phone's gain map.
        let bright = try await library.add(7, scene: 4) { $0.tags = [PictureTag.added: "1"] }
        try await library.add(8, scene: 4)
        _ = try await library.scan(DuplicateScanOptions(distance: 16, turns: true))
        #expect(try await library.clusters().count == 4)
        for choice in [BulkResolution.Choice.certain, .exact, .within(16)] {
            let told = Told()
            _ = try await bulk(library).run(choice, isDry: true, actor: "a", reason: "") { told.add($0) }
            #expect(told.resolved == [film, bright], "\(choice)")
        }
    }

    @Test("Within a distance are those whose farthest photo is, and a dry run changes nothing")
    func within() async throws {
        let (library, equal, faded) = try await library()
        let review = library.review()
        var distances: [Set<PhotoID>: Int] = [:]
        for cluster in try await library.catalog.clusters(ClusterQuery(limit: 9)) {
            let proposal = try await review.proposal(for: cluster)
            distances[Set(proposal.members.map(\.photo))] = proposal.farthest?.distance
        }
        #expect(distances[equal] == 0)
        let far = try #require(distances[faded])
        #expect(far == 4)
        for (distance, count) in [(far - 1, 1), (far, 2)] {
            let told = Told()
            let report = try await bulk(library).run(.within(distance), isDry: true, actor: "a", reason: "") {
                told.add($0)
            }
            #expect(report.resolved == count && told.dry == count && report.leftAlone == 3 - count)
        }
        #expect(try await library.clusters().count == 3)
    }

    @Test("One that is cancelled stops between two clusters, and the next goes on with those left")
    func cancelled() async throws {
        let library = try await DuplicateLibrary(folder: folder)
        for pair in 0..<12 {
            try await library.add(2 * pair, scene: UInt64(pair + 1))
            try await library.add(2 * pair + 1, scene: UInt64(pair + 1))
        }
        _ = try await library.scan()
        let bulk = bulk(library)
        let told = Told()
        let last = Mutex(BulkResolutionProgress())
        let task = Task {
            try await bulk.run(.within(0), actor: "a", reason: "") {
                told.add($0)
                if told.count == 5 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(told.count == 5)
        #expect(try await library.clusters().count == 7)
        let report = try await bulk.run(.within(0), actor: "a", reason: "") { progress in
            last.withLock { $0 = progress }
        } each: { _ in
        }
        #expect(report.resolved == 7)
        #expect(try await library.clusters().isEmpty)
        #expect(last.withLock { $0.total } == 7 && last.withLock { $0.examined } == 7)
        #expect(try await library.catalog.check() == [])
    }

    /// Pairs of which the first has what the camera wrote, so that nothing but their pictures can speak against keeping it.
    private func pairs(_ count: Int) async throws -> DuplicateLibrary {
        let library = try await DuplicateLibrary(folder: folder)
        for pair in 0..<count {
            try await library.add(2 * pair, scene: UInt64(pair + 1)) { metadata in
                metadata.cameraMake = "Acme"
                metadata.cameraModel = "X100"
                metadata.exposure.seconds = 0.01
                metadata.captureTime = CaptureTime(
                    wallMicroseconds: Int64(pair) * 86_400_000_000, offsetMinutes: nil, source: .exif)
            }
            try await library.add(2 * pair + 1, scene: UInt64(pair + 1))
        }
        _ = try await library.scan()
        for cluster in try await library.catalog.clusters(ClusterQuery(limit: 9)) {
            #expect(try await library.review().proposal(for: cluster).doubt == nil)
        }
        return library
    }

    @Test("Certain are those alone whose pictures bear it out, one painted over does not")
    func certain() async throws {
        let library = try await pairs(3)
        library.spoil(2)
        library.spoil(5)
        let told = Told()
        let report = try await bulk(library).run(.certain, actor: "a", reason: "") { told.add($0) }
        #expect(report.resolved == 1 && report.leftAlone == 2 && report.failed == 0)
        let left = try await ClusterBrowser(catalog: library.catalog, review: library.review(), pictures: library)
            .page(ClusterQuery(limit: 9), only: .certain)
        #expect(left.clusters.isEmpty)
        #expect(try await bulk(library).run(.within(0), actor: "a", reason: "") { told.add($0) }.resolved == 2)
    }

    @Test("What somebody answered not to be the same is resolved with no others", arguments: [true, false])
    func denied(isCertain: Bool) async throws {
        let library = try await pairs(2)
        let cluster = try #require(try await library.catalog.clusters(ClusterQuery(limit: 1)).first)
        let photos = try await library.catalog.members(of: cluster.id, after: nil, limit: 9).map(\.photo)
        try await library.catalog.keep([CalibrationAnswer(photos[0], photos[1], distance: 0, isSame: false)])
        let report = try await bulk(library).run(isCertain ? .certain : .within(16), actor: "a", reason: "") { _ in }
        #expect(report.resolved == 1 && report.leftAlone == 1)
        #expect(try await library.clusters() == [Set(photos)])
        let doubt = try await library.review().proposal(for: cluster).doubt
        #expect(doubt?.contains("not the same") == true)
    }

    @Test("With the disk away nothing is resolved many at a time, and all of it is told")
    func away() async throws {
        let library = try await pairs(2)
        try FileManager.default.removeItem(at: folder)
        for isDry in [true, false] {
            let report = try await bulk(library).run(.certain, isDry: isDry, actor: "a", reason: "") { _ in }
            #expect(report.resolved == 0 && report.failed == 2)
        }
        #expect(try await library.clusters().count == 2)
    }
}
