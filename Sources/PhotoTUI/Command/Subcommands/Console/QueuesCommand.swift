import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui queues …`.
struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "See and repair the queues of a Celery broker.",
        discussion: """
            Any Celery deployment on Redis is shown, with or without a library. Looking takes nothing out of a queue and never \
            sends KEYS.

            Examples:
              phototui queues                                     the profile's broker
              phototui queues --broker redis://localhost:6379/0   any other
              phototui queues --watch
              phototui queues peek high
              phototui queues pause batch --reason "disk is full"
            """,
        subcommands: [
            List.self, Peek.self, Pause.self, Resume.self, Move.self, Quarantine.self, Purge.self,
        ],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the queues.",
            discussion: """
                WAITING is all priorities together, UNACKED what workers hold, SCHEDULED what of it waits for a time of its own, \
                DEAD what was set aside. Of a queue in which messages wait and that no worker takes, "no consumer" is told. OLDEST \
                is known where the publisher says when it published, as phototui does and Celery does not, or where the history \
                knows when the next message was sent.

                While `phototui jobs watch` keeps the broker's history, there are, of the last minute, also what came IN and went \
                OUT each second, and when the queue will be EMPTY as it goes now; where it has turned since, all three are of the \
                last quarter. ERRORS of what ended, WAIT and RUN (median and 95th percentile) are of the last five minutes. What \
                isn't known is left out; at least so much is ≥: of some of what ended nobody told the queue.

                Examples:
                  phototui queues list --json | jq '.queues[] | select(.depth > 100)'
                  phototui queues list --json | jq '.queues[] | select(.growing)'
                  phototui queues list --json | jq '.queues[] | select(.depth > 0 and .consumed == false)'
                  phototui queues --watch --interval 2

                Exit codes: 0 listed, 1 the broker can't be asked.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var list: ListOptions

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let past = QueuePast(TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment))
                let consumers = ConsumerLook()
                try await list.list {
                    let listing = try await opened.console.queues()
                    let found = await consumers.telling(await past.dating(listing), opened.console, waits: true)
                    return Self.listing(found, await past.rates(), opened.address)
                }
                await past.close()
            }
        }

        private static func listing(
            _ found: QueueListing, _ rates: [String: QueueRates], _ address: String
        ) -> Listing {
            var table = TextTable(QueueFormat.columns(withRates: !rates.isEmpty))
            for queue in found.queues {
                table.add(QueueFormat.row(queue, rates[queue.name], withRates: !rates.isEmpty))
            }
            return Listing(
                "queues", found.queues.map { QueueFormat.json($0, rates[$0.name]) },
                more: [
                    ("complete", .bool(found.isComplete)), ("unreadable_names", .count(found.unreadable)),
                    ("broker", .string(address)),
                    ("at", .moment(SystemClock().microseconds)),
                ], text: table.text(),
                note: (found.queues.isEmpty ? "no queues on \(address)\n" : "")
                    + (found.isComplete ? "" : "The server holds very many keys: not all were looked at yet\n")
                    + (found.unreadable == 0
                        ? ""
                        : "Names that are not UTF-8 are given with one backslash, \\xff: "
                            + "\(counted(found.unreadable, "list"))\n"))
        }
    }

    struct Peek: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show waiting messages without taking them.",
            discussion: """
                In the order of their delivery. What would end a Celery worker, or be lost by it, is marked; of a message over \
                256 kB, and of those behind 16 MB, the ends are read.

                Examples:
                  phototui queues peek high --limit 5
                  phototui queues peek high --raw                 as they lie in Redis, up to 16 kB of each
                  phototui queues peek high --json | jq '.messages[] | select(.poison)'
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption

        @Option(help: ArgumentHelp("At most so many messages.", valueName: "n"))
        var limit = 20

        @Flag(help: "Each message as it lies in Redis, too; with --json as message_base64.")
        var raw = false

        @Argument(help: "The queue.")
        var queue: String

        func validate() throws {
            if !(1...10_000).contains(limit) { throw ValidationError("--limit takes 1 to 10000") }
        }

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let past = QueuePast(TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment))
                let messages = try await past.dating(opened.console.peek(queue, limit: limit))
                await past.close()
                let waiting = try await opened.console.waiting(in: queue)
                if waiting == 0 { try await opened.requireQueue(queue) }
                if output.json {
                    let document: JSON = .object([
                        "queue": .string(queue),
                        "messages": .array(messages.map { QueueFormat.json($0, withRaw: raw) }),
                    ])
                    return try Console.line(document.encoded())
                }
                for message in messages { try Console.write(QueueFormat.text(message, withRaw: raw)) }
                Console.note("\(messages.count) of \(counted(waiting, "message")) in \(displayEscaped(queue))\n")
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have no worker take messages of a queue.",
            discussion: """
                phototui's workers heed it at once, and still after a restart. Celery's are asked to stop consuming the queue; one \
                that starts later does not know of it, until the queue is paused once more: `phototui inbox` tells of it. What \
                already runs is finished. Nothing is asked, with or without --yes: `queues resume` takes it back.

                Examples:
                  phototui queues pause batch --reason "disk is full"

                Exit codes: 0 paused, 2 paused, but some workers did not answer.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @Flag(help: "Also where there is no such queue yet.") var force = false
        @Argument(help: "The queue.") var queue: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let outcome = try await opened.act(
                    "pause queue", on: "queue \(queue)", reason: consent.reason, outcome: QueueFormat.outcome
                ) {
                    if !force { try await opened.requireQueue(queue, unless: "--force") }
                    return try await opened.console.pause(queue)
                }
                try QueueFormat.show(outcome, verb: "paused", queue: queue, asJSON: output.json)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have workers take messages of a paused queue again.",
            discussion: """
                Celery's workers that left it when it was paused are asked to consume it again. Nothing is asked, with or without \
                --yes.

                Examples:
                  phototui queues resume batch

                Exit codes: 0 resumed, 2 resumed, but some workers did not answer.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @Flag(help: "Also where there is no such queue yet.") var force = false
        @Argument(help: "The queue.") var queue: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let outcome = try await opened.act(
                    "resume queue", on: "queue \(queue)", reason: consent.reason, outcome: QueueFormat.outcome
                ) {
                    if !force { try await opened.requireQueue(queue, unless: "--force") }
                    return try await opened.console.resume(queue)
                }
                try QueueFormat.show(outcome, verb: "resumed", queue: queue, asJSON: output.json)
            }
        }
    }

    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move the waiting messages of a queue to the end of another.",
            discussion: """
                Their order and priorities stay, and each is told its new queue. Poison stays where it is without --poison: it \
                would end the workers of the other queue. Ctrl-C leaves the rest where it is; nothing is lost or doubled, also \
                when it is killed.

                Examples:
                  phototui queues move low --to batch --yes
                  phototui queues move low --to low-new --create --yes

                Exit codes: 0 all moved, 1 nothing could be, 2 poison stays.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @Option(help: ArgumentHelp("The other queue.", valueName: "queue")) var to: String
        @Flag(help: "Also where there is no such other queue yet.") var create = false
        @Flag(help: "Poison, too.") var poison = false
        @Argument(help: "The queue.") var queue: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let names = "\(queue) to \(to)"
                let waiting = try await opened.preparing(
                    "move queue", on: "queue \(names)", reason: consent.reason
                ) {
                    let waiting = try await opened.console.waiting(in: queue)
                    if waiting == 0 { try await opened.requireQueue(queue) }
                    if !create, to != queue { try await opened.requireQueue(to, unless: "--create") }
                    return waiting
                }
                if waiting > 0 {
                    try await opened.ask(
                        consent,
                        "\(counted(waiting, "message")) will move from \(names); a Celery worker there throws away what it has "
                            + "no task for", type: "move", for: "move queue",
                        on: "\(waiting) messages of queue \(names)")
                }
                let progress = ProgressLine()
                let done = Tally()
                let outcome = try await Interrupt.cancelling {
                    progress.clear()
                } work: {
                    try await opened.act(
                        "move queue", on: "\(waiting) messages of queue \(names)", reason: consent.reason,
                        outcome: { "\($0.moved) moved" + ($0.poison > 0 ? ", \($0.poison) poison stayed" : "") },
                        soFar: { "\(done.value) moved" }
                    ) {
                        try await opened.console.move(from: queue, to: to, withPoison: poison) { count in
                            done.value = count
                            progress.show(count, of: waiting, "messages moved")
                        }
                    }
                }
                if output.json {
                    let document: JSON = .object(["moved": .count(outcome.moved), "poison": .count(outcome.poison)])
                    try Console.line(document.encoded())
                } else {
                    try Console.line(displayEscaped("\(counted(outcome.moved, "message")) moved from \(names)"))
                    if outcome.poison > 0 {
                        Console.complain(
                            "\(outcome.poison) stayed: poison, which would end workers; phototui queues quarantine "
                                + "\(OwnCommand.quoted(queue)) sets it aside")
                    }
                }
                if outcome.poison > 0 { throw ExitCode.inPart }
            }
        }
    }

    struct Quarantine: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the poison that waits in a queue aside, with the dead letters.",
            discussion: """
                Poison is what would end a Celery worker, stall it, or be dropped or lost by it (phototui queues peek marks it). It \
                is kept byte for byte: phototui dead list --kind poison, show, retry --poison, delete. All other messages stay in \
                their order. Pause the queue first where workers die of it.

                Examples:
                  phototui queues quarantine celery --yes --reason "the deploy of 10:40 sent these"

                Exit codes: 0 done, 1 it could not be.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @Argument(help: "The queue.") var queue: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let name = "quarantine poison"
                let waiting = try await opened.preparing(name, on: "queue \(queue)", reason: consent.reason) {
                    let waiting = try await opened.console.waiting(in: queue)
                    if waiting == 0 { try await opened.requireQueue(queue) }
                    return waiting
                }
                if waiting > 0 {
                    let sentence =
                        "poison among \(counted(waiting, "message")) of \(queue) will be set aside with the dead letters"
                    try await opened.ask(consent, sentence, type: "quarantine", for: name, on: "queue \(queue)")
                }
                let progress = ProgressLine()
                let found: [Poison] = try await Interrupt.cancelling {
                    progress.clear()
                } work: {
                    try await opened.act(
                        name, on: "queue \(queue)", reason: consent.reason,
                        outcome: { (found: [Poison]) in "\(found.count) set aside" }
                    ) {
                        try await opened.console.quarantine(queue) { count in
                            progress.show(count, of: waiting, "messages looked at")
                        }
                    }
                }
                progress.clear()
                let kinds = Dictionary(grouping: found, by: \.self).sorted {
                    ($1.value.count, $0.key.fault) < ($0.value.count, $1.key.fault)
                }
                if output.json {
                    let document: JSON = .object([
                        "set_aside": .count(found.count),
                        "kinds": .array(
                            kinds.map {
                                .object(["poison": .string($0.key.description), "count": .count($0.value.count)])
                            }),
                    ])
                    return try Console.line(document.encoded())
                }
                try Console.line(
                    "\(counted(found.count, "message")) of \(displayEscaped(queue)) set aside (phototui dead list --kind "
                        + "poison)")
                for (poison, messages) in kinds {
                    Console.note("  \(messages.count): \(displayEscaped("\(poison)"))\n")
                }
            }
        }
    }

    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop all waiting messages of a queue, for good.",
            discussion: """
                What waits when the question is asked is dropped; what comes while it is answered stays, and is told. Jobs of a \
                library are announced again, since the catalogue holds them; tasks of others are lost. On a terminal the queue's \
                name must be typed.

                Examples:
                  phototui queues purge celery --yes --reason "the deploy of 10:40 sent these"
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @Argument(help: "The queue.") var queue: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let mark = try await opened.preparing("purge queue", on: "queue \(queue)", reason: consent.reason) {
                    let mark = try await opened.console.mark(queue)
                    if mark.count == 0 { try await opened.requireQueue(queue) }
                    return mark
                }
                if mark.count > 0 {
                    try await opened.ask(
                        consent, "\(counted(mark.count, "message")) of \(queue) on \(opened.address) will be lost",
                        type: queue, for: "purge queue", on: "\(mark.count) messages of queue \(queue)")
                }
                let outcome = try await opened.act(
                    "purge queue", on: "\(mark.count) messages of queue \(queue)", reason: consent.reason,
                    outcome: { "\($0.dropped) dropped" + ($0.arrived > 0 ? ", \($0.arrived) came since" : "") }
                ) { try await opened.purge(queue, upTo: mark) }
                if output.json {
                    let document: JSON = .object([
                        "dropped": .count(outcome.dropped), "arrived": .count(outcome.arrived),
                    ])
                    return try Console.line(document.encoded())
                }
                try Console.line("\(counted(outcome.dropped, "message")) of \(displayEscaped(queue)) dropped")
                if outcome.arrived > 0 { Console.note("\(outcome.arrived) came since, and wait\n") }
            }
        }
    }
}
