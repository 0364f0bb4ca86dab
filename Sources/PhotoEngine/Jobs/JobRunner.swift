internal import Core

/// Runs the library's jobs in this process.
public final class JobRunner: Sendable {
    /// Events from now on, for any number of listeners.
    public func events() -> AsyncStream<JobEvent> {
        AsyncStream { $0.finish() }
    }

    /// Works until the task is cancelled; then stops the jobs it runs and gives them back, without counting an attempt.
    public func run() async throws {
        throw EngineError(.unavailable, "running jobs is not built yet")
    }
}
