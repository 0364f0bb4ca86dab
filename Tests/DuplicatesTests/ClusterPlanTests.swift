import Contracts
import Core
import Duplicates
import Foundation
import Testing

/// Photos as points on a line: those less than 1 apart show the same, those less than 2 apart are candidates.
private final class Line: ClusterEvidence {
    var map = ClusterMap()
    var places: [PhotoID: Double] = [:]
    var apart: Set<Set<PhotoID>> = []
    /// Of pairs that are more or less alike than their places tell.
    var likenesses: [Set<PhotoID>: Double] = [:]
    var comparisons = 0
    private var arrived: [PhotoID] = []

    func candidates(of photo: PhotoID, limit: Int) -> [ClusterCandidate] {
        let near = arrived.filter { distance($0, photo) < 2 }
        let sorted = near.sorted { (distance($0, photo), $0) < (distance($1, photo), $1) }
        return sorted.prefix(limit).map(map.candidate)
    }

    func sample(of cluster: ClusterID, toward photo: PhotoID, early: Int, near: Int) -> [PhotoID] {
        let members = map.members(of: cluster)
        let others = members.dropFirst(early).sorted { (distance($0, photo), $0) < (distance($1, photo), $1) }
        return Array(members.prefix(early)) + others.prefix(near)
    }

    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) -> Bool {
        apart.contains { pair in
            let sides = [one, other].map { !pair.isDisjoint(with: map.members(of: $0)) }
            return sides == [true, true]
        }
    }

    func likeness(of one: PhotoID, to other: PhotoID) -> Double? {
        comparisons += 1
        let likeness = likenesses[[one, other]] ?? 1 - distance(one, other)
        return likeness > 0 ? likeness : nil
    }

    func distance(_ one: PhotoID, _ other: PhotoID) -> Double { abs(places[one]! - places[other]!) }

    @discardableResult
    func arrive(_ photo: PhotoID) async throws -> [ClusterChange] {
        let changes = try await ClusterPlan().arrival(of: photo, evidence: self)
        for change in changes { map.apply(change) }
        arrived.append(photo)
        return changes
    }

    /// Photo `number`, numbered in the order of ids.
    func photo(_ number: Int, at place: Double) -> PhotoID {
        let photo = PhotoID(String(format: "00000000-0000-7000-8000-%012d", number))!
        places[photo] = place
        return photo
    }
}

@Suite("ClusterPlan")
struct ClusterPlanTests {
    @Test("Two that are the same begin a cluster named after the earlier, a third joins, and one apart stays alone")
    func begins() async throws {
        let line = Line()
        let photos = [0, 0.3, 50, 0.1].enumerated().map { line.photo($0.offset, at: $0.element) }
        let id = ClusterID(first: photos[0])
        #expect(try await line.arrive(photos[0]) == [])
        #expect(try await line.arrive(photos[1]) == [.founded(id, photos[1])])
        #expect(try await line.arrive(photos[2]) == [])
        #expect(try await line.arrive(photos[3]) == [.joined(photos[3], id)])
        #expect(line.map.members(of: id) == [photos[0], photos[1], photos[3]])
        #expect(line.map.cluster(of: photos[2]) == nil)
    }

    @Test("A photo between lone ones gathers all of them that are the same among each other")
    func gathers() async throws {
        let line = Line()
        // Kept apart by nothing, but not looked at as candidates of each other when they arrived.
        let (a, b, c) = (line.photo(0, at: 10), line.photo(1, at: 20), line.photo(2, at: 30))
        for photo in [a, b, c] { try await line.arrive(photo) }
        (line.places[a], line.places[b], line.places[c]) = (0, 0.2, 0.4)
        let last = line.photo(3, at: 0.1)
        try await line.arrive(last)
        #expect(line.map.members(of: ClusterID(first: a)) == [a, b, c, last])
    }

    @Test("Of several that are held apart, a photo joins the one it is most like, whichever is found first")
    func joinsLikest() async throws {
        for isCluster in [false, true] {
            let line = Line()
            let (near, likest) = (line.photo(0, at: 0), line.photo(1, at: 0.5))
            line.apart = [[near, likest]]
            for photo in [near, likest] { try await line.arrive(photo) }
            let second = line.photo(2, at: 0.55)
            if isCluster { #expect(try await line.arrive(second) == [.founded(ClusterID(first: likest), second)]) }
            let photo = line.photo(3, at: 0.1)
            line.likenesses = [[photo, near]: 0.95, [photo, likest]: 0.99, [photo, second]: 0.99]
            let cluster = ClusterID(first: likest)
            #expect(
                try await line.arrive(photo) == [isCluster ? .joined(photo, cluster) : .founded(cluster, photo)])
        }
    }

    @Test("Clusters merge into the larger one, and into the earlier of two equal ones")
    func merges() async throws {
        for (first, second, survivor) in [(2, 3, 2), (3, 2, 0), (2, 2, 0)] {
            let line = Line()
            var number = 0
            for (count, place) in [(first, 0.0), (second, 100.0)] {
                for _ in 0..<count {
                    try await line.arrive(line.photo(number, at: place))
                    number += 1
                }
            }
            #expect(line.map.clusters.count == 2)
            for photo in line.places.keys where line.places[photo] == 100 { line.places[photo] = 0.5 }
            // The arriving photo makes the first cluster it joins one larger: keep it nearer to the one that stays.
            try await line.arrive(line.photo(number, at: survivor == 0 ? 0.1 : 0.4))
            #expect(line.map.clusters.count == 1)
            #expect(line.map.clusters[0].id.first == line.photo(survivor, at: survivor == 0 ? 0 : 0.5))
            #expect(line.map.clusters[0].members.count == first + second + 1)
        }
    }

    @Test("A chain of neighbours is cut", arguments: [0.05, 0.3, 0.9], [UInt64(1), 2])
    func cutsChains(step: Double, seed: UInt64) async throws {
        let line = Line()
        var random = SeededRandom(seed: seed)
        var places = (0..<240).map { Double($0) * step }
        if seed > 1 { places.shuffle(using: &random) }
        for (number, place) in places.enumerated() { try await line.arrive(line.photo(number, at: place)) }
        for (_, members) in line.map.clusters {
            let spread = members.map { line.places[$0]! }
            #expect(spread.max()! - spread.min()! < 4.5)
        }
        #expect(line.map.clusters.count > Int(240 * step / 5))
    }

    @Test(
        "Well parted groups come out whole, in any order, and every member is the same as half of its cluster's others")
    func anyOrder() async throws {
        var random = SeededRandom(seed: 9)
        for _ in 0..<20 {
            var places: [Double] = []
            for group in 0..<12 {
                for _ in 0..<Int.random(in: 1...9, using: &random) {
                    places.append(Double(group) * 10 + Double.random(in: -0.45...0.45, using: &random))
                }
            }
            places.shuffle(using: &random)
            let line = Line()
            for (number, place) in places.enumerated() { try await line.arrive(line.photo(number, at: place)) }
            let groups = Dictionary(grouping: places) { ($0 / 10).rounded() }.values.filter { $0.count > 1 }
            let found = line.map.clusters.map { cluster in Set(cluster.members.map { line.places[$0]! }) }
            #expect(Set(found) == Set(groups.map { Set($0) }))
        }
    }

    @Test("Crowds without gaps come out much alike in any order, and no member is there without being compared")
    func crowds() async throws {
        var random = SeededRandom(seed: 11)
        let places = (0..<120).map { _ in Double.random(in: 0...60, using: &random) }
        var partitions: [Set<Set<Double>>] = []
        for _ in 0..<6 {
            let line = Line()
            let order = places.shuffled(using: &random)
            for (number, place) in order.enumerated() { try await line.arrive(line.photo(number, at: place)) }
            for (_, members) in line.map.clusters {
                for member in members {
                    let same = members.count { $0 != member && line.distance($0, member) < 1 }
                    #expect(same > 0)
                }
            }
            partitions.append(Set(line.map.clusters.map { Set($0.members.map { line.places[$0]! }) }))
        }
        func pairs(_ partition: Set<Set<Double>>) -> Set<[Double]> {
            Set(partition.flatMap { set in set.flatMap { one in set.filter { $0 > one }.map { [one, $0] } } })
        }
        for one in partitions.indices {
            for other in partitions.indices[(one + 1)...] {
                let (first, second) = (pairs(partitions[one]), pairs(partitions[other]))
                #expect(Double(first.intersection(second).count) >= 0.5 * Double(min(first.count, second.count)))
            }
        }
    }

    @Test("A decision keeps two photos apart whatever arrives later")
    func decisions() async throws {
        var random = SeededRandom(seed: 13)
        for _ in 0..<30 {
            let line = Line()
            let photos = (0..<24).map { line.photo($0, at: Double.random(in: 0...1.5, using: &random)) }
            for _ in 0..<6 {
                line.apart.insert(Set([photos.randomElement(using: &random)!, photos.randomElement(using: &random)!]))
            }
            line.apart = line.apart.filter { $0.count == 2 }
            for photo in photos.shuffled(using: &random) { try await line.arrive(photo) }
            for (_, members) in line.map.clusters {
                for pair in line.apart { #expect(!pair.isSubset(of: members)) }
            }
        }
    }

    @Test("The same arrivals give the same clusters")
    func repeats() async throws {
        var results: [[[PhotoID]]] = []
        for _ in 0..<2 {
            var random = SeededRandom(seed: 17)
            let line = Line()
            for number in 0..<150 {
                try await line.arrive(line.photo(number, at: Double.random(in: 0...30, using: &random)))
            }
            results.append(line.map.clusters.map(\.members))
        }
        #expect(results[0] == results[1])
    }

    @Test("One photo takes a bounded number of comparisons, of hundreds alike and of candidates unlike")
    func bounded() async throws {
        let alike = Line()
        let unlike = Line()
        for number in 0..<300 {
            alike.comparisons = 0
            try await alike.arrive(alike.photo(number, at: 0))
            #expect(alike.comparisons <= 9)
            unlike.comparisons = 0
            // Candidates of the next one's, but no two of them the same.
            try await unlike.arrive(unlike.photo(number, at: Double(number) * 1.001))
            #expect(unlike.comparisons <= 8 * 9)
        }
        #expect(alike.map.clusters.map(\.members.count) == [300])
        #expect(unlike.map.clusters.isEmpty)
    }

    @Test("A map keeps members in the order of their ids, whatever order they come in")
    func mapOrder() {
        let line = Line()
        let photos = (0..<9).map { line.photo($0, at: 0) }
        var map = ClusterMap()
        let (one, other) = (ClusterID(first: photos[4]), ClusterID(first: photos[0]))
        map.apply(.founded(one, photos[2]))
        for photo in [photos[8], photos[1]] { map.apply(.joined(photo, one)) }
        map.apply(.founded(other, photos[3]))
        map.apply(.merged(other, into: one))
        #expect(map.members(of: one) == [photos[0], photos[1], photos[2], photos[3], photos[4], photos[8]])
        #expect(map.members(of: other).isEmpty)
        #expect(map.cluster(of: photos[3]) == one)
        #expect(map.clusters.map(\.id) == [one])
    }
}
