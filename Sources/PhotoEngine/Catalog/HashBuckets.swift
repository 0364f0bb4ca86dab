import Core

/// Where hashes stand in the index, and where to look for those near another.
///
/// The general pigeonhole principle (Qin et al. 2018, "GPH"): a hash is four chunks of 16 bits, and each chunk has a radius. Where
/// the radii add up to `distance - 3`, two hashes within `distance` bits are within the radius in one chunk at least.
enum HashBuckets {
    private static let chunks = 4
    private static let values = 1 << 16

    /// The four buckets of a hash.
    static func of(_ hash: PerceptualHash) -> [Int] {
        (0..<chunks).map { $0 * values + value(of: $0, hash) }
    }

    /// The buckets that hold every hash within `distance` bits.
    static func near(_ hash: PerceptualHash, within distance: Int) -> [Int] {
        (0..<chunks).flatMap { chunk in
            // -1 where a chunk is not needed.
            let radius = (distance + chunks - chunk) / chunks - 1
            return flips(upTo: radius).map { chunk * values + (value(of: chunk, hash) ^ $0) }
        }
    }

    /// Every way to change at most `radius` of 16 bits.
    private static func flips(upTo radius: Int) -> [Int] {
        guard radius >= 0 else { return [] }
        var all = [0]
        var last = [(mask: 0, next: 0)]
        for _ in 0..<radius {
            last = last.flatMap { mask, next in (next..<16).map { (mask | 1 << $0, $0 + 1) } }
            all += last.map(\.mask)
        }
        return all
    }

    private static func value(of chunk: Int, _ hash: PerceptualHash) -> Int {
        Int(truncatingIfNeeded: hash.bits >> (48 - 16 * UInt64(chunk))) & 0xffff
    }
}
