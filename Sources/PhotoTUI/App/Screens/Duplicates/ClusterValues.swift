public import Core
public import Grid

/// A part of the list of clusters.
public struct ClusterPageRequest: Hashable, Sendable {
    public var query: ClusterQuery
    /// Only clusters whose proposal nothing speaks against; of `query.limit` that are looked at.
    public var certainOnly: Bool
    /// Only clusters of the same pixels, likewise.
    public var exactOnly: Bool

    public init(query: ClusterQuery, certainOnly: Bool, exactOnly: Bool) {
        (self.query, self.certainOnly, self.exactOnly) = (query, certainOnly, exactOnly)
    }
}

public struct ClusterPage: Hashable, Sendable {
    public let clusters: [DuplicateCluster]
    /// Of those that had to be looked at to be found.
    public let summaries: [ClusterID: ClusterSummary]
    /// Where the list goes on; nil at its end.
    public let reached: ClusterPosition?

    public init(clusters: [DuplicateCluster], summaries: [ClusterID: ClusterSummary] = [:], reached: ClusterPosition?) {
        (self.clusters, self.summaries, self.reached) = (clusters, summaries, reached)
    }
}

/// All clusters together.
public struct ClusterTotals: Hashable, Sendable {
    /// Changes whenever anything about clusters does.
    public let mark: Int64
    public let clusters: Int
    /// Where the largest photo of each is kept.
    public let bytesToWin: ByteCount
    /// Photos that were not compared yet.
    public let uncompared: Int

    public init(mark: Int64, clusters: Int, bytesToWin: ByteCount, uncompared: Int) {
        (self.mark, self.clusters, self.bytesToWin, self.uncompared) = (mark, clusters, bytesToWin, uncompared)
    }
}

/// How sure it is that a cluster's photos show the same.
public enum ClusterKind: String, Hashable, Sendable {
    /// The pictures have the same pixels; the files differ in what else they hold.
    case exact
    /// Nearly equal hashes.
    case same
    case similar

    /// As a heading has it.
    var title: String {
        switch self {
        case .exact: "Same pixels"
        case .same: "Same picture"
        case .similar: "Similar pictures"
        }
    }
}

/// What a line of the list says of a cluster beyond its numbers.
public struct ClusterSummary: Hashable, Sendable {
    /// The file name of the photo to keep, to be escaped when drawn.
    public let name: String
    /// Of a few photos, that to keep first.
    public let pictures: [SHA256Digest]
    /// nil for a cluster too large to be read for a list.
    public let advice: Advice?

    public struct Advice: Hashable, Sendable {
        public let kind: ClusterKind
        public let isCertain: Bool
        /// Of the photos that would go to the trash.
        public let bytesToWin: ByteCount
        /// What to keep, and why; safe to show.
        public let sentence: String
        /// Why photos of it differ though they look alike, if any do: `a burst`.
        public let stack: String?
        /// What is written of the photos that speaks against it; safe to show.
        public let doubt: String?

        public init(
            kind: ClusterKind, isCertain: Bool, bytesToWin: ByteCount, sentence: String, stack: String?, doubt: String?
        ) {
            (self.kind, self.isCertain, self.bytesToWin) = (kind, isCertain, bytesToWin)
            (self.sentence, self.stack, self.doubt) = (sentence, stack, doubt)
        }
    }

    public init(name: String, pictures: [SHA256Digest], advice: Advice?) {
        (self.name, self.pictures, self.advice) = (name, pictures, advice)
    }
}

/// The newest decision on duplicates that stands.
public struct LastDecision: Hashable, Sendable {
    public let resolution: Resolution
    /// Of the photo that was kept, or stands for the others, to be escaped when drawn; nil where it is gone.
    public let name: String?
    /// Whole days since.
    public let days: Int

    public init(resolution: Resolution, name: String?, days: Int) {
        (self.resolution, self.name, self.days) = (resolution, name, days)
    }
}

/// A cluster with its photos, and what to do with it.
public struct ClusterDetails: Hashable, Sendable {
    /// Photos that belong together without being duplicates.
    public struct Stack: Hashable, Sendable {
        public let photos: [PhotoID]
        public let kind: StackReason

        public init(photos: [PhotoID], kind: StackReason) {
            (self.photos, self.kind) = (photos, kind)
        }

        /// `a burst`.
        public var reason: String { kind.words }
    }

    public let cluster: DuplicateCluster
    /// The proposed keeper first, then in order of id.
    public let photos: [ReviewedPhoto]
    public let keeper: PhotoID
    /// Those in a folder that is always kept.
    public let alwaysKept: Set<PhotoID>
    /// What to keep, and why; safe to show.
    public let choice: String
    public let stacks: [Stack]
    public let kind: ClusterKind
    /// What speaks against the proposal, safe to show.
    public let doubt: String?
    /// Whether the pictures were looked at, too.
    public let isExamined: Bool

    var isCertain: Bool { doubt == nil && isExamined }
    /// `choice` as a sentence of its own.
    var sentence: String { "kept: \(choice)" }

    /// What the proposal keeps beside the keeper.
    var alsoKept: Set<PhotoID> { alwaysKept.subtracting([keeper]) }

    /// How many photos the cluster has once its stacks are kept together: one of each stays in it.
    var countWithoutStacks: Int { photos.count - stacks.reduce(0) { $0 + $1.photos.count - 1 } }

    public init(
        cluster: DuplicateCluster, photos: [ReviewedPhoto], keeper: PhotoID, alwaysKept: Set<PhotoID>,
        choice: String, stacks: [Stack], kind: ClusterKind, doubt: String?, isExamined: Bool = true
    ) {
        (self.cluster, self.photos, self.keeper, self.alwaysKept) = (cluster, photos, keeper, alwaysKept)
        (self.choice, self.stacks, self.kind, self.doubt) = (choice, stacks, kind, doubt)
        self.isExamined = isExamined
    }
}

/// A photo of a cluster.
public struct ReviewedPhoto: Hashable, Sendable {
    public let photo: Photo
    /// Where files with its bytes are.
    public let paths: [[UInt8]]
    public let member: ClusterMember
    /// How it is turned to stand as the proposed keeper does.
    public let turn: Orientation
    public let collections: PhotoCollections
    public let faces: [Face]

    public init(
        photo: Photo, paths: [[UInt8]], member: ClusterMember, turn: Orientation = .upright,
        collections: PhotoCollections = PhotoCollections(), faces: [Face] = []
    ) {
        (self.photo, self.paths, self.member, self.turn) = (photo, paths, member, turn)
        (self.collections, self.faces) = (collections, faces)
    }

    /// With its faces where they are once it is turned so.
    func marks(turned turn: Orientation = .upright) -> PhotoMarks {
        PhotoMarks(of: photo, in: collections, faces: faces.map { $0.turned(turn) })
    }

    /// Whether it was found by turning it.
    var isTurned: Bool { (member.evidence?.orientation ?? .upright) != .upright }

    /// As it is seen alone.
    var pixelSize: PixelSize? { photo.pixelSize.map(photo.metadata.orientation.upright) }

    /// As it is seen beside the others, which all stand alike.
    var shownSize: PixelSize? { pixelSize.map(turn.upright) }
}

/// What a person wants of a cluster as they saw it.
public struct ClusterDecision: Hashable, Sendable {
    public let cluster: ClusterID
    public let members: Set<PhotoID>
    public let keeper: PhotoID
    public let alsoKept: Set<PhotoID>
    public var reason = ""

    public init(cluster: ClusterID, members: Set<PhotoID>, keeper: PhotoID, alsoKept: Set<PhotoID>) {
        (self.cluster, self.members, self.keeper, self.alsoKept) = (cluster, members, keeper, alsoKept)
    }
}

/// A picture of what differs between two photos: `region` scaled to exactly these cells.
public struct DifferenceRequest: Hashable, Sendable {
    public let first: ClusterMember
    public let second: ClusterMember
    public let region: PictureRegion
    public let columns: Int
    public let rows: Int

    public init(first: ClusterMember, second: ClusterMember, region: PictureRegion, columns: Int, rows: Int) {
        (self.first, self.second, self.region) = (first, second, region)
        (self.columns, self.rows) = (columns, rows)
    }
}

public struct DifferencePicture: Sendable {
    public let picture: Grid
    /// 0 to 1.
    public let similarity: Double
    /// How much of what both show differs visibly, 0 to 1.
    public let differingShare: Double
    /// How much of the first the second doesn't show, 0 to 1.
    public let uncoveredShare: Double

    public init(picture: Grid, similarity: Double, differingShare: Double, uncoveredShare: Double) {
        (self.picture, self.similarity) = (picture, similarity)
        (self.differingShare, self.uncoveredShare) = (differingShare, uncoveredShare)
    }
}

/// How far a comparison of photos is, as the status line shows it.
public struct ScanStatus: Hashable, Sendable {
    public let compared: Int
    public let total: Int
    public let secondsLeft: Double?

    public init(compared: Int, total: Int, secondsLeft: Double?) {
        (self.compared, self.total, self.secondsLeft) = (compared, total, secondsLeft)
    }
}
