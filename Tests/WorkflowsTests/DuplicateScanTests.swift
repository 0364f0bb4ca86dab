import Core
import Synchronization
import Testing
import Workflows

@Suite("Scanning for duplicates")
struct DuplicateScanTests {
    @Test("Copies come into one cluster, others into none; a second scan compares nothing")
    func copies() async throws {
        let library = try await DuplicateLibrary()
        var expected: Set<Set<PhotoID>> = []
        for scene in 1...6 {
            let first = try await library.add(10 * scene, scene: UInt64(scene))
            if scene.isMultiple(of: 2) { continue }
            let second = try await library.add(10 * scene + 1, scene: UInt64(scene), fading: 20)
            expected.insert([first, second])
        }
        let told = Mutex<[DuplicateScanProgress]>([])
        let report = try await library.scan { progress in told.withLock { $0.append(progress) } }
        #expect(try await library.clusters() == expected)
        #expect(report.compared == 9 && report.clustered == 3 && report.clusters == 3)
        #expect(report.withoutPicture.isEmpty)
        #expect(told.withLock { $0.last?.compared } == 9 && told.withLock { $0.last?.total } == 9)
        let again = try await library.scan()
        #expect(again.compared == 0 && again.comparisons == 0 && again.clusters == 3)
        let third = try await library.add(99, scene: 1, fading: 10)
        #expect(try await library.scan().compared == 1)
        #expect(try await library.clusters().contains { $0.contains(third) && $0.count == 3 })
        #expect(try await library.catalog.check() == [])
    }

    @Test("A member's evidence is its distance and its likeness")
    func evidence() async throws {
        let library = try await DuplicateLibrary()
        let first = try await library.add(1, scene: 1)
        let second = try await library.add(2, scene: 1, fading: 20)
        _ = try await library.scan()
        let cluster = try #require(try await library.catalog.cluster(of: second))
        let members = try await library.catalog.members(of: cluster, after: nil, limit: 9)
        #expect(members.first { $0.photo == first }?.evidence == nil)
        let evidence = try #require(members.first { $0.photo == second }?.evidence)
        #expect(evidence.distance <= 4 && evidence.orientation == .upright)
        #expect(try #require(evidence.similarity) > 0.9)
    }

    @Test(
        "A photo that is stored turned, and says so, is the same as its upright copy",
        arguments: Orientation.allCases.filter { $0 != .upright })
    func noted(_ orientation: Orientation) async throws {
        let library = try await DuplicateLibrary()
        let upright = try await library.add(1, scene: 3)
        let turned = try await library.add(2, scene: 3, turned: orientation, isNoted: true)
        let later = try await library.add(3, scene: 3, fading: 10)
        _ = try await library.scan()
        #expect(try await library.clusters() == [[upright, turned, later]])
    }

    @Test("Turned and mirrored copies are found where they are asked for", arguments: Orientation.allCases)
    func turned(_ orientation: Orientation) async throws {
        let library = try await DuplicateLibrary()
        let upright = try await library.add(1, scene: 5)
        let turned = try await library.add(2, scene: 5, fading: 10, turned: orientation)
        _ = try await library.add(3, scene: 6)
        _ = try await library.scan()
        #expect(try await library.clusters() == (orientation == .upright ? [[upright, turned]] : []))
        _ = try await library.scan(DuplicateScanOptions(turns: true, comparesAll: true))
        #expect(try await library.clusters() == [[upright, turned]])
        let cluster = try #require(try await library.catalog.cluster(of: turned))
        let members = try await library.catalog.members(of: cluster, after: nil, limit: 9)
        let evidence = try #require(members.first { $0.photo == turned }?.evidence)
        // What is stored turned so is seen upright by a viewer that turns it by the same.
        #expect(evidence.orientation == orientation)
        #expect(evidence.distance <= 6)
    }

    @Test("Pictures that show too little are like no other, however equal their hashes")
    func flat() async throws {
        let library = try await DuplicateLibrary()
        for number in 1...5 { try await library.add(number, scene: 0) }
        #expect(try await library.scan().compared == 5)
        #expect(try await library.clusters() == [])
    }

    @Test("What was decided to differ stays apart in every later scan")
    func decided() async throws {
        let library = try await DuplicateLibrary()
        let photos = try await [1, 2, 3].asyncMap { try await library.add($0, scene: 2, fading: 5 * $0) }
        _ = try await library.scan()
        #expect(try await library.clusters() == [Set(photos)])
        _ = try await library.catalog.decideDistinct([photos[0], photos[2]], actor: "a", reason: "")
        for options in [DuplicateScanOptions(), DuplicateScanOptions(turns: true, comparesAll: true)] {
            _ = try await library.scan(options)
            for cluster in try await library.clusters() {
                #expect(!cluster.isSuperset(of: [photos[0], photos[2]]))
                #expect(cluster.contains(photos[1]))
            }
            #expect(try await library.clusters().count == 1)
        }
        #expect(try await library.catalog.check() == [])
    }

    @Test("A scan that is stopped goes on, and ends as one that was not")
    func stopped() async throws {
        let (library, whole) = (try await DuplicateLibrary(), try await DuplicateLibrary())
        for each in [library, whole] {
            for number in 0..<24 { try await each.add(number, scene: UInt64(number / 3 + 1), fading: number % 3 * 8) }
        }
        let work = Task {
            // The first photo recorded is always told, what follows only from time to time.
            try await library.scan { _ in withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: CancellationError.self) { try await work.value }
        let left = try await library.catalog.uncomparedCount()
        #expect(left > 0 && left < 24)
        #expect(try await library.scan().compared == left)
        _ = try await whole.scan()
        #expect(try await library.clusters().map(\.count).sorted() == Array(repeating: 3, count: 8))
        #expect(try await whole.clusters().map(\.count).sorted() == Array(repeating: 3, count: 8))
    }

    @Test("Scans at once come to what one comes to")
    func together() async throws {
        let library = try await DuplicateLibrary()
        for number in 0..<24 { try await library.add(number, scene: UInt64(number / 2 + 1), fading: number % 2 * 12) }
        let compared = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<3 { group.addTask { try await library.scan().compared } }
            return try await group.reduce(0, +)
        }
        #expect(compared == 24)
        #expect(try await library.clusters().map(\.count) == Array(repeating: 2, count: 12))
        #expect(try await library.catalog.check() == [])
    }

    @Test("A photo waits where what it may be like can't be looked at, whichever of the two came first")
    func otherWithoutPicture() async throws {
        let library = try await DuplicateLibrary()
        let first = try await library.add(1, scene: 4, hasPicture: false)
        // Compared once, with its picture, and lost since.
        library.restorePicture(1, scene: 4)
        _ = try await library.scan()
        library.losePicture(1)
        let second = try await library.add(2, scene: 4, fading: 10)
        let report = try await library.scan()
        #expect(report.withoutPicture == [first])
        #expect(try await library.catalog.uncomparedCount() == 1)
        library.restorePicture(1, scene: 4)
        _ = try await library.scan()
        #expect(try await library.clusters() == [[first, second]])
    }

    @Test("A photo without its small picture waits, and is told of")
    func pictureless() async throws {
        let library = try await DuplicateLibrary()
        let first = try await library.add(1, scene: 4)
        let second = try await library.add(2, scene: 4, fading: 10, hasPicture: false)
        try await library.add(3, scene: 7, hasPicture: false)
        let report = try await library.scan()
        // The third is near nothing: its hash alone tells.
        #expect(report.compared == 2 && report.withoutPicture == [second])
        #expect(try await library.catalog.uncomparedCount() == 1)
        library.restorePicture(2, scene: 4)
        #expect(try await library.scan().withoutPicture.isEmpty)
        #expect(try await library.clusters() == [[first, second]])
    }

    @Test("A store that is away ends the scan, which loses nothing")
    func away() async throws {
        let library = try await DuplicateLibrary()
        let first = try await library.add(1, scene: 4)
        let second = try await library.add(2, scene: 4, fading: 10)
        library.setAway(true)
        await #expect(throws: EngineError.self) { try await library.scan() }
        library.setAway(false)
        _ = try await library.scan()
        #expect(try await library.clusters() == [[first, second]])
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
