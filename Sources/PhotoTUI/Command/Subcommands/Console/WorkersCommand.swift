import App
import ArgumentParser
import Core
import Foundation
import Jobs
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
        subcommands: [List.self, EnableEvents.self, RateLimit.self, Shutdown.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the workers: phototui's and Celery's alike.",
            discussion: """
                alive: it answers, and its heartbeat is heard. silent: one of both is missing, as with a worker that hangs, or one \
                that sends no events (`celery worker --without-heartbeat`); or, where somebody watches (phototui jobs watch), neither \
                for less than a minute, as while the only thread of one (-P solo) runs a task. gone: neither for longer, of one that was \
                heard in the last day: since when, and whether it said goodbye.

                Examples:
                  phototui workers --json | jq '.workers[].active[]'
                  phototui workers --wait 10      for hearts that beat slowly

                Exit codes: 0 listed, 1 the broker can't be asked.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var list: ListOptions

        @Option(help: ArgumentHelp("How long to wait for answers and heartbeats, at most.", valueName: "seconds"))
        var wait = 2.6

        func validate() throws {
            if !(0.1...600).contains(wait) { throw ValidationError("--wait takes 0.1 to 600 seconds") }
        }

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                try await list.list {
                    let workers = try await opened.console.workers(patience: .seconds(wait))
                    let held =
                        workers.isEmpty
                        ? try await opened.console.queues().queues.reduce(0) { $0 + $1.unacknowledged } : 0
                    return Self.listing(
                        workers, await GoneWorkers.of(opened, besides: workers), held: held, opened.address)
                }
            }
        }

        /// `held` is how many messages workers hold though none is heard.
        private static func listing(
            _ workers: [WorkerState], _ gone: [SeenWorker], held: Int, _ address: String
        ) -> Listing {
            var table = TextTable([
                ("WORKER", .left), ("STATE", .left), ("SOFTWARE", .left), ("QUEUES", .left), ("ACTIVE", .right),
                ("DONE", .right), ("LOAD", .right), ("UP", .right),
            ])
            for worker in workers { table.add(WorkerFormat.row(worker)) }
            for worker in gone { table.add(WorkerFormat.row(worker)) }
            var text = table.text()
            for worker in workers {
                for activity in worker.active {
                    let time = activity.seconds.map { " for \(ProgressLine.duration($0))" } ?? ""
                    text += "  \(displayEscaped(worker.name)) runs \(displayEscaped(activity.task))"
                    text += " \(displayEscaped(activity.id))\(time)\n"
                }
            }
            return Listing(
                "workers", workers.map { WorkerFormat.json($0) } + gone.map { WorkerFormat.json($0) },
                text: text,
                note: workers.isEmpty
                    ? "no worker is heard on \(address)"
                        + (held > 0
                            ? "; \(counted(held, "message")) \(held == 1 ? "is" : "are") held by workers that answer nothing: they "
                                + "hang, or run a task in their only thread (-P solo), or are gone" : "") + "\n" : "")
        }
    }

    struct EnableEvents: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable-events",
            abstract: "Have Celery's workers tell of their tasks.",
            discussion: """
                As `celery control enable_events`, until the worker ends; one that starts later is started with `celery worker -E`. \
                phototui's workers always tell. What they tell is kept by `phototui jobs watch`.

                Examples:
                  phototui workers enable-events --broker redis://localhost:6379/0

                Exit codes: 0 those that answer have done it, 1 nobody answers.
                """)

        @OptionGroup var brokerOptions: BrokerOptions
        @OptionGroup var output: JSONOption
        @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text")) var reason = ""

        func run() async throws {
            try await brokerOptions.withConsole { opened in
                let workers = try await Self.enable(opened, reason: reason)
                if output.json {
                    try Console.line(JSON.object(["workers": .array(workers.map(JSON.string))]).encoded())
                } else {
                    for worker in workers { try Console.line("\(displayEscaped(worker)) tells of its tasks") }
                }
                if workers.isEmpty {
                    Console.complain("no worker answers: nothing was done")
                    throw ExitCode.failure
                }
            }
        }

        static func enable(_ opened: OpenConsole, reason: String) async throws -> [String] {
            let console = CeleryConsole(opened.redis)
            defer { console.close() }
            return try await opened.act(
                "enable events", on: "the workers", reason: reason,
                outcome: { $0.isEmpty ? "nobody answered" : "told \($0.joined(separator: " "))" }
            ) { try await console.enableEvents(patience: .seconds(3)) }
        }
    }

    struct RateLimit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rate-limit",
            abstract: "Limit how many tasks of a name each Celery worker begins.",
            discussion: """
                As `celery control rate_limit`, until the worker ends; 0 takes a limit away, as Celery has it, and stops nothing. phototui's workers have no such limit and refuse it: theirs \
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
            guard ConsoleDecision.isRate(rate) else {
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
                    outcome, done: displayEscaped(RateText.sentence(task, rate)), count: nil, asJSON: output.json)
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
                try await opened.ask(
                    consent, "\(name) will end once it has finished what it runs", type: "shutdown",
                    for: "shut down worker", on: "worker \(name)")
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

/// Workers that a history knows and that are no longer there.
enum GoneWorkers {
    /// None where nobody watched; a history that can't be read keeps nobody from seeing the others.
    static func of(_ opened: OpenConsole, besides workers: [WorkerState]) async -> [SeenWorker] {
        let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
        guard file.exists, let history = try? await file.open() else { return [] }
        let gone = await of(history, besides: workers)
        await history.close()
        return gone
    }

    static func of(_ history: any TaskHistory, besides workers: [WorkerState]) async -> [SeenWorker] {
        let now = Date().timeIntervalSince1970
        var gone = ((try? await history.workers(since: now - BrokerPast.seconds)) ?? [])
            .gone(besides: Set(workers.map(\.name)))
        for index in gone.indices {
            guard let leftAt = gone[index].leftAt, now - leftAt < SeenWorker.endingPatience else { continue }
            gone[index].held = (try? await history.held(by: gone[index].name, heardUntil: now, limit: 1000).count) ?? 0
        }
        return gone
    }
}

/// How a limit is told.
enum RateText {
    /// Celery takes 0, whatever its unit, for no limit.
    static func sentence(_ task: String, _ rate: String) -> String {
        Double(rate.prefix { $0 != "/" }) == 0 ? "\(task) has no rate limit any more" : "\(task) is limited to \(rate)"
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

    static func json(_ worker: SeenWorker) -> JSON {
        .object([
            "name": .string(worker.name), "state": .string(word(of: worker)), "answers": .bool(false),
            "heard_at": .moment(TaskFormat.moment(worker.heardAt)), "said_goodbye": .bool(worker.leftAt != nil),
            "unended": .count(worker.held),
        ])
    }

    private static func word(of worker: SeenWorker) -> String {
        let now = Date().timeIntervalSince1970
        if worker.isEnding(at: now) { return "ending" }
        return worker.isGone(at: now) ? "gone" : WorkerState.Presence.silent.rawValue
    }

    static func row(_ worker: SeenWorker) -> [String] {
        let age = ProgressLine.duration(max(0, Date().timeIntervalSince1970 - (worker.leftAt ?? worker.heardAt)))
        let how = worker.leftAt == nil ? "last heard of" : "said goodbye"
        let word = word(of: worker)
        let state = word == "gone" ? Ink.bad(word) : Ink.warning(word)
        let active = word == "ending" ? "\(worker.held)" : "-"
        return [displayEscaped(worker.name), state, "\(how) \(age) ago", "-", active, "-", "-", "-"]
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
