import ArgumentParser
import Core
import Dispatch
import Foundation
import Glibc
import Health
import PhotoEngine
import SystemPackage

/// `phototui health`.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Look at everything a library needs: database, storage, broker, decoder.",
        discussion: """
            Each look takes two seconds at most, but for workers that can only be listened to: five. --serve answers GET /health/live (200 while the process runs), \
            /health/ready (200, or 503 where a dependency fails, with one JSON document) and /metrics (Prometheus).

            Examples:
              phototui health --profile prod
              phototui health --profile prod --check
              phototui health --profile reader --check --read-only
              phototui health --profile prod --serve 127.0.0.1:9464
              phototui health --profile prod --serve /run/phototui/health.sock
              phototui health --broker redis://localhost:6379/0 --check    without a library: the broker and its workers

            Exit codes: 0 all well (warnings may stand), 1 something fails. With --check, for Nagios and its kin: \
            0 ok, 1 warning, 2 critical, 3 the question itself fails.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var list: ListOptions

    @Option(
        help: ArgumentHelp(
            "The broker (default: PHOTOTUI_BROKER, else the profile's).", valueName: "url"))
    var broker: String?

    @Flag(help: "As who may only look: nothing is tried that writes, and nothing has to be writable.")
    var readOnly = false

    @Flag(help: "Print one line, and exit as a monitoring plugin does.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "Serve health over HTTP until SIGTERM, on HOST:PORT or the path of a unix socket.", valueName: "addr"))
    var serve: String?

    func validate() throws {
        let isList = list.json || list.csv || list.watch
        if serve != nil, check || isList { throw ValidationError("--serve stands alone") }
        if check, isList { throw ValidationError("--check prints one line: without --json, --csv and --watch") }
    }

    func run() async throws {
        do {
            try await look()
        } catch let error as EngineError where check {
            try Console.line("PHOTOTUI UNKNOWN - \(RawArguments.shown(error.description))")
            throw ExitCode(3)
        }
    }

    private func look() async throws {
        // It tells itself what does not answer.
        WaitNotice.stop()
        let configuration = LibraryOptions.configuration()
        let health = try Self.health(libraryOptions, configuration, broker: broker, onlyReads: readOnly)
        if let serve {
            let address = try HealthAddress(serve)
            return try await Self.serve(health, on: address)
        }
        // Closing may wait for a server that is frozen, and nothing here needs it.
        guard check else { return try await list.list { Self.listing(await health.monitor.check()) } }
        let report = await health.monitor.check()
        try Console.line(Self.line(report))
        switch report.status {
        case .ok: return
        case .warn: throw ExitCode(1)
        case .fail: throw ExitCode(2)
        }
    }

    private static func listing(_ report: HealthReport) -> Listing {
        var text = ""
        for dependency in report.dependencies {
            let mark = Check.Status(dependency.status).mark
            text += "  \(mark)  \(dependency.name): \(dependency.message), \(dependency.time)\n"
            if !dependency.whatToDo.isEmpty { text += "        \(dependency.whatToDo)\n" }
        }
        return Listing(
            "dependencies", report.dependencies.map(json),
            more: [("status", .string(report.status.rawValue))], text: text,
            exitCode: report.status == .fail ? .failure : .success)
    }

    private static func json(_ found: DependencyHealth) -> JSON {
        .object([
            "name": .string(found.name), "status": .string(found.status.rawValue), "seconds": .decimal(found.seconds),
            "message": .string(found.message), "what_to_do": .string(found.whatToDo),
            "checked_at": .moment(Int64(found.checkedAt.timeIntervalSince1970 * 1e6)),
        ])
    }

    static func health(
        _ options: LibraryOptions, _ configuration: Configuration, broker: String?, onlyReads: Bool = false
    ) throws -> LibraryHealth {
        // Beside a library, or a profile, that is named it is the broker to ask instead of theirs.
        let isForeign =
            broker == nil
            ? try BrokerOptions.namesForeignBroker(nil, options) : options.library == nil && options.profile == nil
        let place: LibraryHealth.Place =
            try isForeign
            ? .broker
            : options.profile(configuration).map { .profile($0) } ?? .folder(options.location(configuration).folder)
        return try LibraryHealth(
            place, broker: broker, environment: ProcessInfo.processInfo.environment, onlyReads: onlyReads)
    }

    private static func serve(_ health: LibraryHealth, on address: HealthAddress) async throws {
        let (signals, input) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { input.yield() }
            source.resume()
            return source
        }
        let service = try HealthService(address, health)
        service.announce()
        for await _ in signals { break }
        for source in sources { source.cancel() }
        service.close()
    }

    /// What Nagios's plugin interface asks for: a line, and behind the bar what can be drawn as a curve.
    static func line(_ report: HealthReport) -> String {
        let word = ["ok": "OK", "warn": "WARNING", "fail": "CRITICAL"][report.status.rawValue] ?? "UNKNOWN"
        let worst = report.dependencies.filter { $0.status == report.status && $0.status != .ok }
        let text =
            worst.isEmpty
            ? report.dependencies.map(\.name).joined(separator: ", ") + " answer"
            : worst.map { "\($0.name): \($0.message)" }.joined(separator: "; ")
        let times = report.dependencies.map { "\($0.name)=\(String(format: "%.4f", $0.seconds))s" }
        return "PHOTOTUI \(word) - \(text.replacingOccurrences(of: "|", with: "/")) | \(times.joined(separator: " "))"
    }
}

extension Check.Status {
    init(_ status: HealthStatus) {
        self = status == .ok ? .ok : status == .warn ? .warning : .fail
    }
}

extension DependencyHealth {
    /// `3.1 ms`
    fileprivate var time: String {
        seconds < 1 ? String(format: "%.1f ms", seconds * 1000) : String(format: "%.1f s", seconds)
    }
}
