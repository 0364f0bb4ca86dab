public import Core
import Grid
public import Search
import Widgets

/// What is looked for, and the photos found so far: the timeline's in place of all.
public struct SearchState: Sendable {
    /// As it was typed last.
    public var text = ""
    /// What `entries` are found by; empty where all photos show.
    public var query = SearchQuery()
    /// What `entries` are the photos of, in place of what a query finds.
    public var album: Album?
    /// Of the last of them in the album.
    var end: CollectionPosition?
    /// Why the text is not understood; what it meant before still shows.
    public var fault: SearchFault?
    /// Newest first, or in the album's order, without a gap, as far as they were asked for.
    public var entries: [TimelineEntry] = []
    public var isComplete = false
    public var notes: [SearchNote] = []
    public var count: SearchCount?

    var request: RequestID?
    /// Whether what is on its way takes the place of what is here.
    var isReplacing = false
    var countRequest: RequestID?
    var timer: RequestID?
    var isDirty = false

    /// Photos asked for at once, first and later.
    static let firstPage = 200
    static let nextPage = 1000
    static let mostCounted = 10_000

    public init() {}

    public var isActive: Bool { album != nil || !query.isEmpty }

    /// Photos of each month, as far as they are here; those of an album in order by hand are all under one.
    var months: [MonthCount] {
        if album?.order == .hand {
            return entries.first.map { [MonthCount(month: $0.captureTime.month, count: entries.count)] } ?? []
        }
        var months: [MonthCount] = []
        for entry in entries {
            let month = entry.captureTime.month
            if months.last?.month == month {
                months[months.count - 1] = MonthCount(month: month, count: months[months.count - 1].count + 1)
            } else {
                months.append(MonthCount(month: month, count: 1))
            }
        }
        return months
    }

    /// `1,234 photos`, as well as is known.
    var countText: String {
        guard let count else { return isComplete ? counted(entries.count, "photo") : "" }
        return count.isBounded ? "\(grouped(count.count))+ photos" : counted(count.count, "photo")
    }
}

/// The search line while it is typed: proposals above it, and the searches made before.
public struct SearchPrompt: Hashable, Sendable {
    var field: TextField
    /// What was looked for when it opened, and the album that showed.
    let before: String
    let albumBefore: Album?
    var proposals: [SearchProposal] = []
    var selection = 0
    var request: RequestID?
    /// The newest first; nil until they are asked for.
    var past: [String] = []
    /// Which of them shows; nil for what is typed.
    var place: Int?
    /// What was typed before the first of them showed.
    var typed = ""
    var pastRequest: RequestID?

    init(_ text: String, in album: Album?) {
        (before, albumBefore) = (text, album)
        // Within the album, to begin with.
        field = TextField(album.map { "album:\"\($0.name.replacing("\"", with: " "))\" " } ?? text)
    }
}

extension AppState {
    /// Opens the search line.
    mutating func openSearch() -> [Effect] {
        var prompt = SearchPrompt(timeline.search.text, in: openedAlbum)
        let request = makeRequest()
        prompt.pastRequest = request
        layers.append(.search(prompt))
        return [.loadSearches(request)]
    }

    mutating func handleSearch(_ press: KeyPress, _ prompt: SearchPrompt) -> [Effect] {
        var prompt = prompt
        switch (press.key, press.modifiers) {
        case (.escape, _):
            if let album = prompt.albumBefore { return openedAlbum == nil ? showPhotos(of: album) : [] }
            timeline.search.text = prompt.before
            return applySearch()
        case (.enter, _): return keepSearch(prompt)
        case (.tab, _):
            guard let proposal = prompt.selected else { break }
            prompt.accept(proposal)
            return searchTyped(prompt)
        case (.character("n"), .control):
            prompt.selection = min(prompt.selection + 1, max(0, prompt.proposals.count - 1))
        case (.character("p"), .control): prompt.selection = max(0, prompt.selection - 1)
        case (.up, _), (.down, _):
            guard prompt.recall(press.key == .up ? 1 : -1) else { break }
            return searchTyped(prompt)
        default:
            guard prompt.field.handle(press) else { break }
            prompt.place = nil
            return searchTyped(prompt)
        }
        layers.append(.search(prompt))
        return []
    }

    /// The results stay as a wall; a line that is not understood stays open.
    private mutating func keepSearch(_ prompt: SearchPrompt) -> [Effect] {
        timeline.search.text = prompt.field.text
        let effects = applySearch()
        if timeline.search.fault != nil {
            layers.append(.search(prompt))
            return effects
        }
        let isNew = !prompt.field.text.allSatisfy(\.isWhitespace)
        return effects + (isNew ? [.noteSearch(prompt.field.text)] : [])
    }

    /// Waits a moment for more typing before it asks the catalogue.
    mutating func searchTyped(_ prompt: SearchPrompt) -> [Effect] {
        var prompt = prompt
        var effects: [Effect] = []
        timeline.search.text = prompt.field.text
        if let earlier = timeline.search.timer { effects.append(.cancel(earlier)) }
        if let earlier = prompt.request { effects.append(.cancel(earlier)) }
        let (timer, request) = (makeRequest(), makeRequest())
        timeline.search.timer = timer
        prompt.request = request
        prompt.selection = 0
        layers.append(.search(prompt))
        return effects + [
            .startTimer(timer, seconds: 0.12),
            .completeSearch(request, prompt.field.text, cursor: prompt.field.cursor),
        ]
    }

    mutating func searchCompleted(_ request: RequestID, _ proposals: [SearchProposal]) {
        guard case .search(var prompt)? = layers.last, prompt.request == request else { return }
        prompt.proposals = proposals
        prompt.selection = 0
        layers[layers.count - 1] = .search(prompt)
    }

    mutating func searchesLoaded(_ request: RequestID, _ past: [PastSearch]) {
        guard case .search(var prompt)? = layers.last, prompt.pastRequest == request else { return }
        prompt.past = past.map(\.text)
        layers[layers.count - 1] = .search(prompt)
    }

    /// Looks for what the text says now; where it is not understood, what shows stays.
    mutating func applySearch() -> [Effect] {
        let query: SearchQuery
        do {
            query = try SearchText.query(timeline.search.text)
        } catch {
            timeline.search.fault = error
            return []
        }
        timeline.search.fault = nil
        guard query != timeline.search.query || openedAlbum != nil else { return [] }
        let effects = beginFinding(text: timeline.search.text)
        timeline.search.query = query
        return effects + (query.isEmpty ? reloadMonths() : beginSearch())
    }

    /// Gives up what shows, for photos found otherwise.
    mutating func beginFinding(text: String) -> [Effect] {
        let given = giveUpSearch() + timeline.chunkRequests.keys.map { Effect.cancel($0) }
        timeline.search = SearchState()
        timeline.search.text = text
        timeline.windows.removeAll()
        timeline.rangeStart = nil
        (timeline.hasMoved, timeline.cursorPhoto) = (false, nil)
        timeline.chunkRequests = [:]
        return given
    }

    private mutating func giveUpSearch() -> [Effect] {
        var effects: [Effect] = []
        for request in [timeline.search.request, timeline.search.countRequest, timeline.monthsRequest] {
            if let request { effects.append(.cancel(request)) }
        }
        timeline.monthsRequest = nil
        return effects
    }

    /// Asks for the first photos, or for as many as are here, anew.
    mutating func beginSearch() -> [Effect] {
        var effects: [Effect] = []
        if let earlier = timeline.search.request { effects.append(.cancel(earlier)) }
        if let earlier = timeline.search.countRequest { effects.append(.cancel(earlier)) }
        let request = makeRequest()
        timeline.search.request = request
        timeline.search.isReplacing = true
        timeline.search.isDirty = false
        let limit = max(SearchState.firstPage, timeline.search.entries.count)
        if let album = openedAlbum {
            return effects + [.loadAlbumPhotos(request, album.id, after: nil, limit: limit)]
        }
        let countRequest = makeRequest()
        timeline.search.countRequest = countRequest
        let query = timeline.search.query
        return effects + [
            .search(request, query, after: nil, limit: limit),
            .countSearch(countRequest, query, upTo: SearchState.mostCounted),
        ]
    }

    /// Asks for more where the end of what is here comes near.
    mutating func reconcileSearch() -> [Effect] {
        guard timeline.search.isActive, !timeline.search.isComplete, timeline.search.request == nil,
            let last = timeline.search.entries.last
        else { return [] }
        let shown = timeline.layout.visible(rows: timeline.top..<timeline.top + 3 * max(1, timeline.area.rows)).last
        guard let shown, shown.month == timeline.layout.months.count - 1,
            shown.indices.upperBound >= timeline.layout.months[shown.month].count
        else { return [] }
        let request = makeRequest()
        timeline.search.request = request
        timeline.search.isReplacing = false
        if let album = openedAlbum {
            return [
                .loadAlbumPhotos(request, album.id, after: timeline.search.end, limit: SearchState.nextPage)
            ]
        }
        return [.search(request, timeline.search.query, after: last.position, limit: SearchState.nextPage)]
    }

    mutating func searched(_ request: RequestID, _ page: SearchPage, limit: Int) -> [Effect] {
        guard request == timeline.search.request else { return [] }
        timeline.search.notes = page.notes
        return arrived(page.entries, isComplete: page.entries.count < limit)
    }

    /// Photos that were found, or those of an album.
    mutating func arrived(_ entries: [TimelineEntry], isComplete: Bool) -> [Effect] {
        timeline.search.request = nil
        timeline.phase = .ready
        timeline.search.isComplete = isComplete
        if timeline.search.isReplacing {
            timeline.search.entries = entries
        } else {
            timeline.search.entries += entries
        }
        let keepsPlace = timeline.hasMoved || context == .viewer
        timeline.relayout(timeline.search.months)
        if keepsPlace {
            if let photo = timeline.cursorPhoto,
                let ordinal = timeline.search.entries.firstIndex(where: { $0.id == photo })
            {
                timeline.cursor = ordinal
            }
        } else {
            (timeline.cursor, timeline.top) = (0, 0)
        }
        timeline.cursorPhoto = timeline.cursorEntry?.id
        timeline.showCursor()
        return timeline.search.isDirty ? beginSearch() : []
    }

    mutating func searchCounted(_ request: RequestID, _ count: SearchCount) {
        guard request == timeline.search.countRequest else { return }
        timeline.search.countRequest = nil
        timeline.search.count = count
    }

    /// What is found may be other photos now.
    mutating func searchAgain() -> [Effect] {
        if timeline.search.request != nil {
            timeline.search.isDirty = true
            return []
        }
        return beginSearch()
    }

    /// nil where the request was another's.
    mutating func searchFailed(_ request: RequestID, _ error: EngineError) -> Bool {
        if request == timeline.search.countRequest {
            timeline.search.countRequest = nil
            return true
        }
        guard request == timeline.search.request else { return false }
        timeline.search.request = nil
        activity.notice = Notice(error)
        return true
    }
}

extension SearchPrompt {
    var selected: SearchProposal? { selection < proposals.count ? proposals[selection] : nil }

    /// Puts a proposal in the place of what it completes, with a blank behind what is whole.
    mutating func accept(_ proposal: SearchProposal) {
        let characters = field.characters
        let place = proposal.place.clamped(to: 0..<characters.count)
        let head = String(characters[..<place.lowerBound]) + proposal.text + (proposal.text.hasSuffix(":") ? "" : " ")
        let tail = String(characters[place.upperBound...].drop(while: \.isWhitespace))
        field = TextField(head)
        let end = field.cursor
        field = TextField(head + tail)
        field.place(cursor: end)
        proposals = []
    }

    /// Shows an older or newer search; false where there is none.
    mutating func recall(_ step: Int) -> Bool {
        let next = (place ?? -1) + step
        guard next < past.count, next >= -1, place != nil || step > 0 else { return false }
        if place == nil { typed = field.text }
        place = next < 0 ? nil : next
        field = TextField(next < 0 ? typed : past[next])
        proposals = []
        return true
    }
}
