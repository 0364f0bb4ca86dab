public import Core
internal import Duplicates

/// Pages of clusters for somebody who looks through them.
public struct ClusterBrowser: Sendable {
    /// Photos of a cluster that somebody who opens it has looked at.
    public static let mostExamined = 16

    private let catalog: any DuplicateCatalog
    private let review: DuplicateReview
    private let pictures: any PictureSource

    /// Which clusters; those of both sorts when both are asked for.
    public struct Choice: OptionSet, Hashable, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Nothing speaks against their proposal.
        public static let certain = Choice(rawValue: 1)
        /// Their pictures have the same pixels.
        public static let exact = Choice(rawValue: 2)
    }

    public struct Page: Sendable {
        /// In the order of the query.
        public let clusters: [DuplicateCluster]
        /// Of those that had to be looked at to be found.
        public let proposals: [ClusterID: ClusterProposal]
        /// How far the search got: where to go on. nil at the end of the list.
        public let reached: ClusterPosition?
    }

    public init(catalog: any DuplicateCatalog, review: DuplicateReview, pictures: any PictureSource) {
        self.catalog = catalog
        self.review = review
        self.pictures = pictures
    }

    /// The next clusters, at most `query.limit`. Where a choice has to look at each, those of the next `query.limit` that are
    /// chosen: it may be none, though more follow. Cancelling ends it between two clusters.
    public func page(_ query: ClusterQuery, only choice: Choice = []) async throws -> Page {
        var query = query
        // Equal pixels have equal hashes: the catalogue leaves the others out.
        if choice.contains(.exact) { query.filter.mostDistance = 0 }
        let found = try await catalog.clusters(query)
        let reached = found.count < query.limit ? nil : found.last.map { ClusterPosition($0, in: query.order) }
        guard !choice.isEmpty else { return Page(clusters: found, proposals: [:], reached: reached) }
        var proposals: [ClusterID: ClusterProposal] = [:]
        try await review.proposals(for: found) { cluster, proposal in
            try Task.checkCancellation()
            guard var proposal else { return }
            if choice.contains(.certain) {
                if try await pictures.doubt(of: proposal) != nil { return }
                proposal.isExamined = true
            }
            if choice.contains(.exact), try await !isExact(proposal) { return }
            proposals[cluster.id] = proposal
        }
        return Page(clusters: found.filter { proposals[$0.id] != nil }, proposals: proposals, reached: reached)
    }

    /// The proposal with what speaks against it once its pictures are looked at, too: a list tells what is known without.
    public func examined(_ proposal: ClusterProposal) async throws -> ClusterProposal {
        // Each takes a twentieth of a second: of more, nobody waits for all of them.
        guard proposal.photos.count <= Self.mostExamined else { return proposal }
        var examined = proposal
        examined.doubt = try await pictures.doubt(of: proposal)
        examined.isExamined = true
        return examined
    }

    /// Whether a cluster's pictures have the same pixels: its files differ in what else they hold. Reads the originals where their
    /// largest renditions are equal.
    public func isExact(_ proposal: ClusterProposal) async throws -> Bool {
        try await pictures.haveSamePixels(proposal)
    }
}

extension CopyCheck.Flaw {
    /// After the other photo's name.
    fileprivate var words: String {
        switch self {
        case .turned: "stands another way: turned, or mirrored"
        case .otherPart: "is another part of the picture"
        case .showsMore: "shows more of the picture"
        case .colourOrSpot: "differs in colour, or in a spot"
        case .tone: "is brighter, darker or of another contrast"
        case .texture: "differs all over, as by noise or a filter"
        case .sharper: "is sharper"
        case .page: "is a page or a drawing, of which small pictures don't tell a digit from another"
        }
    }
}

extension PictureSource {
    /// What speaks against a proposal, by its figures or its pictures.
    func doubt(of proposal: ClusterProposal) async throws -> String? {
        if let doubt = proposal.doubt { return doubt }
        let kept = proposal.kept
        guard let keeper = zip(proposal.photos, proposal.members).first(where: { $0.0.id == proposal.keeper }) else {
            return "the photo to keep is gone"
        }
        let others = zip(proposal.photos, proposal.members).filter {
            !kept.contains($0.0.id) && $0.0.sha256 != keeper.0.sha256
        }
        if others.isEmpty { return nil }
        guard let first = try await largestPicture(of: keeper.0.sha256) else {
            return "there is no picture of \(displayEscaped(keeper.0.filename)) to look at"
        }
        for (photo, member) in others {
            try Task.checkCancellation()
            let name = displayEscaped(photo.filename)
            guard let second = try await largestPicture(of: photo.sha256) else {
                return "there is no picture of \(name) to look at"
            }
            let check = CopyCheck(
                keeping: first, for: second,
                orientations: PictureDifference.orientations(of: member, toward: keeper.1))
            if let flaw = check.flaw { return "\(name) \(flaw.words)" }
        }
        return nil
    }

    /// As `ClusterBrowser.isExact`. Calls `willRead` before it reads the first original.
    func haveSamePixels(_ proposal: ClusterProposal, willRead: () async throws -> Void = {}) async throws -> Bool {
        let sizes = Set(proposal.photos.map { $0.pixelSize.map($0.metadata.orientation.upright) })
        guard sizes.count == 1, sizes.first != .some(nil), let first = proposal.photos.first,
            !proposal.losesUnseen,
            proposal.members.allSatisfy({ proposal.distance(of: $0) == 0 }),
            let rendition = try await largestRendition(of: first.sha256)
        else { return false }
        for photo in proposal.photos.dropFirst() {
            try Task.checkCancellation()
            guard try await largestRendition(of: photo.sha256) == rendition else { return false }
        }
        // A digit of a large page is no pixel of its rendition.
        try await willRead()
        guard let digest = try await pixelDigest(of: first.sha256) else { return false }
        for photo in proposal.photos.dropFirst() {
            try Task.checkCancellation()
            guard try await pixelDigest(of: photo.sha256) == digest else { return false }
        }
        return true
    }
}
