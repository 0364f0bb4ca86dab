import Catalog
import Core
import Foundation
import Workflows

extension Benchmark {
    static let catalogAlbums = Benchmark(
        name: "catalog-albums", arguments: "CATALOGUE",
        summary: "Milliseconds of opening an album of 100,000 photos, and of tagging 10,000 photos and undoing that."
    ) { arguments in
        guard let place = arguments.first else { throw EngineError(.invalidInput, "name a catalogue") }
        let catalog = try await CatalogPlace(place).open()
        try await AlbumBench(catalog: catalog).run()
        try await catalog.close()
    }
}

private struct AlbumBench {
    let catalog: any Catalog
    private let clock = ContinuousClock()
    private let name = "phototui-bench \(UUID().uuidString)"

    private var editing: LibraryEditing { LibraryEditing(catalog: catalog) }

    private func edit(_ change: EditChange, _ photos: [PhotoID] = []) async throws -> Edit {
        guard let edit = try await editing.edit(change, photos: photos, actor: "bench") else {
            throw EngineError(.internal, "nothing was changed")
        }
        return edit
    }

    private func undo(_ edit: Edit) async throws {
        let undone = try await editing.undo(edit.id, actor: "bench")
        guard undone.conflicts.isEmpty, undone.restored == edit.photoCount else {
            throw EngineError(.internal, "not all was undone: \(undone.restored) of \(edit.photoCount)")
        }
    }

    func run() async throws {
        let photos = try await catalog.timeline(TimelineQuery(limit: 100_000)).map(\.id).shuffled()
        guard photos.count == 100_000 else { throw EngineError(.notFound, "the catalogue has too few photos") }
        _ = try await edit(.createAlbum(.album(name), description: ""))
        let name = try CollectionName.album(name)
        guard let album = try await catalog.album(named: name) else { throw EngineError(.internal, "no album") }
        var start = clock.now
        let filled = try await edit(.addToAlbum(album.id), photos)
        print(Measurement([clock.now - start]).line("put 100,000 photos into an album"))
        for order in Album.Order.allCases {
            if order == .hand { _ = try await edit(.orderAlbum(album.id, .hand)) }
            var (opened, next): ([Duration], [Duration]) = ([], [])
            for _ in 0..<100 {
                start = clock.now
                _ = try await catalog.album(album.id)
                let page = try await catalog.entries(in: .album(album.id), after: nil, limit: 200)
                opened.append(clock.now - start)
                let photo = photos.randomElement()!
                let time = try await catalog.photo(photo)?.captureTime.wallMicroseconds ?? 0
                let after =
                    order == .date
                    ? CollectionPosition(value: time, photo: photo)
                    : CollectionPosition(value: Int64.random(in: 0..<100_000) << 20, photo: photo)
                start = clock.now
                _ = try await catalog.entries(in: .album(album.id), after: after, limit: 200)
                next.append(clock.now - start)
                guard page.count == 200 else { throw EngineError(.internal, "a page has \(page.count) photos") }
            }
            print(Measurement(opened).line("open an album of 100,000 photos, by \(order.rawValue)"))
            print(Measurement(next).line("a page anywhere in it, by \(order.rawValue)"))
        }
        var (tagged, undone): ([Duration], [Duration]) = ([], [])
        var (rated, unrated): ([Duration], [Duration]) = ([], [])
        let some = Array(photos.prefix(10_000))
        for _ in 0..<5 {
            start = clock.now
            let tags = try await edit(.addTags([.tag(name.text)]), some)
            tagged.append(clock.now - start)
            start = clock.now
            try await undo(tags)
            undone.append(clock.now - start)
            start = clock.now
            let rating = try await edit(.caption(name.text), some)
            rated.append(clock.now - start)
            start = clock.now
            try await undo(rating)
            unrated.append(clock.now - start)
        }
        print(Measurement(tagged).line("tag 10,000 photos"))
        print(Measurement(undone).line("undo the tag"))
        print(Measurement(rated).line("caption 10,000 photos"))
        print(Measurement(unrated).line("undo the caption"))
        var (removed, restored, added): ([Duration], [Duration], [Duration]) = ([], [], [])
        for _ in 0..<5 {
            start = clock.now
            let left = try await edit(.removeFromAlbum(album.id), some)
            removed.append(clock.now - start)
            start = clock.now
            try await undo(left)
            restored.append(clock.now - start)
            let gone = try await edit(.removeFromAlbum(album.id), some)
            start = clock.now
            let back = try await edit(.addToAlbum(album.id), some)
            added.append(clock.now - start)
            try await undo(back)
            try await undo(gone)
        }
        print(Measurement(removed).line("take 10,000 photos out of an album"))
        print(Measurement(restored).line("undo taking them out"))
        print(Measurement(added).line("put 10,000 photos into an album"))
        start = clock.now
        try await undo(filled)
        print(Measurement([clock.now - start]).line("undo the album's 100,000 photos"))
        _ = try await edit(.deleteAlbum(album.id))
    }
}
