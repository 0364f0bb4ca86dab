import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui albums events …`.
struct AlbumsEvents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Propose albums: photos taken together, with a gap in time or place around them.",
        discussion: """
            Proposed are photos of the timeline that are in no album yet and dated by more than their file. One that is \
            accepted becomes an album; of a time that was refused nothing is proposed again.

            Examples:
              phototui albums events --fewest 20
              phototui albums events accept 0190a7c2 --name Trips/Lisbon
              phototui albums events refuse 0190a7c2
              phototui edits undo 0190b001        have it proposed again
            """,
        subcommands: [EventsList.self, EventsAccept.self, EventsRefuse.self], defaultSubcommand: EventsList.self)
}

/// What makes an event.
struct EventOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Hours without a photo that end an event.", valueName: "hours"))
    var gap = EventRules().gapHours

    @Option(help: ArgumentHelp("Kilometres to the next photo that end one, two hours apart.", valueName: "km"))
    var distance = EventRules().distance

    @Option(help: ArgumentHelp("Propose none of fewer photos.", valueName: "n"))
    var fewest = EventRules().fewest

    func validate() throws {
        if !(0.1...10_000).contains(gap) { throw ValidationError("--gap takes 0.1 to 10000 hours") }
        if !(0.1...25_000).contains(distance) { throw ValidationError("--distance takes 0.1 to 25000 km") }
        if !(1...100_000).contains(fewest) { throw ValidationError("--fewest takes 1 to 100000") }
    }

    func proposals(in library: Library) async throws -> [EventProposal] {
        var rules = EventRules()
        (rules.gapHours, rules.distance, rules.fewest) = (gap, distance, fewest)
        return try await rules.proposals(in: library.catalog)
    }

    /// The one whose id begins so.
    func proposal(named name: String, in library: Library) async throws -> EventProposal {
        let found = try await proposals(in: library).filter {
            !name.isEmpty && $0.id.description.hasPrefix(name.lowercased())
        }
        if found.count == 1 { return found[0] }
        throw found.isEmpty
            ? EngineError(
                .notFound, "no event is called \(name)",
                whatToDo: "list them with the same options: phototui albums events")
            : EngineError(.conflict, "several events have ids that begin with \(name)", whatToDo: "give more of the id")
    }
}

/// `phototui albums events list`.
struct EventsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the proposals, the newest first.",
        discussion: """
            Examples:
              phototui albums events list --gap 36 --json | jq -r '.events[].name'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var events: EventOptions

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let found = try await events.proposals(in: library)
            if output.json {
                return try Console.line(JSON.object(["events": .array(found.map(Self.json))]).encoded())
            }
            var table = TextTable([
                ("EVENT", .left), ("FROM", .left), ("TO", .left), ("PHOTOS", .right), ("NAME", .left),
            ])
            for event in found {
                table.add([
                    event.id.description, Self.time(event.span.lowerBound), Self.time(event.span.upperBound),
                    "\(event.photos.count)", displayEscaped(event.name),
                ])
            }
            if table.isEmpty { return Console.note("No event: all photos are in albums, or too few of a time.\n") }
            try Console.write(table.text())
        }
    }

    private static func time(_ moment: Int64) -> String {
        PhotoFormat.time(CaptureTime(wallMicroseconds: moment, offsetMinutes: nil, source: .exif))
    }

    private static func json(_ event: EventProposal) -> JSON {
        func moment(_ wall: Int64) -> JSON {
            .string(CaptureTime(wallMicroseconds: wall, offsetMinutes: nil, source: .exif).rfc3339)
        }
        return .object([
            "id": .string(event.id.description), "name": .string(event.name), "from": moment(event.span.lowerBound),
            "to": moment(event.span.upperBound), "photo_count": .count(event.photos.count),
            "photos": .array(event.photos.map { .string($0.id.description) }),
        ])
    }
}

/// `phototui albums events accept EVENT`.
struct EventsAccept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Make an event an album.",
        discussion: """
            Examples:
              phototui albums events accept 0190a7c2
              phototui albums events accept 0190a7c2 --name Trips/Lisbon     also into one that is there
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var events: EventOptions

    @Argument(help: "An event, or the beginning of its id.")
    var event: String

    @Option(help: ArgumentHelp("The album's name; else its first day and its city.", valueName: "album"))
    var name: String?

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        let chosen = try name.map(CollectionName.album(typed:))
        try await libraryOptions.withLibrary { library in
            let event = try await events.proposal(named: event, in: library)
            let run = EditRun(library, output, why)
            let name: CollectionName
            if let chosen {
                name = chosen
            } else {
                name = try await EventProposal.albumName(event.name, in: library.catalog)
            }
            if try await library.catalog.album(named: name) == nil {
                let created = try await run.make(.createAlbum(name, description: ""), [])
                if !output.json { try run.tell(created, found: nil) }
            }
            let album = try await library.album(typed: name.text)
            try run.tell(try await run.make(.addToAlbum(album.id), event.photos.map(\.id)), found: nil)
        }
    }
}

/// `phototui albums events refuse EVENT`.
struct EventsRefuse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse", abstract: "Have no event proposed of this time again.",
        discussion: """
            Examples:
              phototui albums events refuse 0190a7c2
              phototui edits undo 0190b001        have it proposed again
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var events: EventOptions

    @Argument(help: "An event, or the beginning of its id.")
    var event: String

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let event = try await events.proposal(named: event, in: library)
            try await EditRun(library, output, why).carryOut(.refuseEvent(event.span, name: event.name))
        }
    }
}
