import ArgumentParser
import Core
import PhotoEngine

/// `phototui favourite PHOTO…`.
struct FavouriteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "favourite",
        abstract: "Make photos favourites, or no longer.",
        discussion: """
            Examples:
              phototui favourite 0190a7c2 ~/Pictures/IMG_2041.jpg
              phototui favourite --off --month 2024-07
              phototui photos --json --filter lisbon | jq -r '.photos[].id' | phototui favourite --from -

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var selection: PhotoSelection

    @Flag(help: "They are favourites no longer.")
    var off = false

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary {
            try await EditRun($0, output, why).carryOut(.favourite(!off), selection)
        }
    }
}

/// `phototui rate STARS PHOTO…`.
struct RateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rate",
        abstract: "Rate photos with 0 to 5 stars.",
        discussion: """
            A rating outlasts a photo's processing: what its file says is taken up only where nobody rated it.

            Examples:
              phototui rate 4 0190a7c2
              phototui rate none ~/Pictures/IMG_2041.jpg
              phototui rate 3 --from names.txt

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "0 to 5, or none.", completion: .list(["0", "1", "2", "3", "4", "5", "none"]))
    var stars: String

    @OptionGroup var selection: PhotoSelection

    func validate() throws {
        try why.require(for: libraryOptions)
        _ = try rating()
    }

    private func rating() throws -> Int? {
        if stars == "none" { return nil }
        guard let rating = Int(stars), (0...5).contains(rating) else {
            throw ValidationError("a rating is 0 to 5, or none")
        }
        return rating
    }

    func run() async throws {
        let rating = try rating()
        try await libraryOptions.withLibrary {
            try await EditRun($0, output, why).carryOut(.rating(rating), selection)
        }
    }
}

/// `phototui caption PHOTO… --text TEXT`.
struct CaptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caption",
        abstract: "Write a caption for photos.",
        discussion: """
            A caption has at most 16,384 bytes, line breaks among them. It is found by `photos --filter`.

            Examples:
              phototui caption 0190a7c2 --text 'The beach, before the rain'
              phototui caption --clear 0190a7c2

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var selection: PhotoSelection

    @Option(help: ArgumentHelp("The caption.", valueName: "text"))
    var text: String?

    @Flag(help: "Take the caption away.")
    var clear = false

    func validate() throws {
        try why.require(for: libraryOptions)
        if (text == nil) != clear { throw ValidationError("write a --text, or --clear the caption") }
    }

    func run() async throws {
        let caption = try text.map(typedText)
        try await libraryOptions.withLibrary {
            try await EditRun($0, output, why).carryOut(.caption(caption), selection)
        }
    }
}

/// `phototui archive PHOTO…`.
struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Take photos out of the timeline; they stay in their albums.",
        discussion: """
            Examples:
              phototui archive 0190a7c2
              phototui archive --off 0190a7c2

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var selection: PhotoSelection

    @Flag(help: "Put them back into the timeline.")
    var off = false

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary {
            try await EditRun($0, output, why).carryOut(.archived(!off), selection)
        }
    }
}
