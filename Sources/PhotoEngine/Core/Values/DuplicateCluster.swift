public import SystemPackage

/// Photos that show the same picture.
public struct DuplicateCluster: Hashable, Sendable {
    public let id: ClusterID
    /// How many photos are in it: two or more.
    public let photos: Int
    /// Of all of them together.
    public let byteCount: ByteCount
    /// What goes when the largest photo alone is kept: what is known of a cluster without a proposal.
    public let bytesToWin: ByteCount
    /// Wall-clock microseconds of the photo taken last.
    public let newest: Int64

    public init(id: ClusterID, photos: Int, byteCount: ByteCount, bytesToWin: ByteCount, newest: Int64) {
        self.id = id
        self.photos = photos
        self.byteCount = byteCount
        self.bytesToWin = bytesToWin
        self.newest = newest
    }
}

/// Why a photo is in a cluster: what it has in common with the photo beside which it was put there.
public struct LikenessEvidence: Hashable, Sendable {
    /// Bits in which the hashes differ, 0 to 64, once both are turned alike.
    public let distance: Int
    /// 0 to 1 over the renditions' pixels; nil where the hashes alone decided.
    public let similarity: Double?
    /// How the photo has to be turned to stand as the other does.
    public let orientation: Orientation

    public init(distance: Int, similarity: Double?, orientation: Orientation) {
        self.distance = distance
        self.similarity = similarity
        self.orientation = orientation
    }

    /// Of the other photo toward this one.
    public var inverse: Self {
        Self(distance: distance, similarity: similarity, orientation: orientation.inverse)
    }

    /// `0.98`, rounded down: only what is the same is 1.00.
    public static func text(similarity: Double) -> String {
        let hundredths = Int((similarity * 100).rounded(.down))
        return hundredths >= 100 ? "1.00" : hundredths < 10 ? "0.0\(max(0, hundredths))" : "0.\(hundredths)"
    }
}

/// A photo of a cluster.
public struct ClusterMember: Hashable, Sendable {
    public let photo: PhotoID
    public let sha256: SHA256Digest
    /// As the upright picture has it.
    public let hash: PerceptualHash
    /// nil for the photo that the cluster began with.
    public let evidence: LikenessEvidence?

    public init(photo: PhotoID, sha256: SHA256Digest, hash: PerceptualHash, evidence: LikenessEvidence?) {
        self.photo = photo
        self.sha256 = sha256
        self.hash = hash
        self.evidence = evidence
    }
}

extension ClusterMember {
    /// Whether its rendition has the pixels of another's, as far as the evidence tells, or it is the photo that the cluster began
    /// with.
    private var isCopy: Bool {
        evidence.map { $0.distance == 0 && $0.similarity == 1 && $0.orientation == .upright } ?? true
    }

    /// Those among a cluster's photos whose pictures are the same, pixel by pixel. Which one another was compared with is not
    /// known: of those with one hash either all are, or none.
    public static func copies(among members: [ClusterMember]) -> Set<PhotoID> {
        let alike = Dictionary(grouping: members, by: \.hash).values.filter { $0.count > 1 && $0.allSatisfy(\.isCopy) }
        return Set(alike.joined().map(\.photo))
    }

    /// Bits in which the hashes differ, once both are turned alike.
    public func distance(to other: ClusterMember) -> Int {
        let isTurned = [self, other].contains { ($0.evidence?.orientation ?? .upright) != .upright }
        guard isTurned else { return hash.distance(to: other.hash) }
        return hash.orientations(toward: other.hash).first?.distance ?? hash.distance(to: other.hash)
    }
}

/// A photo of a cluster with all that is known of it.
public struct ClusterPhoto: Hashable, Sendable {
    public let member: ClusterMember
    public let photo: Photo
    /// In order.
    public let paths: [FilePath]
    public let collections: PhotoCollections
    public let faces: [Face]
    /// Why it is kept together with other photos; nil where it isn't.
    public let stack: StackReason?

    public init(
        member: ClusterMember, photo: Photo, paths: [FilePath], collections: PhotoCollections, faces: [Face],
        stack: StackReason? = nil
    ) {
        self.member = member
        self.photo = photo
        self.paths = paths
        self.collections = collections
        self.faces = faces
        self.stack = stack
    }
}

/// A photo that waits to be compared.
public struct UncomparedPhoto: Hashable, Sendable {
    public let photo: PhotoID
    public let sha256: SHA256Digest
    /// Of the stored picture, not turned.
    public let hash: PerceptualHash
    /// How a viewer turns the stored picture.
    public let orientation: Orientation
    public let isStacked: Bool

    public init(
        photo: PhotoID, sha256: SHA256Digest, hash: PerceptualHash, orientation: Orientation, isStacked: Bool = false
    ) {
        self.photo = photo
        self.sha256 = sha256
        self.hash = hash
        self.orientation = orientation
        self.isStacked = isStacked
    }
}

/// A photo that was compared with all before it, and what came of it.
public struct ComparedPhoto: Hashable, Sendable {
    public let photo: UncomparedPhoto
    /// What it is found by from now on: the upright picture's hash.
    public let hash: PerceptualHash
    /// Empty when it is like no other.
    public let changes: [ClusterChange]
    /// Of each photo that the changes bring into a cluster, but for the one it begins with.
    public let evidence: [PhotoID: LikenessEvidence]

    public init(
        photo: UncomparedPhoto, hash: PerceptualHash, changes: [ClusterChange] = [],
        evidence: [PhotoID: LikenessEvidence] = [:]
    ) {
        self.photo = photo
        self.hash = hash
        self.changes = changes
        self.evidence = evidence
    }
}

/// A compared photo near a hash that was asked for.
public struct NearPhoto: Hashable, Sendable {
    public let photo: PhotoID
    public let sha256: SHA256Digest
    /// As the upright picture has it.
    public let hash: PerceptualHash
    /// 0 to 64 bits.
    public let distance: Int
    /// The cluster it is in, if any.
    public let cluster: ClusterID?
    /// How many photos that cluster has; 1 for none.
    public let clusterPhotos: Int

    public init(
        photo: PhotoID, sha256: SHA256Digest, hash: PerceptualHash, distance: Int, cluster: ClusterID?,
        clusterPhotos: Int
    ) {
        self.photo = photo
        self.sha256 = sha256
        self.hash = hash
        self.distance = distance
        self.cluster = cluster
        self.clusterPhotos = clusterPhotos
    }
}
