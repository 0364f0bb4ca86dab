import Dispatch
import Glibc
import Jobs
import Synchronization

/// The first SIGINT or SIGTERM drains a worker, the second stops it, the third ends the process. Before there is a worker
/// the first ends the process, with 0: there is nothing to finish.
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
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        state = Mutex(State())
        for (source, number) in zip(sources, [SIGINT, SIGTERM]) {
            source.setEventHandler { [weak self] in self?.heed(number) }
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
        switch (worker, count) {
        case (nil, _):
            WorkerLog.line("stopped before it took a job")
            _exit(0)
        case (let worker?, 1):
            WorkerLog.line("finishing what runs; a second signal stops at once")
            worker.drain()
        case (let worker?, 2):
            WorkerLog.line("stopping; what runs is given back")
            worker.stop()
        default: _exit(128 + number)
        }
    }
}
