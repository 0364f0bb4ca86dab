internal import CHamming
public import Core

/// Every pair of hashes within a Hamming distance, found without comparing all with all.
///
/// Multi-index hashing with the general pigeonhole principle (Norouzi, Punjani, Fleet 2012; Qin et al. 2018, "GPH"): a hash is
/// four chunks of 16 bits, and chunk `i` has a radius; where the radii add up to `distance - 3`, two hashes within `distance`
/// are within the radius in at least one chunk. So for each chunk the hashes are sorted into its 65,536 buckets, and only
/// buckets within the chunk's radius are compared. A pair is told of in the first chunk that finds it.
public struct NearPairs: Sendable {
    /// The most bits that may differ.
    public let distance: Int
    private let radii: [Int]
    private static let chunks = 4

    /// `distance` is 0 to 32 bits. The work grows with the number of buckets within the radii: up to 16 it stays small.
    public init(within distance: Int) {
        precondition((0...32).contains(distance))
        self.distance = distance
        // -1 where a chunk is not needed: their sum, with one for each chunk, is one more than the distance.
        radii = (0..<Self.chunks).map { (distance + Self.chunks - $0) / Self.chunks - 1 }
    }

    /// Calls `body` once for each pair, with the indices of its hashes in no particular order, and their distance. The hashes
    /// must differ from each other: equal ones are for the caller to gather first. Beside the hashes it takes 12 bytes for
    /// each, on one thread.
    public func forEach<Failure: Error>(
        among hashes: [PerceptualHash], _ body: (_ first: Int, _ second: Int, _ distance: Int) throws(Failure) -> Void
    ) throws(Failure) {
        for chunk in 0..<Self.chunks where radii[chunk] >= 0 {
            let buckets = Buckets(hashes, chunk: chunk)
            var finder = Finder(distance: distance)
            let masks = (0..<65536).filter { $0.nonzeroBitCount <= radii[chunk] }
            for bucket in 0..<65536 where !buckets.range(bucket).isEmpty {
                for mask in masks where bucket ^ mask >= bucket {
                    try finder.forEach(in: buckets, bucket, bucket ^ mask) { (first, second) throws(Failure) in
                        let bits = buckets.hashes[first] ^ buckets.hashes[second]
                        if isFoundBefore(chunk, bits) { return }
                        try body(Int(buckets.indices[first]), Int(buckets.indices[second]), bits.nonzeroBitCount)
                    }
                }
            }
        }
    }

    /// Calls `body` for each of `hashes` that is near to `hash`, with its index and distance, in order. Reads all of them: a
    /// million take a millisecond or two, and no index has to be kept.
    public func forEach<Failure: Error>(
        near hash: PerceptualHash, among hashes: [PerceptualHash],
        _ body: (_ index: Int, _ distance: Int) throws(Failure) -> Void
    ) throws(Failure) {
        var found = [hamming_pair](repeating: hamming_pair(), count: Self.piece)
        for start in stride(from: 0, to: hashes.count, by: Self.piece) {
            let count = hashes.withUnsafeBufferPointer { hashes in
                // SAFETY: a hash is one UInt64, the piece lies within `hashes`, and `found` has room for all of it.
                hashes.baseAddress!.withMemoryRebound(to: UInt64.self, capacity: hashes.count) { bits in
                    withUnsafePointer(to: hash.bits) {
                        hamming_pairs(
                            $0, 1, bits + start, min(Self.piece, hashes.count - start), UInt32(distance), &found)
                    }
                }
            }
            for pair in found.prefix(count).sorted(by: { $0.second < $1.second }) {
                let index = start + Int(pair.second)
                try body(index, hashes[index].distance(to: hash))
            }
        }
    }

    private static let piece = 4096

    /// Whether an earlier chunk than `chunk` finds a pair that differs in `bits`.
    private func isFoundBefore(_ chunk: Int, _ bits: UInt64) -> Bool {
        (0..<chunk).contains { Self.value(of: $0, bits).nonzeroBitCount <= radii[$0] }
    }

    fileprivate static func value(of chunk: Int, _ bits: UInt64) -> Int {
        Int(truncatingIfNeeded: bits >> (48 - 16 * UInt64(chunk))) & 0xffff
    }
}

/// Hashes in the order of one chunk's value.
private struct Buckets {
    private(set) var hashes: [UInt64]
    /// Of each hash, where it is among those given.
    private(set) var indices: [UInt32]
    private var starts = [Int](repeating: 0, count: 65537)

    init(_ given: [PerceptualHash], chunk: Int) {
        for hash in given { starts[NearPairs.value(of: chunk, hash.bits) + 1] += 1 }
        for bucket in 0..<65536 { starts[bucket + 1] += starts[bucket] }
        hashes = [UInt64](repeating: 0, count: given.count)
        indices = [UInt32](repeating: 0, count: given.count)
        var next = starts
        for (index, hash) in given.enumerated() {
            let bucket = NearPairs.value(of: chunk, hash.bits)
            hashes[next[bucket]] = hash.bits
            indices[next[bucket]] = UInt32(index)
            next[bucket] += 1
        }
    }

    func range(_ bucket: Int) -> Range<Int> { starts[bucket]..<starts[bucket + 1] }
}

/// Compares two buckets, piece by piece, so that the room for what it finds stays small however full they are.
private struct Finder {
    private let distance: UInt32
    private var found = [hamming_pair](repeating: hamming_pair(), count: side * side)
    private static let side = 64

    init(distance: Int) {
        self.distance = UInt32(distance)
    }

    mutating func forEach<Failure: Error>(
        in buckets: Buckets, _ one: Int, _ other: Int, _ body: (_ first: Int, _ second: Int) throws(Failure) -> Void
    ) throws(Failure) {
        let (rows, columns) = (buckets.range(one), buckets.range(other))
        if columns.isEmpty { return }
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.side) {
            for column in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.side) {
                let count = buckets.hashes.withUnsafeBufferPointer { hashes in
                    // SAFETY: both pieces lie within `hashes`, and `found` has room for all their pairs.
                    let start = hashes.baseAddress!
                    return hamming_pairs(
                        start + row, min(Self.side, rows.upperBound - row), start + column,
                        min(Self.side, columns.upperBound - column), distance, &found)
                }
                for pair in found.prefix(count) {
                    let (first, second) = (row + Int(pair.first), column + Int(pair.second))
                    // Within one bucket each pair is met twice, and each hash with itself.
                    if one != other || first < second { try body(first, second) }
                }
            }
        }
    }
}
