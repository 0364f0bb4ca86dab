import App
import Core
import Foundation
import PhotoEngine
import Workflows

extension EffectRunner {
    /// Performs what the list of clusters and the one that is looked at ask for.
    func performForDuplicates(_ effect: Effect) {
        switch effect {
        case .loadClusters(let request, let wanted):
            run(request) { library in
                let browser = library.clusterBrowser()
                var choice: ClusterBrowser.Choice = wanted.certainOnly ? .certain : []
                if wanted.exactOnly { choice.insert(.exact) }
                let page = try await browser.page(wanted.query, only: choice)
                var summaries: [ClusterID: ClusterSummary] = [:]
                for (id, proposal) in page.proposals {
                    summaries[id] = ClusterSummary(
                        proposal, Self.kind(of: proposal, isExact: wanted.exactOnly))
                }
                return .clustersLoaded(
                    request, ClusterPage(clusters: page.clusters, summaries: summaries, reached: page.reached))
            }
        case .loadClusterTotals(let request):
            run(request) { library in
                let mark = try await library.catalog.comparisonMark()
                let sums = try await library.catalog.clusterSums()
                return .clusterTotalsLoaded(
                    request,
                    ClusterTotals(
                        mark: mark, clusters: sums.clusters, bytesToWin: sums.bytesToWin,
                        uncompared: try await library.catalog.uncomparedCount()))
            }
        case .loadSummaries(let request, let clusters): loadSummaries(request, clusters)
        case .loadCluster(let request, let id):
            run(request) { library in
                let review = library.duplicateReview()
                guard let cluster = try await library.catalog.cluster(id) else {
                    throw await Self.absence(of: id, review)
                }
                let browser = library.clusterBrowser()
                let proposal = try await browser.examined(review.proposal(for: cluster))
                let kind = Self.kind(of: proposal, isExact: try await Self.isExact(proposal, browser))
                let turns = try await Self.turns(in: proposal, library.smallPictures)
                return .clusterLoaded(request, ClusterDetails(proposal, kind, turns))
            }
        case .loadDifference(let request, let wanted): loadDifference(request, wanted)
        case .resolve(let request, let decision):
            change(request) { [self] library in
                let wanted = ResolutionRequest(
                    cluster: decision.cluster, keeper: decision.keeper, alsoKept: decision.alsoKept,
                    members: decision.members, actor: DuplicatesCommand.actor, reason: said(decision.reason))
                return .resolved(request, try await library.duplicateReview().resolve(wanted))
            }
        case .loadLastDecision(let request):
            run(request) { library in .lastDecisionLoaded(request, try await Self.lastDecision(in: library)) }
        case .undoResolution(let request, let id, let reason):
            change(request) { [self] library in
                .resolutionUndone(
                    request,
                    try await library.catalog.undo(id, actor: DuplicatesCommand.actor, reason: said(reason)))
            }
        case .decideDistinct(let request, let photos, let reason):
            change(request) { [self] library in
                let decision = try await library.duplicateReview().decideDistinct(
                    photos, actor: DuplicatesCommand.actor, reason: said(reason))
                return .decidedDistinct(request, decision)
            }
        case .stackPhotos(let request, let stacks, let reason):
            change(request) { [self] library in
                var made: [Resolution] = []
                for stack in stacks {
                    let wanted = StackRequest(
                        photos: stack.photos, kind: stack.kind, actor: DuplicatesCommand.actor, reason: said(reason))
                    do {
                        made.append(try await library.duplicateReview().stack(wanted))
                    } catch let error as EngineError where !made.isEmpty && error.code == .conflict {
                        // Somebody was faster with the others: what was made is told, and they are looked at again.
                    }
                }
                return .stacked(request, made)
            }
        case .scanDuplicates(let request): scanDuplicates(request)
        default: break
        }
    }

    /// Photos of one cluster beyond this are shown as they are.
    private static let mostTurned = 100

    /// How photos are turned to stand as the one to keep does; nothing of those that stand so.
    private static func turns(
        in proposal: ClusterProposal, _ pictures: any PictureSource
    ) async throws -> [PhotoID: Orientation] {
        let members = proposal.members.prefix(mostTurned)
        guard members.contains(where: { ($0.evidence?.orientation ?? .upright) != .upright }),
            let keeper = proposal.members.first(where: { $0.photo == proposal.keeper }),
            let kept = try await pictures.picture(of: keeper.sha256)
        else { return [:] }
        var turns: [PhotoID: Orientation] = [:]
        for member in members where member.photo != keeper.photo {
            try Task.checkCancellation()
            guard let picture = try await pictures.picture(of: member.sha256) else { continue }
            let tried = PictureDifference.orientations(of: member, toward: keeper)
            let found = try await OffPool.run { PictureDifference(kept, picture, orientations: tried).orientation }
            if found != .upright { turns[member.photo] = found }
        }
        return turns
    }

    private static func kind(of proposal: ClusterProposal, isExact: Bool) -> ClusterKind {
        proposal.tier == .similar ? .similar : isExact ? .exact : .same
    }

    /// Whether the pixels are known to be the same: of few originals that no network is between.
    private static func isExact(_ proposal: ClusterProposal, _ browser: ClusterBrowser) async throws -> Bool {
        let areNear = proposal.photos.allSatisfy { if case .file = $0.original { true } else { false } }
        guard areNear, proposal.photos.count <= ClusterBrowser.mostExamined else { return false }
        return try await browser.isExact(proposal)
    }

    private static func lastDecision(in library: Library) async throws -> LastDecision? {
        var after: ResolutionID?
        while true {
            let page = try await library.catalog.resolutions(after: after, limit: 50)
            guard let last = page.last else { return nil }
            if let found = page.first(where: { $0.undone == nil }) {
                let age = SystemClock().microseconds - found.resolvedAt
                return LastDecision(
                    resolution: found, name: try await library.catalog.photo(found.keeper)?.filename,
                    days: Int(max(0, age) / 86_400_000_000))
            }
            after = last.id
        }
    }

    /// Who resolved a cluster that is gone, as far as that is known.
    private static func absence(of cluster: ClusterID, _ review: DuplicateReview) async -> EngineError {
        do {
            _ = try await review.cluster(named: cluster.description)
        } catch let error as EngineError where error.code == .conflict {
            return error
        } catch {}
        return EngineError(.notFound, "it was decided on, or its photos are not alike any more")
    }

    private func loadSummaries(_ request: RequestID, _ clusters: [DuplicateCluster]) {
        run(request) { [queue] library in
            for cluster in clusters {
                try Task.checkCancellation()
                var summary = DuplicatesState.Summary.gone
                do {
                    if let found = try await Self.summary(of: cluster, in: library) { summary = .known(found) }
                } catch let error as EngineError where error.code == .conflict {
                    // Somebody decided on it meanwhile.
                }
                try Task.checkCancellation()
                queue.post(.clusterSummarized(request, cluster.id, summary))
            }
            throw CancellationError()
        }
    }

    /// nil when the cluster is gone.
    private static func summary(of cluster: DuplicateCluster, in library: Library) async throws -> ClusterSummary? {
        if cluster.photos <= DuplicateReview.mostListed {
            let proposal = try await library.duplicateReview().proposal(for: cluster)
            return ClusterSummary(proposal, kind(of: proposal, isExact: false))
        }
        let first = try await library.catalog.members(of: cluster.id, after: nil, limit: 3)
        guard let photo = first.first?.photo else { return nil }
        let name = try await library.catalog.photo(photo)?.filename ?? ""
        return ClusterSummary(name: name, pictures: first.map(\.sha256), advice: nil)
    }

    private func loadDifference(_ request: RequestID, _ wanted: DifferenceRequest) {
        run(request) { [renderer] library in
            let pictures = library.smallPictures
            guard let first = try await pictures.picture(of: wanted.first.sha256),
                let second = try await pictures.picture(of: wanted.second.sha256)
            else {
                throw EngineError(
                    .notFound, "the small picture of one of them is gone", whatToDo: "import the photo again")
            }
            try Task.checkCancellation()
            let turns = PictureDifference.orientations(of: wanted.second, toward: wanted.first)
            return .differenceLoaded(
                request,
                try await OffPool.run {
                    let difference = PictureDifference(first, second, orientations: turns)
                    let picture = renderer.render(
                        difference.pixels, region: wanted.region, columns: wanted.columns, rows: wanted.rows)
                    return DifferencePicture(
                        picture: picture, similarity: difference.similarity,
                        differingShare: difference.differingShare, uncoveredShare: difference.uncoveredShare)
                })
        }
    }

    private func scanDuplicates(_ request: RequestID) {
        run(request) { [queue] library in
            let report = try await library.duplicateScan().run(library.configuration.scanOptions) { progress in
                queue.post(
                    .scanProgressed(
                        request,
                        ScanStatus(
                            compared: progress.compared, total: progress.total, secondsLeft: progress.etaSeconds)))
            }
            let found = "\(counted(report.clusters, "cluster")), about \(report.bytesToWin) to win"
            let missing = report.withoutPicture.count
            let problem = missing == 0 ? "" : "; \(counted(missing, "photo")) without a small picture could not be"
            return .scanEnded(
                request,
                Notice(
                    missing == 0 ? .success : .warning,
                    "\(counted(report.compared, "photo")) compared\(problem): \(found)"))
        }
    }
}

extension ClusterSummary {
    init(_ proposal: ClusterProposal, _ kind: ClusterKind) {
        let keeper = proposal.photos.first { $0.id == proposal.keeper }
        let others = proposal.photos.filter { $0.id != proposal.keeper }
        self.init(
            name: keeper?.filename ?? "", pictures: ([keeper].compactMap { $0 } + others.prefix(2)).map(\.sha256),
            advice: Advice(
                kind: kind, isCertain: proposal.isCertain == true, bytesToWin: proposal.bytesToWin,
                sentence: proposal.sentence, stack: proposal.stacks.first?.reason, doubt: proposal.doubt))
    }
}

extension ClusterDetails {
    init(_ proposal: ClusterProposal, _ kind: ClusterKind, _ turns: [PhotoID: Orientation]) {
        let photos = zip(proposal.photos, proposal.members).map { photo, member in
            ReviewedPhoto(
                photo: photo, paths: (proposal.paths[photo.id] ?? []).map(\.nameBytes), member: member,
                turn: turns[photo.id] ?? .upright,
                collections: proposal.collections[photo.id] ?? PhotoCollections(),
                faces: proposal.faces[photo.id] ?? [])
        }
        self.init(
            cluster: proposal.cluster,
            photos: photos.filter { $0.photo.id == proposal.keeper } + photos.filter { $0.photo.id != proposal.keeper },
            keeper: proposal.keeper, alwaysKept: proposal.alwaysKept, choice: proposal.choice,
            stacks: proposal.stacks.map { Stack(photos: $0.photos, kind: $0.kind) },
            kind: kind, doubt: proposal.doubt, isExamined: proposal.isExamined)
    }
}
