/// Which of a library's jobs.
public struct JobFilter: Hashable, Sendable {
    /// None for all.
    public var states: Set<JobState> = []
    public var kinds: Set<JobKind>?
    public var queues: Set<QueueName>?
    public var photo: PhotoID?
    /// Who claimed them last: whole names, or patterns with `*`, `?` and `[…]`, of which one must fit; none for all.
    public var workers: [String] = []
    /// A regular expression (ICU's) for the error.
    public var errorPattern: String?
    /// Changed last (ended, begun, or added) at or after this moment, and before that; Unix microseconds.
    public var since: Int64?
    public var until: Int64?
    /// As of tasks: by when they were added, by how long the latest attempt ran and was waited for, by attempts, by the end.
    public var order = TaskFilter.Order.newest

    public init(states: Set<JobState> = []) { self.states = states }
}

extension Job {
    /// When something became of it last: its end, else its start, else that it was added; Unix microseconds.
    public var changedAt: Int64 { finishedAt ?? startedAt ?? createdAt }
}

extension JobCatalog {
    public func jobs(_ filter: JobFilter, after: JobID?, limit: Int) async throws -> [Job] {
        try await jobs(filter, after: after, limit: limit) { _ in }
    }
}
