import Core
import Grid

extension AppState {
    /// Asks for what the wall lacks.
    mutating func reconcileAlbums() -> [Effect] {
        guard context == .albums else { return [] }
        var effects = reconcileEvents()
        if albums.request == nil, albums.retryTimer == nil {
            if albums.isStale {
                effects.append(loadAlbums(after: nil, limit: max(AlbumsState.page, albums.albums.count)))
            } else if !albums.isComplete, albums.wall.rows - albums.top < 3 * max(1, albums.area.rows),
                let last = albums.last
            {
                effects.append(loadAlbums(after: last, limit: AlbumsState.page))
            }
        }
        let wanted = albums.unsummarized
        if albums.summaryRequest == nil, !wanted.isEmpty {
            let request = makeRequest()
            albums.summaryRequest = request
            albums.asked.formUnion(wanted.map(\.id))
            effects.append(.loadFoundSummaries(request, wanted))
        }
        return effects
    }

    private mutating func loadAlbums(after: CollectionName?, limit: Int) -> Effect {
        let request = makeRequest()
        (albums.request, albums.isStale, albums.isContinuing) = (request, false, after != nil)
        return .loadAlbums(request, after: after, limit: limit)
    }

    mutating func leaveAlbums() -> [Effect] {
        let given = [albums.request, albums.retryTimer, albums.summaryRequest, albums.events.request]
            .compactMap { $0 }
        (albums.request, albums.retryTimer, albums.summaryRequest, albums.events.request) = (nil, nil, nil, nil)
        albums.markStale()
        return given.map { .cancel($0) }
    }

    mutating func albumsLoaded(_ request: RequestID, _ found: [ListedAlbum], limit: Int) {
        guard request == albums.request else { return }
        albums.request = nil
        albums.isComplete = found.count < limit
        albums.last = found.last.flatMap { try? .album($0.album.name) } ?? albums.last
        albums.show(found, tilesPerLine: timeline.tilesPerLine(of: albums.area), tileRows: albumTileRows)
    }

    mutating func foundSummarized(_ request: RequestID, _ album: AlbumID, _ summary: FoundSummary) {
        guard request == albums.summaryRequest else { return }
        albums.summaries[album] = summary
    }

    mutating func foundSummariesEnded(_ request: RequestID) {
        if request == albums.summaryRequest { albums.summaryRequest = nil }
    }

    /// What failed, if it was the albums; the effects, or nil for anything else.
    mutating func albumsFailed(_ request: RequestID, _ error: EngineError) -> [Effect]? {
        if request == albums.summaryRequest {
            albums.summaryRequest = nil
            return []
        }
        if eventsFailed(request, error) { return [] }
        guard request == albums.request else { return nil }
        (albums.request, albums.isStale) = (nil, true)
        if case .ready = albums.phase { activity.notice = Notice(error) } else { albums.phase = .failed(error) }
        let timer = makeRequest()
        albums.retryTimer = timer
        return [.startTimer(timer, seconds: TimelineState.retryPause)]
    }

    mutating func albumsTimerFired(_ request: RequestID) -> [Effect]? {
        guard request == albums.retryTimer else { return nil }
        albums.retryTimer = nil
        return []
    }

    var albumTileRows: Int { timeline.pictureSize.rows + AlbumsState.captionRows }

    mutating func layAlbums() {
        albums.lay(tilesPerLine: timeline.tilesPerLine(of: albums.area), tileRows: albumTileRows)
    }

    mutating func performInAlbums(_ action: Action) -> [Effect] {
        let cursor = albums.cursor
        let lines = max(1, albums.wallArea.rows / albumTileRows)
        func moved(_ lines: Int) -> Int { albums.wall.album(lines: lines, from: cursor) }
        switch action {
        case .moveLeft: albums.move(to: cursor - 1)
        case .moveRight: albums.move(to: cursor + 1)
        case .moveUp: albums.move(to: moved(-1))
        case .moveDown: albums.move(to: moved(1))
        case .halfPageDown: albums.move(to: moved(max(1, lines / 2)))
        case .halfPageUp: albums.move(to: moved(-max(1, lines / 2)))
        case .pageDown: albums.move(to: moved(lines))
        case .pageUp: albums.move(to: moved(-lines))
        case .firstAlbum: albums.move(to: 0)
        case .lastAlbum: albums.move(to: albums.tileCount - 1)
        case .largerThumbnails, .smallerThumbnails:
            timeline.resizeThumbnails(by: action == .largerThumbnails ? 1 : -1)
            layAlbums()
        case .openAlbum: return albums.cursorAlbum.map { open($0.album) } ?? []
        case .createAlbum: return prompt(.createAlbum(query: nil))
        case .renameAlbum: return albums.cursorAlbum.map { prompt(.renameAlbum($0.album)) } ?? []
        case .describeAlbum: return albums.cursorAlbum.map { prompt(.describeAlbum($0.album)) } ?? []
        case .deleteAlbum: return albums.cursorAlbum.map { prompt(.deleteAlbum($0.album)) } ?? []
        case .showEvents, .acceptEvent, .refuseEvent: return performOnEvents(action)
        case .closeAlbums: return openTimeline()
        default: break
        }
        return []
    }

    func reasonUnavailableInAlbums(_ action: Action) -> String? {
        switch action {
        case .moveLeft, .moveRight, .moveUp, .moveDown, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .firstAlbum,
            .lastAlbum:
            return albums.tileCount == 0 ? "there is no album" : nil
        case .openAlbum, .renameAlbum, .describeAlbum, .deleteAlbum, .exportPhotos, .sharePhotos:
            return albums.cursorEvent != nil
                ? reasonAgainstEvent : albums.cursorAlbum == nil ? "there is no album" : nil
        case .showEvents, .acceptEvent, .refuseEvent: return reasonUnavailableOnEvents(action)
        case .largerThumbnails, .smallerThumbnails: return reasonUnavailableOnPhotos(action)
        case .undo: return undoSteps.isEmpty ? "nothing was changed" : nil
        default: return nil
        }
    }

    mutating func handleInAlbums(_ event: MouseEvent) -> [Effect] {
        switch event.action {
        case .wheelDown: albums.move(to: albums.wall.album(lines: 1, from: albums.cursor))
        case .wheelUp: albums.move(to: albums.wall.album(lines: -1, from: albums.cursor))
        case .press(.right): return openTimeline()
        case .press(.left):
            let area = albums.wallArea
            let pitch = timeline.pictureSize.columns + TimelineState.gap
            let across = event.position.column - area.column - 1
            guard area.contains(event.position), across >= 0, across % pitch < timeline.pictureSize.columns,
                let album = albums.wall.album(
                    atRow: event.position.row - area.row + albums.top, column: across / pitch)
            else { return [] }
            if album == albums.cursor {
                if let album = albums.cursorAlbum { return open(album.album) }
                activity.notice = Notice(.information, reasonAgainstEvent)
            }
            albums.move(to: album)
        default: break
        }
        return []
    }
}
