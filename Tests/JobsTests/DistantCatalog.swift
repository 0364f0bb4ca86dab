import Core
import Synchronization

/// A catalogue behind a connection that can be lost before a call arrives, or before its answer does.
final class DistantCatalog: JobCatalog {
    enum Loss { case call, answer }

    /// Of a claim, and of a claim and an end.
    static let losses: [[Loss?]] = [[.answer], [.call, .answer], [nil, .answer], [nil, .call, .answer, .call]]

    private let catalog: any JobCatalog
    private let losses = Mutex<[Loss?]>([])
    private let isAway = Mutex(false)
    private let refusals = Mutex<(relay: EngineError?, calls: EngineError?)>((nil, nil))

    init(_ catalog: any JobCatalog) { self.catalog = catalog }

    /// What becomes of the next claims, ends and releases, in their order.
    func lose(_ next: [Loss?]) { losses.withLock { $0 = next } }
    func setAway(_ value: Bool) { isAway.withLock { $0 = value } }

    /// What a relay hears from now on; nil for the catalogue's own answer.
    func refuseRelay(_ error: EngineError?) { refusals.withLock { $0.relay = error } }

    /// What who runs jobs hears from now on; nil for the catalogue's own answer.
    func refuse(_ error: EngineError?) { refusals.withLock { $0.calls = error } }

    private func cross<Value>(_ body: () async throws -> Value) async throws -> Value {
        let loss = losses.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        let lost = EngineError(.unavailable, "the connection was lost", isRetryable: true)
        if loss == .call || isAway.withLock({ $0 }) { throw lost }
        if let refusal = refusals.withLock({ $0.calls }) { throw refusal }
        let value = try await body()
        if loss == .answer { throw lost }
        return value
    }

    func claim(_ job: JobID, worker: String, leaseSeconds: Double) async throws -> JobClaim {
        try await cross { try await catalog.claim(job, worker: worker, leaseSeconds: leaseSeconds) }
    }
    func finish(_ job: JobID, worker: String, processed: ProcessedPhoto) async throws -> Bool {
        try await cross { try await catalog.finish(job, worker: worker, processed: processed) }
    }
    func fail(_ job: JobID, worker: String, error: String, runAt: Int64?, unreadable: Bool) async throws -> Bool {
        try await cross {
            try await catalog.fail(job, worker: worker, error: error, runAt: runAt, unreadable: unreadable)
        }
    }
    func release(_ jobs: [JobID], worker: String) async throws {
        try await cross { try await catalog.release(jobs, worker: worker) }
    }

    func claim(queue: QueueName, worker: String, leaseSeconds: Double, limit: Int) async throws -> [Job] {
        try await catalog.claim(queue: queue, worker: worker, leaseSeconds: leaseSeconds, limit: limit)
    }
    func extendLeases(_ jobs: [JobID], worker: String, leaseSeconds: Double) async throws -> [JobID] {
        try await catalog.extendLeases(jobs, worker: worker, leaseSeconds: leaseSeconds)
    }
    func leaseHolders() async throws -> [String] { try await catalog.leaseHolders() }
    func endLeases(of workers: [String]) async throws -> Int { try await catalog.endLeases(of: workers) }
    func job(_ id: JobID) async throws -> Job? { try await catalog.job(id) }
    func jobs(state: JobState?, after: JobID?, limit: Int) async throws -> [Job] {
        try await catalog.jobs(state: state, after: after, limit: limit)
    }
    func jobs(
        _ filter: JobFilter, after: JobID?, limit: Int, looked: @escaping @Sendable (_ errors: Int) -> Void
    ) async throws -> [Job] {
        try await catalog.jobs(filter, after: after, limit: limit, looked: looked)
    }
    func attempts(of job: JobID) async throws -> [JobAttempt] { try await catalog.attempts(of: job) }
    func deadGroups() async throws -> [FailureGroup] { try await catalog.deadGroups() }
    func deadJobs(in group: FailureKey?, after place: FailurePlace?, limit: Int) async throws -> [Job] {
        try await catalog.deadJobs(in: group, after: place, limit: limit)
    }
    func jobs(of photo: PhotoID, limit: Int) async throws -> [Job] { try await catalog.jobs(of: photo, limit: limit) }
    func retry(_ jobs: [JobID]) async throws -> Int { try await catalog.retry(jobs) }
    func cancel(_ jobs: [JobID]) async throws -> Int { try await catalog.cancel(jobs) }
    func jobCounts() async throws -> [JobState: Int] { try await catalog.jobCounts() }
    func nextDue(queue: QueueName) async throws -> Int64? { try await catalog.nextDue(queue: queue) }
    func takeUnpublished(olderThanSeconds: Double, limit: Int) async throws -> [Job] {
        if let refusal = refusals.withLock({ $0.relay }) { throw refusal }
        return try await catalog.takeUnpublished(olderThanSeconds: olderThanSeconds, limit: limit)
    }
    func enqueueProcessing(_ photos: [PhotoID]) async throws -> Int { try await catalog.enqueueProcessing(photos) }
}
