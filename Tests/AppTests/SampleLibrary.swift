import Core
import Foundation
import Grid
import Search
import Widgets

@testable import App

/// A library whose photos follow from their month and index, and that answers effects as the engine would.
struct SampleLibrary {
    var months: [MonthCount]
    var names: @Sendable (Int) -> String = { "IMG_\(1000 + $0).jpg" }
    var status: @Sendable (Int) -> PhotoStatus = { _ in .ready }
    /// Photos that entered each month's front later.
    var added = 0
    var clusters: SampleClusters?
    var trash: SampleTrash?
    /// nil: whoever asks waits.
    var places: PlaceList?
    /// nil: whoever asks waits.
    var albums: SampleAlbums?

    init(_ counts: [(String, Int)]) {
        months = counts.map { MonthCount(month: Month($0.0)!, count: $0.1) }
    }

    static func id(_ month: Month, _ number: Int) -> PhotoID {
        var bytes = [UInt8](repeating: 0, count: 16)
        let value = UInt64(month.ordinal) << 32 | UInt64(UInt32(bitPattern: Int32(number)))
        for index in 0..<8 { bytes[8 + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (7 - index))) }
        bytes[6] = 0x70
        return PhotoID(bytes: bytes)!
    }

    func entry(_ month: Month, _ index: Int) -> TimelineEntry {
        let number = index - added
        let id = SampleLibrary.id(month, number)
        return TimelineEntry(
            id: id, sha256: SHA256Digest(bytes: id.bytes + id.bytes)!, filename: names(number),
            captureTime: CaptureTime(
                year: month.year, month: month.month, day: 12, hour: 18, minute: 3, second: 0, source: .exif)!,
            pixelSize: PixelSize(width: 4032, height: 3024), mediaType: .jpeg, status: status(number),
            rating: number == 2 ? 4 : nil, isFavourite: number == 1, isMissing: number == 3)
    }

    func entries(_ query: TimelineQuery) -> [TimelineEntry] {
        guard let found = months.first(where: { $0.month == query.month }) else { return [] }
        let upper = min(found.count, query.skip + query.limit)
        return query.skip < upper ? (query.skip..<upper).map { entry(found.month, $0) } : []
    }

    func details(_ id: PhotoID, _ month: Month, _ index: Int) -> PhotoDetails {
        let entry = entry(month, index)
        var metadata = PhotoMetadata()
        metadata.cameraMake = "Canon"
        metadata.cameraModel = "Canon EOS R5\u{1b}]52;c;aGk=\u{07}"
        metadata.exposure.seconds = 1.0 / 120
        metadata.exposure.aperture = 1.8
        metadata.exposure.iso = 50
        metadata.position = GeoPosition(latitude: 38.7139, longitude: -9.1394)
        metadata.place = "Lisbon"
        let photo = Photo(
            id: id, owner: OwnerID(uuid: id.uuid), sha256: entry.sha256, perceptualHash: nil,
            filename: entry.filename, mediaType: .jpeg, byteCount: ByteCount(3_456_789),
            pixelSize: entry.pixelSize, captureTime: entry.captureTime, importedAt: 0, metadata: metadata,
            original: .object(ObjectKey("originals/a")), status: .ready, problem: nil, isFavourite: false,
            isArchived: false, isMissing: false)
        return PhotoDetails(photo: photo, files: [])
    }

    /// Answers one effect; nil for those without an answer.
    func answer(_ effect: Effect) -> Message? {
        switch effect {
        case .loadMonths(let request): return .monthsLoaded(request, months)
        case .loadEntries(let request, let query): return .entriesLoaded(request, entries(query))
        case .loadPlaces(let request, let month):
            return .placesLoaded(request, month.month == 7 ? ["Lisbon", "Sintra"] : [])
        case .collect(let request, let queries): return .collected(request, queries.flatMap(entries))
        case .locate(let request, let photo):
            for month in months {
                for index in 0..<min(month.count, 2000) where entry(month.month, index).id == photo {
                    return .located(request, LocatedPhoto(photo: photo, month: month.month, index: index))
                }
            }
            return .located(request, nil)
        case .loadPhoto(let request, let id):
            for month in months {
                for index in 0..<min(month.count, 2000) where entry(month.month, index).id == id {
                    return .photoLoaded(request, details(id, month.month, index))
                }
            }
            return .photoLoaded(request, nil)
        case .loadPicture(let request, let wanted):
            return .pictureLoaded(
                request, SampleLibrary.picture(GridSize(columns: wanted.columns, rows: wanted.rows)), isFinal: true)
        case .setFavourite(let request, _, let photos): return .favouritesSet(request, photos.count)
        case .edit(let request, let edit, let photos): return .edited(request, [SampleLibrary.edit(edit, photos)])
        case .undoEdits(let request, let edits):
            let undone = UndoneEdit(
                edit: SampleLibrary.edit(.archive, []), restored: 2, conflicts: [], isComplete: true)
            return .editsUndone(request, edits.map { _ in undone })
        case .search(let request, let query, let after, let limit):
            return .searched(request, search(query, after, limit), limit: limit)
        case .countSearch(let request, let query, let limit):
            let count = search(query, nil, limit + 1).entries.count
            return .searchCounted(request, SearchCount(count: min(count, limit), isBounded: count > limit))
        case .completeSearch(let request, let text, let cursor):
            guard let completion = SearchCompletion(text, cursor: cursor), text.hasSuffix("li") else {
                return .searchCompleted(request, [])
            }
            return .searchCompleted(
                request,
                [("album:\"Trips/Lisbon\"", 31), ("in:lisbon", 1204), ("tag:light", nil)].map {
                    SearchProposal(text: $0.0, place: completion.place, photoCount: $0.1)
                })
        case .loadSearches(let request):
            return .searchesLoaded(
                request, ["rating:>=4", "camera:x100"].map { PastSearch(text: $0, searchedAt: 0) })
        case .loadPlaceList(let request): return places.map { .placeListLoaded(request, $0) }
        case .suggestNames(let request, let asked):
            let names = asked.ofTags ? ["beach", "summer"] : ["Trips/Lisbon", "Lisbon by night"]
            return .namesSuggested(
                request, names.filter { $0.lowercased().contains(asked.text.lowercased()) || asked.text.isEmpty })
        default: return nil
        }
    }

    /// Finds the photos of July by `lisbon`, nothing by `nothing`, and every photo by anything else.
    private func search(_ query: SearchQuery, _ after: TimelinePosition?, _ limit: Int) -> SearchPage {
        func isNamed(_ word: String) -> Bool {
            query.clauses.contains { $0.parts.contains { $0.condition == .text(SearchWords(word, isQuoted: false)!) } }
        }
        if isNamed("nothing") { return SearchPage(entries: [], notes: [.takenFor("nothing", ["nothings"])]) }
        var found = months.flatMap { month in (0..<month.count).map { entry(month.month, $0) } }
        if isNamed("lisbon") { found.removeAll { $0.captureTime.month.month != 7 } }
        if let after { found = Array(found.drop { $0.position != after }.dropFirst()) }
        return SearchPage(entries: Array(found.prefix(limit)), notes: [])
    }

    private static func edit(_ edit: PhotoEdit, _ photos: [PhotoID]) -> Edit {
        let (kind, subject): (Edit.Kind, String) =
            switch edit {
            case .addToAlbum(let name): (.addToAlbum, name.text)
            case .acceptEvent(let name): (.addToAlbum, name)
            case .tags(let add, _): (.tag, add.map(\.text).joined(separator: ", "))
            case .rating(let rating): (.rate, rating.map { "\($0)" } ?? "none")
            case .caption(let text): (.caption, text ?? "none")
            case .archive: (.archive, "")
            case .trash: (.trash, "")
            case .change(let change): name(of: change)
            }
        return Edit(
            id: EditID("01890a5d-ac96-774b-bcce-b302099a8057")!, kind: kind, subject: subject,
            photoCount: photos.count, actor: "ana", reason: "", madeAt: 0)
    }

    private static func name(of change: EditChange) -> (Edit.Kind, String) {
        switch change {
        case .createAlbum(let name, _, _): (.createAlbum, name.text)
        case .renameAlbum(_, let name): (.renameAlbum, name.text)
        case .describeAlbum: (.describeAlbum, "Trips")
        case .deleteAlbum: (.deleteAlbum, "Trips")
        case .orderAlbum: (.orderAlbum, "Trips")
        case .setCover: (.setCover, "Trips")
        case .moveInAlbum: (.moveInAlbum, "Trips")
        case .refuseEvent(_, let name): (.refuseEvent, name)
        default: (.removeFromAlbum, "Trips")
        }
    }

    static func picture(_ size: GridSize) -> Grid {
        Grid(
            size: size,
            filledWith: Cell(
                "▒",
                paint: .colors(
                    foreground: RGBColor(red: 200, green: 120, blue: 40),
                    background: RGBColor(red: 20, green: 60, blue: 90))))
    }
}

/// The app with a library that answers at once.
struct RunningApp {
    var state: AppState
    var library: SampleLibrary
    /// Every effect so far.
    var effects: [Effect] = []
    var answers = true

    init(_ library: SampleLibrary, columns: Int = 80, rows: Int = 24, look: Look = Look()) {
        self.library = library
        state = AppState(size: GridSize(columns: columns, rows: rows), look: look, libraryName: "Pictures")
        state.themes = ["dark", "light"]
    }

    mutating func start() { perform(state.start()) }

    mutating func send(_ message: Message) { perform(update(&state, message)) }

    /// Presses keys by their names, separated by blanks.
    mutating func press(_ names: String) {
        for name in names.split(separator: " ") { send(.input(.key(KeyPress(name: String(name))!))) }
    }

    mutating func type(_ text: String) {
        for character in text { send(.input(.key(KeyPress(character)))) }
    }

    /// The last timer that was started ends.
    mutating func fireTimer() {
        for case .startTimer(let request, _) in effects.reversed() { return send(.timerFired(request)) }
    }

    mutating func perform(_ effects: [Effect]) {
        self.effects += effects
        guard answers else { return }
        for effect in effects {
            if let answer = library.answer(effect) { perform(update(&state, answer)) }
            for answer in library.clusters?.answers(effect) ?? [] { perform(update(&state, answer)) }
            if let answer = library.trash?.answers(effect) { perform(update(&state, answer)) }
            for answer in library.albums?.answers(effect) ?? [] { perform(update(&state, answer)) }
        }
    }

    /// Gives every thumbnail asked for last.
    mutating func loadThumbnails() {
        guard
            case .wantThumbnails(let keys)? = effects.last(where: {
                if case .wantThumbnails = $0 { true } else { false }
            })
        else { return }
        for key in keys {
            send(
                .thumbnailLoaded(key, SampleLibrary.picture(GridSize(columns: key.columns, rows: key.rows))))
        }
    }

    func frame() -> Grid {
        var grid = Grid(size: state.size)
        draw(state, into: &grid)
        return grid
    }
}
