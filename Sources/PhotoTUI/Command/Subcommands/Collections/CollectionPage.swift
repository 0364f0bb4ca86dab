import ArgumentParser
import Core
import PhotoEngine

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

    func read(_ collection: PhotoCollection, in library: Library) async throws -> Found {
        let found = try await library.catalog.photos(in: collection, after: after, limit: limit + 1)
        return Found(
            photos: found.prefix(limit).map(\.photo), next: found.count > limit ? found[limit - 1].position : nil)
    }
}
