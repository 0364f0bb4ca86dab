import Core
import Synchronization

/// Says once on stderr what a command waits for, where it would else be silent for long. Those that show a screen, a line of
/// progress, or tell by themselves what does not answer, switch it off.
enum WaitNotice {
    private static let patience = Duration.seconds(3)
    private static let watch = Mutex<Task<Void, Never>?>(nil)

    static func start() {
        let task = Task {
            while !Task.isCancelled {
                if let name = Waits.longest(over: patience) {
                    return Console.complain("waiting for \(name)…")
                }
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
        watch.withLock { $0 = task }
    }

    static func stop() {
        watch.withLock { task in
            task?.cancel()
            task = nil
        }
    }
}
