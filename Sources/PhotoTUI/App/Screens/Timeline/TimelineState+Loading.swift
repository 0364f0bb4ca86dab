import Core
import Grid

extension AppState {
    /// Asks for what the viewport lacks, gives up what it no longer needs.
    mutating func reconcileTimeline() -> [Effect] {
        guard case .ready = timeline.phase, !timeline.layout.isEmpty else { return [] }
        var effects: [Effect] = []
        let (visible, ahead) = timeline.spans
        if isOrderedByHand { return [] }
        if timeline.search.isActive { return reconcilePlaces(visible.map { timeline.layout.months[$0.month].month }) }
        var keys = chunks(of: visible) + chunks(of: ahead)
        if let place = timeline.cursorPlace {
            let month = timeline.layout.months[place.month].month
            keys.insert(EntryWindows.ChunkKey(month: month, entry: place.index), at: 0)
        }
        var seen: Set<EntryWindows.ChunkKey> = []
        keys = keys.filter { seen.insert($0).inserted }
        timeline.windows.use(keys)
        for (request, key) in timeline.chunkRequests where !seen.contains(key) {
            timeline.chunkRequests[request] = nil
            effects.append(.cancel(request))
        }
        let underway = Set(timeline.chunkRequests.values)
        let unanswered = timeline.unansweredChunks
        for key in keys where timeline.windows.needs(key) && !underway.contains(key) && !unanswered.contains(key) {
            let request = makeRequest()
            timeline.chunkRequests[request] = key
            effects.append(
                .loadEntries(
                    request,
                    TimelineQuery(month: key.month, skip: key.range.lowerBound, limit: EntryWindows.chunkSize)))
        }
        if timeline.cursorPhoto == nil { timeline.cursorPhoto = timeline.cursorEntry?.id }
        effects += reconcilePlaces(visible.map { timeline.layout.months[$0.month].month })
        return effects
    }

    private func chunks(of spans: [(month: Int, indices: Range<Int>)]) -> [EntryWindows.ChunkKey] {
        spans.flatMap { span in
            let month = timeline.layout.months[span.month].month
            let size = EntryWindows.chunkSize
            return (span.indices.lowerBound / size...(span.indices.upperBound - 1) / size).map {
                EntryWindows.ChunkKey(month: month, index: $0)
            }
        }
    }

    private mutating func reconcilePlaces(_ months: [Month]) -> [Effect] {
        var effects: [Effect] = []
        let underway = Set(timeline.placeRequests.values)
        let waiting = underway.union(timeline.unansweredPlaces)
        for month in months where timeline.places[month] == nil && !waiting.contains(month) {
            let request = makeRequest()
            timeline.placeRequests[request] = month
            effects.append(.loadPlaces(request, month))
        }
        return effects
    }

    /// Asks for the thumbnails of whatever shows photos, and gives up the others.
    mutating func reconcileThumbnails() -> [Effect] {
        var (shown, next) = (
            duplicateThumbnailKeys + trashThumbnailKeys + jobThumbnailKeys + albumThumbnailKeys, [ThumbnailKey]()
        )
        if context == .timeline, case .ready = timeline.phase, !timeline.layout.isEmpty {
            let (visible, ahead) = timeline.spans
            (shown, next) = (thumbnailKeys(of: visible), thumbnailKeys(of: ahead))
        }
        timeline.thumbnails.use(shown)
        var seen: Set<ThumbnailKey> = []
        let wanted = (shown + next).filter { timeline.thumbnails[$0] == nil && seen.insert($0).inserted }
        guard wanted != timeline.wanted else { return [] }
        timeline.wanted = wanted
        return [.wantThumbnails(wanted)]
    }

    private func thumbnailKeys(of spans: [(month: Int, indices: Range<Int>)]) -> [ThumbnailKey] {
        spans.flatMap { span in
            span.indices.compactMap { index -> ThumbnailKey? in
                guard let entry = timeline.entry(TimelineLayout.Place(month: span.month, index: index)),
                    entry.status == .ready
                else {
                    return nil
                }
                return timeline.thumbnailKey(entry)
            }
        }
    }

    /// Loads the months; an earlier request is given up.
    mutating func reloadMonths() -> [Effect] {
        var effects: [Effect] = []
        if let earlier = timeline.monthsRequest { effects.append(.cancel(earlier)) }
        let request = makeRequest()
        timeline.monthsRequest = request
        timeline.isDirty = false
        return effects + [.loadMonths(request)]
    }

    /// Asks where the cursor's photo is now.
    mutating func locateCursor() -> [Effect] {
        guard timeline.hasMoved || context == .viewer, let photo = timeline.cursorPhoto else { return [] }
        var effects: [Effect] = []
        if let earlier = timeline.locateRequest { effects.append(.cancel(earlier)) }
        let request = makeRequest()
        timeline.locateRequest = request
        return effects + [.locate(request, photo)]
    }
}

extension TimelineState {
    /// What is on screen, and a screen more where the cursor is heading.
    var spans: (visible: [(month: Int, indices: Range<Int>)], ahead: [(month: Int, indices: Range<Int>)]) {
        let rows = area.rows
        let margin = max(1, rows)
        return (
            layout.visible(rows: top..<top + rows),
            direction < 0
                ? layout.visible(rows: top - margin..<top) : layout.visible(rows: top + rows..<top + rows + margin)
        )
    }

    func thumbnailKey(_ entry: TimelineEntry) -> ThumbnailKey {
        ThumbnailKey(sha256: entry.sha256, columns: pictureSize.columns, rows: pictureSize.rows)
    }
}
