public import Core
import Search

/// Photos of an album, in its order.
public struct AlbumPhotos: Hashable, Sendable {
    /// As it is now; nil when it is gone.
    public let album: Album?
    public let entries: [TimelineEntry]
    /// Of the last of them.
    public let end: CollectionPosition?

    public init(album: Album?, entries: [TimelineEntry], end: CollectionPosition?) {
        (self.album, self.entries, self.end) = (album, entries, end)
    }
}

extension AppState {
    /// The album that the timeline's wall shows in place of all photos.
    var openedAlbum: Album? { timeline.search.album }

    /// There are no months then.
    var isOrderedByHand: Bool { openedAlbum?.order == .hand }

    /// The album's photos in its order, or what a saved search finds now.
    mutating func open(_ album: Album) -> [Effect] {
        let effects = goTo(.timeline)
        guard let query = album.query else { return effects + showPhotos(of: album) }
        timeline.search.text = query
        let found = applySearch()
        if let fault = timeline.search.fault { activity.notice = Notice(.error, fault.description) }
        return effects + found
    }

    mutating func showPhotos(of album: Album) -> [Effect] {
        let effects = beginFinding(text: "")
        timeline.search.album = album
        return effects + beginSearch()
    }

    mutating func albumPhotosLoaded(_ request: RequestID, _ found: AlbumPhotos, limit: Int) -> [Effect] {
        guard request == timeline.search.request, let before = openedAlbum else { return [] }
        guard let album = found.album else {
            timeline.search.request = nil
            activity.notice = Notice(.information, "the album \(before.name) is gone")
            return leaveAlbum() + goTo(.albums)
        }
        if album.order != before.order, !timeline.search.isReplacing {
            // What is here stands in another order than what came.
            timeline.search.request = nil
            timeline.search.album = album
            return beginSearch()
        }
        timeline.search.album = album
        timeline.search.end = found.end
        timeline.search.count = SearchCount(count: album.photoCount, isBounded: false)
        return arrived(found.entries, isComplete: found.entries.count < limit)
    }

    /// Shows all photos again.
    mutating func leaveAlbum() -> [Effect] {
        guard openedAlbum != nil else { return [] }
        return beginFinding(text: "") + reloadMonths()
    }

    /// The timeline of all photos, or of those that are looked for.
    mutating func openTimeline() -> [Effect] { leaveAlbum() + goTo(.timeline) }

    mutating func performInAlbum(_ action: Action) -> [Effect] {
        guard let album = openedAlbum else { return [] }
        switch action {
        case .removeFromAlbum:
            let photos = chosenPhotos
            for photo in photos { timeline.marks[photo] = nil }
            return carryOut(.change(.removeFromAlbum(album.id)), photos)
        case .orderAlbum: return carryOut(.change(.orderAlbum(album.id, album.order == .date ? .hand : .date)), [])
        case .chooseCover:
            guard let photo = timeline.cursorEntry?.id else { return [] }
            // Once more leaves it to the order.
            return carryOut(.change(.setCover(album.id, album.cover == photo ? nil : photo)), [])
        case .putBefore, .putLast:
            let anchor = action == .putBefore ? timeline.cursorEntry?.id : nil
            let photos = timeline.search.entries.map(\.id).filter { timeline.marks[$0] != nil }
            // Those that are marked and not read yet follow the others.
            let rest = Set(timeline.marks.keys).subtracting(photos).sorted()
            return carryOut(.change(.moveInAlbum(album.id, before: anchor)), photos + rest)
        default: return []
        }
    }

    func reasonUnavailableInAlbum(_ action: Action) -> String? {
        guard let album = openedAlbum else { return "no album is open: \(keyMap.keyName(for: .openAlbums)) shows them" }
        let hasPhoto = timeline.cursorEntry != nil
        switch action {
        case .removeFromAlbum, .chooseCover:
            return hasPhoto || !timeline.marks.isEmpty ? nil : "there is no photo here"
        case .putBefore, .putLast:
            if album.order == .date { return "the album is in order of date" }
            if timeline.marks.isEmpty { return "no photo is marked" }
            let isAnchorMarked = timeline.cursorEntry.map { timeline.marks[$0.id] != nil } ?? true
            return action == .putBefore && isAnchorMarked ? "the cursor is on one of the marked photos" : nil
        default: return nil
        }
    }
}
