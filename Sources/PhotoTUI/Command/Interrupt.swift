import Dispatch
import Glibc

/// Calls its action at the first SIGINT or SIGTERM; the second ends the process, and Ctrl-Z stops it, behind `leaving`.
final class Interrupt {
    private let listener: Signals.Listener

    init(
        _ action: @escaping @Sendable () -> Void, leaving: @escaping @Sendable () -> Void,
        ending: @escaping @Sendable () -> Void
    ) {
        let count = SignalCount()
        listener = Signals.Listener([SIGINT, SIGTERM, SIGTSTP], queue: count.queue) { number in
            if number != SIGTSTP, count.isFirst() { return action() }
            leaving()
            if number == SIGTSTP {
                kill(getpid(), SIGSTOP)
            } else {
                ending()
                _exit(128 + number)
            }
        }
    }

    /// Runs `work`, which the first signal cancels. `clear` takes what is shown of it off the terminal; `abandon` leaves nothing
    /// half done behind where the second one ends the process.
    static func cancelling<Value: Sendable>(
        clear: @escaping @Sendable () -> Void, abandon: @escaping @Sendable () -> Void = {},
        work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await work() }
        let interrupt = Interrupt {
            clear()
            Console.note("phototui: stopping; press Ctrl-C again to end at once\n")
            task.cancel()
        } leaving: {
            clear()
        } ending: {
            abandon()
        }
        defer {
            interrupt.stop()
            clear()
        }
        return try await task.value
    }

    func stop() { listener.end() }

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
