internal import Core
internal import Synchronization

/// Extends the leases of the jobs that this process runs, all of them in one go, and stops those that another worker has.
final class LeaseKeeper: Sendable {
    private struct Held {
        var stop: (@Sendable () -> Void)?
        var isLost = false
    }

    private struct Shared {
        var jobs: [JobID: Held] = [:]
        var isKeeping = false
    }

    private let catalog: any JobCatalog
    private let worker: String
    private let seconds: Double
    private let shared = Mutex(Shared())

    init(_ catalog: any JobCatalog, worker: String, seconds: Double) {
        self.catalog = catalog
        self.worker = worker
        self.seconds = seconds
    }

    /// Keeps the lease of a job that was claimed until `letGo`; calls `stop` once another worker has the job.
    func hold(_ id: JobID, stop: (@Sendable () -> Void)? = nil) {
        let (begins, isLost) = shared.withLock { shared in
            shared.jobs[id, default: Held()].stop = stop
            defer { shared.isKeeping = true }
            return (!shared.isKeeping, shared.jobs[id]?.isLost == true)
        }
        if isLost { stop?() }
        if begins { Task { await keep() } }
    }

    func letGo(_ id: JobID) {
        shared.withLock { _ = $0.jobs.removeValue(forKey: id) }
    }

    func contains(_ id: JobID) -> Bool { shared.withLock { $0.jobs[id] != nil } }
    func isLost(_ id: JobID) -> Bool { shared.withLock { $0.jobs[id]?.isLost == true } }

    /// Until it finds no job: between two short ones it goes on, so that each need not begin it anew.
    private func keep() async {
        while true {
            try? await Task.sleep(for: .seconds(seconds / 3))
            let ids = shared.withLock { shared in
                shared.isKeeping = !shared.jobs.isEmpty
                return Array(shared.jobs.keys)
            }
            if ids.isEmpty { return }
            // A catalogue that is away is asked again; the job's end will tell whose it was.
            guard let lost = try? await catalog.extendLeases(ids, worker: worker, leaseSeconds: seconds) else {
                continue
            }
            let stops = shared.withLock { shared in
                lost.compactMap { id in
                    shared.jobs[id]?.isLost = true
                    return shared.jobs[id]?.stop
                }
            }
            for stop in stops { stop() }
        }
    }
}
