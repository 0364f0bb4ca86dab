import ArgumentParser
import Core
import Foundation
import Jobs
import PhotoEngine
import Synchronization

/// `phototui jobs watch`.
struct JobsWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Keep the history of a broker's tasks, until Ctrl-C.",
        discussion: """
            Any Celery deployment on Redis, without a library: what its workers tell of their tasks (celery worker -E, or \
            --enable-events here) is written to a file on this machine, where jobs list, jobs show and queues read it. Only what \
            happens while somebody watches is known. Several may watch: one writes, and another takes over when it ends.

            Examples:
              phototui jobs watch --broker redis://localhost:6379/0
              phototui jobs watch --enable-events --days 30 --megabytes 4000
              systemd-run --user phototui jobs watch --broker redis://localhost:6379/0

            Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 the history can't be kept.
            """)

    @OptionGroup var brokerOptions: BrokerOptions
    @OptionGroup var output: JSONOption

    @Flag(help: "Have Celery's workers send the events of their tasks, as `celery control enable_events` does.")
    var enableEvents = false

    @Option(help: ArgumentHelp("Keep tasks for so long (default: history_days of config.toml, 14).", valueName: "days"))
    var days: Double?

    @Option(
        help: ArgumentHelp(
            "Drop the oldest beyond this size (default: history_megabytes of config.toml, 1000).", valueName: "MB"))
    var megabytes: Int?

    func validate() throws {
        if let days, !(0.001...3650).contains(days) { throw ValidationError("--days takes 0.001 to 3650") }
        if let megabytes, !(1...1_000_000).contains(megabytes) {
            throw ValidationError("--megabytes takes 1 to 1000000")
        }
    }

    func run() async throws {
        let standard = LibraryOptions.configuration(warns: false).history
        let limits = TaskHistoryLimits(
            days: days ?? standard.days, bytes: megabytes.map { Int64($0) * 1_000_000 } ?? standard.bytes)
        try await brokerOptions.withConsole { opened in
            if enableEvents { try await enable(opened) }
            let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
            let watch = TaskWatch(opened.redis, file: file, limits: limits)
            let lines = WatchLines(asJSON: output.json, address: opened.address)
            try await Interrupt.cancelling {
                lines.clear()
            } work: {
                try await watch.run { lines.show($0) }
            }
        }
    }

    private func enable(_ opened: OpenConsole) async throws {
        let workers = try await WorkersCommand.EnableEvents.enable(opened, reason: "")
        Console.note("\(counted(workers.count, "worker")) sends events of tasks\n")
    }
}

/// How a watch goes, on the terminal in one line, else as JSON or only where something is wrong.
final class WatchLines: Sendable {
    private let asJSON: Bool
    private let address: String
    private let problems = WatchProblems()
    private let last = Mutex<(line: String, at: ContinuousClock.Instant)>(("", .now - .seconds(9)))

    init(asJSON: Bool, address: String) {
        self.asJSON = asJSON
        self.address = address
    }

    func show(_ report: TaskWatch.Report) {
        if report.problem != nil { clear() }
        problems.tell(report)
        let words = asJSON ? json(report).encoded(isIndented: false) : text(report)
        let isDue = last.withLock { last in
            guard words != last.line, report.isLast || ContinuousClock.now - last.at >= .seconds(1) else {
                return false
            }
            last.line = words
            last.at = .now
            return true
        }
        guard isDue else { return }
        if asJSON {
            try? Console.line(words)
        } else if Console.errorIsTerminal {
            Console.note("\r\(words.prefix(Console.errorColumns - 1))\u{1B}[K\r")
        }
    }

    func clear() {
        if Console.errorIsTerminal { Console.note("\r\u{1B}[K") }
    }

    private func text(_ report: TaskWatch.Report) -> String {
        guard report.isWriting else { return "Another process watches \(address): standing by" }
        var parts = [
            "\(counted(report.state.events, "event")) of \(address)", "history of \(ByteCount(report.byteCount))",
        ]
        if report.state.missed > 0 { parts.append("\(report.state.missed) missed") }
        if report.state.unreadable > 0 { parts.append("\(report.state.unreadable) unreadable") }
        if report.isUntold { parts.append("no worker tells of its tasks: phototui workers enable-events") }
        if report.dropped > 0 { parts.append("\(counted(report.dropped, "old task")) dropped") }
        return parts.joined(separator: " · ")
    }

    private func json(_ report: TaskWatch.Report) -> JSON {
        .object([
            "broker": .string(address), "writing": .bool(report.isWriting), "events": .count(report.state.events),
            "missed": .count(report.state.missed), "unreadable": .count(report.state.unreadable),
            "bytes": .integer(report.byteCount), "dropped": .count(report.dropped),
            "workers_tell": .bool(!report.isUntold),
        ])
    }
}
