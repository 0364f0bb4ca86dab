import Dispatch
import Glibc
import Jobs
import Synchronization

/// The first SIGINT or SIGTERM drains a worker, the second stops it, the third ends the process. Before the worker is
/// online the first ends the process, with 0: there is nothing to finish.
final class WorkerSignals: Sendable {
    private struct State {
        var worker: CeleryWorker?
        var count = 0
        var listener: Signals.Listener?
    }

    private let state = Mutex(State())

    init() {
        let queue = DispatchQueue(label: "phototui.worker.signals")
        let listener = Signals.Listener([SIGINT, SIGTERM], queue: queue) { [weak self] in self?.heed($0) }
        state.withLock { $0.listener = listener }
    }

    func reach(_ worker: CeleryWorker) {
        state.withLock { $0.worker = worker }
    }

    func end() {
        state.withLock { $0.listener }?.end()
    }

    private func heed(_ number: Int32) {
        let (worker, count) = state.withLock { state in
            state.count += 1
            return (state.worker, state.count)
        }
        guard let worker, worker.isOnline else {
            WorkerLog.line("stopped before it took a job")
            _exit(0)
        }
        switch count {
        case 1:
            WorkerLog.line("finishing what runs; a second signal stops at once")
            worker.drain()
        case 2:
            WorkerLog.line("stopping; what runs is given back")
            worker.stop()
        default: _exit(128 + number)
        }
    }
}
