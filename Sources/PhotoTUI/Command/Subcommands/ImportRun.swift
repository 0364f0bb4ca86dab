import Core
import Dispatch
import Foundation
import Glibc
import PhotoEngine
import SystemPackage
import Workflows

/// Runs an import with its progress line, until the end or the first Ctrl-C; the second ends the process at once.
struct ImportRun {
    let library: Library

    func run(_ request: ImportRequest) async throws -> ImportReport {
        let line = ProgressLine()
        let importer = library.importer()
        let work = Task { try await importer.run(request) { line.show($0) } }
        let interrupt = Interrupt {
            line.clear()
            Console.note("phototui: stopping; press Ctrl-C again to end at once\n")
            work.cancel()
        } leaving: {
            line.clear()
        }
        defer {
            interrupt.stop()
            line.clear()
        }
        return try await work.value
    }
}

/// Calls its action at the first SIGINT or SIGTERM; the second ends the process, and Ctrl-Z stops it, behind `leaving`.
final class Interrupt {
    private let sources: [any DispatchSourceSignal]

    init(_ action: @escaping @Sendable () -> Void, leaving: @escaping @Sendable () -> Void) {
        let count = SignalCount()
        sources = Self.signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: count.queue)
            source.setEventHandler {
                if number != SIGTSTP, count.isFirst() { return action() }
                leaving()
                if number == SIGTSTP { kill(getpid(), SIGSTOP) } else { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    private static let signals = [SIGINT, SIGTERM, SIGTSTP]

    func stop() {
        for source in sources { source.cancel() }
        for number in Self.signals { signal(number, SIG_DFL) }
    }

    // SAFETY: `hasFired` is read and written on `queue` alone.
    private final class SignalCount: @unchecked Sendable {
        let queue = DispatchQueue(label: "phototui.interrupt")
        private var hasFired = false

        func isFirst() -> Bool {
            defer { hasFired = true }
            return !hasFired
        }
    }
}

/// The paths a person named, checked before anything begins.
enum ImportPaths {
    /// Absolute paths, in the order given. Throws for the first that is not there or can't be read.
    static func check(_ texts: [String]) throws -> [FilePath] {
        let here = RawArguments.currentFolder
        return try texts.map { text in
            let named = RawArguments.path(text)
            guard !named.isEmpty else { throw EngineError(.invalidInput, "a path is empty") }
            let path = here.pushing(named).lexicallyNormalized()
            if path.withPlatformString({ access($0, F_OK) }) != 0 {
                let code = Errno(rawValue: errno)
                throw EngineError(
                    code == .noSuchFileOrDirectory ? .notFound : .unavailable, "\(text): \(code)",
                    whatToDo:
                        "check the name; commands are listed by --help, and a folder that is called like one needs ./ before it"
                )
            }
            if path.withPlatformString({ access($0, R_OK) }) != 0 {
                throw EngineError(
                    .permissionDenied, "\(text) can't be read",
                    whatToDo: "check its permissions with: ls -ld")
            }
            return path
        }
    }
}
