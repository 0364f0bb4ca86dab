import ArgumentParser
import Core
import PhotoEngine

/// `phototui albums add ALBUM PHOTO…`.
struct AlbumsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Put photos into an album, behind the others.",
        discussion: """
            Examples:
              phototui albums add Trips/Lisbon 0190a7c2 ~/Pictures/IMG_2041.jpg
              phototui albums add Trips/Lisbon --create --month 2024-07

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    @OptionGroup var selection: PhotoSelection

    @Flag(help: "Begin the album where it is not there.")
    var create = false

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let run = EditRun(library, output, why)
            if create {
                let name = try CollectionName.album(typed: album)
                if try await library.catalog.album(named: name) == nil {
                    _ = try await run.make(.createAlbum(name, description: ""), [])
                }
            }
            let album = try await library.album(typed: album)
            try await run.carryOut(.addToAlbum(album.id), selection)
        }
    }
}

/// `phototui albums remove ALBUM PHOTO…`.
struct AlbumsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take photos out of an album; they stay in the library.",
        discussion: """
            Examples:
              phototui albums remove Trips/Lisbon 0190a7c2

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    @OptionGroup var selection: PhotoSelection

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let album = try await library.album(typed: album)
            try await EditRun(library, output, why).carryOut(.removeFromAlbum(album.id), selection)
        }
    }
}

/// `phototui albums order ALBUM …`.
struct AlbumsOrder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Have an album's photos in order of date, or by hand, and put them where they belong.",
        discussion: """
            By hand, photos are at first in the order they were added. Photos that are named are put before another, or at the \
            end, in the order they are named.

            Examples:
              phototui albums order Trips/Lisbon --by hand
              phototui albums order Trips/Lisbon 0190a7c2 0190a7d9 --before 0190a711
              phototui albums order Trips/Lisbon 0190a7c2 --last

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    @Argument(help: "Photos of it, by their ids, beginnings of ids, SHA-256s, or paths.", completion: .file())
    var photos: [String] = []

    @Option(help: "Newest first, or as people put them.")
    var by: Album.Order?

    @Option(help: ArgumentHelp("Put the photos before this one.", valueName: "photo"), completion: .file())
    var before: String?

    @Flag(help: "Put the photos at the end.")
    var last = false

    func validate() throws {
        try why.require(for: libraryOptions)
        if photos.isEmpty {
            if by == nil || before != nil || last {
                throw ValidationError("say --by date or --by hand, or name photos")
            }
        } else if by != nil || (before != nil) == last {
            throw ValidationError("photos are put --before another, or --last")
        }
    }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let album = try await library.album(typed: album)
            let run = EditRun(library, output, why)
            if let by { return try await run.carryOut(.orderAlbum(album.id, by)) }
            var anchor: PhotoID?
            if let before { anchor = try await PhotoName.resolve(before, in: library).id }
            guard photos.count <= EditRequest.mostPhotos else {
                throw EngineError(.limitExceeded, "more than \(EditRequest.mostPhotos) photos can't be moved at once")
            }
            try await run.carryOut(.moveInAlbum(album.id, before: anchor), NamedPhotos.of(photos))
        }
    }
}

/// `phototui albums delete ALBUM`.
struct AlbumsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete an album; its photos stay in the library, and the albums nested in it stay.",
        discussion: """
            Examples:
              phototui albums delete Trips/Lisbon
              phototui edits undo 0190a7c2        have it back, photos and all
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "An album.", completion: .custom(albumNames))
    var album: String

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let album = try await library.album(typed: album)
            try await EditRun(library, output, why).carryOut(.deleteAlbum(album.id))
        }
    }
}
