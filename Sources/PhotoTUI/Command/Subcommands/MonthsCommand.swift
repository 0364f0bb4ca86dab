import ArgumentParser
import Core
import PhotoEngine

/// `phototui months`.
struct MonthsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "months",
        abstract: "List the months of the timeline with their counts.",
        discussion: """
            Examples:
              phototui months
              phototui months --filter 'camera:x100 lisbon'
              phototui months --json | jq -r '.months[].month'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Count only photos that this search finds.", valueName: "query"))
    var filter = ""

    func run() async throws {
        let query = try SearchCommand.query(typedText(filter))
        try await libraryOptions.withLibrary { library in
            let months = try await library.catalog.months(of: query)
            let total = months.reduce(0) { $0 + $1.count }
            if output.json {
                let document: JSON = .object([
                    "months": .array(
                        months.map { .object(["month": .string($0.month.description), "count": .count($0.count)]) }),
                    "total": .count(total),
                ])
                try Console.line(document.encoded())
            } else {
                var table = TextTable([("", .left), ("", .right)])
                for month in months { table.add([month.month.description, "\(month.count)"]) }
                table.add(["total", "\(total)"])
                try Console.write(table.text(showsTitles: false))
            }
        }
    }
}
