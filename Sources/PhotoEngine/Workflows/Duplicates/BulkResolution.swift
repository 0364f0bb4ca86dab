public import Core

/// Carries out the proposals of many clusters, one transaction each: whoever stops goes on with the clusters that are left.
public struct BulkResolution: Sendable {
    /// Which clusters. None whose photos are part of a burst or the like.
    public enum Choice: Hashable, Sendable {
        /// Nothing speaks against the proposal: nothing weighty speaks for another keeper, and what would go is no more than a
        /// smaller or more compressed copy, as the largest renditions tell.
        case certain
        /// The pictures have the same pixels: the files differ in what else they hold.
        case exact
        /// No photo that would go is more bits away from the keeper, and nothing weighty speaks for another.
        case within(Int)
    }

    /// What became of a cluster.
    public enum Outcome: Sendable {
        /// The resolution is nil in a dry run.
        case resolved(ClusterProposal, Resolution?)
        /// Somebody changed it meanwhile, or the original to keep is not there.
        case failed(ClusterID, EngineError)
    }

    private let catalog: any DuplicateCatalog
    private let review: DuplicateReview
    private let pictures: any PictureSource
    private static let page = 100

    public init(catalog: any DuplicateCatalog, review: DuplicateReview, pictures: any PictureSource) {
        self.catalog = catalog
        self.review = review
        self.pictures = pictures
    }

    /// Resolves the clusters in order of the bytes to win, or only tells of them in a dry run. Cancelling ends it between two.
    public func run(
        _ choice: Choice, isDry: Bool = false, actor: String, reason: String,
        progress: @escaping @Sendable (BulkResolutionProgress) -> Void = { _ in },
        each body: @Sendable (Outcome) throws -> Void
    ) async throws -> BulkResolutionReport {
        var tally = BulkTally(total: try await catalog.clusterSums().clusters, tell: progress)
        var after: ClusterPosition?
        while true {
            let page = try await catalog.clusters(ClusterQuery(after: after, limit: Self.page))
            guard let last = page.last else { break }
            after = ClusterPosition(last, in: .bytesToWin)
            for cluster in page {
                try Task.checkCancellation()
                do {
                    guard let proposal = try await proposal(for: cluster, choice) else {
                        tally.leave()
                        continue
                    }
                    let request = proposal.request(
                        keeper: proposal.keeper, alsoKept: proposal.alsoKept(), actor: actor, reason: reason)
                    try await review.requireKeeper(of: request)
                    if isDry { try await review.check(request) }
                    let resolution = isDry ? nil : try await review.resolve(request)
                    tally.resolve(proposal.bytesToWin)
                    try body(.resolved(proposal, resolution))
                } catch let error as EngineError where error.code == .conflict {
                    if try await catalog.clusters(idPrefix: cluster.id.description, limit: 1).isEmpty {
                        tally.passBy()
                        continue
                    }
                    tally.fail()
                    try body(.failed(cluster.id, error))
                }
            }
        }
        return tally.report
    }

    /// nil for a cluster that is not to be resolved with others.
    private func proposal(for cluster: DuplicateCluster, _ choice: Choice) async throws -> ClusterProposal? {
        let proposal = try await review.proposal(for: cluster)
        guard proposal.stacks.isEmpty, proposal.denial == nil, proposal.hasFile, let farthest = proposal.farthest else {
            return nil
        }
        let isChosen =
            switch choice {
            case .certain: try await pictures.doubt(of: proposal) == nil
            case .exact:
                try await pictures.haveSamePixels(proposal) {
                    // That it is away is told, rather than that nothing is known of its pixels.
                    try await review.requireKeeper(
                        of: proposal.request(
                            keeper: proposal.keeper, alsoKept: proposal.alsoKept(), actor: "", reason: ""))
                }
            case .within(let distance): farthest.distance <= distance && !proposal.isOpposed
            }
        return isChosen ? proposal : nil
    }
}

/// How far a bulk resolution is.
public struct BulkResolutionProgress: Hashable, Sendable {
    /// Clusters there were when it began, and how many of them were looked at.
    public var total = 0
    public var examined = 0
    public var resolved = 0
    /// Won by them.
    public var byteCount = ByteCount(0)
    /// nil while that can't be told.
    public var etaSeconds: Double?

    public init() {}
}

/// What a bulk resolution came to.
public struct BulkResolutionReport: Hashable, Sendable {
    public var resolved = 0
    public var failed = 0
    /// Clusters that are for a person to look at.
    public var leftAlone = 0
    /// Clusters that somebody else decided on meanwhile.
    public var takenByOthers = 0
    /// Won by them, or to win.
    public var byteCount = ByteCount(0)

    public init() {}
}

/// Counts, and tells it a few times a second.
private struct BulkTally {
    private(set) var report = BulkResolutionReport()
    private let total: Int
    private let tell: (BulkResolutionProgress) -> Void
    private let start = ContinuousClock.now
    private var toldAt: ContinuousClock.Instant?

    init(total: Int, tell: @escaping (BulkResolutionProgress) -> Void) {
        self.total = total
        self.tell = tell
    }

    mutating func leave() {
        report.leftAlone += 1
        examined()
    }

    mutating func passBy() {
        report.takenByOthers += 1
        examined()
    }

    mutating func fail() {
        report.failed += 1
        examined()
    }

    mutating func resolve(_ bytes: ByteCount) {
        report.resolved += 1
        report.byteCount = ByteCount(report.byteCount.bytes + bytes.bytes)
        examined()
    }

    private mutating func examined() {
        let now = ContinuousClock.now
        let examined = report.resolved + report.failed + report.leftAlone + report.takenByOthers
        if let toldAt, now - toldAt < .milliseconds(200), examined < total { return }
        toldAt = now
        var progress = BulkResolutionProgress()
        // Others may find more clusters meanwhile.
        progress.total = max(total, examined)
        progress.examined = examined
        progress.resolved = report.resolved
        progress.byteCount = report.byteCount
        let seconds = (now - start) / .seconds(1)
        if seconds > 0.5 { progress.etaSeconds = Double(progress.total - examined) * seconds / Double(examined) }
        tell(progress)
    }
}

extension ClusterProposal {
    /// Whether a file of one of its photos at least is there, as far as is known.
    fileprivate var hasFile: Bool { photos.contains { !$0.isMissing && $0.status == .ready } }
}
