import Contracts
import Core
import Duplicates
import Testing

@Suite("NearPairs")
struct NearPairsTests {
    private struct Found: Hashable {
        let first, second, distance: Int

        init(_ first: Int, _ second: Int, _ distance: Int) {
            (self.first, self.second, self.distance) = (min(first, second), max(first, second), distance)
        }
    }

    private func bruteForce(_ hashes: [PerceptualHash], within distance: Int) -> Set<Found> {
        var pairs: Set<Found> = []
        for first in hashes.indices {
            for second in hashes.indices[(first + 1)...] {
                let between = hashes[first].distance(to: hashes[second])
                if between <= distance { pairs.insert(Found(first, second, between)) }
            }
        }
        return pairs
    }

    private func found(_ hashes: [PerceptualHash], within distance: Int) -> [Found] {
        var pairs: [Found] = []
        NearPairs(within: distance).forEach(among: hashes) { pairs.append(Found($0, $1, $2)) }
        return pairs
    }

    /// Half of them a few bits away from another one, as copies are.
    private func hashes(_ count: Int, seed: UInt64) -> [PerceptualHash] {
        var random = SeededRandom(seed: seed)
        var bits: [UInt64] = []
        while bits.count < count {
            var next = UInt64.random(in: 0...UInt64.max, using: &random)
            if let other = bits.randomElement(using: &random), Bool.random(using: &random) {
                next = other
                for _ in 0..<Int.random(in: 1...18, using: &random) {
                    next ^= 1 << UInt64.random(in: 0..<64, using: &random)
                }
            }
            if !bits.contains(next) { bits.append(next) }
        }
        return bits.map(PerceptualHash.init(bits:))
    }

    @Test("Every pair within the distance is found, once, and none beyond", arguments: 0...17)
    func agreesWithBruteForce(distance: Int) {
        let hashes = hashes(700, seed: UInt64(distance))
        let pairs = found(hashes, within: distance)
        #expect(Set(pairs).count == pairs.count)
        #expect(Set(pairs) == bruteForce(hashes, within: distance))
    }

    @Test("Hashes crowded into one bucket are compared piece by piece")
    func crowded() {
        // Equal in three chunks, so that each of those has one bucket of all.
        let hashes = (0..<256).map { PerceptualHash(bits: 0x1234_5678_9abc_0000 | UInt64($0)) }
        let pairs = found(hashes, within: 8)
        #expect(pairs.count == 256 * 255 / 2)
        #expect(Set(pairs) == bruteForce(hashes, within: 8))
    }

    @Test("One hash finds its near ones among many, equal ones too", arguments: [0, 8, 16])
    func one(distance: Int) {
        let hashes = hashes(700, seed: 5)
        for wanted in [hashes[0], hashes[350], PerceptualHash(bits: 0)] {
            var found: [Int: Int] = [:]
            NearPairs(within: distance).forEach(near: wanted, among: hashes) { found[$0] = $1 }
            var expected: [Int: Int] = [:]
            for (index, hash) in hashes.enumerated() where hash.distance(to: wanted) <= distance {
                expected[index] = hash.distance(to: wanted)
            }
            #expect(found == expected)
        }
    }

    @Test("Nothing and one hash have no pairs")
    func few() {
        #expect(found([], within: 8).isEmpty)
        #expect(found([PerceptualHash(bits: 7)], within: 16).isEmpty)
    }

    @Test("A caller's error ends the search")
    func stops() {
        struct Enough: Error {}
        var calls = 0
        #expect(throws: Enough.self) {
            try NearPairs(within: 64 / 2).forEach(among: hashes(20, seed: 1)) { (_, _, _) throws(Enough) in
                calls += 1
                throw Enough()
            }
        }
        #expect(calls == 1)
    }
}
