import ArgumentParser
import Core
import Foundation
import Glibc
import Health
import Jobs
import PhotoEngine
import Workflows

/// `phototui worker`.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run the library's jobs from a Celery broker on Redis.",
        discussion: """
            Any number of workers may share a broker, with Celery's beside them. Jobs that are in the catalogue and that \
            nobody has announced are published meanwhile; what a flushed or lost broker forgets is published again. \
            SIGTERM or Ctrl-C finishes what runs and takes nothing more; a second one stops at once and gives back what runs.

            Examples:
              phototui worker --profile home
              phototui worker --broker redis://localhost:6379/0
              phototui worker --queues high --concurrency 4
              phototui worker --queues high:4,low:2,batch:1 --concurrency 4
              phototui worker --health 127.0.0.1:9464
              celery --broker redis://localhost:6379/0 inspect active

            Servers that are away are waited for, also at the start.

            Exit codes: 0 drained, 1 the broker, the database or the storage refuses us, the decoder does not start or fit, or there is no library.
            """)

    @OptionGroup var libraryOptions: LibraryOptions

    @Option(
        help: ArgumentHelp(
            "Queues, the most urgent first, separated by commas; NAME:N runs at most N of a queue at a time.",
            valueName: "names"))
    var queues = "high,low,batch"

    @Option(help: ArgumentHelp("Jobs at a time (default: workers in config.toml).", valueName: "n"))
    var concurrency: Int?

    @Option(
        help: ArgumentHelp(
            """
            The broker (default: PHOTOTUI_BROKER, else the profile's). A password is better kept in \
            PHOTOTUI_BROKER_PASSWORD.
            """,
            valueName: "url"))
    var broker: String?

    @Option(
        help: ArgumentHelp(
            "Celery's visibility_timeout: as for the Celery workers of this broker.", valueName: "seconds"))
    var visibility: Double = 3600

    @Option(
        help: ArgumentHelp(
            "How long the jobs of a worker that fell silent stay with it; the same for all workers of a broker.",
            valueName: "seconds"))
    var lease: Double = 60

    @Option(help: ArgumentHelp("What monitors call this worker (default: phototui-PID@HOST).", valueName: "name@host"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Serve health and metrics over HTTP meanwhile, on HOST:PORT or the path of a unix socket.",
            valueName: "addr"))
    var health: String?

    func validate() throws {
        if let concurrency, !(1...256).contains(concurrency) { throw ValidationError("--concurrency takes 1 to 256") }
        if !(visibility >= 1 && visibility <= 30 * 86400) {
            throw ValidationError("--visibility takes 1 second to 30 days")
        }
        if !(lease >= 3 && lease <= 86400) { throw ValidationError("--lease takes 3 seconds to a day") }
        _ = try Self.parse(queues: queues)
    }

    func run() async throws {
        WaitNotice.stop()
        let signals = WorkerSignals()
        var configuration = LibraryOptions.configuration()
        if let concurrency { configuration.workers = concurrency }
        let chosen = try await RedisAddress.broker(
            option: broker, profile: try libraryOptions.profile(configuration),
            environment: ProcessInfo.processInfo.environment)
        guard let address = chosen else {
            throw EngineError(
                .invalidInput, "no broker is named",
                whatToDo:
                    "set PHOTOTUI_BROKER or the profile's broker, or use --broker redis://HOST:PORT/DATABASE")
        }
        var options = CeleryWorker.Options(node: name)
        options.queues = try Self.parse(queues: queues)
        options.concurrency = configuration.workers
        options.visibilitySeconds = visibility
        options.leaseSeconds = lease
        options.version = Phototui.version
        let metrics = WorkerMetrics()
        // Before the library is there, so that whoever watches sees a worker that lives and what it waits for.
        let service = try health.map { place in
            try HealthService(
                HealthAddress(place), HealthCommand.health(libraryOptions, configuration, broker: broker),
                more: metrics.write)
        }
        service?.announce()
        let library = try await opened(configuration)
        try await requireServices(of: library)
        let worker = library.worker(on: address, options: options) { event in
            WorkerLog.note(event)
            metrics.note(event)
        }
        signals.reach(worker)
        let upkeep = Task {
            while !Task.isCancelled {
                // What fails now is done an hour later, or by an import.
                _ = try? await library.uploader?.endForgotten()
                _ = try? await library.photoSharing()?.sweep(actor: "worker")
                try? await Task.sleep(for: .seconds(3600))
            }
        }
        WorkerLog.line("\(options.node) takes \(queues) from \(address), \(options.concurrency) at a time")
        let result: Result<Void, any Error>
        do {
            result = .success(try await worker.run())
        } catch {
            result = .failure(error)
        }
        signals.end()
        upkeep.cancel()
        await upkeep.value
        service?.close()
        await library.close()
        try result.get()
        WorkerLog.line("stopped")
    }

    /// Waits for servers that are away, whichever of them and the worker starts first.
    private func opened(_ configuration: Configuration) async throws -> Library {
        for attempt in 1... {
            do {
                // It may be started before anybody has imported.
                return try await libraryOptions.open(configuration, addsOwner: true)
            } catch let error as EngineError where error.isRetryable {
                let wait = 0.5 + JobPolicy.backoffSeconds(attempt: min(attempt, 4), random: SystemRandom())
                WorkerLog.line("\(error.description); trying again in \(Int(wait.rounded(.up))) s")
                try await Task.sleep(for: .seconds(wait))
            }
        }
        throw CancellationError()
    }

    /// Throws where the storage refuses us, or the decoder does not fit: each job would fail by it. Jobs wait for a storage that is away.
    private func requireServices(of library: Library) async throws {
        do {
            try await library.checkDecoder()
            try await library.checkStorage()
        } catch let error as EngineError where error.isRetryable {
            WorkerLog.line(error.description)
        } catch {
            await library.close()
            throw error
        }
    }

    /// `high:4,low` as names and limits.
    static func parse(queues text: String) throws -> [(name: String, limit: Int?)] {
        var found: [(name: String, limit: Int?)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            let limit = pieces.count == 2 ? Int(pieces[1]) : nil
            guard let name = pieces.first, !name.isEmpty, pieces.count < 3,
                pieces.count == 1 || limit.map({ (1...256).contains($0) }) == true,
                !found.contains(where: { $0.name == name })
            else { throw ValidationError("--queues takes names like high,low:2,batch:1, each once") }
            found.append((String(name), limit))
        }
        return found
    }
}

/// A line on stderr for what people want to know; successes are in the catalogue and in Celery's events.
enum WorkerLog {
    static func note(_ event: CeleryWorker.Event) {
        switch event {
        case .started: break
        case .ended(let call, .failed(let error, _), _): line("\(name(call)) failed: \(error)")
        case .ended(let call, .retried(let error, let seconds, _), _):
            line("\(name(call)) is tried again in \(Int(seconds.rounded(.up))) s: \(error)")
        case .ended: break
        case .buried(let queue, let reason): line("a message of \(queue) went to the dead letters: \(reason)")
        case .troubled(let error): line(error.description)
        case .unanswered(let error): line("waiting for Redis: \(error)")
        case .answeredAgain: line("Redis answers again; going on")
        case .paused(let error): line("pausing, as no job can be done; none of them is counted a failure: \(error)")
        case .resumed: line("going on")
        case .unannounced(let error): line("no jobs are found meanwhile: \(error)")
        case .announcedAgain: line("the catalogue answers again; jobs are found")
        }
    }

    /// Foreign text, of any length.
    private static func name(_ call: CeleryCall) -> String {
        let owner = call.owner.map { " of \($0.prefix(60))" } ?? ""
        return "\(call.message.task.prefix(100)) \(call.id.prefix(100))\(owner)"
    }

    static func line(_ text: String) {
        Console.complain("worker: \(text)")
    }
}
