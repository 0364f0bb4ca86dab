import App
import Core
import PhotoEngine
import Search
import Workflows

extension EffectRunner {
    func performForAlbums(_ effect: Effect) {
        switch effect {
        case .loadAlbums(let request, let after, let limit):
            run(request) { library in
                let albums = try await library.catalog.albums(CollectionQuery(after: after, limit: limit))
                let photos = try await library.catalog.photos(albums.compactMap(\.cover))
                let covers = Dictionary(photos.map { ($0.id, TimelineEntry($0)) }) { first, _ in first }
                let shared = try await library.sharedAlbums()
                let listed = albums.map { album in
                    ListedAlbum(
                        album: album, cover: album.cover.flatMap { covers[$0] }, isShared: shared.contains(album.id))
                }
                return .albumsLoaded(request, listed, limit: limit)
            }
        case .loadFoundSummaries(let request, let albums):
            run(request) { [queue] library in
                for album in albums {
                    try Task.checkCancellation()
                    queue.post(.foundSummarized(request, album.id, try await library.summary(of: album)))
                }
                return .foundSummariesEnded(request)
            }
        case .loadEvents(let request):
            run(request) { library in
                let found = try await EventRules().proposals(in: library.catalog)
                let photos = try await library.catalog.photos(found.map(\.id))
                let covers = Dictionary(photos.map { ($0.id, TimelineEntry($0)) }) { first, _ in first }
                return .eventsLoaded(
                    request,
                    found.map { event in
                        ListedEvent(
                            id: event.id, name: event.name, span: event.span, photos: event.photos.map(\.id),
                            cover: covers[event.id])
                    })
            }
        case .loadAlbumPhotos(let request, let album, let after, let limit):
            run(request) { library in
                let photos = try await library.catalog.entries(in: .album(album), after: after, limit: limit)
                return .albumPhotosLoaded(
                    request,
                    AlbumPhotos(
                        album: try await library.catalog.album(album),
                        entries: photos.map(\.entry), end: photos.last?.position ?? after),
                    limit: limit)
            }
        default: break
        }
    }
}

extension Library {
    /// What can't be carried out is told with its album, not as a fault of the wall.
    fileprivate func summary(of album: Album) async throws -> FoundSummary {
        do {
            let query = try SearchText.query(album.query ?? "")
            return FoundSummary(
                cover: try await catalog.search(query, after: nil, limit: 1).entries.first,
                count: try await catalog.count(query, upTo: SearchFind.mostCounted))
        } catch let fault as SearchFault {
            return FoundSummary(cover: nil, count: .none, problem: fault.description)
        } catch let error as EngineError where !error.isRetryable {
            return FoundSummary(cover: nil, count: .none, problem: error.description)
        }
    }
}

extension SearchCount {
    fileprivate static let none = SearchCount(count: 0, isBounded: false)
}
