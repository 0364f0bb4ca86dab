import Core
import Duplicates
import Testing
import Workflows

/// The small of what `make bench ONLY=duplicates` has with 50,000 photos in a cluster and 900,000 equal hashes.
@Suite("Very many photos alike")
struct HostileDuplicatesTests {
    @Test("Each of hundreds alike is compared with few, and all of them are decided on, listed and taken back at once")
    func alike() async throws {
        let library = try await DuplicateLibrary()
        var photos: Set<PhotoID> = []
        for number in 0..<250 {
            photos.insert(try await library.add(number, scene: 1, flipping: 1 << UInt64(number % 3)))
        }
        let report = try await library.scan()
        #expect(try await library.clusters() == [photos])
        #expect(report.comparisons <= 250 * 9)
        let review = library.review()
        let cluster = try #require(try await library.catalog.clusters(ClusterQuery(limit: 9)).first)
        let proposal = try await review.proposal(for: cluster)
        #expect(proposal.members.count == 250 && Set(proposal.photos.map(\.id)) == photos)
        #expect(proposal.members.map(\.photo) == proposal.photos.map(\.id))
        let made = try await review.resolve(
            proposal, keeper: proposal.keeper, alsoKept: [], actor: "a", reason: "")
        #expect(made.trashed.count == 249)
        let undone = try await review.undo(made, actor: "a")
        #expect(undone.restored.count == 249 && undone.conflicts.isEmpty)
        #expect(try await library.clusters() == [photos])
        #expect(try await library.catalog.cluster(cluster.id) == cluster)
        // All but the first leave at once, and are alike still: they come together anew, without it.
        let some = Array(proposal.members.prefix(100).map(\.photo))
        #expect(try await review.decideDistinct(some, actor: "a").newPairs == 4950)
        #expect(try await library.catalog.cluster(cluster.id)?.photos == 151)
        #expect(try await library.catalog.check() == [])
    }

    @Test("Hundreds of blank pictures with one hash are each compared with few, and with no other in a cluster")
    func blank() async throws {
        let library = try await DuplicateLibrary()
        for number in 0..<200 { try await library.add(number, scene: 0) }
        let report = try await library.scan()
        #expect(report.compared == 200 && report.clusters == 0)
        #expect(report.comparisons <= 200 * 9)
        #expect(try await library.catalog.photos(near: PerceptualHash(bits: 0), within: 16, limit: 64).count <= 64)
        #expect(try await library.catalog.check() == [])
    }
}
