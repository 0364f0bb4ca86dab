import Core
import Duplicates
import SystemPackage
import Testing
import Workflows

@Suite("Deciding on duplicates")
struct DuplicateReviewTests {
    /// Two copies in one cluster; the second is the camera's own.
    private func withPair(
        _ body: (DuplicateLibrary, _ export: PhotoID, _ original: PhotoID, DuplicateCluster) async throws -> Void
    ) async throws {
        let library = try await DuplicateLibrary()
        let export = try await library.add(1, scene: 1)
        let original = try await library.add(2, scene: 1) { metadata in
            metadata.cameraMake = "Acme"
            metadata.cameraModel = "X100"
            metadata.exposure.seconds = 0.01
        }
        _ = try await library.scan()
        let clusters = try await library.catalog.clusters(ClusterQuery(limit: 9))
        try await body(library, export, original, try #require(clusters.first))
    }

    private func review(_ library: DuplicateLibrary, _ rules: KeeperRules = KeeperRules()) -> DuplicateReview {
        library.review(rules)
    }

    @Test("The camera's own photo is proposed, and certain where the pictures are the same")
    func certain() async throws {
        try await withPair { library, export, original, cluster in
            let proposal = try await review(library).proposal(for: cluster)
            #expect(proposal.keeper == original && proposal.isCertain == nil && proposal.tier == .same)
            #expect(proposal.sentence.hasPrefix("kept: 80x60 JPEG original"))
            #expect(proposal.trashed(keeping: [original]) == [export])
            #expect(proposal.members.allSatisfy { (proposal.distance(of: $0) ?? 99) <= 4 })
        }
    }

    @Test("A photo whose file is missing is not proposed in place of one that is there")
    func missing() async throws {
        try await withPair { library, export, original, cluster in
            try await library.catalog.markMissing(["/photos/2.jpg"])
            #expect(try await review(library).proposal(for: cluster).keeper == export)
            try await library.catalog.markMissing(["/photos/1.jpg"])
            let proposal = try await review(library).proposal(for: cluster)
            #expect(proposal.keeper == original && proposal.isCertain == false)
        }
    }

    @Test("A photo in a reference folder is kept beside the keeper, and not certain to be a waste")
    func reference() async throws {
        try await withPair { library, export, original, cluster in
            var rules = KeeperRules()
            rules.referenceFolders = ["/photos"]
            let review = review(library, rules)
            let proposal = try await review.proposal(for: cluster)
            #expect(proposal.kept == [export, original])
            await #expect(throws: EngineError.self) {
                _ = try await review.resolve(
                    proposal, keeper: proposal.keeper, alsoKept: proposal.alsoKept(), actor: "a", reason: "")
            }
            #expect(try await library.clusters() == [[export, original]])
        }
    }

    @Test("With rules that are not understood nothing is proposed")
    func rulesFault() async throws {
        try await withPair { library, _, _, cluster in
            let fault = EngineError(.invalidInput, "\"reslution\" is no rule")
            let review = library.review(rulesFault: fault)
            let error = await #expect(throws: EngineError.self) { _ = try await review.proposal(for: cluster) }
            #expect(error?.code == .invalidInput && error?.whatHappened == fault.whatHappened)
        }
    }

    @Test("A burst is told, and never certain")
    func burst() async throws {
        let library = try await DuplicateLibrary()
        for number in 1...2 {
            try await library.add(number, scene: 1, fading: number) { metadata in
                metadata.cameraMake = "Acme"
                metadata.cameraModel = "X100"
                metadata.exposure.seconds = 0.01
                metadata.captureTime = CaptureTime(
                    wallMicroseconds: Int64(number) * 1_000_000, offsetMinutes: nil, source: .exif)
            }
        }
        _ = try await library.scan()
        let cluster = try #require(try await library.catalog.clusters(ClusterQuery(limit: 9)).first)
        let proposal = try await review(library).proposal(for: cluster)
        #expect(proposal.stacks.map(\.reason) == ["a burst"])
        #expect(proposal.isCertain == false)
    }

    @Test("What a copy of the keeper could not say of itself is a doubt: another time or place, or another stack")
    func contradictions() async throws {
        func doubt(_ change: @escaping (inout PhotoMetadata) -> Void, _ stacks: Bool = false) async throws -> String? {
            let library = try await DuplicateLibrary()
            func shot(_ metadata: inout PhotoMetadata) {
                metadata.cameraMake = "Acme"
                metadata.cameraModel = "X100"
                metadata.exposure.seconds = 0.01
                metadata.position = GeoPosition(latitude: 38.7, longitude: -9.1)
                metadata.captureTime = CaptureTime(wallMicroseconds: 5_250_000, offsetMinutes: nil, source: .exif)
            }
            let keeper = try await library.add(1, scene: 1, change: shot)
            let copy = try await library.add(2, scene: 1) {
                shot(&$0)
                $0.exposure.seconds = nil
                change(&$0)
            }
            if stacks {
                let other = try await library.add(3, scene: 9)
                _ = try await library.catalog.stack(StackRequest(photos: [copy, other], kind: .chosen, actor: "a"))
            }
            _ = try await library.scan()
            let cluster = try #require(try await library.catalog.clusters(ClusterQuery(limit: 9)).first)
            let proposal = try await review(library).proposal(for: cluster)
            #expect(proposal.keeper == keeper)
            return proposal.doubt
        }
        func at(_ microseconds: Int64, _ source: CaptureTimeSource = .exif) -> CaptureTime {
            CaptureTime(wallMicroseconds: microseconds, offsetMinutes: nil, source: source)
        }
        #expect(try await doubt { _ in } == nil)
        // The fraction lost; a file's date; a position rounded.
        #expect(try await doubt { $0.captureTime = at(5_000_000) } == nil)
        #expect(try await doubt { $0.captureTime = at(9_000_000_000, .modified) } == nil)
        #expect(try await doubt { $0.position = GeoPosition(latitude: 38.703, longitude: -9.101) } == nil)
        #expect(try await doubt { $0.captureTime = at(2_592_005_250_000) }?.contains("at another time") == true)
        let paris = GeoPosition(latitude: 48.8, longitude: 2.3)
        #expect(try await doubt { $0.position = paris }?.contains("elsewhere") == true)
        let stacked = try await doubt({ _ in }, true)
        #expect(stacked?.hasSuffix("kept together with others: put together by a person") == true)
    }

    @Test("Copies of the photos of a burst stay with the one they are copies of", arguments: [false, true])
    func stackedCopies(comparesAll: Bool) async throws {
        let library = try await DuplicateLibrary()
        // Their hashes are as near to one another; every second picture has a bar.
        var photos: [PhotoID] = []
        for number in 1...6 {
            photos.append(try await library.add(number, scene: 1))
            if number.isMultiple(of: 2) { library.spoil(number, rows: 20..<22) }
        }
        _ = try await library.scan()
        #expect(try await library.clusters() == [Set(photos)])
        // The last ones: all copies are known before them.
        _ = try await library.review().stack(StackRequest(photos: [photos[4], photos[5]], kind: .burst, actor: "a"))
        _ = try await library.scan(DuplicateScanOptions(comparesAll: comparesAll))
        let odd = Set([photos[0], photos[2], photos[4]])
        let clusters = try await library.clusters()
        #expect(clusters == [odd, Set(photos).subtracting(odd)])
    }

    @Test("Clusters come in pages, or only the certain ones of them, from either end")
    func pages() async throws {
        let library = try await DuplicateLibrary()
        // Every second pair has a camera's own photo, which makes its proposal certain.
        for pair in 0..<6 as Range<Int> {
            try await library.add(10 * pair + 1, scene: UInt64(pair + 1))
            try await library.add(10 * pair + 2, scene: UInt64(pair + 1)) { metadata in
                guard pair.isMultiple(of: 2) else { return }
                metadata.cameraMake = "Acme"
                metadata.cameraModel = "X100"
                metadata.exposure.seconds = 0.01
            }
        }
        _ = try await library.scan()
        let browser = ClusterBrowser(catalog: library.catalog, review: review(library), pictures: library)
        let all = try await library.catalog.clusters(ClusterQuery(limit: 99))
        try #require(all.count == 6)
        for isReversed in [false, true] {
            var (every, certain): ([ClusterID], [ClusterID]) = ([], [])
            for certainOnly in [false, true] {
                var query = ClusterQuery(isReversed: isReversed, limit: 2)
                while true {
                    let page = try await browser.page(query, only: certainOnly ? .certain : [])
                    if certainOnly {
                        certain += page.clusters.map(\.id)
                        #expect(page.clusters.allSatisfy { page.proposals[$0.id]?.isCertain == true })
                    } else {
                        every += page.clusters.map(\.id)
                        #expect(page.proposals.isEmpty)
                    }
                    guard let reached = page.reached else { break }
                    query.after = reached
                }
            }
            #expect(every == (isReversed ? all.reversed() : all).map(\.id))
            #expect(certain.count == 3 && every.filter(certain.contains) == certain)
        }
    }

    @Test("Exact clusters are those of the same pixels, whatever else their files hold")
    func exact() async throws {
        let library = try await DuplicateLibrary()
        try await library.add(1, scene: 1)
        try await library.add(2, scene: 1)
        try await library.add(3, scene: 2)
        // Darker by so little that the hash stays.
        try await library.add(4, scene: 2, fading: 3)
        _ = try await library.scan()
        let all = try await library.catalog.clusters(ClusterQuery(limit: 9))
        try #require(all.count == 2)
        let review = review(library)
        let browser = ClusterBrowser(catalog: library.catalog, review: review, pictures: library)
        let exact = try await browser.page(ClusterQuery(limit: 9), only: .exact)
        let first = try #require(exact.clusters.first)
        #expect(exact.clusters.count == 1 && exact.reached == nil)
        let members = try await library.catalog.members(of: first.id, after: nil, limit: 9)
        #expect(Set(members.map(\.sha256)) == [DuplicateLibrary.digest(1), DuplicateLibrary.digest(2)])
        for cluster in all {
            let proposal = try await review.proposal(for: cluster)
            #expect(try await browser.isExact(proposal) == (cluster.id == first.id))
        }
        #expect(try await browser.page(ClusterQuery(limit: 9), only: [.exact, .certain]).clusters.isEmpty)
    }

    @Test("Resolving works on what the person saw, is found by its name, and is undone")
    func resolved() async throws {
        try await withPair { library, export, original, cluster in
            let review = review(library)
            let proposal = try await review.proposal(for: cluster)
            let late = try await library.add(3, scene: 1, fading: 5)
            _ = try await library.scan()
            func resolve(_ proposal: ClusterProposal) async throws -> Resolution {
                try await review.resolve(proposal, keeper: original, alsoKept: [], actor: "a", reason: "")
            }
            await #expect(throws: EngineError.self, "a cluster that has grown") { try await resolve(proposal) }
            let seen = try #require(try await library.catalog.cluster(cluster.id))
            let resolution = try await resolve(try await review.proposal(for: seen))
            #expect(resolution.trashed == [export, late].sorted())
            let error = await #expect(throws: EngineError.self) {
                try await review.cluster(named: cluster.id.description)
            }
            #expect(error?.code == .conflict && error?.whatToDo.contains(resolution.id.description) == true)
            #expect(try await review.resolution(named: resolution.id.description).id == resolution.id)
            #expect(try await review.undo(resolution, actor: "b").conflicts == [])
            #expect(try await library.clusters() == [[export, original, late]])
            // What comes in while photos are in the trash is not compared with them.
            let again = try await resolve(try await review.proposal(for: seen))
            let last = try await library.add(4, scene: 1, fading: 9)
            _ = try await library.scan()
            #expect(try await library.clusters() == [[original, last]])
            #expect(try await review.undo(again, actor: "b").conflicts == [.changedCluster])
            _ = try await library.scan()
            #expect(try await library.clusters() == [[export, original, late, last]])
            #expect(try await library.catalog.check() == [])
        }
    }
}
