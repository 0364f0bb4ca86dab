import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui dead …`.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "See, retry and delete the dead letters of a broker.",
        discussion: """
            Messages that no phototui worker could run, and tasks that failed for good, are kept byte for byte. Dead jobs of a \
            library are listed by `phototui jobs list --state dead`. What failed in Celery's own workers leaves no message: \
            `phototui jobs list --broker URL --state failed` has it, as far as somebody watched.

            Examples:
              phototui dead                        the latest
              phototui dead list --group           one line for each kind of failure
              phototui dead retry --group 3f2a     all of one kind
            """,
        subcommands: [List.self, Show.self, Retry.self, Delete.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List dead letters, the latest first, or their groups.",
            discussion: """
                Examples:
                  phototui dead list --queue high --limit 20
                  phototui dead list --group --json | jq '.groups[] | {group, count, error}'
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var filter: DeadFilter
        @Flag(help: "One line for each group of errors that differ only in their particulars.") var group = false
        @Option(help: ArgumentHelp("At most so many.", valueName: "n")) var limit = 100

        func validate() throws {
            if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
        }

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let letters = try await filter.letters(of: opened.console)
                if group { return try showGroups(letters, opened) }
                let shown = letters.prefix(limit)
                if output.json {
                    let document: JSON = .object([
                        "dead": .array(shown.map(DeadFormat.json)), "total": .count(letters.count),
                    ])
                    return try Console.line(document.encoded())
                }
                var table = TextTable([
                    ("ID", .left), ("AT", .left), ("QUEUE", .left), ("KIND", .left), ("TASK", .left), ("REASON", .left),
                ])
                for letter in shown { table.add(DeadFormat.row(letter)) }
                try Console.write(table.text())
                Console.note("\(shown.count) of \(counted(letters.count, "dead letter"))\n")
                tellOthers(opened)
            }
        }

        private func showGroups(_ letters: [DeadLetter], _ opened: OpenConsole) throws {
            let groups = DeadGroup.all(of: letters)
            if output.json {
                let document: JSON = .object(["groups": .array(groups.prefix(limit).map(\.json))])
                return try Console.line(document.encoded())
            }
            var table = TextTable([
                ("GROUP", .left), ("COUNT", .right), ("FIRST", .left), ("LAST", .left), ("QUEUE", .left),
                ("TASK", .left), ("ERROR", .left),
            ])
            for group in groups.prefix(limit) { table.add(group.row) }
            try Console.write(table.text())
            Console.note("\(counted(groups.count, "group")) of \(counted(letters.count, "dead letter"))\n")
            tellOthers(opened)
        }

        /// What failed in Celery's own workers is no dead letter.
        private func tellOthers(_ opened: OpenConsole) {
            let broker = brokerOptions.broker.map(ConsoleCommand.withoutPassword) ?? opened.address
            let line = ["phototui", "jobs", "list", "--broker", broker, "--state", "failed"].map(OwnCommand.quoted)
            Console.note("Celery's workers keep no message of what failed in them: \(line.joined(separator: " "))\n")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one dead letter with its message.",
            discussion: """
                Examples:
                  phototui dead show 1f0c7a2e
                  phototui dead show 1f0c7a2e --json | jq -r .message_base64 | base64 -d
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The dead letter's id, or the beginning of one.") var id: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let letter = try DeadFilter.named([id], in: try await opened.console.deadLetters(limit: .max))[0]
                if output.json { return try Console.line(DeadFormat.detailedJSON(letter).encoded()) }
                try Console.write(DeadFormat.text(letter))
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put dead letters back at the end of their queues.",
            discussion: """
                Poison is left where it is without --poison: a Celery worker that takes it may end. Each letter moves as a whole; \
                after Ctrl-C or a crash the rest is still there.

                Examples:
                  phototui dead retry 1f0c7a2e
                  phototui dead retry --group 3f2a91bc --yes --reason "fixed in 1.4.2"
                  phototui dead retry --all --queue high --yes

                Exit codes: 0 all that were asked for, 1 none, 2 some were gone.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @OptionGroup var selection: DeadSelection
        @Flag(help: "Poison, too.") var poison = false

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                var letters = try await opened.preparing(
                    "retry dead", on: "dead letters", reason: consent.reason
                ) { try await selection.letters(of: opened.console) }
                let asked = letters.count
                if !poison { letters.removeAll { $0.kind == .poison } }
                let left = asked - letters.count
                if letters.isEmpty, left > 0 {
                    throw EngineError(
                        .conflict, "\(counted(left, "dead letter")) would harm a Celery worker",
                        whatToDo: "add --poison to put it back all the same, or: phototui dead delete")
                }
                let done = try await selection.act(
                    on: letters, "retry dead", verb: "go back to their queues", consent, opened
                ) { try await opened.console.revive($0) }
                try selection.tell(done, of: letters.count, "retried", asJSON: output.json, skipped: left)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop dead letters, for good.",
            discussion: """
                Examples:
                  phototui dead delete 1f0c7a2e
                  phototui dead delete --all --kind poison --yes

                Exit codes: 0 all that were asked for, 1 none, 2 some were gone.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @OptionGroup var selection: DeadSelection

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let letters = try await opened.preparing(
                    "delete dead", on: "dead letters", reason: consent.reason
                ) { try await selection.letters(of: opened.console) }
                let done = try await selection.act(
                    on: letters, "delete dead", verb: "will be lost", consent, opened
                ) { try await opened.console.forget($0) }
                try selection.tell(done, of: letters.count, "deleted", asJSON: output.json, skipped: 0)
            }
        }
    }
}
