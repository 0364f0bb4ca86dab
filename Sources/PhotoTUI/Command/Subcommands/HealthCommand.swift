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
            Each look takes two seconds at most. --serve answers GET /health/live (200 while the process runs), \
            /health/ready (200, or 503 where a dependency fails, with one JSON document) and /metrics (Prometheus).

            Examples:
              phototui health --profile prod
              phototui health --profile prod --check
              phototui health --profile prod --serve 127.0.0.1:9464
              phototui health --profile prod --serve /run/phototui/health.sock
              phototui health --broker redis://localhost:6379/0 --check    without a library: the broker and its workers

            Exit codes: 0 all well (warnings may stand), 1 something fails. With --check, for Nagios and its kin: \
            0 ok, 1 warning, 2 critical, 3 the question itself fails.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(
        help: ArgumentHelp(
            "The broker (default: PHOTOTUI_BROKER, else the profile's).", valueName: "url"))
    var broker: String?

    @Flag(help: "Print one line, and exit as a monitoring plugin does.")
    var check = false

    @Option(
        help: ArgumentHelp(
            "Serve health over HTTP until SIGTERM, on HOST:PORT or the path of a unix socket.", valueName: "addr"))
    var serve: String?

    func validate() throws {
        if serve != nil, check || output.json { throw ValidationError("--serve stands alone") }
        if check, output.json { throw ValidationError("use --check or --json, not both") }
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
        let health = try Self.health(libraryOptions, configuration, broker: broker)
        if let serve {
            let address = try HealthAddress(serve)
            return try await Self.serve(health, on: address)
        }
        let report = await health.monitor.check()
        if check {
            try Console.line(Self.line(report))
        } else if output.json {
            try Console.line(String(decoding: report.json.dropLast(), as: UTF8.self))
        } else {
            for dependency in report.dependencies {
                let mark = Check.Status(dependency.status).mark
                try Console.line("  \(mark)  \(dependency.name): \(dependency.message), \(dependency.time)")
                if !dependency.whatToDo.isEmpty { try Console.line("        \(dependency.whatToDo)") }
            }
        }
        // Closing may wait for a server that is frozen, and nothing here needs it.
        switch (report.status, check) {
        case (.ok, _), (.warn, false): return
        case (.warn, true), (.fail, false): throw ExitCode(1)
        case (.fail, true): throw ExitCode(2)
        }
    }

    static func health(
        _ options: LibraryOptions, _ configuration: Configuration, broker: String?
    ) throws -> LibraryHealth {
        let isForeign =
            try broker != nil && options.library == nil && options.profile(configuration) == nil
            && options.location(configuration).catalog.withPlatformString { access($0, F_OK) } != 0
        let place: LibraryHealth.Place =
            try isForeign
            ? .broker
            : options.profile(configuration).map { .profile($0) } ?? .folder(options.location(configuration).folder)
        return try LibraryHealth(place, broker: broker, environment: ProcessInfo.processInfo.environment)
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
