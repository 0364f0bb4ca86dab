extension Identifier where Subject == DuplicateCluster {
    /// The id of the cluster that begins with `first`.
    public init(first: PhotoID) {
        self.init(uuid: first.uuid)
    }

    /// The photo that a cluster of this id began with.
    public var first: PhotoID { PhotoID(uuid: uuid) }
}

/// What a photo's arrival changes, in the order to be carried out.
public enum ClusterChange: Hashable, Sendable {
    /// Two photos without a cluster begin one.
    case founded(ClusterID, PhotoID)
    case joined(PhotoID, ClusterID)
    /// Every member of the first goes over into the second, whose id stays.
    case merged(ClusterID, into: ClusterID)
}

/// A cluster, or a photo that is in none.
public enum ClusterSide: Hashable, Sendable {
    case cluster(ClusterID)
    case photo(PhotoID)
}
