import Core
import Grid

extension AppState {
    var comparisonLayout: ComparisonLayout? {
        duplicates.comparison.map { ComparisonLayout(Layout(size).body, $0, aspect: look.cellAspectRatio) }
    }

    /// Asks for the cluster and for what shows of its photos.
    mutating func reconcileComparison() -> [Effect] {
        guard context == .comparison, var next = duplicates.comparison else { return [] }
        var effects: [Effect] = []
        if next.detailsRequest == nil, next.isStale || (next.details == nil && next.failure == nil) {
            let request = makeRequest()
            (next.detailsRequest, next.isStale) = (request, false)
            effects.append(.loadCluster(request, next.cluster))
        }
        let columns = Layout(size).body.columns
        let count = ComparisonLayout.paneCount(columns: columns, of: max(1, next.photos.count))
        next.firstPane = max(min(next.firstPane, next.selected), next.selected - count + 1)
        duplicates.comparison = next
        guard let layout = comparisonLayout else { return effects }
        effects += reconcilePictures(&next, layout)
        effects += reconcileDifference(&next, layout)
        duplicates.comparison = next
        return effects
    }

    private func wantedPicture(_ photo: ReviewedPhoto, _ zoom: PictureZoom, in area: Rect) -> PictureRequest? {
        guard photo.photo.status == .ready,
            let frame = zoom.frame(of: photo.shownSize, in: area.size, aspect: look.cellAspectRatio)
        else { return nil }
        return PictureRequest(
            photo: photo.photo.id, sha256: photo.photo.sha256, pixelSize: photo.pixelSize, turn: photo.turn,
            region: frame.region,
            columns: frame.columns, rows: frame.rows)
    }

    private mutating func reconcilePictures(_ next: inout ComparisonState, _ layout: ComparisonLayout) -> [Effect] {
        var wanted: [PhotoID: PictureRequest] = [:]
        var order: [PhotoID] = []
        func want(_ photo: ReviewedPhoto, in area: Rect) {
            guard let request = wantedPicture(photo, next.zoom, in: area) else { return }
            wanted[photo.photo.id] = request
            order.append(photo.photo.id)
        }
        switch next.mode {
        case .sideBySide: for pane in layout.panes { want(next.photos[pane.index], in: pane.picture) }
        case .blink:
            if let pair = next.pair { for photo in [pair.keeper, pair.other] { want(photo, in: layout.picture) } }
        case .difference: break
        }
        var effects: [Effect] = []
        for (id, picture) in next.pictures where picture.request.map({ $0.wanted != wanted[id] }) ?? false {
            if let request = picture.request, !picture.isSharp { effects.append(.cancel(request.id)) }
            // A picture of another size stands until the new one comes, where it still shows.
            if wanted[id] == nil, next.mode != .difference {
                next.pictures[id] = nil
            } else {
                next.pictures[id]?.request = nil
                next.pictures[id]?.isSharp = false
            }
        }
        for id in order where next.pictures[id]?.request == nil {
            guard let request = wanted[id] else { continue }
            let number = makeRequest()
            next.pictures[id, default: .init()].request = (number, request)
            next.pictures[id]?.failure = nil
            effects.append(.loadPicture(number, request))
        }
        return effects
    }

    private mutating func reconcileDifference(_ next: inout ComparisonState, _ layout: ComparisonLayout) -> [Effect] {
        var wanted: DifferenceRequest?
        if next.mode == .difference, let pair = next.pair, pair.keeper.photo.status == .ready,
            pair.other.photo.status == .ready,
            let frame = next.zoom.frame(
                of: pair.keeper.pixelSize, in: layout.picture.size, aspect: look.cellAspectRatio)
        {
            wanted = DifferenceRequest(
                first: pair.keeper.member, second: pair.other.member, region: frame.region, columns: frame.columns,
                rows: frame.rows)
        }
        guard wanted != next.difference?.request else { return [] }
        var effects: [Effect] = []
        if let earlier = next.difference, earlier.shown == nil { effects.append(.cancel(earlier.id)) }
        next.difference = nil
        guard let wanted else { return effects }
        let request = makeRequest()
        next.difference = ComparisonState.Difference(request: wanted, id: request)
        return effects + [.loadDifference(request, wanted)]
    }

    mutating func clusterLoaded(_ request: RequestID, _ details: ClusterDetails) {
        guard var next = duplicates.comparison, request == next.detailsRequest else { return }
        next.detailsRequest = nil
        let before = next.details.map { Set($0.photos.map(\.photo.id)) }
        next.loaded(details)
        duplicates.comparison = next
        if let before, before != Set(details.photos.map(\.photo.id)) {
            closeDecision()
            activity.notice = Notice(
                .warning, "the cluster changed meanwhile: it has \(counted(details.photos.count, "photo")) now")
        }
    }

    mutating func clusterPictureLoaded(_ request: RequestID, _ picture: Grid, isFinal: Bool) {
        guard var next = duplicates.comparison,
            let id = next.pictures.first(where: { $0.value.request?.id == request })?.key
        else { return }
        next.pictures[id]?.shown = picture
        next.pictures[id]?.isSharp = isFinal
        duplicates.comparison = next
    }

    mutating func differenceLoaded(_ request: RequestID, _ picture: DifferencePicture) {
        guard duplicates.comparison?.difference?.id == request else { return }
        duplicates.comparison?.difference?.shown = picture
    }

    /// What failed, if it was the comparison's; nil for anything else.
    mutating func comparisonFailed(_ request: RequestID, _ error: EngineError) -> [Effect]? {
        guard var next = duplicates.comparison else { return nil }
        defer { duplicates.comparison = next }
        if request == next.detailsRequest {
            next.detailsRequest = nil
            if error.isRetryable, error.code != .conflict, next.details != nil {
                // What is shown was true when it came.
                activity.notice = Notice(error)
            } else {
                (next.details, next.failure) = (nil, error)
                (next.pictures, next.mode) = ([:], .sideBySide)
                duplicates.isTotalsStale = true
                closeDecision()
            }
            return []
        }
        if request == next.difference?.id {
            next.difference?.failure = error.description
            return []
        }
        guard let id = next.pictures.first(where: { $0.value.request?.id == request })?.key else { return nil }
        next.pictures[id]?.isSharp = true
        next.pictures[id]?.failure = error.description
        // A coarse picture is better than none; why it gets no sharper is told.
        if next.pictures[id]?.shown != nil { activity.notice = Notice(.information, error.description) }
        return []
    }

    mutating func comparisonTimerFired(_ request: RequestID) -> [Effect]? {
        if request == duplicates.restTimer {
            duplicates.restTimer = nil
            return []
        }
        guard request == duplicates.comparison?.blinkTimer else { return nil }
        duplicates.comparison?.blinkTimer = nil
        guard context == .comparison, case .blink(let showsOther)? = duplicates.comparison?.mode else { return [] }
        duplicates.comparison?.mode = .blink(showsOther: !showsOther)
        return [nextBlinkTimer()]
    }

    mutating func nextBlinkTimer() -> Effect {
        let request = makeRequest()
        duplicates.comparison?.blinkTimer = request
        return .startTimer(request, seconds: ComparisonState.blinkSeconds)
    }

    /// Gives up what only the comparison waits for.
    mutating func leaveComparison() -> [Effect] {
        guard var next = duplicates.comparison else { return [] }
        var effects: [Effect] = []
        for request in [next.detailsRequest, next.blinkTimer, next.difference?.id].compactMap({ $0 }) {
            effects.append(.cancel(request))
        }
        for picture in next.pictures.values where !picture.isSharp {
            if let request = picture.request { effects.append(.cancel(request.id)) }
        }
        (next.detailsRequest, next.blinkTimer, next.difference) = (nil, nil, nil)
        (next.pictures, next.mode) = ([:], .sideBySide)
        next.isStale = true
        duplicates.comparison = next
        return effects
    }
}
