/// Which photos look alike. A photo waits to be compared from the moment its hash is known or changes; comparing it puts it into
/// the index of hashes and perhaps into a cluster, both at once.
public protocol DuplicateCatalog: Sendable {
    /// Photos that wait to be compared, in order of id, behind `after`.
    func uncompared(after: PhotoID?, limit: Int) async throws -> [UncomparedPhoto]
    func uncomparedCount() async throws -> Int
    /// Lets every photo with a hash wait again that was never compared, as photos of an older phototui; with `all`, forgets the
    /// clusters and compares everything anew. Decisions stay. Returns how many photos wait now.
    func prepareComparison(all: Bool) async throws -> Int

    /// A number that changes whenever a photo is compared, a cluster changes, or a person decides.
    func comparisonMark() async throws -> Int64
    /// The compared photos whose hash is within `distance` bits of `hash`, nearest first, of equal ones in order of id, at
    /// most `limit`; of one hash at most the first `limit`. All there are, whatever the distance (0 to 16 bits).
    func photos(near hash: PerceptualHash, within distance: Int, limit: Int) async throws -> [NearPhoto]
    /// Whether somebody decided that a photo of one side and a photo of the other are no duplicates, or put them into one
    /// stack.
    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) async throws -> Bool
    /// Ends the comparison of photos, one after the other. Returns the new mark, or nil, and nothing changes, when the mark is
    /// no longer `mark`, or a photo waits no more with this hash: compare them again.
    func record(_ compared: [ComparedPhoto], since mark: Int64) async throws -> Int64?

    /// Clusters in the order asked for, behind `after`.
    func clusters(_ query: ClusterQuery) async throws -> [DuplicateCluster]
    func cluster(_ id: ClusterID) async throws -> DuplicateCluster?
    /// Clusters whose id (canonical text) begins with `prefix`, at most `limit`: people type short ids.
    func clusters(idPrefix prefix: String, limit: Int) async throws -> [DuplicateCluster]
    /// How many clusters there are, and what goes when the largest photo alone of each is kept.
    func clusterSums() async throws -> (clusters: Int, bytesToWin: ByteCount)
    /// In order of id.
    func members(of cluster: ClusterID, after: PhotoID?, limit: Int) async throws -> [ClusterMember]
    /// As `members` of each cluster, every one with its photo, the paths at which a file of it is there, its albums, tags and
    /// faces. Of the file's tags those alone whose names `isWanted` takes: a camera writes a hundred, which a cluster of
    /// many thousand photos has no room for.
    func photos(
        of clusters: [ClusterID], after: PhotoID?, limit: Int, tags isWanted: @escaping @Sendable (String) -> Bool
    ) async throws -> [[ClusterPhoto]]
    /// The cluster that a photo is in.
    func cluster(of photo: PhotoID) async throws -> ClusterID?
}

/// What a person decided on photos that look alike, and how to take that back.
public protocol ResolutionCatalog: Sendable {
    /// Keeps some photos of a cluster, moves the others to the trash with their marks merged into the keeper, and ends the
    /// cluster; the journal and the way back are written with it. Those kept beside the keeper are decided to be distinct from
    /// it and each other. Throws `.conflict`, and nothing changes, when the cluster has other photos than `request` names
    /// or was resolved meanwhile, `.notFound` for an unknown one.
    func resolve(_ request: ResolutionRequest) async throws -> Resolution
    /// Decides for good that these photos, two or more, don't show the same picture: each pair of them. Those in one cluster
    /// leave it, but for the first, and wait to be compared again. Where all pairs were decided before, nothing changes.
    /// Throws `.notFound` for an unknown photo.
    func decideDistinct(_ photos: [PhotoID], actor: String, reason: String) async throws -> DistinctDecision
    /// Puts photos, two or more, into one stack. Those in one cluster leave it, but for the one most like what else is in it,
    /// with their copies, and wait to be compared again. Throws `.notFound` for an unknown photo, `.conflict`, and nothing changes, when one is
    /// in a stack or in the trash.
    func stack(_ request: StackRequest) async throws -> Resolution
    /// Newest first, behind `after`.
    func stacks(after: ResolutionID?, limit: Int) async throws -> [PhotoStack]
    /// The stack that a photo is in.
    func stack(of photo: PhotoID) async throws -> PhotoStack?
    /// Takes a resolution back, whenever: photos come back from the trash, marks become what they were, the cluster is
    /// there again, the stack is not. What was changed since by somebody else stays as it is and is told. `reason` is the
    /// person's, for the journal. Throws `.notFound`, or `.conflict` when it was taken back before.
    func undo(_ resolution: ResolutionID, actor: String, reason: String) async throws -> UndoneResolution
    func resolution(_ id: ResolutionID) async throws -> Resolution?
    /// Newest first, behind `after`.
    func resolutions(after: ResolutionID?, limit: Int) async throws -> [Resolution]
    /// Newest first, of ids whose canonical text begins with `prefix`.
    func resolutions(idPrefix prefix: String, limit: Int) async throws -> [Resolution]
    /// The resolutions, not taken back, of clusters whose ids begin with `prefix`, in order of cluster; of one cluster newest first.
    func resolutions(clusterPrefix prefix: String, limit: Int) async throws -> [Resolution]
}

public struct ClusterQuery: Hashable, Sendable {
    /// Largest first; of equal ones, the younger id.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        case bytesToWin = "bytes"
        case photos
        case newest
    }

    public var order: Order
    /// From the last to the first: `after` is what precedes a position then.
    public var isReversed: Bool
    public var filter: ClusterFilter
    /// Only what follows this position in the order.
    public var after: ClusterPosition?
    public var limit: Int

    public init(
        order: Order = .bytesToWin, isReversed: Bool = false, filter: ClusterFilter = ClusterFilter(),
        after: ClusterPosition? = nil, limit: Int
    ) {
        self.order = order
        self.isReversed = isReversed
        self.filter = filter
        self.after = after
        self.limit = limit
    }
}

/// Narrows a list of clusters; all conditions hold at once.
public struct ClusterFilter: Hashable, Sendable {
    /// Text that the file name, camera, lens, place or caption of one of the cluster's photos contains, whatever the case of its
    /// ASCII letters; empty for any.
    public var text: String
    /// Only clusters of which every photo differed by at most so many bits from one that was there before it.
    public var mostDistance: Int?

    /// Bits within which photos count as the same picture.
    public static let sameDistance = 4

    public init(text: String = "", mostDistance: Int? = nil) {
        self.text = text
        self.mostDistance = mostDistance
    }
}

/// A keyset cursor: the sort key of a cluster, written `<value>_<id>`.
public struct ClusterPosition: Hashable, Sendable, CustomStringConvertible {
    /// Bytes, photos or microseconds, as the order has it.
    public let value: Int64
    public let id: ClusterID

    public init(value: Int64, id: ClusterID) {
        self.value = value
        self.id = id
    }

    public init(_ cluster: DuplicateCluster, in order: ClusterQuery.Order) {
        let value =
            switch order {
            case .bytesToWin: cluster.bytesToWin.bytes
            case .photos: Int64(cluster.photos)
            case .newest: cluster.newest
            }
        self.init(value: value, id: cluster.id)
    }

    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let value = Int64(parts[0]), let id = ClusterID(String(parts[1])) else { return nil }
        self.init(value: value, id: id)
    }

    public var description: String { "\(value)_\(id)" }
}
