public import Core
internal import Foundation
internal import Synchronization

/// Runs the library's jobs in this process, as many at a time as it has places.
///
/// The catalogue is the truth. The runner claims when delivery announces a job, when a waiting job becomes due, when the
/// catalogue changes (another process may have added jobs), and now and then besides, for leases that have expired.
/// It may be `run` by several tasks at once: it works while at least one of them is not cancelled.
public final class JobRunner: Sendable {
    public typealias RunnerCatalog = JobCatalog & Maintenance

    let catalog: any RunnerCatalog
    let worker: String
    let clock: any EngineClock
    let random: any RandomSource
    let leaseSeconds: Double
    private let delivery: any Delivery
    private let handlers: [JobKind: any JobHandler]
    private let shared: Mutex<Shared>

    private struct Shared {
        let capacity: Int
        var users: Set<UInt64> = []
        var nextUser: UInt64 = 0
        var work: Task<Void, Never>?
        var session: RunnerSession?
        var listeners: [UInt64: AsyncStream<JobEvent>.Continuation] = [:]
    }

    /// `worker` names this process in the catalogue, and is different for each.
    public init(
        catalog: any RunnerCatalog, delivery: any Delivery, handlers: [any JobHandler], capacity: Int, worker: String,
        leaseSeconds: Double = JobPolicy.leaseSeconds, clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) {
        self.catalog = catalog
        self.delivery = delivery
        self.handlers = Dictionary(handlers.map { ($0.kind, $0) }, uniquingKeysWith: { $1 })
        self.worker = worker
        self.leaseSeconds = leaseSeconds
        self.clock = clock
        self.random = random
        shared = Mutex(Shared(capacity: max(1, capacity)))
    }

    /// Events from now on, for any number of listeners.
    public func events() -> AsyncStream<JobEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: JobEvent.self)
        let id = shared.withLock { shared in
            shared.nextUser += 1
            shared.listeners[shared.nextUser] = continuation
            return shared.nextUser
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.shared.withLock { $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    /// Says that this process has just added jobs.
    public func announce() {
        shared.withLock { $0.session }?.send(.announced(Set(QueueName.allCases)))
    }

    /// Works until the task is cancelled; then stops the jobs it runs and gives them back, without counting an attempt.
    public func run() async throws {
        let user = join()
        await withTaskCancellationHandler {
            await shared.withLock { $0.work }?.value
        } onCancel: {
            leave(user)
        }
        leave(user)
    }

    /// Works until no job of the library waits or runs, here or in another process, or the task is cancelled.
    public func runUntilIdle() async throws {
        let working = Task { try await run() }
        try await withTaskCancellationHandler {
            while !Task.isCancelled {
                let counts = try await catalog.jobCounts()
                if counts.allSatisfy({ $0.key.isFinished || $0.value == 0 }) { break }
                try? await Task.sleep(for: .milliseconds(100))
            }
        } onCancel: {
            working.cancel()
        }
        working.cancel()
        try await working.value
    }

    private func join() -> UInt64 {
        shared.withLock { shared in
            shared.nextUser += 1
            shared.users.insert(shared.nextUser)
            if shared.work == nil { start(&shared) }
            return shared.nextUser
        }
    }

    private func start(_ shared: inout Shared) {
        let session = RunnerSession(runner: self, capacity: shared.capacity, handlers: handlers, delivery: delivery)
        shared.session = session
        shared.work = Task {
            await session.run()
            self.ended(session)
        }
    }

    private func ended(_ session: RunnerSession) {
        shared.withLock { shared in
            guard shared.session === session else { return }
            shared.session = nil
            shared.work = nil
            // Somebody asked for work while the last session was stopping.
            if !shared.users.isEmpty { start(&shared) }
        }
    }

    private func leave(_ user: UInt64) {
        let session = shared.withLock { shared -> RunnerSession? in
            guard shared.users.remove(user) != nil, shared.users.isEmpty else { return nil }
            return shared.session
        }
        session?.send(.stop)
    }

    func emit(_ event: JobEvent) {
        for listener in shared.withLock({ Array($0.listeners.values) }) { listener.yield(event) }
    }
}
