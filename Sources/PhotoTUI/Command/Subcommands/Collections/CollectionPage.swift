import ArgumentParser
import Core
import PhotoEngine
import Search

/// `--limit` and `--after`, of the photos of an album or tag.
struct CollectionPage: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many photos.", valueName: "n"))
    var limit = 100

    @Option(help: ArgumentHelp("Only what follows this cursor.", valueName: "cursor"))
    var after: CollectionPosition?

    func validate() throws {
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
    }

    struct Found {
        let photos: [Photo]
        let next: CollectionPosition?

        func json(in library: Library) async throws -> [(name: String, value: JSON)] {
            var items: [JSON] = []
            for photo in photos { items.append(.object(try await PhotoFormat.json(photo, in: library))) }
            return [("photos", .array(items)), ("next", .text(next?.description))]
        }

        func write(in library: Library) async throws {
            try Console.write(try await PhotoLines.text(photos, in: library))
            if let next { Console.note("More follow: --after \(next)\n") }
        }
    }

    /// Of an album, or of what a saved search finds.
    func read(_ album: Album, in library: Library) async throws -> Found {
        guard let query = album.query else { return try await read(.album(album.id), in: library) }
        let page = try await library.catalog.search(
            SearchCommand.query(query),
            after: after.map { TimelinePosition(wallMicroseconds: $0.value, id: $0.photo) }, limit: limit + 1)
        for note in page.notes { Console.note(displayEscaped(note.description) + "\n") }
        let shown = page.entries.prefix(limit)
        let last = page.entries.count > limit ? shown.last : nil
        return Found(
            photos: try await library.catalog.photos(shown.map(\.id)),
            next: last.map { CollectionPosition(value: $0.captureTime.wallMicroseconds, photo: $0.id) })
    }

    func read(_ collection: PhotoCollection, in library: Library) async throws -> Found {
        let found = try await library.catalog.photos(in: collection, after: after, limit: limit + 1)
        return Found(
            photos: found.prefix(limit).map(\.photo), next: found.count > limit ? found[limit - 1].position : nil)
    }
}

extension ArraySlice<Album> {
    /// With how many photos saved searches find, as far as they are counted.
    func counted(in library: Library) async throws -> [Album] {
        var albums: [Album] = []
        for album in self {
            guard let query = album.query.flatMap({ try? SearchText.query($0) }) else {
                albums.append(album)
                continue
            }
            let count = try await library.catalog.count(query, upTo: SearchFind.mostCounted)
            albums.append(
                Album(
                    id: album.id, name: album.name, description: album.description, cover: album.cover,
                    order: album.order, photoCount: count.count, query: album.query))
        }
        return albums
    }
}

extension Album {
    /// Saved searches are counted up to a number.
    var shownCount: String {
        query != nil && photoCount >= SearchFind.mostCounted ? "\(photoCount)+" : "\(photoCount)"
    }
}
