internal import Core
internal import Synchronization

/// How a worker waits for a catalogue that is away. A message says nothing but that a job is there: without the catalogue
/// there is nothing else a worker could do, and an outage must not use up anybody's attempts.
struct CatalogPatience: Sendable {
    let seconds: Double
    let random: any RandomSource

    /// Calls `body`, again while the catalogue says that this may help; it is told whether an earlier call may stand although
    /// nobody heard of it.
    func callAsFunction<Value: Sendable>(
        _ body: @Sendable (_ mayStand: Bool) async throws -> Value
    ) async throws -> Value {
        let end = ContinuousClock.now + .seconds(seconds)
        for attempt in 0... {
            do {
                return try await body(attempt > 0)
            } catch let error as EngineError where error.isRetryable && .now < end {
                let wait = JobPolicy.backoffSeconds(attempt: min(attempt, 3), random: random) / 4
                try await Task.sleep(for: .seconds(wait + 0.02))
            }
        }
        throw CancellationError()
    }
}

/// The jobs that this process runs now.
final class OwnJobs: Sendable {
    private let ids = Mutex<Set<JobID>>([])

    func contains(_ id: JobID) -> Bool { ids.withLock { $0.contains(id) } }
    func add(_ id: JobID) { ids.withLock { _ = $0.insert(id) } }
    func remove(_ id: JobID) { ids.withLock { _ = $0.remove(id) } }
}
