public import Core

/// Pages of clusters for somebody who looks through them.
public struct ClusterBrowser: Sendable {
    private let catalog: any DuplicateCatalog
    private let review: DuplicateReview

    public struct Page: Sendable {
        /// In the order of the query.
        public let clusters: [DuplicateCluster]
        /// Of those that had to be looked at to be found.
        public let proposals: [ClusterID: ClusterProposal]
        /// How far the search got: where to go on. nil at the end of the list.
        public let reached: ClusterPosition?
    }

    public init(catalog: any DuplicateCatalog, review: DuplicateReview) {
        self.catalog = catalog
        self.review = review
    }

    /// The next clusters, at most `query.limit`. With `certainOnly`, those of the next `query.limit` whose proposal nothing
    /// speaks against: it may be none, though more follow. Cancelling ends it between two clusters.
    public func page(_ query: ClusterQuery, certainOnly: Bool = false) async throws -> Page {
        let found = try await catalog.clusters(query)
        let reached = found.count < query.limit ? nil : found.last.map { ClusterPosition($0, in: query.order) }
        guard certainOnly else { return Page(clusters: found, proposals: [:], reached: reached) }
        var proposals: [ClusterID: ClusterProposal] = [:]
        // A cluster of thousands is no one's to be sure of.
        for cluster in found where cluster.photos <= DuplicateReview.mostListed {
            try Task.checkCancellation()
            do {
                let proposal = try await review.proposal(for: cluster)
                if proposal.isCertain { proposals[cluster.id] = proposal }
            } catch let error as EngineError where error.code == .conflict {
                // Somebody decided on it meanwhile.
                continue
            }
        }
        return Page(clusters: found.filter { proposals[$0.id] != nil }, proposals: proposals, reached: reached)
    }
}
