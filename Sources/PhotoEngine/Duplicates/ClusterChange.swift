public import Core

/// A duplicate cluster's id: the photo it began with. It stays when photos come and go, that one too.
public struct ClusterID: Hashable, Comparable, Sendable {
    public let first: PhotoID

    public init(first: PhotoID) {
        self.first = first
    }

    public static func < (left: Self, right: Self) -> Bool { left.first < right.first }
}

/// What a photo's arrival changes, in the order to be carried out.
public enum ClusterChange: Hashable, Sendable {
    /// Two photos without a cluster begin one.
    case founded(ClusterID, PhotoID)
    case joined(PhotoID, ClusterID)
    /// Every member of the first goes over into the second, whose id stays.
    case merged(ClusterID, into: ClusterID)
}

/// A photo that may be a duplicate of another, and the cluster it is in.
public struct ClusterCandidate: Hashable, Sendable {
    public let photo: PhotoID
    /// nil while it is in none.
    public let cluster: ClusterID?
    /// How many members that cluster has; 1 for none.
    public let memberCount: Int

    public init(photo: PhotoID, cluster: ClusterID?, memberCount: Int) {
        self.photo = photo
        self.cluster = cluster
        self.memberCount = memberCount
    }
}

/// What is known of photos while they are put into clusters; a catalogue answers from its tables, a page at a time.
public protocol ClusterEvidence {
    /// Photos that may be duplicates of `photo`, nearest first, equally near ones by their ids, at most `limit`: those with
    /// the same bytes, then those whose hashes are within the distance. The photo itself may be among them.
    func candidates(of photo: PhotoID, limit: Int) async throws -> [ClusterCandidate]

    /// The first `early` members of a cluster by their ids, then the `near` nearest to `photo` of the others.
    func sample(of cluster: ClusterID, toward photo: PhotoID, early: Int, near: Int) async throws -> [PhotoID]

    /// Whether somebody decided that a photo of `one` and a photo of `other` are no duplicates. Either may be a photo in no cluster.
    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) async throws -> Bool

    /// Whether two photos show the same picture: their bytes are equal or their pictures were compared. Must not depend on order.
    func areSame(_ one: PhotoID, _ other: PhotoID) async throws -> Bool
}

/// A cluster, or a photo that is in none.
public enum ClusterSide: Hashable, Sendable {
    case cluster(ClusterID)
    case photo(PhotoID)
}
