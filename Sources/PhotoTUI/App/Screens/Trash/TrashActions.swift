import Core
import Grid
import Widgets

extension AppState {
    /// Asks for what the list lacks.
    mutating func reconcileTrash() -> [Effect] {
        guard context == .trash, trash.pageRequest == nil, trash.retryTimer == nil else { return [] }
        let needsMore = trash.hasMore && trash.top + 2 * trash.visibleCount >= trash.photos.count
        guard trash.isStale || needsMore else { return [] }
        let request = makeRequest()
        let isMore = !trash.isStale
        trash.pageRequest = (request, isMore)
        trash.isStale = false
        // As many as are here, so that the cursor keeps its place.
        let limit = isMore ? TrashState.pageSize : max(TrashState.pageSize, trash.photos.count)
        return [.loadTrash(request, after: isMore ? trash.photos.last?.position : nil, limit: limit)]
    }

    mutating func leaveTrash() -> [Effect] {
        let given = [trash.pageRequest?.id, trash.retryTimer].compactMap { $0 }
        (trash.pageRequest, trash.retryTimer, trash.isStale) = (nil, nil, true)
        return given.map { .cancel($0) }
    }

    var trashThumbnailKeys: [ThumbnailKey] {
        guard context == .trash, let size = trash.picture else { return [] }
        return trash.visible.map {
            ThumbnailKey(sha256: trash.photos[$0].sha256, columns: size.columns, rows: size.rows)
        }
    }

    // MARK: Answers

    mutating func trashLoaded(_ request: RequestID, _ page: TrashPage) {
        guard let asked = trash.pageRequest, asked.id == request else { return }
        trash.pageRequest = nil
        trash.phase = .ready
        let before = trash.cursorPhoto?.photo
        let known = asked.isMore ? Set(trash.photos.map(\.photo)) : []
        trash.photos = (asked.isMore ? trash.photos : []) + page.photos.filter { !known.contains($0.photo) }
        (trash.hasMore, trash.count, trash.byteCount) = (page.hasMore, page.count, page.byteCount)
        trash.readAt = page.readAt
        if !asked.isMore { trash.marks.formIntersection(trash.photos.map(\.photo)) }
        trash.move(to: trash.photos.firstIndex { $0.photo == before } ?? trash.cursor)
    }

    mutating func trashRestored(_ request: RequestID, _ photos: [PhotoID]) {
        guard trash.change?.id == request else { return }
        trash.change = nil
        trash.marks = []
        trash.isStale = true
        activity.notice = Notice(.success, "\(counted(photos.count, "photo")) back in the timeline")
    }

    mutating func emptyingPlanned(_ request: RequestID, _ sums: TrashEmptyingSums) {
        guard trash.change?.id == request else { return }
        trash.change = nil
        guard sums.removed > 0 else {
            let left = stayLines(sums).joined(separator: "; ")
            activity.notice = Notice(
                .information,
                left.isEmpty ? "nothing has been there for \(counted(TrashState.days, "day"))" : left)
            return
        }
        guard context == .trash else { return }
        var lines = [
            DecisionState.Line(
                label: "for good", text: "\(counted(sums.removed, "photo")), \(sums.byteCount)", isWarning: true),
            .init(label: "", text: "all that has been there for \(counted(TrashState.days, "day"))"),
        ]
        lines += stayLines(sums).map { .init(label: "stays", text: $0) }
        lines.append(.init(label: "", text: "This can't be undone.", isWarning: true))
        layers.append(.decision(DecisionState(kind: .emptyTrash, title: "Empty the trash", lines: lines)))
    }

    private func stayLines(_ sums: TrashEmptyingSums) -> [String] {
        var lines: [String] = []
        if sums.inPlace > 0 {
            lines.append(
                "\(counted(sums.inPlace, "photo")) whose files lie in folders of yours "
                    + "(phototui trash empty --originals moves them)")
        }
        if sums.failed > 0 { lines.append("\(counted(sums.failed, "photo")): \(sums.reason)") }
        return lines
    }

    mutating func trashEmptied(_ request: RequestID, _ sums: TrashEmptyingSums) {
        guard trash.change?.id == request else { return }
        trash.change = nil
        trash.isStale = true
        activity.notice = Notice(
            sums.failed == 0 ? .success : .warning,
            "\(counted(sums.removed, "photo")) removed for good, \(sums.byteCount)"
                + (sums.failed == 0 ? "" : "; \(counted(sums.failed, "photo")) not: \(sums.reason)"))
    }

    /// What failed, if it was the trash's; the effects, or nil for anything else.
    mutating func trashFailed(_ request: RequestID, _ error: EngineError) -> [Effect]? {
        if request == trash.pageRequest?.id {
            trash.pageRequest = nil
            trash.isStale = true
            if case .ready = trash.phase { activity.notice = Notice(error) } else { trash.phase = .failed(error) }
            let timer = makeRequest()
            trash.retryTimer = timer
            return [.startTimer(timer, seconds: TimelineState.retryPause)]
        }
        guard request == trash.change?.id else { return nil }
        trash.change = nil
        trash.isStale = true
        activity.notice = Notice(error)
        return []
    }

    mutating func trashTimerFired(_ request: RequestID) -> [Effect]? {
        guard request == trash.retryTimer else { return nil }
        trash.retryTimer = nil
        return []
    }

    // MARK: Actions

    mutating func performInTrash(_ action: Action) -> [Effect] {
        let (cursor, visible) = (trash.cursor, trash.visibleCount)
        switch action {
        case .moveUp: trash.move(to: cursor - 1)
        case .moveDown: trash.move(to: cursor + 1)
        case .halfPageDown: trash.move(to: cursor + max(1, visible / 2))
        case .halfPageUp: trash.move(to: cursor - max(1, visible / 2))
        case .pageDown: trash.move(to: cursor + visible)
        case .pageUp: trash.move(to: cursor - visible)
        case .firstTrashed: trash.move(to: 0)
        case .lastTrashed: trash.move(to: trash.photos.count - 1)
        case .markTrashed:
            guard let photo = trash.cursorPhoto?.photo else { return [] }
            if trash.marks.remove(photo) == nil { trash.marks.insert(photo) }
            trash.move(to: cursor + 1)
        case .restoreTrashed:
            let request = makeRequest()
            trash.change = (request, .restore)
            return [.restoreTrash(request, trash.chosen)]
        case .emptyTrash:
            let request = makeRequest()
            trash.change = (request, .plan)
            return [.planEmptying(request, days: TrashState.days)]
        case .closeTrash:
            if trash.marks.isEmpty { return goTo(.timeline) }
            trash.marks = []
        default: break
        }
        return []
    }

    mutating func emptyTrash(reason: String) -> [Effect] {
        let request = makeRequest()
        trash.change = (request, .empty)
        return [.emptyTrash(request, days: TrashState.days, reason: reason)]
    }

    func reasonUnavailableInTrash(_ action: Action) -> String? {
        switch action {
        case .restoreTrashed, .emptyTrash, .markTrashed:
            if trash.change != nil, action != .markTrashed { return "the last change is being saved" }
            return trash.photos.isEmpty ? "the trash is empty" : nil
        case .moveUp, .moveDown, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .firstTrashed, .lastTrashed:
            return trash.photos.isEmpty ? "the trash is empty" : nil
        default: return nil
        }
    }

    mutating func handleInTrash(_ event: MouseEvent) -> [Effect] {
        switch event.action {
        case .wheelDown: trash.move(to: trash.cursor + 1)
        case .wheelUp: trash.move(to: trash.cursor - 1)
        case .press(.right): return goTo(.timeline)
        case .press(.left):
            let line = event.position.row - trash.area.row - 1
            guard trash.area.contains(event.position), line >= 0 else { return [] }
            let index = trash.top + line / trash.rowHeight
            if trash.visible.contains(index) { trash.move(to: index) }
        default: break
        }
        return []
    }
}
