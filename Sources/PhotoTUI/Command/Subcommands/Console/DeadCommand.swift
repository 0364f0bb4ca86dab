import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui dead …`.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "See and retry what will not be tried again by itself.",
        discussion: """
            Messages that no phototui worker could run are kept byte for byte on the broker; a profile's dead jobs are in its \
            catalogue; tasks that failed in Celery's workers leave no message, and are known as far as somebody watched \
            (phototui jobs watch). All three are listed, grouped by their errors, and tried again in the same way.

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
            try await brokerOptions.withDead { sources in
                let letters = try await filter.letters(of: sources)
                if group { return try showGroups(letters, sources) }
                let shown = letters.prefix(limit)
                if output.json {
                    let document: JSON = .object([
                        "dead": .array(shown.map(DeadFormat.json)), "total": .count(letters.count),
                    ])
                    return try Console.line(document.encoded())
                }
                var table = TextTable([
                    ("ID", .left), ("AT", .left), ("QUEUE", .left), ("KIND", .left), ("OF", .left), ("TASK", .left),
                    ("REASON", .left),
                ])
                for letter in shown { table.add(DeadFormat.row(letter)) }
                try Console.write(table.text())
                Console.note("\(shown.count) of \(counted(letters.count, "dead letter"))\n")
                tellOthers(sources)
            }
        }

        private func showGroups(_ letters: [DeadLetter], _ sources: DeadSources) throws {
            let groups = DeadGroup.all(of: letters)
            if output.json {
                let document: JSON = .object(["groups": .array(groups.prefix(limit).map(\.json))])
                return try Console.line(document.encoded())
            }
            var table = TextTable([
                ("GROUP", .left), ("COUNT", .right), ("FIRST", .left), ("LAST", .left), ("QUEUE", .left),
                ("OF", .left), ("TASK", .left), ("OWNERS", .left), ("ERROR", .left),
            ])
            for group in groups.prefix(limit) { table.add(group.row) }
            try Console.write(table.text())
            Console.note("\(counted(groups.count, "group")) of \(counted(letters.count, "dead letter"))\n")
            tellOthers(sources)
        }

        /// What failed in Celery's own workers leaves no message.
        private func tellOthers(_ sources: DeadSources) {
            guard sources.library == nil, sources.history == nil else { return }
            let broker = brokerOptions.broker.map(ConsoleCommand.withoutPassword) ?? sources.opened.address
            let line = ["phototui", "jobs", "watch", "--broker", broker].map(OwnCommand.quoted)
            Console.note(
                "what fails in Celery's workers is known once somebody watches: \(line.joined(separator: " "))\n")
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
            try await brokerOptions.withDead { sources in
                let letter = try DeadFilter.named([id], in: try await sources.letters())[0]
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
                after Ctrl-C or a crash the rest is still there. A library's jobs are queued again. A task that failed in Celery's \
                workers is sent anew under its id, where its arguments are known whole: by its result (result_extended), or by what \
                its worker told of them, if they are plain and not cut. What was to follow it (a chain, a chord) is not sent.

                Examples:
                  phototui dead retry 1f0c7a2e
                  phototui dead retry --group 3f2a91bc --yes --reason "fixed in 1.4.2"
                  phototui dead retry --all --queue high --yes

                Exit codes: 0 all that were asked for, 1 none, 2 some were gone, or stay since not all of them is known.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @OptionGroup var selection: DeadSelection
        @Flag(help: "Poison, too.") var poison = false

        func run() async throws {
            try await brokerOptions.withDead { sources in
                let opened = sources.opened
                var letters = try await opened.preparing(
                    "retry dead", on: "dead letters", reason: consent.reason
                ) { try await selection.letters(of: sources) }
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
                ) { letters in
                    func ids(_ source: DeadLetter.Source) -> [String] {
                        letters.filter { $0.source == source }.map(\.id)
                    }
                    return try await sources.retry(messages: ids(.message), jobs: ids(.job), tasks: ids(.task))
                }
                try selection.tell(
                    done, of: letters.count, "retried", asJSON: output.json, skipped: left,
                    since: "poison, which --poison includes")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop dead letters, for good.",
            discussion: """
                Messages only: a library's jobs and the history of tasks stay.

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
            try await brokerOptions.withDead { sources in
                let opened = sources.opened
                let asked = try await opened.preparing(
                    "delete dead", on: "dead letters", reason: consent.reason
                ) { try await selection.letters(of: sources) }
                let letters = asked.filter { $0.source == .message }
                let left = asked.count - letters.count
                if letters.isEmpty, left > 0 {
                    throw EngineError(
                        .conflict,
                        "\(counted(left, "dead letter")) can't be deleted: jobs and the history's tasks stay",
                        whatToDo: "phototui dead retry has them tried again")
                }
                let done = try await selection.act(
                    on: letters, "delete dead", verb: "will be lost", consent, opened
                ) { DeadSources.Outcome(done: try await opened.console.forget($0.map(\.id))) }
                try selection.tell(
                    done, of: letters.count, "deleted", asJSON: output.json, skipped: left,
                    since: "jobs and the history's tasks, which stay")
            }
        }
    }
}
