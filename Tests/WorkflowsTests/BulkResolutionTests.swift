import Core
import Duplicates
import Synchronization
import Testing
import Workflows

@Suite("Resolving many clusters")
struct BulkResolutionTests {
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

    private func bulk(_ library: DuplicateLibrary) -> BulkResolution {
        BulkResolution(
            catalog: library.catalog, review: library.review(),
            pictures: library)
    }

    /// An equal pair, a pair of other brightness whose distance is told, and a burst of equal pictures.
    private func library() async throws -> (DuplicateLibrary, equal: Set<PhotoID>, faded: Set<PhotoID>) {
        let library = try await DuplicateLibrary()
        let equal: Set = [try await library.add(1, scene: 1), try await library.add(2, scene: 1)]
        let faded: Set = [
            try await library.add(3, scene: 2), try await library.add(4, scene: 2, fading: 30, flipping: 0x7001),
        ]
        for number in 10...11 {
            try await library.add(number, scene: 3) { metadata in
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
        let library = try await DuplicateLibrary()
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
}
