public import Core

/// How photos are compared.
public struct DuplicateScanOptions: Hashable, Sendable {
    /// The most bits in which hashes may differ for the pictures to be compared: 0 to 16.
    public var distance: Int
    /// Whether turned and mirrored copies are sought, too.
    public var turns: Bool
    /// Whether clusters are forgotten and all photos compared anew.
    public var comparesAll: Bool
    /// Whether the report has the sums of all clusters, which takes longer than one more photo where there are very many.
    public var sumsClusters = true

    public static let distances = 0...16

    public init(distance: Int = 8, turns: Bool = false, comparesAll: Bool = false) {
        precondition(Self.distances.contains(distance))
        self.distance = distance
        self.turns = turns
        self.comparesAll = comparesAll
    }
}

/// How far a scan for duplicates is.
public struct DuplicateScanProgress: Hashable, Sendable {
    /// Photos to compare, those that came in meanwhile included.
    public var total = 0
    public var compared = 0
    /// Of these, how many came into a cluster.
    public var clustered = 0
    public var photosPerSecond = 0.0
    /// nil while that can't be told.
    public var etaSeconds: Double?

    public init() {}
}

/// What a scan for duplicates came to.
public struct DuplicateScanReport: Hashable, Sendable {
    /// Photos compared by this scan, and of these those that came into a cluster.
    public var compared = 0
    public var clustered = 0
    /// How often two pictures were laid over each other.
    public var comparisons = 0
    /// Photos that wait still, or were left out of a comparison, as their small picture is not there.
    public var withoutPicture: Set<PhotoID> = []
    /// All clusters there are now, and what goes when the largest photo alone of each is kept; 0 where that isn't asked for.
    public var clusters = 0
    public var bytesToWin = ByteCount(0)
    public var seconds = 0.0

    public init() {}
}
