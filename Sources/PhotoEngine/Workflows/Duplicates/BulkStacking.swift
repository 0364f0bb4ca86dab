public import Core

/// Puts the bursts, brackets and the like that are recognised among clusters into stacks, one transaction each: whoever stops goes
/// on with those that are left.
public struct BulkStacking: Sendable {
    /// What became of a stack.
    public enum Outcome: Sendable {
        /// The resolution is nil in a dry run.
        case stacked(ClusterProposal.Stack, ClusterID, Resolution?)
        /// Somebody decided on its photos meanwhile.
        case failed(ClusterID, EngineError)
    }

    private let catalog: any DuplicateCatalog
    private let review: DuplicateReview
    private static let page = 100

    public init(catalog: any DuplicateCatalog, review: DuplicateReview) {
        self.catalog = catalog
        self.review = review
    }

    /// Those of every cluster, in order of the bytes to win. Cancelling ends it between two.
    public func run(
        isDry: Bool, actor: String, reason: String, each body: @Sendable (Outcome) throws -> Void
    ) async throws {
        var after: ClusterPosition?
        while true {
            let page = try await catalog.clusters(ClusterQuery(after: after, limit: Self.page))
            guard let last = page.last else { return }
            after = ClusterPosition(last, in: .bytesToWin)
            for cluster in page {
                try Task.checkCancellation()
                do {
                    try await stack(
                        try await review.proposal(for: cluster), isDry: isDry, actor: actor, reason: reason, each: body)
                } catch let error as EngineError where error.code == .conflict {
                    try body(.failed(cluster.id, error))
                }
            }
        }
    }

    /// Those of one cluster.
    public func stack(
        _ proposal: ClusterProposal, isDry: Bool, actor: String, reason: String,
        each body: @Sendable (Outcome) throws -> Void
    ) async throws {
        for stack in proposal.stacks {
            var resolution: Resolution?
            if !isDry {
                resolution = try await review.stack(
                    StackRequest(photos: stack.photos, kind: stack.kind, actor: actor, reason: reason))
            }
            try body(.stacked(stack, proposal.cluster.id, resolution))
        }
    }
}
