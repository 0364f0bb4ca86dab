import Core
import Grid

extension AppState {
    /// Whether the list of clusters, or one of them, is on screen.
    var isOnDuplicates: Bool { context == .duplicates || context == .comparison }

    /// Asks for what the list lacks, gives up what it no longer needs.
    mutating func reconcileDuplicates() -> [Effect] {
        guard isOnDuplicates else { return [] }
        var effects: [Effect] = []
        if duplicates.isTotalsStale, duplicates.totalsRequest == nil {
            let request = makeRequest()
            (duplicates.totalsRequest, duplicates.isTotalsStale) = (request, false)
            effects.append(.loadClusterTotals(request))
        }
        effects += reconcilePages()
        effects += reconcileSummaries()
        effects += reconcileComparison()
        return effects
    }

    private mutating func reconcilePages() -> [Effect] {
        guard duplicates.pageRequest == nil, !duplicates.isUnanswered else { return [] }
        if duplicates.isStale, duplicates.window.clusters.isEmpty {
            (duplicates.window, duplicates.isStale) = (ClusterWindow(), false)
        }
        let window = duplicates.window
        let margin = duplicates.visibleCount
        var query = ClusterQuery(
            order: duplicates.order, filter: duplicates.filter.clusterFilter, limit: ClusterWindow.pageSize)
        let kind: DuplicatesState.PageKind
        if duplicates.isStale {
            kind = .replace
            query.after = window.anchor(in: duplicates.order)
            query.limit = max(ClusterWindow.pageSize, window.clusters.count)
        } else if let end = window.after, duplicates.top + duplicates.visibleCount + margin >= window.clusters.count {
            kind = .append
            query.after = end.position
        } else if let end = window.before, duplicates.top - margin < 0 {
            kind = .prepend
            query.after = end.position
            query.isReversed = true
        } else {
            return []
        }
        let request = makeRequest()
        duplicates.pageRequest = (request, kind)
        return [
            .loadClusters(
                request,
                ClusterPageRequest(
                    query: query, certainOnly: duplicates.filter.certainOnly,
                    exactOnly: duplicates.filter.exactOnly))
        ]
    }

    private mutating func reconcileSummaries() -> [Effect] {
        let clusters = duplicates.window.clusters
        let next = duplicates.visible.upperBound..<min(duplicates.visible.upperBound + 5, clusters.count)
        let wanted = (Array(duplicates.visible) + Array(next)).map { clusters[$0] }
            .filter { duplicates.summaries[$0.id] == nil || duplicates.staleSummaries.contains($0.id) }
        if let underway = duplicates.summariesRequest {
            if wanted.isEmpty || wanted.contains(where: { underway.left.contains($0.id) }) { return [] }
            duplicates.summariesRequest = nil
            return [.cancel(underway.id)] + reconcileSummaries()
        }
        guard !wanted.isEmpty else { return [] }
        let request = makeRequest()
        duplicates.summariesRequest = (request, Set(wanted.map(\.id)))
        return [.loadSummaries(request, wanted)]
    }

    /// The small pictures of the clusters on screen, for the one list of wanted thumbnails.
    var duplicateThumbnailKeys: [ThumbnailKey] {
        let (size, count) = duplicates.pictures
        guard context == .duplicates, count > 0 else { return [] }
        return duplicates.visible.flatMap { index -> [ThumbnailKey] in
            guard case .known(let summary) = duplicates.summaries[duplicates.window.clusters[index].id] else {
                return []
            }
            return summary.pictures.prefix(count).map {
                ThumbnailKey(sha256: $0, columns: size.columns, rows: size.rows)
            }
        }
    }

    mutating func clustersLoaded(_ request: RequestID, _ page: ClusterPage) {
        guard let current = duplicates.pageRequest, current.id == request else { return }
        duplicates.pageRequest = nil
        duplicates.phase = .ready
        for (id, summary) in page.summaries {
            duplicates.summaries[id] = .known(summary)
            duplicates.staleSummaries.remove(id)
        }
        duplicates.examined += page.clusters.isEmpty ? ClusterWindow.pageSize : 0
        switch current.kind {
        case .append: duplicates.window.append(page)
        case .prepend:
            let isFirst = duplicates.window.clusters.isEmpty
            let total = duplicates.filter.isEmpty ? duplicates.totals?.clusters : nil
            let count = duplicates.window.prepend(page, total: total)
            duplicates.top += count
            duplicates.cursor += isFirst ? max(0, count - 1) : count
        case .replace:
            let before = duplicates.cursorCluster?.id
            duplicates.isStale = false
            duplicates.window.replace(page)
            if let before, let index = duplicates.window.clusters.firstIndex(where: { $0.id == before }) {
                duplicates.top += index - duplicates.cursor
                duplicates.cursor = index
            }
        }
        if let sought = duplicates.sought,
            let index = duplicates.window.clusters.firstIndex(where: { $0.id == sought })
        {
            duplicates.move(to: index)
        }
        let dropped = duplicates.window.trim(around: duplicates.cursor, order: duplicates.order)
        duplicates.cursor -= dropped
        duplicates.top -= dropped
        duplicates.showCursor()
        let kept = Set(duplicates.window.clusters.map(\.id))
        if duplicates.summaries.count > 2 * ClusterWindow.capacity {
            duplicates.summaries = duplicates.summaries.filter { kept.contains($0.key) }
        }
    }

    mutating func clusterTotalsLoaded(_ request: RequestID, _ totals: ClusterTotals) {
        guard request == duplicates.totalsRequest else { return }
        duplicates.totalsRequest = nil
        if let before = duplicates.totals, before.mark != totals.mark {
            duplicates.isStale = true
            duplicates.staleSummaries = Set(duplicates.summaries.keys)
            duplicates.comparison?.isStale = true
        }
        duplicates.totals = totals
    }

    mutating func clusterSummarized(_ request: RequestID, _ id: ClusterID, _ summary: DuplicatesState.Summary) {
        guard duplicates.summariesRequest?.id == request else { return }
        duplicates.summaries[id] = summary
        duplicates.staleSummaries.remove(id)
        duplicates.summariesRequest?.left.remove(id)
        if duplicates.summariesRequest?.left.isEmpty == true { duplicates.summariesRequest = nil }
    }

    /// What failed, if it was the list's; the effects, or nil for anything else.
    mutating func duplicatesFailed(_ request: RequestID, _ error: EngineError) -> [Effect]? {
        if request == duplicates.totalsRequest {
            duplicates.totalsRequest = nil
            activity.notice = Notice(error)
            duplicates.isTotalsStale = false
            return retryDuplicates()
        } else if request == duplicates.pageRequest?.id {
            duplicates.pageRequest = nil
            if case .ready = duplicates.phase {
                // What is shown stays: it was true when it came.
                activity.notice = Notice(error)
            } else {
                duplicates.phase = .failed(error)
            }
            duplicates.isUnanswered = true
            return retryDuplicates()
        } else if request == duplicates.summariesRequest?.id {
            for id in duplicates.summariesRequest?.left ?? [] {
                duplicates.summaries[id] = .failed(error.whatHappened)
                duplicates.staleSummaries.remove(id)
            }
            duplicates.summariesRequest = nil
            return retryDuplicates()
        } else if request == duplicates.lastDecisionRequest {
            duplicates.lastDecisionRequest = nil
            activity.notice = Notice(error)
            return []
        } else if request == duplicates.scanRequest {
            (duplicates.scanRequest, duplicates.scan) = (nil, nil)
            activity.notice = Notice(error)
            return []
        } else if let change = duplicates.change, request == change.id {
            duplicates.change = nil
            return changeFailed(change.change, error)
        }
        return comparisonFailed(request, error)
    }

    private mutating func retryDuplicates() -> [Effect] {
        guard duplicates.retryTimer == nil else { return [] }
        let request = makeRequest()
        duplicates.retryTimer = request
        return [.startTimer(request, seconds: TimelineState.retryPause)]
    }

    /// Whether it was a timer of the list, or of the cluster that is looked at.
    mutating func duplicatesTimerFired(_ request: RequestID) -> [Effect]? {
        if request == duplicates.retryTimer {
            duplicates.retryTimer = nil
            (duplicates.isUnanswered, duplicates.isTotalsStale) = (false, true)
            duplicates.summaries = duplicates.summaries.filter { if case .known = $0.value { true } else { false } }
            return []
        }
        if request == duplicates.filterTimer {
            duplicates.filterTimer = nil
            return applyClusterFilter()
        }
        return comparisonTimerFired(request)
    }

    /// Some process has changed the catalogue.
    mutating func duplicatesChanged() { duplicates.isTotalsStale = true }

    /// Gives up what only the list and the cluster looked at wait for. Changes and a scan go on.
    mutating func leaveDuplicates() -> [Effect] {
        var effects: [Effect] = []
        for request in [duplicates.pageRequest?.id, duplicates.totalsRequest, duplicates.summariesRequest?.id] {
            if let request { effects.append(.cancel(request)) }
        }
        (duplicates.pageRequest, duplicates.totalsRequest, duplicates.summariesRequest) = (nil, nil, nil)
        duplicates.isTotalsStale = true
        return effects + leaveComparison()
    }
}
