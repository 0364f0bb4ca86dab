import Core

@testable import App

/// Albums that answer as the engine would.
struct SampleAlbums {
    var albums: [ListedAlbum]
    var photos: [AlbumID: [TimelineEntry]] = [:]
    var summaries: [AlbumID: FoundSummary] = [:]
    var events: [ListedEvent] = []

    static func id(_ number: Int) -> AlbumID {
        AlbumID(bytes: [UInt8](repeating: 0, count: 6) + [0x70] + [UInt8](repeating: 0, count: 8) + [UInt8(number)])!
    }

    static let july = Month("2024-07")!

    /// `Trips` with photos, `Trips/Lisbon` by hand, `Trips/Porto` without any, `Ideas`, whose name is hostile, and a saved search.
    static func few(_ library: SampleLibrary) -> SampleAlbums {
        func photos(_ numbers: [Int]) -> [TimelineEntry] { numbers.map { library.entry(july, $0) } }
        var sample = SampleAlbums(albums: [])
        func add(
            _ number: Int, _ name: String, _ some: [Int], _ order: Album.Order = .date, query: String? = nil,
            description: String = ""
        ) {
            let entries = photos(some)
            let album = Album(
                id: id(number), name: name, description: description, cover: entries.first?.id, order: order,
                photoCount: entries.count, query: query)
            sample.albums.append(ListedAlbum(album: album, cover: entries.first))
            sample.photos[album.id] = entries
        }
        add(1, "Best", [], query: "rating:>=4")
        add(2, "Ideas\u{1B}[2J", [5, 6])
        add(3, "Trips", [0, 1, 2, 3, 4, 5, 6, 7, 8], description: "All of them")
        add(4, "Trips/Lisbon", [7, 2, 9, 4], .hand, description: "A week in July")
        add(5, "Trips/Porto", [])
        sample.summaries[id(1)] = FoundSummary(
            cover: library.entry(july, 2), count: SearchCount(count: 10_000, isBounded: true))
        return sample
    }

    /// Some on the days of July, one of them in a city with a hostile name.
    static func events(_ library: SampleLibrary, _ count: Int = 3) -> [ListedEvent] {
        (0..<count).map { number in
            let day = CaptureTime(
                year: 2024, month: 7, day: 20 - number, hour: 9, minute: 0, second: 0, offsetMinutes: nil,
                source: .exif)!
            let photos = (0..<(8 + number)).map { SampleLibrary.id(july, $0) }
            return ListedEvent(
                id: SampleLibrary.id(july, 10 + number),
                name: "2024-07-\(20 - number) " + (number == 1 ? "Lis\u{1B}[2Jbon" : "Lisbon"),
                span: day.wallMicroseconds...(day.wallMicroseconds + 5_400_000_000), photos: photos,
                cover: library.entry(july, 10 + number))
        }
    }

    func answers(_ effect: Effect) -> [Message] {
        switch effect {
        case .loadAlbums(let request, let after, let limit):
            let rest =
                after.map { last in albums.filter { CollectionName.key(of: $0.album.name) > last.key } } ?? albums
            return [.albumsLoaded(request, Array(rest.prefix(limit)), limit: limit)]
        case .loadEvents(let request): return [.eventsLoaded(request, events)]
        case .loadFoundSummaries(let request, let wanted):
            return wanted.compactMap { album in
                summaries[album.id].map { .foundSummarized(request, album.id, $0) }
            } + [.foundSummariesEnded(request)]
        case .loadAlbumPhotos(let request, let id, let after, let limit):
            let all = photos[id] ?? []
            let start = after.map { last in (all.firstIndex { $0.id == last.photo } ?? -1) + 1 } ?? 0
            let page = Array(all[min(start, all.count)...].prefix(limit))
            return [
                .albumPhotosLoaded(
                    request,
                    AlbumPhotos(
                        album: albums.first { $0.album.id == id }?.album, entries: page,
                        end: page.last.map { CollectionPosition(value: 0, photo: $0.id) } ?? after), limit: limit)
            ]
        default: return []
        }
    }
}
