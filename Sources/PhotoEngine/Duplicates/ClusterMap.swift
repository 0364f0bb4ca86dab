public import Core

/// Which photo is in which cluster, in memory: what a scan of a folder keeps, and what changes mean.
public struct ClusterMap: Sendable {
    private var clusterOf: [PhotoID: ClusterID] = [:]
    private var membersOf: [ClusterID: [PhotoID]] = [:]

    public init() {}

    /// Every cluster and its members by their ids, in the order of the clusters' ids.
    public var clusters: [(id: ClusterID, members: [PhotoID])] {
        membersOf.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    public func cluster(of photo: PhotoID) -> ClusterID? { clusterOf[photo] }

    /// Ordered by id; empty for a cluster that is no more.
    public func members(of cluster: ClusterID) -> [PhotoID] { membersOf[cluster] ?? [] }

    /// The members of a side, or the photo itself.
    public func members(of side: ClusterSide) -> [PhotoID] {
        switch side {
        case .cluster(let cluster): members(of: cluster)
        case .photo(let photo): [photo]
        }
    }

    public func candidate(_ photo: PhotoID) -> ClusterCandidate {
        let cluster = clusterOf[photo]
        return ClusterCandidate(
            photo: photo, cluster: cluster, memberCount: cluster.map { membersOf[$0]?.count ?? 0 } ?? 1)
    }

    public mutating func apply(_ change: ClusterChange) {
        switch change {
        case .founded(let cluster, let photo):
            insert([cluster.first, photo], into: cluster)
        case .joined(let photo, let cluster):
            insert([photo], into: cluster)
        case .merged(let gone, let into):
            insert(membersOf.removeValue(forKey: gone) ?? [], into: into)
        }
    }

    private mutating func insert(_ photos: [PhotoID], into cluster: ClusterID) {
        for photo in photos { clusterOf[photo] = cluster }
        var members = membersOf.removeValue(forKey: cluster) ?? []
        for photo in photos {
            // Photos mostly arrive in the order of their ids.
            var place = members.count
            if let last = members.last, photo < last {
                place = members.partitioningIndex { photo < $0 }
            }
            members.insert(photo, at: place)
        }
        membersOf[cluster] = members
    }
}

extension [PhotoID] {
    /// The first place whose element satisfies `isBeyond`, which none before and all after do.
    fileprivate func partitioningIndex(_ isBeyond: (PhotoID) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
