import ArgumentParser
import Core
import PhotoEngine

/// `phototui tags …`.
struct TagsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "List tags, and put photos under them.",
        discussion: """
            A tag is found whatever its case, and is there as long as a photo has it. The keywords in photos' files and \
            sidecars are listed beside the tags and found as they are (`search tag:beach`); `tags adopt` makes tags of them, \
            which can be renamed, merged and taken away.

            Examples:
              phototui tags
              phototui tags add beach 0190a7c2 ~/Pictures/IMG_2041.jpg
              phototui tags merge beaches Strand --into beach
            """,
        subcommands: [
            TagsList.self, TagsShow.self, TagsAdd.self, TagsRemove.self, TagsRename.self, TagsMerge.self,
            TagsAdopt.self, TagsSuggest.self,
        ], defaultSubcommand: TagsList.self)

    static func json(_ tag: Tag) -> JSON {
        .object([
            "id": .string(tag.id.description), "name": .string(tag.name), "photo_count": .count(tag.photoCount),
        ])
    }

    /// Tells tags as text or JSON, and keywords that are none; `next` is what to go on with, an option and its value.
    static func tell(
        _ tags: [Tag], _ keywords: [Keyword] = [], next: (option: String, name: String)? = nil, isJSON: Bool
    ) throws {
        if isJSON {
            let document: JSON = .object([
                "tags": .array(tags.map(json)),
                "keywords": .array(
                    keywords.map { .object(["name": .string($0.name), "photo_count": .count($0.photoCount)]) }),
                "next": .text(next?.option == "--after" ? next?.name : nil),
                "next_keyword": .text(next?.option == "--after-keyword" ? next?.name : nil),
            ])
            return try Console.line(document.encoded())
        }
        var table = TextTable([("TAG", .left), ("PHOTOS", .right), ("", .left)])
        for tag in tags { table.add([displayEscaped(tag.name), "\(tag.photoCount)", ""]) }
        for keyword in keywords { table.add([displayEscaped(keyword.name), "\(keyword.photoCount)", "keyword"]) }
        if !table.isEmpty { try Console.write(table.text()) }
        if !keywords.isEmpty {
            Console.note(
                "Keywords are what files and sidecars say. To make tags of them: phototui tags adopt --search ''\n")
        }
        if let next { Console.note("More follow: \(next.option) \(OwnCommand.quoted(next.name))\n") }
    }
}

/// `phototui tags list`.
struct TagsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tags by name, with how many photos have each.",
        discussion: """
            Behind the tags follow the keywords of photos' files and sidecars that are the name of no tag, marked as such, with \
            those of photos in the trash.

            Examples:
              phototui tags list --match sea
              phototui tags list --json | jq -r '.tags[] | select(.photo_count == 1).name'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("Only tags with this text.", valueName: "text"))
    var match = ""

    @Option(help: ArgumentHelp("At most so many tags.", valueName: "n"))
    var limit = 1000

    @Option(help: ArgumentHelp("Only tags that follow this one by name, and keywords.", valueName: "tag"))
    var after: String?

    @Option(help: ArgumentHelp("Only keywords that follow this one.", valueName: "keyword"))
    var afterKeyword: String?

    func validate() throws {
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
        if after != nil, afterKeyword != nil { throw ValidationError("--after-keyword goes without --after") }
    }

    func run() async throws {
        let query = CollectionQuery(
            text: try typedText(match), after: try after.map(CollectionName.tag(typed:)), limit: limit + 1)
        let afterKeyword = try afterKeyword.map(typedText)
        try await libraryOptions.withLibrary { library in
            let tags = afterKeyword == nil ? try await library.catalog.tags(query) : []
            let shown = Array(tags.prefix(limit))
            let room = limit - shown.count
            let keywords =
                tags.count > limit
                ? []
                : try await library.catalog.keywords(
                    containing: query.text, after: afterKeyword, limit: room + 1)
            let next: (String, String)? =
                if tags.count > limit {
                    shown.last.map { ("--after", $0.name) }
                } else if keywords.count > room {
                    keywords.prefix(room).last.map { ("--after-keyword", $0.name) }
                        ?? shown.last.map { ("--after", $0.name) }
                } else { nil }
            try TagsCommand.tell(shown, Array(keywords.prefix(room)), next: next, isJSON: output.json)
        }
    }
}

/// `phototui tags suggest`.
struct TagsSuggest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggest",
        abstract: "List the tags that a text may mean, those with the most photos first.",
        discussion: """
            Examples:
              phototui tags suggest be
              phototui tags suggest be --json --limit 5
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "Part of a tag.")
    var text: String

    @Option(help: ArgumentHelp("At most so many tags.", valueName: "n"))
    var limit = 10

    func validate() throws {
        if !(1...1000).contains(limit) { throw ValidationError("--limit takes 1 to 1000") }
    }

    func run() async throws {
        let query = CollectionQuery(text: try typedText(text), isByPhotoCount: true, limit: limit)
        try await libraryOptions.withLibrary { library in
            try TagsCommand.tell(try await library.catalog.tags(query), isJSON: output.json)
        }
    }
}

/// `phototui tags show TAG`.
struct TagsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "List the photos that have a tag, newest first.",
        discussion: """
            Examples:
              phototui tags show beach
              phototui tags show beach --json | jq -r '.photos[].path'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var page: CollectionPage

    @Argument(help: "A tag.", completion: .custom(tagNames))
    var tag: String

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let tag = try await library.tag(typed: tag)
            let found = try await page.read(.tag(tag.id), in: library)
            if output.json {
                let fields = [("tag", TagsCommand.json(tag))] + (try await found.json(in: library))
                return try Console.line(JSON.object(fields).encoded())
            }
            try await found.write(in: library)
        }
    }
}

/// `phototui tags add TAG PHOTO…`.
struct TagsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Give photos a tag.",
        discussion: """
            A tag of the same name in other letters is the same tag. A name has at most 500 bytes, no control characters and \
            no line breaks.

            Examples:
              phototui tags add beach 0190a7c2
              phototui tags add beach --also summer --also 'Costa da Caparica' --month 2024-07

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "A tag.", completion: .custom(tagNames))
    var tag: String

    @OptionGroup var selection: PhotoSelection

    @Option(help: ArgumentHelp("A further tag.", valueName: "tag"), completion: .custom(tagNames))
    var also: [String] = []

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        let tags = try ([tag] + also).map(CollectionName.tag(typed:))
        try await libraryOptions.withLibrary {
            try await EditRun($0, output, why).carryOut(.addTags(tags), selection)
        }
    }
}

/// `phototui tags remove TAG PHOTO…`.
struct TagsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a tag from photos.",
        discussion: """
            Examples:
              phototui tags remove beach 0190a7c2
              phototui tags remove beach --month 2024-07
              phototui tags merge beach --into sea        take it from all, and have them under another

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "A tag.", completion: .custom(tagNames))
    var tag: String

    @OptionGroup var selection: PhotoSelection

    @Option(help: ArgumentHelp("A further tag.", valueName: "tag"), completion: .custom(tagNames))
    var also: [String] = []

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            var tags: [TagID] = []
            for name in [tag] + also { tags.append(try await library.tag(typed: name).id) }
            try await EditRun(library, output, why).carryOut(.removeTags(tags), selection)
        }
    }
}

/// `phototui tags rename TAG NAME`.
struct TagsRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Call a tag otherwise.",
        discussion: """
            Examples:
              phototui tags rename beach Beach
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "A tag.", completion: .custom(tagNames))
    var tag: String

    @Argument(help: "Its new name.")
    var name: String

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        let name = try CollectionName.tag(typed: name)
        try await libraryOptions.withLibrary { library in
            let tag = try await library.tag(typed: tag)
            try await EditRun(library, output, why).carryOut(.renameTag(tag.id, name))
        }
    }
}

/// `phototui tags merge TAG… --into TAG`.
struct TagsMerge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Put the photos of several tags under one of them.",
        discussion: """
            Examples:
              phototui tags merge beaches Strand --into beach
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "Tags that are there no longer behind it.", completion: .custom(tagNames))
    var tags: [String]

    @Option(help: ArgumentHelp("The tag that stays.", valueName: "tag"), completion: .custom(tagNames))
    var into: String

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let target = try await library.tag(typed: into).id
            var merged: [TagID] = []
            for name in tags { merged.append(try await library.tag(typed: name).id) }
            try await EditRun(library, output, why).carryOut(.mergeTags(merged, into: target))
        }
    }
}
