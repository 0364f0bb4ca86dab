import ArgumentParser
import Core
import PhotoEngine

/// `phototui albums …`.
struct AlbumsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "albums",
        abstract: "List albums, and put photos into them.",
        discussion: """
            A photo may be in any number of albums. An album named Trips/Lisbon is nested in Trips, whether that is there or \
            not. Names are found whatever their case.

            Examples:
              phototui albums
              phototui albums create Trips/Lisbon
              phototui albums add Trips/Lisbon --month 2024-07
              phototui albums show Trips/Lisbon
              phototui albums events                 propose some from photos taken together
            """,
        subcommands: [
            AlbumsList.self, AlbumsShow.self, AlbumsCreate.self, AlbumsRename.self, AlbumsDescribe.self,
            AlbumsCover.self, AlbumsAdd.self, AlbumsRemove.self, AlbumsOrder.self, AlbumsDelete.self,
            AlbumsEvents.self,
        ], defaultSubcommand: AlbumsList.self)

    static func json(_ album: Album, shared: Set<AlbumID>) -> [(name: String, value: JSON)] {
        [
            ("id", .string(album.id.description)), ("name", .string(album.name)),
            ("description", .string(album.description)), ("order", .string(album.order.rawValue)),
            ("cover", .text(album.cover?.description)), ("photo_count", .count(album.photoCount)),
            ("query", .text(album.query)), ("shared", .bool(shared.contains(album.id))),
        ]
    }
}

extension Library {
    /// Albums of which somebody has a link now.
    func sharedAlbums() async throws -> Set<AlbumID> {
        let now = SystemClock().microseconds
        let open = try await catalog.shares(idPrefix: nil, isOpen: true, limit: .max)
        return Set(open.filter { $0.state == .shared && $0.expiresAt > now }.compactMap(\.album))
    }
}

/// `phototui albums list`.
struct AlbumsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the albums by name.",
        discussion: """
            Examples:
              phototui albums list --match lisbon
              phototui albums list --json | jq -r '.albums[] | select(.photo_count == 0).name'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Only albums with this text in their names.", valueName: "text"))
    var match = ""

    @Option(help: ArgumentHelp("At most so many albums.", valueName: "n"))
    var limit = 1000

    @Option(help: ArgumentHelp("Only albums that follow this one by name.", valueName: "album"))
    var after: String?

    func validate() throws {
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
    }

    func run() async throws {
        let query = CollectionQuery(
            text: try typedText(match), after: try after.map(CollectionName.album(typed:)), limit: limit + 1)
        try await libraryOptions.withLibrary { library in
            let found = try await library.catalog.albums(query)
            let shown = try await found.prefix(limit).counted(in: library)
            let next = found.count > limit ? shown.last?.name : nil
            let shared = try await library.sharedAlbums()
            if output.json {
                let document: JSON = .object([
                    "albums": .array(shown.map { .object(AlbumsCommand.json($0, shared: shared)) }),
                    "next": .text(next),
                ])
                return try Console.line(document.encoded())
            }
            var table = TextTable([("ALBUM", .left), ("PHOTOS", .right), ("ORDER", .left), ("DESCRIPTION", .left)])
            for album in shown {
                let words = displayEscaped(album.description.isEmpty ? album.query ?? "" : album.description)
                table.add([
                    displayEscaped(album.name), album.shownCount, album.query == nil ? album.order.rawValue : "search",
                    shared.contains(album.id) ? words.isEmpty ? "(shared)" : "(shared) \(words)" : words,
                ])
            }
            if !table.isEmpty { try Console.write(table.text()) }
            if let next { Console.note("More follow: --after \(OwnCommand.quoted(next))\n") }
        }
    }
}

/// `phototui albums show ALBUM`.
struct AlbumsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an album and its photos, in its order.",
        discussion: """
            Examples:
              phototui albums show Trips/Lisbon
              phototui albums show Trips/Lisbon --json | jq -r '.photos[].path'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var page: CollectionPage

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let album = try await [library.album(typed: album)][...].counted(in: library)[0]
            let found = try await page.read(album, in: library)
            if output.json {
                return try Console.line(
                    JSON.object(
                        AlbumsCommand.json(album, shared: try await library.sharedAlbums())
                            + (try await found.json(in: library))
                    ).encoded())
            }
            let order = album.order == .hand ? "in order by hand" : "newest first"
            let photos = album.photoCount == 1 ? "1 photo" : "\(album.shownCount) photos"
            try Console.line("\(displayEscaped(album.name)), \(photos), \(order)")
            if let query = album.query { try Console.line("search: \(displayEscaped(query))") }
            if !album.description.isEmpty { try Console.line(displayEscaped(album.description)) }
            try await found.write(in: library)
        }
    }
}

/// `phototui albums create ALBUM`.
struct AlbumsCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Begin an album.",
        discussion: """
            A name has at most 500 bytes, no control characters and no line breaks.

            Examples:
              phototui albums create Trips/Lisbon --description 'A week in July'
              phototui albums create Best --search 'rating:>=4 2019..'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "Its name.")
    var album: String

    @Option(help: ArgumentHelp("What it is about.", valueName: "text"))
    var description = ""

    @Option(
        help: ArgumentHelp("It holds what this search finds, and nothing can be put into it.", valueName: "query"))
    var search: String?

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        let name = try CollectionName.album(typed: album)
        let description = try typedText(description)
        let query = try search.map(typedText)
        if let query { _ = try SearchCommand.query(query) }
        try await libraryOptions.withLibrary {
            try await EditRun($0, output, why).carryOut(
                .createAlbum(name, description: description, query: query))
        }
    }
}

/// `phototui albums rename ALBUM NAME`.
struct AlbumsRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Call an album otherwise; the albums nested in it go along.",
        discussion: """
            Where there is no album Trips, but there are some nested in it, as Trips/Lisbon, these are renamed.

            Examples:
              phototui albums rename Trips Travels
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    @Argument(help: "Its new name.")
    var name: String

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        let name = try CollectionName.album(typed: name)
        try await libraryOptions.withLibrary { library in
            let old = try CollectionName.album(typed: album)
            let run = EditRun(library, output, why)
            if let known = try await library.catalog.album(named: old) {
                return try await run.carryOut(.renameAlbum(known.id, name))
            }
            do {
                try await run.carryOut(.renameNested(old, name))
            } catch let error as EngineError where error.code == .notFound {
                // With what it may be called.
                _ = try await library.album(typed: album)
            }
        }
    }
}

/// `phototui albums describe ALBUM TEXT`.
struct AlbumsDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Write what an album is about.",
        discussion: """
            Examples:
              phototui albums describe Trips/Lisbon 'A week in July'
              phototui albums describe Trips/Lisbon ''
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    @Argument(help: "At most 16,384 bytes.")
    var text: String

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        let text = try typedText(text)
        try await libraryOptions.withLibrary { library in
            let album = try await library.album(typed: album)
            try await EditRun(library, output, why).carryOut(.describeAlbum(album.id, text))
        }
    }
}

/// `phototui albums cover ALBUM PHOTO`.
struct AlbumsCover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cover",
        abstract: "Choose the photo that stands for an album.",
        discussion: """
            Examples:
              phototui albums cover Trips/Lisbon 0190a7c2
              phototui albums cover Trips/Lisbon --first     again the first in its order
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    @Argument(help: "One of its photos.", completion: .file())
    var photo: String?

    @Flag(help: "The first in the album's order.")
    var first = false

    func validate() throws {
        try why.require(for: libraryOptions)
        if (photo == nil) != first { throw ValidationError("name a photo, or --first") }
    }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let album = try await library.album(typed: album)
            var cover: PhotoID?
            if let photo { cover = try await PhotoName.resolve(photo, in: library).id }
            try await EditRun(library, output, why).carryOut(.setCover(album.id, cover))
        }
    }
}
