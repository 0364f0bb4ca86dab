import Dispatch
import Glibc
import Jobs
import Synchronization

/// A signal that came before libdispatch listened for it, which takes over from the handler that notes it here.
private let early = Atomic<Int32>(0)

/// The first SIGINT or SIGTERM drains a worker, the second stops it, the third ends the process. Before the worker is
/// online the first ends the process, with 0: there is nothing to finish.
final class WorkerSignals: Sendable {
    private struct State {
        var worker: CeleryWorker?
        var count = 0
    }

    private let state: Mutex<State>
    // SAFETY: made once, then only cancelled, which any thread may do.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init() {
        let queue = DispatchQueue(label: "phototui.worker.signals")
        sources = [SIGINT, SIGTERM].map { number in
            DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        state = Mutex(State())
        for (source, number) in zip(sources, [SIGINT, SIGTERM]) {
            source.setEventHandler { [weak self] in self?.heed(number) }
            source.setRegistrationHandler { [weak self] in
                if early.exchange(0, ordering: .relaxed) != 0 { self?.heed(number) }
            }
            signal(number) { early.store($0, ordering: .relaxed) }
            source.resume()
        }
    }

    func reach(_ worker: CeleryWorker) {
        state.withLock { $0.worker = worker }
    }

    func end() {
        for source in sources { source.cancel() }
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
