public import Core
import Grid

/// Photos taken together that are in no album, proposed as one.
public struct ListedEvent: Hashable, Sendable {
    /// Its oldest photo's.
    public let id: PhotoID
    /// What the album is to be called. Untrusted.
    public let name: String
    /// The moments of its first and last photo, in microseconds of the wall clock.
    public let span: ClosedRange<Int64>
    public let photos: [PhotoID]
    public let cover: TimelineEntry?

    public init(id: PhotoID, name: String, span: ClosedRange<Int64>, photos: [PhotoID], cover: TimelineEntry?) {
        (self.id, self.name, self.span, self.photos, self.cover) = (id, name, span, photos, cover)
    }
}

/// The proposed events behind the albums, where somebody asked for them: all photos are read for that.
struct AlbumsEvents: Sendable {
    var isShown = false
    /// Whether what is here has to be looked for again.
    var isStale = true
    var request: RequestID?
    /// Whether they came since they were asked for.
    var isRead = false
    /// Newest first.
    var found: [ListedEvent] = []
}

extension AlbumsState {
    /// Those on the wall.
    var shownEvents: [ListedEvent] { events.isShown ? events.found : [] }
    var cursorEvent: ListedEvent? {
        let index = cursor - albums.count
        return shownEvents.indices.contains(index) ? shownEvents[index] : nil
    }

    /// A tile of the wall that is an event; nil for an album's.
    func event(at index: Int) -> ListedEvent? {
        index >= albums.count && index - albums.count < shownEvents.count ? shownEvents[index - albums.count] : nil
    }
}

extension AppState {
    mutating func reconcileEvents() -> [Effect] {
        guard albums.events.isShown, albums.events.isStale, albums.events.request == nil else { return [] }
        let request = makeRequest()
        (albums.events.request, albums.events.isStale) = (request, false)
        return [.loadEvents(request)]
    }

    mutating func eventsLoaded(_ request: RequestID, _ found: [ListedEvent]) {
        guard request == albums.events.request else { return }
        albums.events.request = nil
        let isFirst = !albums.events.isRead
        albums.events.isRead = true
        albums.showEvents(found, tilesPerLine: timeline.tilesPerLine(of: albums.area), tileRows: albumTileRows)
        // Once there were some, undo may bring them back.
        if found.isEmpty, isFirst {
            hideEvents()
            activity.notice = Notice(.information, "no event: all photos are in albums, or too few of a time")
        } else if isFirst {
            albums.move(to: albums.albums.count)
        }
    }

    mutating func performOnEvents(_ action: Action) -> [Effect] {
        switch action {
        case .showEvents where albums.events.isShown:
            let request = albums.events.request
            hideEvents()
            return request.map { [.cancel($0)] } ?? []
        case .showEvents: (albums.events.isShown, albums.events.isStale) = (true, true)
        case .acceptEvent:
            guard let event = albums.cursorEvent else { return [] }
            return carryOut(.acceptEvent(name: event.name), event.photos)
        case .refuseEvent:
            guard let event = albums.cursorEvent else { return [] }
            return carryOut(.change(.refuseEvent(event.span, name: event.name)), [])
        default: break
        }
        return []
    }

    private mutating func hideEvents() {
        albums.events = AlbumsEvents()
        layAlbums()
    }

    /// What failed, if it was the events.
    mutating func eventsFailed(_ request: RequestID, _ error: EngineError) -> Bool {
        guard request == albums.events.request else { return false }
        hideEvents()
        activity.notice = Notice(error)
        return true
    }

    func reasonUnavailableOnEvents(_ action: Action) -> String? {
        if action == .showEvents { return nil }
        if !pendingEdits.isEmpty { return "the last change is being saved" }
        guard albums.cursorEvent == nil else { return nil }
        return albums.events.isShown
            ? "no proposed event is under the cursor"
            : "no events are proposed: \(keyMap.keyName(for: .showEvents)) does"
    }

    /// Keys of albums are no help on an event, nor those of events on an album.
    func isOffered(_ action: Action) -> Bool {
        guard context == .albums else { return true }
        switch action {
        case .acceptEvent, .refuseEvent: return albums.cursorEvent != nil
        case .openAlbum, .renameAlbum, .describeAlbum, .deleteAlbum, .exportPhotos: return albums.cursorEvent == nil
        default: return true
        }
    }

    /// Why what is done with albums can't be with an event.
    var reasonAgainstEvent: String {
        "it is only proposed: \(keyMap.keyName(for: .acceptEvent)) makes it an album, "
            + "\(keyMap.keyName(for: .refuseEvent)) refuses it"
    }

    func drawEvent(_ event: ListedEvent, isCursor: Bool, into grid: inout Grid, at rect: Rect, clip: Rect) {
        if let cover = event.cover {
            drawPicture(cover, into: &grid, at: rect, clip: clip)
        } else {
            drawNote("", role: .thumbnailEmpty, into: &grid, at: rect, clip: rect.intersection(clip))
        }
        drawCaption([event.name, counted(event.photos.count, "photo")], isCursor, into: &grid, below: rect, clip: clip)
    }

    func status(of event: ListedEvent) -> (left: String, right: String) {
        func time(_ moment: Int64) -> String {
            let text = CaptureTime(wallMicroseconds: moment, offsetMinutes: nil, source: .exif).rfc3339
            return String(text.prefix(16)).replacing("T", with: " ")
        }
        return (
            displayEscaped(event.name) + "  from \(time(event.span.lowerBound)) to \(time(event.span.upperBound))",
            "proposed"
        )
    }
}
