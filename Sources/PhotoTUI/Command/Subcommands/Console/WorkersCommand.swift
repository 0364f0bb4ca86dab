import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui workers …`.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "See who works for a Celery broker, and have a worker end.",
        discussion: """
            Examples:
              phototui workers
              phototui workers --broker redis://localhost:6379/0 --json
              phototui workers shutdown celery@host
            """,
        subcommands: [List.self, RateLimit.self, Shutdown.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the workers: phototui's and Celery's alike.",
            discussion: """
                alive: it answers, and its heartbeat is heard. silent: one of both is missing, as with a worker that hangs, or one \
                that sends no events (`celery worker --without-heartbeat`). One that does neither is not listed.

                Examples:
                  phototui workers --json | jq '.workers[].active[]'
                  phototui workers --wait 10      for hearts that beat slowly

                Exit codes: 0 listed, 1 the broker can't be asked.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption

        @Option(help: ArgumentHelp("How long to wait for answers and heartbeats, at most.", valueName: "seconds"))
        var wait = 2.6

        func validate() throws {
            if !(0.1...600).contains(wait) { throw ValidationError("--wait takes 0.1 to 600 seconds") }
        }

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let workers = try await opened.console.workers(patience: .seconds(wait))
                if output.json {
                    let document: JSON = .object(["workers": .array(workers.map(WorkerFormat.json))])
                    return try Console.line(document.encoded())
                }
                var table = TextTable([
                    ("WORKER", .left), ("STATE", .left), ("SOFTWARE", .left), ("QUEUES", .left), ("ACTIVE", .right),
                    ("DONE", .right), ("LOAD", .right), ("UP", .right),
                ])
                for worker in workers { table.add(WorkerFormat.row(worker)) }
                try Console.write(table.text())
                for worker in workers {
                    for activity in worker.active {
                        let time = activity.seconds.map { " for \(ProgressLine.duration($0))" } ?? ""
                        try Console.line(
                            "  \(displayEscaped(worker.name)) runs \(displayEscaped(activity.task))"
                                + " \(displayEscaped(activity.id))\(time)")
                    }
                }
                if workers.isEmpty { Console.note("no worker is heard on \(opened.address)\n") }
            }
        }
    }

    struct RateLimit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rate-limit",
            abstract: "Limit how many tasks of a name each Celery worker begins.",
            discussion: """
                As `celery control rate_limit`, until the worker ends. phototui's workers have no such limit and refuse it: theirs \
                is the concurrency of each queue.

                Examples:
                  phototui workers rate-limit shop.export 10/m --reason "the database is slow"
                  phototui workers rate-limit shop.export 0            no limit
                  phototui workers rate-limit shop.export 1/s --worker celery@host

                Exit codes: 0 all workers that listen have done it, 1 nobody has, 2 some did not answer, or refused.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text")) var reason = ""
        @Option(help: ArgumentHelp("Only this worker.", valueName: "worker")) var worker: String?
        @Argument(help: "The task's name.") var task: String
        @Argument(help: "So many a second, minute or hour: 5/s, 10/m, 100/h; 0 for no limit.") var rate: String

        func validate() throws {
            let parts = rate.split(separator: "/", omittingEmptySubsequences: false)
            let isUnit = parts.count == 1 || (parts.count == 2 && ["s", "m", "h"].contains(parts[1]))
            guard isUnit, let count = Double(parts[0]), (0...1e9).contains(count) else {
                throw ValidationError("the rate is a number, or one with /s, /m or /h behind it")
            }
        }

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let place = worker.map { " of worker \($0)" } ?? ""
                let outcome = try await opened.act(
                    "limit rate", on: "task \(task)\(place) to \(rate)", reason: reason, outcome: ControlFormat.outcome
                ) { try await opened.control.limitRate(of: task, to: rate, worker: worker) }
                try ControlFormat.show(
                    outcome, done: displayEscaped("\(task) is limited to \(rate)"), count: nil, asJSON: output.json)
            }
        }
    }

    struct Shutdown: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a worker to finish what it runs, and end.",
            discussion: """
                Whatever started it may start it again.

                Examples:
                  phototui workers shutdown celery@host --reason "it leaks"
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var consent: ConsentOptions
        @Argument(help: "The worker's name.") var name: String

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                try consent.ask("\(name) will end once it has finished what it runs", type: "shutdown")
                let heard = try await opened.act(
                    "shut down worker", on: "worker \(name)", reason: consent.reason,
                    outcome: { $0 ? "told" : "it did not answer" }
                ) { try await opened.console.shutDown(worker: name) }
                guard heard else {
                    throw EngineError(
                        .notFound, "no worker \(name) answers",
                        whatToDo: "list them with: phototui workers")
                }
                try Console.line("\(displayEscaped(name)) was told to end")
            }
        }
    }
}

/// How workers are written.
enum WorkerFormat {
    static func json(_ worker: WorkerState) -> JSON {
        .object([
            "name": .string(worker.name), "state": .string(worker.presence.rawValue),
            "answers": .bool(worker.hasAnswered), "heartbeat_seconds": .decimal(worker.heartbeatSeconds),
            "software": .text(worker.software), "pid": .count(worker.processID),
            "queues": .array(worker.queues.map(JSON.string)), "concurrency": .count(worker.concurrency),
            "active": .array(
                worker.active.map {
                    .object(["id": .string($0.id), "task": .string($0.task), "seconds": .decimal($0.seconds)])
                }),
            "reserved": .count(worker.reserved), "scheduled": .count(worker.scheduled),
            "processed": .count(worker.processed), "load": .array(worker.load.map(JSON.number)),
            "uptime_seconds": .decimal(worker.uptimeSeconds), "clock_skew_seconds": .decimal(worker.clockSkewSeconds),
        ])
    }

    static func row(_ worker: WorkerState) -> [String] {
        let state = worker.presence == .alive ? "alive" : "silent"
        let places = worker.concurrency.map { "\(worker.active.count)/\($0)" } ?? "\(worker.active.count)"
        return [
            displayEscaped(worker.name), state, displayEscaped(worker.software ?? "-"),
            displayEscaped(worker.queues.isEmpty ? "-" : worker.queues.joined(separator: " ")), places,
            worker.processed.map(String.init) ?? "-", worker.load.first.map { String(format: "%.2f", $0) } ?? "-",
            worker.uptimeSeconds.map(ProgressLine.duration) ?? "-",
        ]
    }
}
