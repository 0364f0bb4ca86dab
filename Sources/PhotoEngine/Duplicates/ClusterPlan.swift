public import Core

/// Puts photos into clusters one after the other, and never joins what wasn't compared.
///
/// Plain union of all pairs chains: A is like B, B like C, and in the end unlike pictures share a cluster. Here a photo joins a
/// cluster when it is the same as at least half of a sample of it: its earliest members, which don't drift as it grows, and
/// those nearest to the photo; of several, the one with the photo that is most like it. Two clusters merge when at least half of
/// a sample of one would each join the other.
///
/// Work is bounded however many photos are alike: at most `candidates` are looked at, of at most `groups` clusters or lone
/// photos, with at most nine comparisons each, and 25 more where two would merge. What more candidates could show is left to
/// the photos that arrive later. The answer is the same for the same evidence.
public struct ClusterPlan: Sendable {
    /// How many candidates of a photo are looked at.
    public var candidates = 64
    /// How many different clusters, or photos in none, of these.
    public var groups = 8
    private let early = 5
    private let near = 4
    private let mergeEarly = 3
    private let mergeNear = 2

    public init() {}

    /// What the arrival of `photo`, which is in no cluster, changes; nothing when it is like no other. Carry it out before the
    /// next photo arrives. A photo that somebody took out of a cluster arrives again, once the decision can be asked for.
    public func arrival(of photo: PhotoID, evidence: some ClusterEvidence) async throws -> [ClusterChange] {
        var same: [(side: ClusterSide, memberCount: Int, likeness: Double)] = []
        for (side, memberCount) in try await sides(of: photo, evidence) {
            if try await evidence.areKeptApart(.photo(photo), side) { continue }
            let members = try await sample(of: side, toward: photo, early: early, near: near, evidence)
            guard let likeness = try await likeness(of: photo, toHalf: members, evidence) else { continue }
            // Of those equally like it, the one with the nearest hash.
            same.insert(
                (side, memberCount, likeness),
                at: same.firstIndex { $0.likeness < likeness } ?? same.endIndex)
        }
        var changes: [ClusterChange] = []
        var home: Home?
        for (side, memberCount, _) in same {
            let few = try await sample(of: side, toward: photo, early: mergeEarly, near: mergeNear, evidence)
            guard var own = home else {
                home = Home(side, memberCount, few, joinedBy: photo)
                changes.append(side.change(joinedBy: photo))
                continue
            }
            guard try await canMerge(own, side, few, evidence) else { continue }
            changes.append(own.merge(side, memberCount))
            home = own
        }
        return changes
    }

    /// Each cluster or lone photo among the candidates once, in the order of its nearest.
    private func sides(
        of photo: PhotoID, _ evidence: some ClusterEvidence
    ) async throws -> [(side: ClusterSide, memberCount: Int)] {
        var seen: Set<ClusterSide> = []
        var sides: [(ClusterSide, Int)] = []
        for candidate in try await evidence.candidates(of: photo, limit: candidates) where candidate.photo != photo {
            let side = candidate.cluster.map(ClusterSide.cluster) ?? .photo(candidate.photo)
            guard seen.insert(side).inserted else { continue }
            sides.append((side, candidate.memberCount))
            if sides.count == groups { break }
        }
        return sides
    }

    private func sample(
        of side: ClusterSide, toward photo: PhotoID, early: Int, near: Int, _ evidence: some ClusterEvidence
    ) async throws -> [PhotoID] {
        switch side {
        case .photo(let other): [other]
        case .cluster(let cluster):
            try await evidence.sample(of: cluster, toward: photo, early: early, near: near)
        }
    }

    /// How like the likest is where at least half of `members`, and one at least, show the same as `photo`, else nil; stops as
    /// soon as that is settled.
    private func likeness(
        of photo: PhotoID, toHalf members: [PhotoID], _ evidence: some ClusterEvidence
    ) async throws -> Double? {
        let needed = (members.count + 1) / 2
        var (same, left, most) = (0, members.count, 0.0)
        for member in members {
            left -= 1
            if let likeness = try await evidence.likeness(of: photo, to: member) {
                same += 1
                most = max(most, likeness)
            }
            if same >= needed { return most }
            if same + left < needed { return nil }
        }
        return nil
    }

    private func canMerge(
        _ own: Home, _ other: ClusterSide, _ members: [PhotoID], _ evidence: some ClusterEvidence
    ) async throws -> Bool {
        for side in own.sides where try await evidence.areKeptApart(side, other) { return false }
        var joining = 0
        for member in members where try await likeness(of: member, toHalf: own.sample, evidence) != nil { joining += 1 }
        return joining > 0 && joining * 2 >= members.count
    }
}

/// The cluster that an arriving photo joined, as it will be once its changes are carried out.
private struct Home {
    private var id: ClusterID
    private var memberCount: Int
    /// What it was made of.
    private(set) var sides: [ClusterSide]
    let sample: [PhotoID]

    init(_ side: ClusterSide, _ memberCount: Int, _ sample: [PhotoID], joinedBy photo: PhotoID) {
        id = side.clusterID
        self.memberCount = memberCount + 1
        sides = [side]
        self.sample = side.isCluster ? sample : sample + [photo]
    }

    /// The larger one's id stays, of two equally large ones the earlier; a lone photo joins.
    mutating func merge(_ other: ClusterSide, _ count: Int) -> ClusterChange {
        defer { memberCount += count }
        sides.append(other)
        let theirs = other.clusterID
        guard other.isCluster else { return .joined(theirs.first, id) }
        guard memberCount == count ? theirs < id : memberCount < count else { return .merged(theirs, into: id) }
        defer { id = theirs }
        return .merged(id, into: theirs)
    }
}

extension ClusterSide {
    fileprivate var isCluster: Bool {
        if case .cluster = self { return true }
        return false
    }

    /// The id that a cluster which begins with this side has.
    fileprivate var clusterID: ClusterID {
        switch self {
        case .cluster(let cluster): cluster
        case .photo(let photo): ClusterID(first: photo)
        }
    }

    fileprivate func change(joinedBy photo: PhotoID) -> ClusterChange {
        switch self {
        case .cluster(let cluster): .joined(photo, cluster)
        case .photo(let other): .founded(ClusterID(first: other), photo)
        }
    }
}
