public import Core

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

    /// How alike two photos are that show the same picture, up to 1 for equal ones: their bytes are equal or their pictures were
    /// compared. nil where they show different ones. Must not depend on order.
    func likeness(of one: PhotoID, to other: PhotoID) async throws -> Double?
}
