import Core
import Grid

extension AppState {
    /// Asks for the list where it may be another by now.
    mutating func reconcilePlaces() -> [Effect] {
        guard context == .places, places.request == nil, places.retryTimer == nil, places.isStale else { return [] }
        let request = makeRequest()
        (places.request, places.isStale) = (request, false)
        return [.loadPlaceList(request)]
    }

    mutating func leavePlaces() -> [Effect] {
        let given = [places.request, places.retryTimer].compactMap { $0 }
        (places.request, places.retryTimer, places.isStale) = (nil, nil, true)
        return given.map { .cancel($0) }
    }

    mutating func placeListLoaded(_ request: RequestID, _ list: PlaceList) {
        guard request == places.request else { return }
        places.request = nil
        places.show(list)
    }

    /// What failed, if it was the list of places; the effects, or nil for anything else.
    mutating func placesFailed(_ request: RequestID, _ error: EngineError) -> [Effect]? {
        guard request == places.request else { return nil }
        (places.request, places.isStale) = (nil, true)
        if case .ready = places.phase { activity.notice = Notice(error) } else { places.phase = .failed(error) }
        let timer = makeRequest()
        places.retryTimer = timer
        return [.startTimer(timer, seconds: TimelineState.retryPause)]
    }

    mutating func placesTimerFired(_ request: RequestID) -> [Effect]? {
        guard request == places.retryTimer else { return nil }
        places.retryTimer = nil
        return []
    }

    mutating func performInPlaces(_ action: Action) -> [Effect] {
        let (cursor, visible) = (places.cursor, places.visibleCount)
        switch action {
        case .moveUp: places.move(to: cursor - 1)
        case .moveDown: places.move(to: cursor + 1)
        case .halfPageDown: places.move(to: cursor + max(1, visible / 2))
        case .halfPageUp: places.move(to: cursor - max(1, visible / 2))
        case .pageDown: places.move(to: cursor + visible)
        case .pageUp: places.move(to: cursor - visible)
        case .firstPlace: places.move(to: 0)
        case .lastPlace: places.move(to: places.rows.count - 1)
        case .openPlace: return openPlace()
        case .toggleMap: places.toggleMap()
        case .zoomIn: places.zoom(by: 1)
        case .zoomOut: places.zoom(by: -1)
        case .zoomFit: places.zoom(by: -PlacesState.mostZoom)
        case .closePlaces: return goTo(.timeline)
        default: break
        }
        return []
    }

    /// The timeline of those photos whose place says so.
    private mutating func openPlace() -> [Effect] {
        guard let row = places.cursorRow else { return [] }
        let effects = goTo(.timeline)
        timeline.search.text = "in:\"\(row.place.replacing("\"", with: " "))\""
        return effects + applySearch()
    }

    func reasonUnavailableInPlaces(_ action: Action) -> String? {
        switch action {
        case .openPlace, .moveUp, .moveDown, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .firstPlace, .lastPlace,
            .toggleMap:
            places.rows.isEmpty ? "no place is known" : nil
        case .zoomIn, .zoomOut, .zoomFit:
            !places.showsMap
                ? "there is no map: \(keyMap.keyName(for: .toggleMap)) shows it"
                : action != .zoomIn && places.zoom == 0
                    ? "it is the whole world"
                    : action == .zoomIn && places.zoom == PlacesState.mostZoom ? "it is as near as it gets" : nil
        default: nil
        }
    }

    mutating func handleInPlaces(_ event: MouseEvent) -> [Effect] {
        if places.showsMap, places.mapArea.contains(event.position) { return handleOnMap(event) }
        switch event.action {
        case .wheelDown: places.move(to: places.cursor + 1)
        case .wheelUp: places.move(to: places.cursor - 1)
        case .press(.right): return goTo(.timeline)
        case .press(.left):
            let line = event.position.row - places.listArea.row
            guard places.listArea.contains(event.position), line >= 0, places.visible.contains(places.top + line) else {
                return []
            }
            if places.top + line == places.cursor { return openPlace() }
            places.move(to: places.top + line)
        default: break
        }
        return []
    }

    /// The wheel brings it nearer; a click goes to the city below it, a second one to its photos.
    private mutating func handleOnMap(_ event: MouseEvent) -> [Effect] {
        switch event.action {
        case .wheelUp: places.zoom(by: 1)
        case .wheelDown: places.zoom(by: -1)
        case .press(.right): return goTo(.timeline)
        case .press(.left):
            let (origin, frame) = (places.mapArea.origin, places.frame(aspect: look.cellAspectRatio))
            let cell = Position(row: event.position.row - origin.row, column: event.position.column - origin.column)
            guard let row = places.row(at: cell, in: frame) else { return [] }
            if row == places.cursor { return openPlace() }
            places.move(to: row)
        default: break
        }
        return []
    }
}
