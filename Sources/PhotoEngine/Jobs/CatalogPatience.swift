internal import Core

/// How whoever runs jobs waits for a catalogue that is away, or refuses this process: without it there is nothing else to do, and
/// neither must lose work that is done or use up anybody's attempts.
struct CatalogPatience: Sendable {
    let seconds: Double
    let random: any RandomSource

    /// Calls `body`, again while this, or a person, may help; it is told whether an earlier call may stand although
    /// nobody heard of it.
    func callAsFunction<Value: Sendable>(
        _ body: @Sendable (_ mayStand: Bool) async throws -> Value
    ) async throws -> Value {
        let end = ContinuousClock.now + .seconds(seconds)
        for attempt in 0... {
            do {
                return try await body(attempt > 0)
            } catch let error as EngineError where (error.isRetryable || error.isRefusalOfUs) && .now < end {
                let wait = JobPolicy.backoffSeconds(attempt: min(attempt, 3), random: random) / 4
                try await Task.sleep(for: .seconds(wait + 0.02))
            }
        }
        throw CancellationError()
    }

    /// Ends a job with what it made; true also where an earlier call did so and nobody heard of it.
    func finish(
        _ job: JobID, worker: String, processed: ProcessedPhoto, in catalog: any JobCatalog
    ) async throws -> Bool {
        try await callAsFunction { mayStand in
            if try await catalog.finish(job, worker: worker, processed: processed) { return true }
            guard mayStand else { return false }
            return try await catalog.job(job)?.state == .succeeded
        }
    }
}
