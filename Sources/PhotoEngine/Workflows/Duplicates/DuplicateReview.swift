public import Core
public import Duplicates

/// What a person decides on clusters: proposals, resolutions, and their undoing.
public struct DuplicateReview: Sendable {
    public typealias ReviewCatalog = PhotoCatalog & DuplicateCatalog & ResolutionCatalog & CollectionCatalog
        & CalibrationCatalog

    private let catalog: any ReviewCatalog
    private let rules: KeeperRules
    /// Why it is not known what to keep.
    private let rulesFault: EngineError?
    private let originals: OriginalPresence
    private let pictures: any PictureSource
    /// Of more, no proposal is made for a list: it would read them all.
    public static let mostListed = 1000
    /// Photos that are read at once, each with all its tags.
    private static let page = 256
    /// Of so many that would go, an original is sought where the keeper's is not there; a disk that is away has them all.
    private static let mostSought = 100
    /// Photos of one stack.
    static let mostStacked = 10_000

    /// `rulesFault` says why the rules are not those that the owner wants: nothing is proposed then.
    public init(
        catalog: any ReviewCatalog, rules: KeeperRules, rulesFault: EngineError? = nil, originals: OriginalPresence,
        pictures: any PictureSource
    ) {
        self.catalog = catalog
        self.rules = rules
        self.rulesFault = rulesFault
        self.originals = originals
        self.pictures = pictures
    }

    /// The cluster that a person calls by its id or the beginning of one that only one has. Throws `.notFound`, or `.conflict`
    /// where several begin so, or the cluster was resolved.
    public func cluster(named name: String) async throws -> DuplicateCluster {
        let found = try await catalog.clusters(idPrefix: name.lowercased(), limit: 2)
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            throw EngineError(
                .conflict, "several clusters have ids that begin with \(name)", whatToDo: "give more of the id")
        }
        let resolved = try await catalog.resolutions(clusterPrefix: name.lowercased(), limit: 2)
        guard let resolution = resolved.first, Set(resolved.map(\.cluster)).count == 1 else {
            throw EngineError(
                .notFound, "no cluster is called \(name)", whatToDo: "list them with: phototui duplicates list")
        }
        throw EngineError(
            .conflict, "the cluster \(resolution.cluster) was resolved before, by \(resolution.actor)",
            whatToDo: "to take that back: phototui duplicates undo \(resolution.id)")
    }

    /// The resolution that a person calls by its id or the beginning of one.
    public func resolution(named name: String) async throws -> Resolution {
        let found = try await catalog.resolutions(idPrefix: name.lowercased(), limit: 2)
        if found.count == 1 { return found[0] }
        throw found.isEmpty
            ? EngineError(
                .notFound, "no resolution is called \(name)",
                whatToDo: "list them with: phototui duplicates resolutions")
            : EngineError(
                .conflict, "several resolutions have ids that begin with \(name)", whatToDo: "give more of the id")
    }

    /// The cluster with its photos as they are now, and what the rules make of it. Throws `.conflict` when it is gone.
    /// Throws `rulesFault`, too.
    public func proposal(for cluster: DuplicateCluster) async throws -> ClusterProposal {
        var proposal: ClusterProposal?
        try await proposals(for: [cluster]) { proposal = $1 }
        if let proposal { return proposal }
        throw EngineError(
            .conflict, "the cluster \(cluster.id) changed while it was read",
            whatToDo: "look at it again: somebody else may have decided on it", isRetryable: true)
    }

    /// As `proposal` for each in turn, read some at a time; nil for one that is gone, or has more than `most` photos.
    public func proposals(
        for clusters: [DuplicateCluster], ofAtMost most: Int = .max,
        _ body: (DuplicateCluster, ClusterProposal?) async throws -> Void
    ) async throws {
        if let rulesFault { throw rulesFault }
        var rest = clusters[...]
        while !rest.isEmpty {
            // As many as have a page of photos together, one at least.
            var photos = 0
            let some = rest.prefix { cluster in
                defer { photos += cluster.photos }
                return photos == 0 || photos + cluster.photos <= Self.page
            }
            rest = rest.dropFirst(some.count)
            let read = some.filter { $0.photos <= most }.map(\.id)
            let pages = try await catalog.photos(of: read, after: nil, limit: Self.page, tags: Photo.isWeighed)
            let denials = try await catalog.denials(in: read)
            var found = zip(pages, denials).makeIterator()
            for cluster in some {
                guard cluster.photos <= most, let (page, denial) = found.next() else {
                    try await body(cluster, nil)
                    continue
                }
                let photos = try await page + further(cluster.id, behind: page)
                try await body(cluster, photos.count > 1 ? proposal(for: cluster, photos, denial) : nil)
            }
        }
    }

    private func further(_ cluster: ClusterID, behind page: [ClusterPhoto]) async throws -> [ClusterPhoto] {
        var (photos, page): ([ClusterPhoto], [ClusterPhoto]) = ([], page)
        while page.count == Self.page {
            page = try await catalog.photos(
                of: [cluster], after: page.last?.photo.id, limit: Self.page, tags: Photo.isWeighed)[0]
            photos += page
        }
        return photos
    }

    private func proposal(
        for cluster: DuplicateCluster, _ photos: [ClusterPhoto], _ denial: CalibrationAnswer?
    ) -> ClusterProposal {
        let candidates = photos.map {
            KeeperCandidate(photo: $0.photo, paths: $0.paths, albumCount: $0.collections.albums.count)
        }
        // Never keep what isn't there in place of what is.
        let there = candidates.filter { !$0.photo.isMissing && $0.photo.status == .ready }
        let proposal = rules.proposal(among: there.isEmpty ? candidates : there)
        let stacks = StackRecognition(names: rules.namePatterns)
            .stacks(among: photos.map(\.photo), copies: ClusterMember.copies(among: photos.map(\.member)))
            .map { ClusterProposal.Stack(photos: $0.photos, kind: $0.reason) }
        func each<Value>(_ value: (ClusterPhoto) -> Value) -> [PhotoID: Value] {
            Dictionary(uniqueKeysWithValues: photos.map { ($0.photo.id, value($0)) })
        }
        var made = ClusterProposal(
            cluster: cluster, members: photos.map(\.member), photos: photos.map(\.photo), paths: each(\.paths),
            collections: each(\.collections), faces: each(\.faces).filter { !$0.value.isEmpty },
            keeper: proposal.keeper, alwaysKept: proposal.alwaysKept, choice: proposal.choice, stacks: stacks)
        let kept = made.kept
        made.isOpposed =
            proposal.isOpposed
            || made.members.contains { !kept.contains($0.photo) && made.turn(of: $0) != .upright }
        made.denial = denial
        made.doubt =
            if made.denial != nil {
                "somebody answered that two of its photos are not the same"
            } else if let stack = stacks.first {
                "some of its photos are \(stack.reason)"
            } else if there.isEmpty {
                "none of its files is there"
            } else if made.tier != .same {
                "its pictures are only similar"
            } else {
                proposal.doubt
                    ?? made.contradiction(
                        stacked: Dictionary(
                            uniqueKeysWithValues: photos.compactMap { photo in
                                photo.stack.map { (photo.photo.id, $0) }
                            }))
            }
        return made
    }

    /// Carries out what a person wants of a cluster as they saw it.
    public func resolve(
        _ proposal: ClusterProposal, keeper: PhotoID, alsoKept: Set<PhotoID>, actor: String, reason: String
    ) async throws -> Resolution {
        try await resolve(
            proposal.request(keeper: keeper, alsoKept: alsoKept, actor: actor, reason: reason))
    }

    /// Carries out what a person wants of a cluster, with its photos as they saw them.
    public func resolve(_ request: ResolutionRequest) async throws -> Resolution {
        try await check(request)
        return try await catalog.resolve(request)
    }

    /// What `resolve` checks before it changes anything. Throws `.invalidInput` or `.limitExceeded` for what can't be done, and
    /// `.conflict` where the keeper's original is not there, while one of those that would go is.
    public func check(_ request: ResolutionRequest) async throws {
        let most = ResolutionRequest.mostDistinct
        guard request.alsoKept.count < most else {
            throw EngineError(
                .limitExceeded, "more than \(most) photos of one cluster can't be kept at once",
                whatToDo: "decide on fewer at a time with: phototui duplicates not-duplicate")
        }
        guard request.alsoKept.union([request.keeper]) != request.members else {
            throw EngineError(
                .invalidInput, "all photos of the cluster would be kept",
                whatToDo: "if they are no duplicates, say so with: phototui duplicates not-duplicate")
        }
        guard let absence = try await absence(of: request.keeper) else { return }
        let others = request.members.subtracting(request.alsoKept).subtracting([request.keeper]).sorted()
        for photo in others.prefix(Self.mostSought) where try await self.absence(of: photo) == nil {
            throw EngineError(
                .conflict, "the original of the photo to keep, \(absence)",
                whatToDo: "keep one whose file is there, or bring the file back and import its folder")
        }
    }

    /// Throws `.conflict` where the original to keep is not there, as with its disk away: nobody looks at what many come to.
    func requireKeeper(of request: ResolutionRequest) async throws {
        guard let absence = try await absence(of: request.keeper) else { return }
        throw EngineError(
            .conflict, "the original of the photo to keep, \(absence)",
            whatToDo: "bring the file back, or its disk; or decide on the cluster by itself")
    }

    /// Which original is not there, for a person; nil where it is.
    private func absence(of id: PhotoID) async throws -> String? {
        guard let photo = try await catalog.photo(id) else { return "\(id), is no longer in the library" }
        if try await originals.isThere(photo) { return nil }
        let place =
            switch photo.original {
            case .file(let path): displayEscaped(path)
            case .object: displayEscaped(photo.filename)
            }
        return "\(place), is not there as it was imported"
    }

    public func undo(_ resolution: Resolution, actor: String, reason: String = "") async throws -> UndoneResolution {
        try await catalog.undo(resolution.id, actor: actor, reason: reason)
    }

    /// Decides for good that photos, two or more, don't show the same.
    public func decideDistinct(
        _ photos: [PhotoID], actor: String, reason: String = ""
    ) async throws -> DistinctDecision {
        let most = ResolutionRequest.mostDistinct
        let count = Set(photos).count
        guard count > 1 else { throw EngineError(.invalidInput, "name two different photos or more") }
        guard count <= most else {
            throw EngineError(
                .limitExceeded,
                "\(count) photos are too many to be decided on at once: each is told apart from each other",
                whatToDo: "name up to \(most) of them; or keep them all as a stack with: phototui duplicates stack")
        }
        return try await catalog.decideDistinct(photos, actor: actor, reason: reason)
    }

    /// Puts photos, two or more, into one stack, in this order.
    public func stack(_ request: StackRequest) async throws -> Resolution {
        guard (2...Self.mostStacked).contains(Set(request.photos).count) else {
            throw EngineError(.invalidInput, "a stack has 2 to \(Self.mostStacked) different photos")
        }
        return try await catalog.stack(StackedCopies(catalog: catalog, pictures: pictures).told(in: request))
    }

    /// Why photos that a person puts together belong together, and in which order: as recognised, where that is one stack
    /// of them all, else by the person's choice, in the given order.
    public func stack(of photos: [PhotoID]) async throws -> ClusterProposal.Stack {
        var found: [Photo] = []
        for id in photos {
            guard let photo = try await catalog.photo(id) else {
                throw EngineError(.notFound, "there is no photo \(id)")
            }
            found.append(photo)
        }
        let recognised = StackRecognition(names: rules.namePatterns).stacks(among: found)
        if recognised.count == 1, recognised[0].photos.count == Set(photos).count {
            return ClusterProposal.Stack(photos: recognised[0].photos, kind: recognised[0].reason)
        }
        return ClusterProposal.Stack(photos: photos, kind: .chosen)
    }
}
