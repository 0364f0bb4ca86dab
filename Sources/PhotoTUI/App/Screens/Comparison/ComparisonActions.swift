import Core
import Grid

extension AppState {
    /// Opens the cluster the list's cursor is on.
    mutating func openCluster() -> [Effect] {
        guard let cluster = duplicates.cursorCluster else { return [] }
        return open(cluster.id)
    }

    mutating func open(_ cluster: ClusterID) -> [Effect] {
        var effects: [Effect] = []
        if duplicates.comparison?.cluster != cluster {
            effects = leaveComparison()
            let showsFacts = duplicates.comparison?.showsFacts ?? false
            duplicates.comparison = ComparisonState(cluster)
            duplicates.comparison?.showsFacts = showsFacts
        }
        return effects + goTo(.comparison)
    }

    mutating func performInComparison(_ action: Action) -> [Effect] {
        switch action {
        case .acceptProposal: return duplicates.restTimer == nil ? openDecision() : rest()
        case .chooseKeeper: chooseKeeper()
        case .keepToo: keepToo()
        case .keepAll: return openDistinction(title: "Keep all")
        case .notDuplicates: return openDistinction(title: "Not duplicates")
        case .stackPhotos: return openStacking()
        case .nextCluster: return openNeighbour(1)
        case .previousCluster: return openNeighbour(-1)
        case .nextMember: select(1)
        case .previousMember: select(-1)
        case .blink: return blink()
        case .autoBlink: return toggleAutoBlink()
        case .difference:
            let isOn = duplicates.comparison?.mode == .difference
            let effects = stopBlinking()
            duplicates.comparison?.mode = isOn ? .sideBySide : .difference
            return effects
        case .zoomIn, .zoomOut, .zoomFit, .zoomActual: zoomComparison(action)
        case .panLeft, .panRight, .panUp, .panDown: panComparison(action)
        case .toggleInfo: duplicates.comparison?.showsFacts.toggle()
        case .closeComparison: return closeComparison()
        default: break
        }
        return []
    }

    /// A key that is held down accepts nothing of the next cluster, which nobody has seen: until it rests, it is not taken.
    mutating func rest() -> [Effect] {
        let request = makeRequest()
        defer { duplicates.restTimer = request }
        return (duplicates.restTimer.map { [.cancel($0)] } ?? [])
            + [.startTimer(request, seconds: ComparisonState.restSeconds)]
    }

    private mutating func chooseKeeper() {
        guard let photo = duplicates.comparison?.selectedPhoto else { return }
        if photo.photo.isMissing {
            activity.notice = Notice(.warning, "no file of it is there: it can't be kept in place of one that is")
            return
        }
        let former = duplicates.comparison?.keeper
        duplicates.comparison?.hasChosen = true
        duplicates.comparison?.keeper = photo.photo.id
        duplicates.comparison?.alsoKept.remove(photo.photo.id)
        // What a reference folder keeps stays kept beside another keeper.
        if let former, duplicates.comparison?.details?.alwaysKept.contains(former) == true, former != photo.photo.id {
            duplicates.comparison?.alsoKept.insert(former)
        }
    }

    private mutating func keepToo() {
        guard let photo = duplicates.comparison?.selectedPhoto?.photo.id else { return }
        duplicates.comparison?.hasChosen = true
        if photo == duplicates.comparison?.keeper {
            activity.notice = Notice(
                .information, "it is the one to keep: \(keyMap.keyName(for: .chooseKeeper)) on another changes that")
        } else if duplicates.comparison?.alsoKept.remove(photo) == nil {
            duplicates.comparison?.alsoKept.insert(photo)
        }
    }

    private mutating func select(_ step: Int) {
        guard let comparison = duplicates.comparison, !comparison.photos.isEmpty else { return }
        let target = comparison.selected + step
        guard comparison.photos.indices.contains(target) else {
            activity.notice = Notice(.information, step > 0 ? "this is the last photo" : "this is the first photo")
            return
        }
        duplicates.comparison?.selected = target
    }

    /// Leaves the cluster as it is and goes on.
    private mutating func openNeighbour(_ step: Int) -> [Effect] {
        let clusters = duplicates.window.clusters
        let current = clusters.firstIndex { $0.id == duplicates.comparison?.cluster }
        // Where the cluster is gone, the cursor is on what took its place.
        let target = current.map { $0 + step } ?? duplicates.cursor + (step > 0 ? 0 : -1)
        guard clusters.indices.contains(target) else {
            let more = step > 0 ? duplicates.window.after != nil : duplicates.window.before != nil
            activity.notice = Notice(
                .information,
                more
                    ? "more clusters are on their way"
                    : step > 0 ? "this is the last cluster" : "this is the first cluster")
            return []
        }
        duplicates.move(to: target)
        return openCluster()
    }

    private mutating func blink() -> [Effect] {
        let effects = stopBlinking()
        if case .blink(let showsOther)? = duplicates.comparison?.mode {
            duplicates.comparison?.mode = .blink(showsOther: !showsOther)
        } else {
            duplicates.comparison?.mode = .blink(showsOther: false)
        }
        return effects
    }

    private mutating func toggleAutoBlink() -> [Effect] {
        if duplicates.comparison?.blinkTimer != nil { return stopBlinking() }
        if duplicates.comparison?.isBlinking == false { duplicates.comparison?.mode = .blink(showsOther: false) }
        return [nextBlinkTimer()]
    }

    private mutating func stopBlinking() -> [Effect] {
        guard let timer = duplicates.comparison?.blinkTimer else { return [] }
        duplicates.comparison?.blinkTimer = nil
        return [.cancel(timer)]
    }

    /// Back to the photos side by side, from there to the list.
    private mutating func closeComparison() -> [Effect] {
        guard duplicates.comparison?.mode == .sideBySide else {
            let effects = stopBlinking()
            duplicates.comparison?.mode = .sideBySide
            return effects
        }
        duplicates.sought = nil
        return goTo(.duplicates)
    }

    /// Where a picture shows at scale 1, and how large it is: all photos are zoomed as this one.
    private var zoomed: (area: GridSize, pixelSize: PixelSize?)? {
        guard let comparison = duplicates.comparison, let layout = comparisonLayout else { return nil }
        let photo = comparison.selectedPhoto ?? comparison.keeperPhoto
        let area = layout.panes.first?.picture.size ?? layout.picture.size
        return (area, comparison.mode == .sideBySide ? photo?.shownSize : comparison.keeperPhoto?.shownSize)
    }

    private mutating func zoomComparison(_ action: Action) {
        guard let (area, pixelSize) = zoomed, var zoom = duplicates.comparison?.zoom else { return }
        let aspect = look.cellAspectRatio
        let scale: Double =
            switch action {
            case .zoomIn: zoom.scale * 1.5
            case .zoomOut: zoom.scale / 1.5
            case .zoomFit: 1
            default: PictureZoom.actualScale(pixelSize, in: area, aspect: aspect)
            }
        zoom.zoom(to: scale, of: pixelSize, in: area, aspect: aspect)
        duplicates.comparison?.zoom = zoom
    }

    private mutating func panComparison(_ action: Action) {
        let (x, y): (Double, Double) =
            switch action {
            case .panLeft: (-1, 0)
            case .panRight: (1, 0)
            case .panUp: (0, -1)
            default: (0, 1)
            }
        guard let (area, pixelSize) = zoomed, var zoom = duplicates.comparison?.zoom else { return }
        if zoom.scale <= 1 { return select(x + y > 0 ? 1 : -1) }
        if !zoom.pan(x: x, y: y, of: pixelSize, in: area, aspect: look.cellAspectRatio) {
            activity.notice = Notice(.information, "the photo ends here")
        }
        duplicates.comparison?.zoom = zoom
    }

    /// Why an action can't be done with the cluster that is looked at; nil when it can.
    func reasonUnavailableInComparison(_ action: Action) -> String? {
        let comparison = duplicates.comparison
        let count = comparison?.photos.count ?? 0
        switch action {
        case .acceptProposal, .keepAll, .notDuplicates, .stackPhotos:
            if count == 0 { return comparison?.failure == nil ? "it is being read" : "there is no such cluster now" }
            if duplicates.change != nil { return "the last decision is being saved" }
            if action == .stackPhotos {
                return comparison?.details?.stacks.isEmpty == false ? nil : "no burst or the like is recognised in it"
            }
            if action == .acceptProposal, comparison?.hasChosen == false, comparison?.details?.stacks.isEmpty == false {
                return "choose what to keep, or \(keyMap.keyName(for: .stackPhotos)) keeps them together"
            }
            if action != .acceptProposal, count > ResolutionRequest.mostDistinct {
                return "more than \(ResolutionRequest.mostDistinct) photos can't be decided on at once"
            }
            return nil
        case .chooseKeeper, .keepToo, .nextMember, .previousMember, .toggleInfo, .copyPath:
            return count == 0 ? "there is no photo here" : nil
        case .blink, .autoBlink, .difference:
            if action == .autoBlink, look.isStill { return "motion is switched off" }
            return comparison?.pair == nil ? "there is nothing to compare" : nil
        case .zoomIn, .zoomOut, .zoomActual, .zoomFit:
            return zoomed?.pixelSize == nil ? "the photo's size isn't known yet" : nil
        default: return nil
        }
    }

    /// The photos under the mouse.
    mutating func handleInComparison(_ event: MouseEvent) -> [Effect] {
        switch event.action {
        case .wheelDown: return openNeighbour(1)
        case .wheelUp: return openNeighbour(-1)
        case .press(.right): return closeComparison()
        case .press(.left):
            let panes = comparisonLayout?.panes ?? []
            let hit = panes.first { pane in
                [pane.picture, pane.caption, pane.facts].contains { $0.contains(event.position) }
            }
            if let hit { duplicates.comparison?.selected = hit.index }
        default: break
        }
        return []
    }
}
