import ArgumentParser
import Core
import Foundation

/// What this process was asked to do.
struct Invocation {
    /// The folder of a `--library` before the subcommand, which then stands for `PHOTOTUI_LIBRARY`.
    let library: String?
    let arguments: [String]

    init(_ arguments: [String]) {
        var arguments = arguments
        var library: String?
        if let first = arguments.first, first.hasPrefix("--library=") {
            library = String(first.dropFirst("--library=".count))
            arguments.removeFirst()
        } else if arguments.count > 1, arguments[0] == "--library" {
            library = arguments[1]
            arguments.removeFirst(2)
        }
        self.library = library
        self.arguments = arguments
    }

    /// Has a signal end the commands that listen for signals, before they do, with the code that they document.
    func heedSignals() {
        switch arguments.first {
        case "worker": Signals.end(with: 0)
        case "import", "fetch", "duplicates", "promote": Signals.end(with: ExitCode.interrupted.rawValue)
        default: break
        }
    }

    /// Runs the subcommand; returns the exit code.
    func run() async -> Int32 {
        do {
            var command = try await Phototui.asyncParseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                WaitNotice.start()
                defer { WaitNotice.stop() }
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error as EngineError {
            Console.complain(error.description)
            return 1
        } catch is CancellationError {
            Console.complain("stopped")
            return 130
        } catch {
            return Self.report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        let code = Phototui.exitCode(for: error)
        // Help and completion scripts are ours; a complaint repeats what was typed.
        let message = Phototui.fullMessage(for: error)
        guard !message.isEmpty else { return code.rawValue }
        if code == .success {
            do {
                try Console.line(message)
            } catch {
                Console.complain("\(error)")
                return 1
            }
        } else {
            let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            Console.note(lines.map(RawArguments.shown).joined(separator: "\n") + "\n")
        }
        return code.rawValue
    }
}
