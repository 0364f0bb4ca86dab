internal import Core
internal import Duplicates

/// What the hashes of files tell of each other, for files that arrive in their order.
final class HashEvidence: ClusterEvidence {
    var map = ClusterMap()
    /// How many have arrived.
    var arrived = 0
    private let files: [FolderDuplicates.File]
    private let distance: Int
    /// Which files have a hash, in their order, and which other hashes are near to it, nearest first.
    private var holders: [PerceptualHash: [Int]] = [:]
    private var neighbours: [PerceptualHash: [(hash: PerceptualHash, distance: Int)]] = [:]

    init(_ files: [FolderDuplicates.File], distance: Int) {
        self.files = files
        self.distance = distance
        for (index, file) in files.enumerated() { holders[file.hash, default: []].append(index) }
        let hashes = Array(holders.keys)
        NearPairs(within: distance).forEach(among: hashes) { one, other, bits in
            neighbours[hashes[one], default: []].append((hashes[other], bits))
            neighbours[hashes[other], default: []].append((hashes[one], bits))
        }
        for hash in hashes { neighbours[hash]?.sort { ($0.distance, $0.hash.bits) < ($1.distance, $1.hash.bits) } }
    }

    static func photo(_ index: Int) -> PhotoID {
        PhotoID(
            bytes: [UInt8](repeating: 0, count: 8) + (0..<8).map { UInt8(truncatingIfNeeded: index >> (56 - 8 * $0)) })!
    }

    static func index(of photo: PhotoID) -> Int { photo.bytes.suffix(8).reduce(0) { $0 << 8 | Int($1) } }

    /// Half of a picture's bits are set, but for ties: where very many are equal, there is nothing to see, and every such hash is
    /// near every other.
    private static let fewestBits = 24

    func candidates(of photo: PhotoID, limit: Int) -> [ClusterCandidate] {
        let hash = files[Self.index(of: photo)].hash
        var found: [ClusterCandidate] = []
        for (other, _) in [(hash, 0)] + (neighbours[hash] ?? []) where found.count < limit {
            for index in holders[other] ?? [] {
                guard index < arrived, found.count < limit else { break }
                found.append(map.candidate(Self.photo(index)))
            }
        }
        return found
    }

    func sample(of cluster: ClusterID, toward photo: PhotoID, early: Int, near: Int) -> [PhotoID] {
        let members = map.members(of: cluster)
        let hash = files[Self.index(of: photo)].hash
        let others = members.dropFirst(early).suffix(64).sorted { one, other in
            let (first, second) = (files[Self.index(of: one)].hash, files[Self.index(of: other)].hash)
            return (first.distance(to: hash), one) < (second.distance(to: hash), other)
        }
        return Array(members.prefix(early)) + others.prefix(near)
    }

    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) -> Bool { false }

    func likeness(of one: PhotoID, to other: PhotoID) -> Double? {
        let (first, second) = (files[Self.index(of: one)], files[Self.index(of: other)])
        if first.sha256 == second.sha256 { return 1 }
        guard min(first.hash.bits.nonzeroBitCount, second.hash.bits.nonzeroBitCount) >= Self.fewestBits else {
            return nil
        }
        // The nearest hash comes first already.
        return first.hash.distance(to: second.hash) <= distance ? 1 : nil
    }
}
