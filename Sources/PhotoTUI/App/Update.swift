import Core
import Grid

/// Changes the state by what happened, and tells what is to be done about it. Pure: no clock, no input, no output.
public func update(_ state: inout AppState, _ message: Message) -> [Effect] {
    var effects: [Effect]
    switch message {
    // Hundreds come at once, and none changes what is wanted but by its own key.
    case .thumbnailLoaded(let key, let picture):
        state.timeline.store(.drawn(picture), for: key)
        return []
    case .thumbnailFailed(let key, let reason):
        state.timeline.store(.failed(reason), for: key)
        return []
    case .input(let event): effects = state.handle(event)
    default: effects = state.apply(message)
    }
    effects += state.reconcileTimeline()
    effects += state.reconcileSearch()
    effects += state.reconcileViewer()
    effects += state.reconcileDuplicates()
    effects += state.reconcileTrash()
    effects += state.reconcilePlaces()
    effects += state.reconcileAlbums()
    effects += state.reconcileConsole()
    effects += state.reconcileThumbnails()
    return effects
}

extension AppState {
    /// What to do first.
    public mutating func start() -> [Effect] {
        hasStarted = true
        return hasLibrary ? reloadMonths() : reconcileConsole()
    }

    mutating func apply(_ message: Message) -> [Effect] {
        switch message {
        case .input, .thumbnailLoaded, .thumbnailFailed: return []
        case .monthsLoaded(let request, let months): return monthsLoaded(request, months)
        case .entriesLoaded(let request, let entries):
            guard let key = timeline.chunkRequests.removeValue(forKey: request) else { return [] }
            timeline.windows.store(entries, at: key)
            if timeline.cursorPhoto == nil || timeline.locateRequest == nil {
                timeline.cursorPhoto = timeline.cursorEntry?.id ?? timeline.cursorPhoto
            }
        case .placesLoaded(let request, let places):
            guard let month = timeline.placeRequests.removeValue(forKey: request) else { return [] }
            timeline.places[month] = places
        case .located(let request, let located): locatedPhoto(request, located)
        case .collected(let request, let entries):
            guard request == timeline.rangeRequest else { return [] }
            timeline.rangeRequest = nil
            for entry in entries { timeline.marks[entry.id] = entry.isFavourite }
            activity.notice = Notice(.success, "\(counted(timeline.marks.count, "photo")) marked")
        case .searched(let request, let page, let limit): return searched(request, page, limit: limit)
        case .albumPhotosLoaded(let request, let found, let limit):
            return albumPhotosLoaded(request, found, limit: limit)
        case .searchCounted(let request, let count): searchCounted(request, count)
        case .searchCompleted(let request, let proposals): searchCompleted(request, proposals)
        case .searchesLoaded(let request, let past): searchesLoaded(request, past)
        case .photoLoaded(let request, let details): viewer?.photoLoaded(request, details)
        case .pictureLoaded(let request, let picture, let isFinal):
            viewer?.pictureLoaded(request, picture, isFinal: isFinal)
            clusterPictureLoaded(request, picture, isFinal: isFinal)
        case .storyLoaded(let request, let lines): storyLoaded(request, lines)
        case .favouritesSet(let request, let count): favouritesSet(request, count)
        case .edited(let request, let edits): return edited(request, edits)
        case .editsUndone(let request, let undone): return editsUndone(request, undone)
        case .namesSuggested(let request, let names): namesSuggested(request, names)
        case .pathsCopied(let request, let copied, let wanted):
            guard request == copyRequest else { return [] }
            copyRequest = nil
            activity.notice =
                copied == wanted
                ? Notice(.success, "\(counted(copied, "path")) copied to the terminal's clipboard")
                : Notice(.warning, "\(copied) of \(counted(wanted, "path")) copied: the clipboard takes no more")
        case .exportProgressed(let request, let done, let total):
            guard leaving.contains(request) else { return [] }
            activity.notice = Notice(.information, "exporting: \(done) of \(counted(total, "file"))")
        case .exported(let request, let notice):
            if leaving.remove(request) != nil { activity.notice = notice }
        case .sidecarsPlanned(let request, let plan): sidecarsPlanned(request, plan)
        case .sidecarsProgressed(let request, let done, let total):
            guard leaving.contains(request) else { return [] }
            activity.notice = Notice(.information, "writing sidecars: \(done) of \(counted(total, "photo"))")
        case .sidecarsWritten(let request, let notice): return sidecarsWritten(request, notice)
        case .shared(let request, let share, let isCopied): shared(request, share, isCopied: isCopied)
        case .shareRevoked(let request): shareRevoked(request)
        case .timerFired(let request): return timerFired(request)
        case .failed(let request, let error): return failed(request, error)
        case .catalogChanged: return catalogChanged()
        default: return applyToConsole(message) ?? applyToDuplicates(message)
        }
        return []
    }

    private mutating func applyToDuplicates(_ message: Message) -> [Effect] {
        switch message {
        case .clustersLoaded(let request, let page): clustersLoaded(request, page)
        case .clusterTotalsLoaded(let request, let totals): clusterTotalsLoaded(request, totals)
        case .clusterSummarized(let request, let id, let summary): clusterSummarized(request, id, summary)
        case .clusterLoaded(let request, let details): clusterLoaded(request, details)
        case .differenceLoaded(let request, let picture): differenceLoaded(request, picture)
        case .resolved(let request, let resolution): return resolved(request, resolution)
        case .lastDecisionLoaded(let request, let last): lastDecisionLoaded(request, last)
        case .resolutionUndone(let request, let undone): return resolutionUndone(request, undone)
        case .decidedDistinct(let request, let decision): return decidedDistinct(request, decision)
        case .stacked(let request, let made): return stacked(request, made)
        case .scanProgressed(let request, let status): scanProgressed(request, status)
        case .scanEnded(let request, let notice): scanEnded(request, notice)
        case .trashLoaded(let request, let page): trashLoaded(request, page)
        case .trashRestored(let request, let photos): trashRestored(request, photos)
        case .emptyingPlanned(let request, let sums): emptyingPlanned(request, sums)
        case .placeListLoaded(let request, let list): placeListLoaded(request, list)
        case .albumsLoaded(let request, let found, let limit): albumsLoaded(request, found, limit: limit)
        case .eventsLoaded(let request, let found): eventsLoaded(request, found)
        case .foundSummarized(let request, let album, let summary): foundSummarized(request, album, summary)
        case .foundSummariesEnded(let request): foundSummariesEnded(request)
        case .trashEmptied(let request, let sums): trashEmptied(request, sums)
        default: applyActivity(message)
        }
        return []
    }

    private mutating func applyActivity(_ message: Message) {
        switch message {
        case .importProgressed(let status): activity.importing = status
        case .importEnded(let notice):
            activity.importing = nil
            activity.notice = notice
        case .jobsCounted(let waiting, let dead): (activity.waitingJobs, activity.deadJobs) = (waiting, dead)
        case .warning(let subject, let text):
            activity.warnings.removeAll { $0.subject == subject }
            activity.warnings.append(Activity.Warning(subject: subject, text: text))
            // The whole line until the next key: beside the footer's hints a narrow screen shows only its beginning.
            activity.notice = Notice(.warning, text)
        case .warningEnded(let subject): activity.warnings.removeAll { $0.subject == subject }
        case .noticed(let notice): activity.notice = notice
        case .themeUsed(let name): theme = name
        case .settingsRead(let keyMap, let themes): (self.keyMap, self.themes) = (keyMap, themes)
        case .libraryFailed(let error): timeline.phase = .failed(error)
        default: break
        }
    }

    private mutating func monthsLoaded(_ request: RequestID, _ months: [MonthCount]) -> [Effect] {
        guard request == timeline.monthsRequest else { return [] }
        timeline.monthsRequest = nil
        timeline.phase = .ready
        let before = timeline.cursorPlace.map { (timeline.layout.months[$0.month].month, $0.index) }
        // The cursor keeps its place within its month, whatever was added to newer ones; `locate` then finds its photo.
        let screenRow = timeline.cursorPlace.map { timeline.layout.row(of: $0) - timeline.top } ?? 0
        timeline.layout = TimelineLayout(
            months: months, columns: timeline.tilesPerLine, tileRows: timeline.pictureSize.rows + 1)
        if timeline.hasMoved || context == .viewer, let (month, index) = before,
            let found = timeline.layout.index(of: month)
        {
            let last = timeline.layout.months[found].count - 1
            let isSame = timeline.layout.months[found].month == month
            let place = TimelineLayout.Place(month: found, index: isSame ? min(index, last) : 0)
            timeline.cursor = timeline.layout.ordinal(of: place)
            timeline.top = timeline.layout.row(of: place) - screenRow
        } else {
            (timeline.cursor, timeline.top, timeline.cursorPhoto) = (0, 0, nil)
        }
        timeline.showCursor()
        var effects = locateCursor()
        if timeline.isDirty { effects += reloadMonths() }
        return effects
    }

    private mutating func locatedPhoto(_ request: RequestID, _ located: LocatedPhoto?) {
        guard request == timeline.locateRequest else { return }
        timeline.locateRequest = nil
        guard let located, located.photo == timeline.cursorPhoto,
            let month = timeline.layout.index(of: located.month),
            timeline.layout.months[month].month == located.month,
            located.index < timeline.layout.months[month].count
        else {
            timeline.cursorPhoto = timeline.cursorEntry?.id
            return
        }
        let place = TimelineLayout.Place(month: month, index: located.index)
        if let current = timeline.cursorPlace {
            timeline.top += timeline.layout.row(of: place) - timeline.layout.row(of: current)
        }
        timeline.cursor = timeline.layout.ordinal(of: place)
        timeline.showCursor()
    }

    mutating func catalogChanged() -> [Effect] {
        duplicatesChanged()
        (trash.isStale, places.isStale) = (true, true)
        albums.markStale()
        timeline.windows.markStale()
        timeline.thumbnails.forgetFailures()
        timeline.places = [:]
        if timeline.search.isActive { return searchAgain() }
        if timeline.monthsRequest != nil {
            timeline.isDirty = true
            return []
        }
        return reloadMonths()
    }

    private mutating func failed(_ request: RequestID, _ error: EngineError) -> [Effect] {
        if request == timeline.monthsRequest {
            timeline.monthsRequest = nil
            if case .ready = timeline.phase {
                activity.notice = Notice(error)
                timeline.isDirty = true
            } else {
                timeline.phase = .failed(error)
                return []
            }
            return retryLater()
        } else if let key = timeline.chunkRequests.removeValue(forKey: request) {
            // What is shown stays: it was true when it came.
            timeline.unansweredChunks.insert(key)
            activity.notice = Notice(error)
            return retryLater()
        } else if let month = timeline.placeRequests.removeValue(forKey: request) {
            timeline.unansweredPlaces.insert(month)
            return retryLater()
        } else if searchFailed(request, error) {
            if case .loading = timeline.phase { timeline.phase = .failed(error) }
        } else if storyFailed(request, error) {
            return []
        } else if request == timeline.locateRequest {
            timeline.locateRequest = nil
        } else if let step = pendingChanges.removeValue(forKey: request) {
            activity.notice = Notice(error)
            takeBack(step)
        } else if pendingEdits.remove(request) != nil || leaving.remove(request) != nil {
            activity.notice = Notice(error)
            return catalogChanged()
        } else if request == copyRequest || request == timeline.rangeRequest {
            (copyRequest, timeline.rangeRequest) = (nil, nil)
            activity.notice = Notice(error)
        } else if let effects = consoleFailed(request, error) {
            return effects
        } else if let effects = trashFailed(request, error) ?? placesFailed(request, error)
            ?? albumsFailed(request, error)
        {
            return effects
        } else if let effects = duplicatesFailed(request, error) {
            return effects
        } else {
            viewer?.failed(request, error)
        }
        return []
    }

    /// Asks again after a pause for what got no answer: a server that is away comes back without telling anybody.
    private mutating func retryLater() -> [Effect] {
        guard timeline.retryTimer == nil else { return [] }
        let request = makeRequest()
        timeline.retryTimer = request
        return [.startTimer(request, seconds: TimelineState.retryPause)]
    }

    private mutating func timerFired(_ request: RequestID) -> [Effect] {
        if request == timeline.retryTimer {
            timeline.retryTimer = nil
            (timeline.unansweredChunks, timeline.unansweredPlaces) = ([], [])
            return timeline.isDirty && timeline.monthsRequest == nil ? reloadMonths() : []
        }
        if request == timeline.search.timer {
            timeline.search.timer = nil
            return applySearch()
        }
        if let effects = trashTimerFired(request) ?? placesTimerFired(request) ?? albumsTimerFired(request)
            ?? duplicatesTimerFired(request)
        {
            return effects
        }
        guard context == .viewer, let viewer, viewer.slideshow == request else { return [] }
        return advanceSlideshow()
    }
}
