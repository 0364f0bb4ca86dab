import ArgumentParser
import Core
import PhotoEngine

/// `phototui journal`.
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Show who did what, and what came of it.",
        discussion: """
            The newest first. What was done to the broker of a profile is in that profile's journal; what was done to a broker \
            without a library, or while the catalogue was away, is in one on this machine, which --broker shows.

            Examples:
              phototui journal
              phototui journal --profile prod --limit 20
              phototui journal --broker redis://localhost:6379/0
              phototui journal --json | jq '.entries[] | select(.action == "purge queue")'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("This machine's journal of brokers, as far as it tells of this one.", valueName: "url"))
    var broker: String?

    @Option(help: ArgumentHelp("At most so many entries.", valueName: "n"))
    var limit = 100

    func validate() throws {
        if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
        if broker != nil, libraryOptions.profile != nil || libraryOptions.library != nil {
            throw ValidationError("name a --broker or a library, not both")
        }
    }

    func run() async throws {
        let entries: [JournalEntry]
        if let broker {
            var options = BrokerOptions()
            options.broker = broker
            options.profile = nil
            entries = try await options.withConsole { opened in
                // Others of the file are of other brokers.
                try await opened.journal.entries(limit: .max).filter { $0.subject.hasSuffix(" of \(opened.address)") }
            }.prefix(limit).map(\.self)
        } else {
            entries = try await libraryOptions.withLibrary { try await $0.catalog.journal(limit: limit) }
        }
        if output.json {
            let document: JSON = .object([
                "entries": .array(
                    entries.map {
                        .object([
                            "id": .string($0.id.description), "at": .moment($0.at), "actor": .string($0.actor),
                            "action": .string($0.action), "subject": .string($0.subject),
                            "outcome": .string($0.outcome),
                        ])
                    })
            ])
            return try Console.line(document.encoded())
        }
        var table = TextTable([
            ("AT", .left), ("WHO", .left), ("ACTION", .left), ("SUBJECT", .left), ("OUTCOME", .left),
        ])
        for entry in entries {
            table.add(
                [rfc3339(microseconds: entry.at)]
                    + [entry.actor, entry.action, entry.subject, entry.outcome].map { displayEscaped($0) })
        }
        try Console.write(table.text())
    }
}
