/// What workers are told by Celery's remote control. They alone remember it, and forget it when all of them have ended.
public protocol TaskControl: Sendable {
    /// Has tasks ended when their turn comes; with `signal` (`SIGTERM`) also those that run. Ids of tasks that nobody knows are
    /// remembered, too.
    func revoke(_ ids: [String], signal: String?) async throws -> ControlOutcome
    /// How many tasks of a name a worker begins: `10/m`, `0` for no limit. Of one worker, or of each.
    func limitRate(of task: String, to rate: String, worker: String?) async throws -> ControlOutcome
}

/// Who did what they were told.
public struct ControlOutcome: Hashable, Sendable {
    public struct Refusal: Hashable, Sendable {
        public let worker: String
        /// Untrusted text.
        public let reason: String

        public init(worker: String, reason: String) {
            self.worker = worker
            self.reason = reason
        }
    }

    public let workers: [String]
    public let refusals: [Refusal]
    /// How many listen to remote control and did not answer.
    public let silent: Int

    public init(workers: [String], refusals: [Refusal], silent: Int) {
        self.workers = workers
        self.refusals = refusals
        self.silent = silent
    }
}
