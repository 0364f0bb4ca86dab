import ArgumentParser
import Core
import Foundation
import Jobs
import PhotoEngine

/// `phototui dead …`.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "List the broker's dead letters, and put them back.",
        discussion: """
            Messages that no worker could run, that ended the workers which took them, or that failed for good and are no \
            job of a library; those are among: phototui jobs list --state dead

            Examples:
              phototui dead --profile home
              phototui dead list --json --broker redis://localhost:6379/0
              phototui dead retry ID
            """,
        subcommands: [List.self, Retry.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List dead letters, the latest first.",
            discussion: """
                Examples:
                  phototui dead list --limit 20
                  phototui dead list --json | jq -r '.dead[].reason'
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption

        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit = 100

        func validate() throws {
            if !(1...100_000).contains(limit) { throw ValidationError("--limit takes 1 to 100000") }
        }

        func run() async throws {
            let letters = try await brokerOptions.delivery().deadLetters(limit: limit).map(Letter.init)
            if output.json {
                return try Console.line(JSON.object(["dead": .array(letters.map(\.json))]).encoded())
            }
            var table = TextTable([
                ("ID", .left), ("QUEUE", .left), ("KIND", .left), ("TASK", .left), ("AT", .left), ("REASON", .left),
            ])
            for letter in letters { table.add(letter.row) }
            try Console.write(table.text())
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put dead letters back at the end of their queues.",
            discussion: """
                Examples:
                  phototui dead retry ID

                Exit codes: 0 all put back, 2 some not, as there are none of these ids.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption

        @Argument(help: "Dead letters' ids.")
        var ids: [String]

        func run() async throws {
            let delivery = try await brokerOptions.delivery()
            var failed: [String] = []
            for id in ids where try await !delivery.revive(id) { failed.append(id) }
            let reason = "no dead letter has this id, or its queue is not known"
            if output.json {
                let faults = failed.map { JSON.object(["id": .rawText($0), "reason": .string(reason)]) }
                try Console.line(
                    JSON.object(["retried": .count(ids.count - failed.count), "failed": .array(faults)]).encoded())
            } else {
                try Console.line("\(ids.count - failed.count) put back")
                for id in failed { Console.complain("\(id): \(reason)") }
            }
            if !failed.isEmpty { throw ExitCode.inPart }
        }
    }

    /// A dead letter as it is shown: all of it is foreign text.
    private struct Letter {
        let letter: DeadLetter
        let task: String?
        let taskID: String?

        init(_ letter: DeadLetter) {
            self.letter = letter
            let headers = JSONValue(parsing: letter.raw)?["headers"]
            (task, taskID) = (headers?["task"].string, headers?["id"].string)
        }

        private var moment: Int64 { Int64(min(max(0, letter.at), 1e11) * 1e6) }

        var row: [String] {
            [
                displayEscaped(letter.id), displayEscaped(String(letter.queue.prefix(60))), letter.kind.rawValue,
                displayEscaped(String((task ?? "").prefix(100))), rfc3339(microseconds: moment),
                displayEscaped(String(letter.reason.prefix(300))),
            ]
        }

        var json: JSON {
            .object(
                [
                    ("id", .string(letter.id)), ("queue", .string(letter.queue)),
                    ("kind", .string(letter.kind.rawValue)), ("reason", .string(letter.reason)),
                    ("task", .text(task)), ("task_id", .text(taskID)), ("at", .moment(moment)),
                ] + JSON.name(letter.raw, as: "message"))
        }
    }
}

/// `--broker`, or a profile's.
struct BrokerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The broker (default: PHOTOTUI_BROKER, else the profile's). A password is better kept in \
            PHOTOTUI_BROKER_PASSWORD.
            """,
            valueName: "url"))
    var broker: String?

    @Option(help: ArgumentHelp("A networked library of config.toml, by its name.", valueName: "name"))
    var profile: String?

    func delivery() async throws -> CeleryDelivery {
        let configuration = LibraryOptions.configuration(opensNone: broker != nil)
        var libraryOptions = LibraryOptions()
        libraryOptions.profile = profile
        libraryOptions.library = nil
        let chosen = try await RedisAddress.broker(
            option: broker, profile: broker == nil ? try libraryOptions.profile(configuration) : nil,
            environment: ProcessInfo.processInfo.environment)
        guard let chosen else {
            throw EngineError(
                .invalidInput, "no broker is named",
                whatToDo: "set PHOTOTUI_BROKER or the profile's broker, or use --broker redis://HOST:PORT/DATABASE")
        }
        return CeleryDelivery(chosen)
    }
}
