import Dispatch
import Glibc
import Synchronization

/// What SIGINT and its like do to this process while no command listens for them.
enum Signals {
    private static let isListening = Atomic<Bool>(false)
    /// A bit for each signal that came before libdispatch listened for it.
    private static let early = Atomic<UInt64>(0)
    private static let exitCode = Atomic<Int32>(0)

    /// Until a command listens, SIGINT and SIGTERM end the process with the code that the command documents, rather than by the
    /// signal.
    static func end(with code: Int32) {
        exitCode.store(code, ordering: .relaxed)
        // What the handler reads is made before it can run.
        _ = (isListening.load(ordering: .relaxed), early.load(ordering: .relaxed))
        for number in [SIGINT, SIGTERM] { signal(number, note) }
    }

    private static let note: @convention(c) (Int32) -> Void = { number in
        guard !isListening.load(ordering: .acquiring) else {
            early.bitwiseOr(1 << UInt64(number), ordering: .relaxed)
            return
        }
        _exit(exitCode.load(ordering: .relaxed))
    }

    /// Listens from the moment it is made: what libdispatch does not see yet, and would lose, is heeded once it does.
    final class Listener: Sendable {
        // SAFETY: made once, then only cancelled, which any thread may do.
        private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
        private let previous: [(number: Int32, handler: __sighandler_t?)]

        init(_ numbers: [Int32], queue: DispatchQueue, heed: @escaping @Sendable (Int32) -> Void) {
            isListening.store(true, ordering: .releasing)
            sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
            previous = numbers.map { ($0, signal($0, note)) }
            for (source, number) in zip(sources, numbers) {
                source.setEventHandler { heed(number) }
                source.setRegistrationHandler {
                    let bit: UInt64 = 1 << UInt64(number)
                    if early.bitwiseAnd(~bit, ordering: .relaxed).oldValue & bit != 0 { heed(number) }
                }
                source.resume()
            }
        }

        /// Gives the signals back to what they did before.
        func end() {
            for source in sources { source.cancel() }
            isListening.store(false, ordering: .releasing)
            for (number, handler) in previous { signal(number, handler) }
        }
    }
}
