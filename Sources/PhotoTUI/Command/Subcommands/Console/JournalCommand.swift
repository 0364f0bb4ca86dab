import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui journal`.
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Show who did what, and what came of it.",
        discussion: """
            The newest first. What was done to the broker of a profile is in that profile's journal; what was done to a broker \
            without a library, or while the catalogue was away or could only be read, is in one on this machine, which --broker \
            shows, and --profile along with the profile's. An action's two entries, its beginning and its end, have one action_id \
            in JSON, and the reason that was given.

            Examples:
              phototui journal
              phototui journal --profile prod --limit 20
              phototui journal --broker redis://localhost:6379/0
              phototui journal --json | jq '.entries[] | select(.action == "purge queue")'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var list: ListOptions

    @Option(
        help: ArgumentHelp(
            """
            This machine's journal of brokers, as far as it tells of this one (default: PHOTOTUI_BROKER where there is no \
            library).
            """, valueName: "url"))
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
        guard try BrokerOptions.namesForeignBroker(broker, libraryOptions) else {
            return try await libraryOptions.withLibrary { library in
                try await list.list {
                    Self.listing(
                        try await library.journal(
                            limit: limit, environment: ProcessInfo.processInfo.environment))
                }
            }
        }
        var options = BrokerOptions()
        options.broker = broker
        options.profile = nil
        try await options.withConsole { opened in
            try await list.list {
                Self.listing(try await opened.ownEntries(limit: limit))
            }
        }
    }

    private static func listing(_ entries: some Sequence<JournalEntry>) -> Listing {
        var table = TextTable([
            ("AT", .left), ("WHO", .left), ("ACTION", .left), ("SUBJECT", .left), ("OUTCOME", .left),
        ])
        for entry in entries {
            table.add(
                [rfc3339(microseconds: entry.at)]
                    + [entry.actor, entry.action, entry.subject, entry.outcome].map { displayEscaped($0) })
        }
        return Listing("entries", entries.map(json), text: table.text())
    }

    private static func json(_ entry: JournalEntry) -> JSON {
        let outcome = ActionOutcome(reading: entry.outcome)
        return .object([
            "id": .string(entry.id.description), "at": .moment(entry.at), "actor": .string(entry.actor),
            "action": .string(entry.action), "subject": .string(entry.subject), "outcome": .string(entry.outcome),
            "reason": .rawText(outcome.reason), "action_id": .text(outcome.action),
        ])
    }
}
