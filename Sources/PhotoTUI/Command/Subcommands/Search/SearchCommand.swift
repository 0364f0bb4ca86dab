import ArgumentParser
import Core
import Grid
import PhotoEngine
import Search

/// `phototui search …`.
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find photos by what is known of them, newest first.",
        discussion: """
            Every word must be somewhere: in the file's name, the caption, keywords, camera, lens, place, a tag or an album's \
            name. Case and accents don't matter, a word may be the beginning of one, and one that is nowhere is taken for \
            words spelled alike. "Several words" in quotes stand together, -word must not be there, and of words with OR \
            between them one is enough. Dates are 2021, 2021-07, 2019..2021 and july; fields:
              \(SearchField.all.map(\.example).joined(separator: " "))

            Examples:
              phototui search lisbon 2019..2021 -tag:work
              phototui search 'camera:x100 iso:>800 "night sky"'
              phototui search near:38.7,-9.1,5km --count
              phototui search rating:5 --json | jq -r '.photos[].path'
              phototui albums create Best --search 'rating:>=4'     keep a search as an album
            """,
        subcommands: [SearchFind.self, SearchComplete.self, SearchHistory.self, SearchRebuild.self],
        defaultSubcommand: SearchFind.self)

    /// What was typed, as one line: words that the shell had kept together stay so.
    static func line(_ words: [String]) throws -> String {
        if words.count == 1 { return try typedText(words[0]) }
        return try words.map { word in
            let word = try typedText(word)
            guard word.contains(where: \.isWhitespace), !word.contains("\"") else { return word }
            guard let colon = word.firstIndex(of: ":"), !word[..<colon].contains(where: \.isWhitespace) else {
                return word.hasPrefix("-") ? "-\"\(word.dropFirst())\"" : "\"\(word)\""
            }
            return word[...colon] + "\"" + word[word.index(after: colon)...] + "\""
        }.joined(separator: " ")
    }

    /// The query; where it can't be understood, says so with a mark under the place, and throws the code for wrong usage.
    static func query(_ line: String) throws -> SearchQuery {
        do {
            return try SearchText.query(line)
        } catch {
            Console.complain(error.description)
            Console.note(marked(line, error.place))
            throw ExitCode(64)
        }
    }

    /// Two lines: what was typed, around the place, and a mark under that.
    static func marked(_ line: String, _ place: Range<Int>) -> String {
        let first = max(0, place.lowerBound - 40)
        let characters = Array(line)
        let before = displayEscaped(String(characters[first..<place.lowerBound]))
        let marked = displayEscaped(String(characters[place].prefix(40)))
        let after = displayEscaped(String(characters[place.upperBound...].prefix(20)))
        let mark = String(repeating: "^", count: max(1, marked.displayWidth))
        return "  \(before)\(marked)\(after)\n  \(String(repeating: " ", count: before.displayWidth))\(mark)\n"
    }
}

/// `phototui search QUERY`.
struct SearchFind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find photos; the same as `phototui search QUERY`.",
        discussion: """
            Examples:
              phototui search find history        where the query is the name of a subcommand
              phototui search lisbon --json --after 1720807387000000_0190a7c2-…   (the "next" of the page before)
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var page: PageOptions<TimelinePosition>

    @Flag(help: "Only say how many photos there are, counted to 10,000.")
    var count = false

    @Argument(parsing: .allUnrecognized, help: "What to look for; all photos where nothing is named.")
    var query: [String] = []

    static let mostCounted = 10_000

    func validate() throws {
        if let option = query.first(where: { $0.hasPrefix("--") && $0.count > 2 }) {
            throw ValidationError("Unknown option '\(option)'")
        }
    }

    func run() async throws {
        let line = try SearchCommand.line(query)
        let query = try SearchCommand.query(line)
        try await libraryOptions.withLibrary { library in
            if count { return try await tellCount(query, library) }
            let found = try await library.catalog.search(query, after: page.after, limit: page.count)
            let (shown, next) = page.page(found.entries, cursor: \.position)
            let photos = try await library.catalog.photos(shown.map(\.id))
            if output.json {
                var items: [JSON] = []
                for photo in photos { items.append(.object(try await PhotoFormat.json(photo, in: library))) }
                return try Console.line(
                    JSON.object([
                        ("photos", .array(items)), ("next", .text(next?.description)),
                        ("notes", .array(found.notes.map { .string($0.description) })),
                    ]).encoded())
            }
            for note in found.notes { Console.note(displayEscaped(note.description) + "\n") }
            try Console.write(try await PhotoLines.text(photos, in: library))
            page.tell(next)
            if Console.isTerminal, !line.isEmpty { try await library.catalog.noteSearch(line) }
        }
    }

    private func tellCount(_ query: SearchQuery, _ library: Library) async throws {
        let found = try await library.catalog.count(query, upTo: Self.mostCounted)
        if output.json {
            return try Console.line(
                JSON.object([("count", .count(found.count)), ("has_more", .bool(found.isBounded))]).encoded())
        }
        try Console.line(Self.text(found))
    }

    static func text(_ count: SearchCount) -> String { count.isBounded ? "more than \(count.count)" : "\(count.count)" }
}

/// `phototui search complete TEXT`.
struct SearchComplete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "complete",
        abstract: "Tell how a search could go on, and how many photos each has.",
        discussion: """
            Fields, names and words for the last term of TEXT. A count takes in archived photos, and of cameras, lenses, places and \
            words those in the trash.

            Examples:
              phototui search complete 'lisbon tag:'
              phototui search complete cam --json
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
    var limit = 20

    @Argument(help: "A search as far as it is typed.")
    var text: String

    func validate() throws {
        if !(1...1000).contains(limit) { throw ValidationError("--limit takes 1 to 1000") }
    }

    func run() async throws {
        let text = try typedText(text)
        try await libraryOptions.withLibrary { library in
            let found = try await SearchProposals.of(text, cursor: text.count, limit: limit, in: library.catalog)
            if output.json {
                let items = found.map {
                    JSON.object([
                        ("text", .string($0.text)), ("photo_count", .count($0.photoCount)),
                        ("start", .count($0.place.lowerBound)), ("end", .count($0.place.upperBound)),
                    ])
                }
                return try Console.line(JSON.object([("completions", .array(items))]).encoded())
            }
            var table = TextTable([("", .left), ("", .right)])
            for proposal in found {
                table.add([displayEscaped(proposal.text), proposal.photoCount.map { "\($0)" } ?? ""])
            }
            try Console.write(table.text(showsTitles: false))
        }
    }
}

/// `phototui search history`.
struct SearchHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List the last searches, or forget them.",
        discussion: """
            Searches of the app and of a terminal are kept, \(PastSearch.most) at most; those of scripts are not.

            Examples:
              phototui search history
              phototui search history --forget 'camera:x100'
              phototui search history --forget-all
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
    var limit = 50

    @Option(help: ArgumentHelp("Forget this search.", valueName: "query"))
    var forget: String?

    @Flag(help: "Forget all searches.")
    var forgetAll = false

    func validate() throws {
        if !(1...1000).contains(limit) { throw ValidationError("--limit takes 1 to 1000") }
        if forget != nil, forgetAll { throw ValidationError("name a search to --forget, or --forget-all") }
    }

    func run() async throws {
        let forgotten = try forget.map(typedText)
        try await libraryOptions.withLibrary { library in
            if forgotten != nil || forgetAll {
                let count = try await library.catalog.forgetSearches(forgotten)
                if output.json {
                    return try Console.line(JSON.object([("forgotten", .count(count))]).encoded())
                }
                return try Console.line(count == 1 ? "1 search forgotten" : "\(count) searches forgotten")
            }
            let past = try await library.catalog.searches(limit: limit)
            if output.json {
                let items = past.map {
                    JSON.object([("query", .string($0.text)), ("searched_at", .moment($0.searchedAt))])
                }
                return try Console.line(JSON.object([("searches", .array(items))]).encoded())
            }
            for search in past { try Console.line(displayEscaped(search.text)) }
        }
    }
}

/// `phototui search rebuild`.
struct SearchRebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Make anew what searches read, from what is known of the photos.",
        discussion: """
            It is kept with every change; this is for when `phototui doctor` says that it is not as it should be. Nobody else can \
            change the library meanwhile.

            Examples:
              phototui search rebuild
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let count = try await library.catalog.rebuildSearch()
            if output.json { return try Console.line(JSON.object([("mended", .count(count))]).encoded()) }
            try Console.line(count == 0 ? "all was as it should be" : "mended in \(count) places")
        }
    }
}
