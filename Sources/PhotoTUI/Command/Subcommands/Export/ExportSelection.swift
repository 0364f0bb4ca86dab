import ArgumentParser
import Core
import PhotoEngine

/// Which photos leave the library: those that are named, found, or in an album; or all.
struct ExportSelection: ParsableArguments {
    @OptionGroup var named: NamedPhotos

    @Option(help: "All photos of this album, and of those nested in it.", completion: .custom(albumNames))
    var album: String?

    @Flag(help: "All photos of the timeline.")
    var all = false

    var isEmpty: Bool { named.isEmpty && album == nil && !all }

    struct Found {
        var photos: [PhotoID] = []
        var failed: [(name: String, reason: String)] = []
        /// The one that was asked for.
        var album: Album?
    }

    /// Each photo once, in the order they were named; of an album in its order.
    func find(in library: Library) async throws -> Found {
        var found = Found()
        if !named.isEmpty {
            let some = try await named.find(in: library)
            (found.photos, found.failed) = (some.photos, some.failed)
        }
        if let album {
            let name = try CollectionName.album(typed: album)
            found.album = try await library.catalog.album(named: name)
            var albums = [found.album].compactMap(\.self)
            var after: CollectionName? = name
            // Those that are nested in it, whether it is there itself or not.
            while let last = after {
                let page = try await library.catalog.albums(
                    CollectionQuery(text: name.text, after: last, limit: Self.pageCount))
                albums += page.filter { CollectionName.key(of: $0.name).hasPrefix(name.key + "/") }
                after = page.count < Self.pageCount ? nil : page.last.flatMap { try? CollectionName.album($0.name) }
            }
            if albums.isEmpty { _ = try await library.album(typed: album) }
            for album in albums { found.photos += try await Self.photos(of: album, in: library) }
        }
        if all { found.photos += try await library.catalog.timeline(TimelineQuery(limit: .max)).map(\.id) }
        var seen: Set<PhotoID> = []
        found.photos = found.photos.filter { seen.insert($0).inserted }
        return found
    }

    private static let pageCount = 1000

    /// Photos that `--all` leaves out, though they can be shown.
    static func archivedCount(in library: Library) async throws -> Int {
        let sums = try await library.catalog.statistics()
        let trashed = try await library.catalog.trashSums().photos
        return max(0, sums.photos - sums.timeline - sums.unreadable - trashed)
    }

    static func photos(of album: Album, in library: Library) async throws -> [PhotoID] {
        if let query = album.query {
            return try await NamedPhotos.of(query: query).find(in: library).photos
        }
        var photos: [PhotoID] = []
        var after: CollectionPosition?
        repeat {
            let page = try await library.catalog.entries(in: .album(album.id), after: after, limit: pageCount)
            photos += page.map(\.entry.id)
            after = page.count < pageCount ? nil : page.last?.position
        } while after != nil
        return photos
    }
}
