import ArgumentParser
import Core
import PhotoEngine
import Search

/// `phototui photos`.
struct PhotosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "photos",
        abstract: "List the timeline, newest first.",
        discussion: """
            Examples:
              phototui photos --month 2024-07
              phototui photos --filter lisbon --limit 20
              phototui photos --json --limit 500 --after 1720807387000000_0190a7c2-…   (the "next" of the page before)
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Only this month.", valueName: "yyyy-mm"), completion: .custom(monthNames))
    var month: Month?

    @OptionGroup var page: PageOptions<TimelinePosition>

    @Option(parsing: .unconditional, help: ArgumentHelp("Only photos that this search finds.", valueName: "query"))
    var filter = ""

    func run() async throws {
        let query = try SearchCommand.query(typedText(filter))
        try await libraryOptions.withLibrary { library in
            let (found, notes) = try await photos(query, in: library)
            let (photos, next) = page.page(found) {
                TimelinePosition(wallMicroseconds: $0.captureTime.wallMicroseconds, id: $0.id)
            }
            if output.json {
                var items: [JSON] = []
                for photo in photos { items.append(.object(try await PhotoFormat.json(photo, in: library))) }
                let document: JSON = .object([
                    "photos": .array(items),
                    "next": .text(next?.description),
                    "notes": .array(notes.map { .string($0.description) }),
                ])
                try Console.line(document.encoded())
            } else {
                for note in notes { Console.note(displayEscaped(note.description) + "\n") }
                try Console.write(try await PhotoLines.text(Array(photos), in: library))
                page.tell(next)
            }
        }
    }
}

extension PhotosCommand {
    /// Of the timeline; or those of the month that a search finds.
    private func photos(
        _ query: SearchQuery, in library: Library
    ) async throws -> (photos: [Photo], notes: [SearchNote]) {
        guard !query.isEmpty else {
            let query = TimelineQuery(month: month, after: page.after, limit: page.count)
            return (try await library.catalog.photos(query), [])
        }
        let clauses = try month.map { try SearchText.query("date:\($0)").clauses } ?? []
        let found = try await library.catalog.search(
            SearchQuery(query.clauses + clauses), after: page.after, limit: page.count)
        return (try await library.catalog.photos(found.entries.map(\.id)), found.notes)
    }
}

/// Photos as lines of a table.
enum PhotoLines {
    static func text(_ photos: [Photo], in library: Library) async throws -> String {
        var table = TextTable([("", .left), ("", .left), ("", .right), ("", .left), ("", .left)])
        for photo in photos {
            var notes = [PhotoFormat.camera(photo.metadata), photo.metadata.place].compactMap { $0 }
                .map { displayEscaped($0) }
            if photo.isFavourite { notes.append("favourite") }
            if photo.isMissing { notes.append("missing") }
            if photo.status == .queued { notes.append("queued") }
            let name = PhotoFormat.name(of: photo)
            table.add([
                photo.id.description, PhotoFormat.time(photo.captureTime), PhotoFormat.size(photo),
                displayEscaped(bytes: name), notes.joined(separator: " · "),
            ])
        }
        return table.text(showsTitles: false)
    }
}
