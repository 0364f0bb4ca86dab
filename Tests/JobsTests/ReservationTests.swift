import Catalog
import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// Jobs that a worker claimed ahead of a place for them.
@Suite("Jobs claimed ahead", .serialized, .enabled(if: RedisServer.isInstalled, "needs redis-server"))
struct ReservationTests {
    private static let all = 120
    /// So many short jobs are run before one is made a long one.
    private static let short = 40

    private struct Bench: Sendable {
        let address: RedisAddress
        let catalog: any Catalog
    }

    /// The first job with others reserved behind it, once enough have run: it lasts until it is let go.
    private final class Long: Sendable {
        private let state = Mutex<(job: JobID?, ran: Int, isOpen: Bool)>((nil, 0, false))
        private let worker = Mutex<CeleryWorker?>(nil)

        var job: JobID? { state.withLock(\.job) }
        func watch(_ value: CeleryWorker) { worker.withLock { $0 = value } }
        func letGo() { state.withLock { $0.isOpen = true } }

        func perform(_ job: Job, whenLong: @Sendable () async throws -> Void) async throws {
            let waiting =
                worker.withLock { $0 }?.state.withLock { state in
                    // Short they are, however busy the machine is.
                    state.averageSeconds = 0
                    return state.reserved.count
                } ?? 0
            let isLong = state.withLock { state in
                state.ran += 1
                guard state.job == nil, state.ran > short, waiting > 1 else { return false }
                state.job = job.id
                return true
            }
            guard isLong else { return }
            try await whenLong()
            while !state.withLock(\.isOpen) { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    private func bench(_ server: RedisServer) async throws -> Bench {
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: Self.all)
        _ = try await OutboxRelay(catalog: catalog, delivery: CeleryDelivery(address)).publishDue()
        return Bench(address: address, catalog: catalog)
    }

    private func worker(
        _ bench: Bench, _ name: String, _ body: @escaping @Sendable (Job) async throws -> Void
    ) -> CeleryWorker {
        var options = CeleryWorker.Options(node: "\(name)@test")
        options.concurrency = 1
        let handler = ClosureHandler { job in
            try await body(job)
            return try await JobFixtures.processed(job, bench.catalog)
        }
        return CeleryWorker(
            bench.address, handlers: [JobTask(handler, catalog: bench.catalog, worker: name)], options: options,
            cancelJobs: { ids in _ = try? await bench.catalog.cancel(ids.compactMap { JobID($0) }) })
    }

    @Test(
        "What was claimed ahead of a long job is another worker's at once, whether the first goes on or drains",
        .timeLimit(.minutes(8)), arguments: [false, true])
    func givenBack(drains: Bool) async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let bench = try await bench(server)
        let long = Long()
        let claimed = Mutex(0)
        let busy = worker(bench, "busy") { job in
            try await long.perform(job) {
                // What waits is claimed by then or soon, and given back half a second after it was taken.
                for _ in 0..<20 where claimed.withLock({ $0 }) < 2 {
                    let running = try await bench.catalog.jobs(state: .running, after: nil, limit: 99).count
                    claimed.withLock { $0 = max($0, running) }
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
        }
        long.watch(busy)
        let running = Task { try await busy.run() }
        try await wait("nothing was claimed ahead of the long job") { claimed.withLock { $0 } > 1 }
        if drains { busy.drain() }
        let other = worker(bench, "other") { _ in }
        let helping = Task { try await other.run() }
        // Leases of a minute: they are not what ends here.
        try await wait("the others were kept from the second worker") {
            try await bench.catalog.jobCounts() == [.succeeded: Self.all - 1, .running: 1]
        }
        long.letGo()
        try await wait("not all were done") { try await bench.catalog.jobCounts() == [.succeeded: Self.all] }
        for worker in [busy, other] { worker.drain() }
        try await running.value
        try await helping.value
        let done = try await bench.catalog.jobs(state: .succeeded, after: nil, limit: 99)
        #expect(done.allSatisfy { $0.attempts == 1 && $0.workerDeaths == 0 })
        #expect(try await CeleryDelivery(bench.address).depth(of: .high) == QueueDepth(waiting: 0, unacknowledged: 0))
    }

    @Test("A job that was claimed ahead and then revoked is cancelled and not run", .timeLimit(.minutes(8)))
    func revoked() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let bench = try await bench(server)
        let long = Long()
        let ran = Mutex<Set<JobID>>([])
        let revoked = Mutex<JobID?>(nil)
        let busy = Mutex<CeleryWorker?>(nil)
        let worker = worker(bench, "busy") { job in
            ran.withLock { _ = $0.insert(job.id) }
            try await long.perform(job) {
                let next = busy.withLock { $0 }?.state.withLock { state in
                    state.reserved.first.map { next in
                        state.revoke([next.call.id])
                        return next.call.id
                    }
                }
                revoked.withLock { $0 = next.flatMap { $0 }.flatMap { JobID($0) } }
            }
        }
        busy.withLock { $0 = worker }
        long.watch(worker)
        let running = Task { try await worker.run() }
        try await wait("nothing was reserved behind the long job") { revoked.withLock { $0 } != nil }
        long.letGo()
        let id = try #require(revoked.withLock { $0 })
        try await wait("the others were not done") {
            try await bench.catalog.jobCounts()[.succeeded] == Self.all - 1
        }
        worker.drain()
        try await running.value
        let job = try #require(try await bench.catalog.job(id))
        #expect(job.state == .cancelled && job.attempts == 0)
        #expect(!ran.withLock { $0.contains(id) })
    }
}
