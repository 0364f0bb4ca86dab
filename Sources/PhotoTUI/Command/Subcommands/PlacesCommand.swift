import ArgumentParser
import Core
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui places`.
struct PlacesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "places",
        abstract: "List the countries and cities that photos were taken in.",
        discussion: """
            A photo's city is the nearest to its position, as a table of GeoNames' cities on this machine tells it, \
            100 km away at most. A place that the photo's file names is shown as it is.

            Examples:
              phototui places
              phototui places show Lisbon
              phototui places fill
              phototui places import places.tsv
            """,
        subcommands: [List.self, Show.self, Fill.self, Import.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List countries, their cities, and how many photos of the timeline were taken in each.")

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let countries = PlaceFormat.countries(try await library.catalog.cities())
                let unplaced = try await library.catalog.unplacedCount()
                if output.json {
                    let document: JSON = .object([
                        "countries": .array(countries.map(PlaceFormat.json)), "unplaced": .count(unplaced),
                    ])
                    return try Console.line(document.encoded())
                }
                try Console.write(PlaceFormat.text(countries))
                if unplaced > 0 {
                    Console.note("\(counted(unplaced, "photo")) with a position not looked up: phototui places fill\n")
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the photos taken in a city, newest first.",
            discussion: "CITY is its name, its name with region and country, or its number, as `places --json` has it.")

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var page: PageOptions<TimelinePosition>

        @Argument(help: "A city's name or number.")
        var city: String

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let city = try await find(in: library)
                let entries = try await library.catalog.photos(
                    inCity: city.id, after: page.after, limit: page.count)
                let (shown, next) = page.page(entries) { $0.position }
                var photos: [Photo] = []
                for entry in shown {
                    if let photo = try await library.catalog.photo(entry.id) { photos.append(photo) }
                }
                if output.json {
                    var items: [JSON] = []
                    for photo in photos { items.append(.object(try await PhotoFormat.json(photo, in: library))) }
                    try Console.line(
                        JSON.object([
                            "city": .object(PlaceFormat.fields(city)), "photos": .array(items),
                            "next": .text(next?.description),
                        ]).encoded())
                } else {
                    try Console.write(try await PhotoLines.text(photos, in: library))
                    page.tell(next)
                }
            }
        }

        private func find(in library: Library) async throws -> City {
            let wanted = CollectionName.key(of: try typedText(city))
            let cities = try await library.catalog.cities().map(\.city)
            let found = cities.filter { city in
                "\(city.id)" == wanted || CollectionName.key(of: city.place) == wanted
                    || CollectionName.key(of: city.name) == wanted
            }
            if found.count == 1 { return found[0] }
            if found.isEmpty {
                throw EngineError(
                    .notFound, "no photo was taken in \(city)", whatToDo: "list the cities with: phototui places")
            }
            let names = found.prefix(5).map { "\($0.place) (\($0.id))" }.joined(separator: "; ")
            throw EngineError(.conflict, "several cities are called so: \(names)", whatToDo: "name its number")
        }
    }

    struct Fill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look up where photos were taken that were not looked up yet, as imports do by themselves.",
            discussion: """
                Photos of an older phototui, and those that were processed where there is no table of places. What is \
                done stays done: after Ctrl-C the same command goes on with the others.

                Exit codes: 0 done, 1 there is no table, 130 stopped by Ctrl-C.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Flag(help: "Look all photos up again, as with another table.")
        var all = false

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                // Before anything is forgotten: without a table nothing could be found again.
                _ = try await library.places.cities()
                if all { try await library.catalog.forgetPlaces() }
                try await PlaceFillingRun(library: library, isJSON: output.json).run()
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a table of cities into the library, and look up with it where photos were taken.",
            discussion: """
                scripts/places.sh FILE makes such a table of GeoNames' cities (CC BY 4.0): a line a city of nine fields \
                between tabs: number, latitude, longitude, country code, country, city, region, time zone, population.

                Exit codes: 0 done, 1 the file is no such table.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Argument(help: "The table.", completion: .file())
        var file: String

        func run() async throws {
            let path = RawArguments.currentFolder.pushing(RawArguments.path(file)).lexicallyNormalized()
            try await libraryOptions.withLibrary { library in
                let table = try await library.takePlaces(from: path)
                try await library.catalog.forgetPlaces()
                try await PlaceFillingRun(library: library, isJSON: output.json, filling: table).run()
            }
        }
    }
}

/// Looks places up, with a line of progress, and says what came of it.
private struct PlaceFillingRun {
    let library: Library
    let isJSON: Bool
    var filling: PlaceFilling?

    func run() async throws {
        do {
            try await tell(look())
        } catch is CancellationError {
            throw ExitCode.interrupted
        }
    }

    private func look() async throws -> PlaceFilling.Report {
        try await Interrupt.cancelling {
            Self.clear()
        } abandon: {
        } work: {
            try await (filling ?? library.placeFilling()).run { done, total in
                guard Console.errorIsTerminal, total > 0 else { return }
                Console.note("\r\(done) of \(total) photos looked up\u{1b}[J\r")
            }
        }
    }

    private func tell(_ report: PlaceFilling.Report) throws {
        if isJSON {
            try Console.line(
                JSON.object(["photos": .count(report.photos), "placed": .count(report.placed)]).encoded())
        } else {
            try Console.line("\(counted(report.photos, "photo")) looked up, \(report.placed) near a city")
        }
    }

    private static func clear() {
        if Console.errorIsTerminal { Console.note("\r\u{1b}[J") }
    }
}
