import Core
import Grid
import Widgets

extension AppState {
    mutating func openDuplicates() -> [Effect] {
        duplicates.isTotalsStale = true
        return goTo(.duplicates)
    }

    /// Goes to a view, leaving the one that shows.
    mutating func goTo(_ next: KeyContext) -> [Effect] {
        guard next != context else { return [] }
        var effects: [Effect] = []
        lastContext = context
        switch context {
        case .viewer: effects = leaveViewer()
        case .comparison where next != .duplicates: effects = leaveDuplicates()
        case .comparison: effects = leaveComparison()
        case .duplicates where next != .comparison: effects = leaveDuplicates()
        case .queues, .messages, .workers, .dead, .jobs, .inbox, .health, .costs: effects = leaveConsole()
        case .trash: effects = leaveTrash()
        case .places: effects = leavePlaces()
        case .albums: effects = leaveAlbums()
        case .timeline, .duplicates: break
        }
        context = next
        if next == .timeline { timeline.showCursor() }
        if next.isConsole { reflowConsole() }
        return effects
    }

    /// The view behind the one that shows, and back to the first.
    mutating func openNextView() -> [Effect] {
        switch context {
        case .timeline: timeline.cursorEntry == nil ? openDuplicates() : openViewer()
        case .viewer: openDuplicates()
        case .duplicates, .comparison, .trash, .places, .albums:
            goTo(console?.hasBroker == true ? .queues : console == nil ? .timeline : .jobs)
        case .queues, .messages: goTo(.workers)
        case .workers: goTo(.dead)
        case .dead: goTo(.jobs)
        case .jobs: goTo(.inbox)
        case .inbox: goTo(.health)
        case .health: goTo(hasJobsOfLibrary ? .costs : .queues)
        case .costs: goTo(hasLibrary ? .timeline : .queues)
        }
    }

    /// The view before, as long as it has something to show.
    mutating func openLastView() -> [Effect] {
        switch lastContext {
        case .comparison where duplicates.comparison != nil: goTo(.comparison)
        case .viewer where timeline.cursorEntry != nil: openViewer()
        case .duplicates where context != .duplicates: openDuplicates()
        case .messages where console?.messages != nil: goTo(.messages)
        case .trash where context != .trash: goTo(.trash)
        case .places where context != .places: goTo(.places)
        case .albums where context != .albums: goTo(.albums)
        case .queues, .workers, .dead, .jobs, .inbox, .health, .costs: goTo(lastContext)
        default: context == .timeline || !hasLibrary ? openNextView() : goTo(.timeline)
        }
    }

    mutating func performInDuplicates(_ action: Action) -> [Effect] {
        let (cursor, visible) = (duplicates.cursor, duplicates.visibleCount)
        switch action {
        case .moveUp: duplicates.move(to: cursor - 1)
        case .moveDown: moveInDuplicates(by: 1)
        case .halfPageDown: moveInDuplicates(by: max(1, visible / 2))
        case .halfPageUp: duplicates.move(to: cursor - max(1, visible / 2))
        case .pageDown: moveInDuplicates(by: visible)
        case .pageUp: duplicates.move(to: cursor - visible)
        case .firstCluster:
            guard duplicates.window.before != nil else {
                duplicates.move(to: 0)
                return []
            }
            return restartDuplicates()
        case .lastCluster:
            guard duplicates.window.after != nil else {
                duplicates.move(to: duplicates.window.clusters.count - 1)
                return []
            }
            return restartDuplicates(fromEnd: true)
        case .openCluster: return openCluster()
        case .nextOrder:
            let orders = ClusterQuery.Order.allCases
            let index = orders.firstIndex(of: duplicates.order) ?? 0
            duplicates.order = orders[(index + 1) % orders.count]
            return restartDuplicates()
        case .filter:
            layers.append(.clusterFilter(TextField(duplicates.filterText), before: duplicates.filterText))
        case .exactOnly: return toggleFilter(\.exactOnly)
        case .sameOnly: return toggleFilter(\.sameOnly)
        case .certainOnly: return toggleFilter(\.certainOnly)
        case .largerThumbnails: resizeDuplicates(by: 1)
        case .smallerThumbnails: resizeDuplicates(by: -1)
        case .comparePhotos: return startScan()
        case .closeDuplicates:
            if duplicates.filter.isEmpty { return goTo(.timeline) }
            duplicates.filterText = ""
            return applyClusterFilter()
        default: break
        }
        return []
    }

    private mutating func moveInDuplicates(by count: Int) {
        let last = duplicates.window.clusters.count - 1
        if duplicates.cursor == last, duplicates.window.after != nil {
            activity.notice = Notice(.information, "more clusters are on their way")
        }
        duplicates.move(to: duplicates.cursor + count)
    }

    private mutating func resizeDuplicates(by step: Int) {
        duplicates.size = min(max(0, duplicates.size + step), DuplicatesState.rowHeights.count - 1)
        duplicates.showCursor()
    }

    /// Reads the list anew, for another order or filter, or from its other end.
    mutating func restartDuplicates(fromEnd: Bool = false) -> [Effect] {
        var effects: [Effect] = []
        if let request = duplicates.pageRequest { effects.append(.cancel(request.id)) }
        duplicates.pageRequest = nil
        duplicates.restart(fromEnd: fromEnd)
        return effects
    }

    private mutating func toggleFilter(_ condition: WritableKeyPath<DuplicatesFilter, Bool>) -> [Effect] {
        var filter = duplicates.filter
        filter[keyPath: condition].toggle()
        duplicates.filterText = filter.typed
        return applyClusterFilter()
    }

    /// Waits a moment for more typing before it asks the catalogue.
    mutating func clusterFilterTyped(_ text: String) -> [Effect] {
        duplicates.filterText = text
        var effects: [Effect] = []
        if let earlier = duplicates.filterTimer { effects.append(.cancel(earlier)) }
        let request = makeRequest()
        duplicates.filterTimer = request
        return effects + [.startTimer(request, seconds: 0.2)]
    }

    mutating func applyClusterFilter() -> [Effect] {
        let filter = DuplicatesFilter(typed: duplicates.filterText)
        guard filter != duplicates.filter else { return [] }
        duplicates.filter = filter
        return restartDuplicates()
    }

    private mutating func startScan() -> [Effect] {
        let request = makeRequest()
        duplicates.scanRequest = request
        duplicates.scan = ScanStatus(compared: 0, total: duplicates.totals?.uncompared ?? 0, secondsLeft: nil)
        return [.scanDuplicates(request)]
    }

    mutating func scanProgressed(_ request: RequestID, _ status: ScanStatus) {
        if request == duplicates.scanRequest { duplicates.scan = status }
    }

    mutating func scanEnded(_ request: RequestID, _ notice: Notice) {
        guard request == duplicates.scanRequest else { return }
        (duplicates.scanRequest, duplicates.scan) = (nil, nil)
        duplicates.isTotalsStale = true
        activity.notice = notice
    }

    /// Why an action can't be done in the list; nil when it can.
    func reasonUnavailableInDuplicates(_ action: Action) -> String? {
        switch action {
        case .moveUp, .moveDown, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .firstCluster, .lastCluster,
            .openCluster:
            return duplicates.window.clusters.isEmpty ? "there is no cluster" : nil
        case .largerThumbnails:
            return duplicates.size + 1 < DuplicatesState.rowHeights.count ? nil : "they are the largest"
        case .smallerThumbnails: return duplicates.size > 0 ? nil : "they are the smallest"
        case .comparePhotos:
            if duplicates.scanRequest != nil { return "it is under way" }
            return duplicates.totals?.uncompared == 0 ? "all photos were compared" : nil
        default: return nil
        }
    }

    /// The list under the mouse.
    mutating func handleInDuplicates(_ event: MouseEvent) -> [Effect] {
        switch event.action {
        case .wheelDown: duplicates.scroll(by: 1)
        case .wheelUp: duplicates.scroll(by: -1)
        case .press(.right): return goTo(.timeline)
        case .press(.left):
            let area = duplicates.area
            let line = event.position.row - area.row - 1
            guard area.contains(event.position), line >= 0 else { return [] }
            let index = duplicates.top + line / duplicates.rowHeight
            guard duplicates.visible.contains(index) else { return [] }
            if index == duplicates.cursor { return openCluster() }
            duplicates.move(to: index)
        default: break
        }
        return []
    }
}
