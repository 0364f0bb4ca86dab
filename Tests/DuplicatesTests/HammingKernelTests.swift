import CHamming
import Contracts
import Testing

@Suite("Hamming kernels")
struct HammingKernelTests {
    @Test(
        "What this processor does in vectors finds the same as one hash after the other", arguments: [0, 3, 8, 31, 64])
    func kernelsAgree(distance: UInt32) {
        var random = SeededRandom(seed: UInt64(distance))
        for (rows, columns) in [(0, 5), (1, 1), (3, 4), (7, 3), (64, 63), (5, 64)] {
            let first = (0..<rows).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
            // Copies of the first ones a few bits away, and others.
            let second = (0..<columns).map { index in
                let other = index.isMultiple(of: 2) && rows > 0 ? first[index % rows] : random.next()
                return other ^ (1 << UInt64.random(in: 0..<64, using: &random))
            }
            #expect(
                pairs(first, second) { hamming_pairs($0, $1, $2, $3, distance, $4) }
                    == pairs(first, second) { hamming_pairs_portable($0, $1, $2, $3, distance, $4) })
            let expected = Set(
                (0..<rows).flatMap { row in
                    (0..<columns).filter { (first[row] ^ second[$0]).nonzeroBitCount <= Int(distance) }.map {
                        [row, $0]
                    }
                })
            #expect(pairs(first, second) { hamming_pairs($0, $1, $2, $3, distance, $4) } == expected)
        }
    }

    private func pairs(
        _ first: [UInt64], _ second: [UInt64],
        _ kernel: (UnsafePointer<UInt64>, Int, UnsafePointer<UInt64>, Int, UnsafeMutablePointer<hamming_pair>) -> Int
    ) -> Set<[Int]> {
        // SAFETY: room for every pair, as the kernel asks, and a value where an array would be empty.
        var found = [hamming_pair](repeating: hamming_pair(), count: first.count * second.count + 1)
        let count = kernel(first + [0], first.count, second + [0], second.count, &found)
        let list = found.prefix(count).map { [Int($0.first), Int($0.second)] }
        #expect(Set(list).count == count)
        return Set(list)
    }
}
