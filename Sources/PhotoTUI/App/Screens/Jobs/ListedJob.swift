public import Core

/// What a list shows of a job: one of a library's, or a task of a broker as its history has it. Every text is untrusted.
public struct ListedJob: Hashable, Sendable {
    /// What a state means, whoever's word it is.
    public enum Standing: Hashable, Sendable {
        case waiting, running, succeeded, failed
        /// Cancelled, revoked, or refused.
        case stopped

        var isFinished: Bool { self != .waiting && self != .running }
    }

    public let id: String
    /// The kind of a library's job, or a task's name.
    public let task: String
    /// As the command line writes it.
    public let state: String
    public let standing: Standing
    public let queue: String?
    public let worker: String?
    public let attempts: Int
    public let waitSeconds: Double?
    public let runSeconds: Double?
    /// When something became of it last, in Unix seconds; in a list of a broker's tasks, when it was first heard of or ended,
    /// whichever they are in the order of.
    public let changedAt: Double
    public let error: String?
    /// The task that was sent in its place.
    public let retriedAs: String?

    public init(
        id: String, task: String, state: String, standing: Standing, queue: String?, worker: String?, attempts: Int,
        waitSeconds: Double?, runSeconds: Double?, changedAt: Double, error: String?, retriedAs: String? = nil
    ) {
        (self.id, self.task, self.state, self.standing) = (id, task, state, standing)
        (self.queue, self.worker, self.attempts) = (queue, worker, attempts)
        (self.waitSeconds, self.runSeconds, self.changedAt) = (waitSeconds, runSeconds, changedAt)
        (self.error, self.retriedAs) = (error, retriedAs)
    }
}

extension ListedJob {
    /// A task of a broker's history; in a list with the moment by which it stands in its order, alone with that of its last change.
    public init(_ task: BrokerTask, in order: TaskFilter.Order? = nil) {
        let standing: Standing =
            switch task.state {
            case .queued, .received, .retrying: .waiting
            case .running: .running
            case .succeeded: .succeeded
            case .failed: .failed
            case .revoked, .rejected, .lost: .stopped
            }
        let moment =
            switch order {
            case nil: task.lastHeardAt
            case .ended: task.endedAt ?? task.lastHeardAt
            default: task.firstHeardAt
            }
        let isBegun = task.startedAt != nil || task.endedAt != nil
        self.init(
            id: task.id, task: task.name ?? "-", state: task.state.rawValue, standing: standing, queue: task.queue,
            worker: task.worker, attempts: task.earlierAttempts + (isBegun ? 1 : 0), waitSeconds: task.waitSeconds,
            runSeconds: task.runSeconds, changedAt: moment, error: task.error,
            retriedAs: task.retriedAs)
    }
}

/// Jobs, the newest first unless the query says otherwise.
public struct JobPage: Hashable, Sendable {
    /// Where they are from.
    public enum Source: Hashable, Sendable {
        case library(hasBroker: Bool)
        /// What somebody heard of a broker's tasks.
        case history
    }

    public let source: Source
    public let jobs: [ListedJob]
    /// Whether more than these are let through.
    public let hasMore: Bool
    /// How many the library has in each state, whatever the filter; by the states' names.
    public let counts: [String: Int]
    /// What to ask with whether anything has changed; nil where these are not what was asked for last.
    public let mark: Int64?

    /// Whether there are workers, none of which tells of its tasks: what is queued may be done.
    public let isUntold: Bool

    public init(
        source: Source, jobs: [ListedJob], hasMore: Bool, counts: [String: Int] = [:], mark: Int64?,
        isUntold: Bool = false
    ) {
        (self.source, self.jobs, self.hasMore, self.isUntold) = (source, jobs, hasMore, isUntold)
        (self.counts, self.mark) = (counts, mark)
    }
}

/// All that is known of one job. Every text is untrusted.
public struct JobDetails: Hashable, Sendable {
    /// The photo that a library's job is for.
    public struct Photo: Hashable, Sendable {
        public let id: PhotoID
        public let filename: String
        public let sha256: SHA256Digest
        public let status: PhotoStatus
        public let problem: String?
        /// All jobs of this photo, the newest first.
        public let jobs: [ListedJob]

        public init(
            id: PhotoID, filename: String, sha256: SHA256Digest, status: PhotoStatus, problem: String?,
            jobs: [ListedJob]
        ) {
            (self.id, self.filename, self.sha256) = (id, filename, sha256)
            (self.status, self.problem, self.jobs) = (status, problem, jobs)
        }
    }

    /// A word and what it says.
    public struct Fact: Hashable, Sendable {
        public let label: String
        public let text: String

        public init(_ label: String, _ text: String) { (self.label, self.text) = (label, text) }
    }

    public let job: ListedJob
    public let facts: [Fact]
    public let arguments: String?
    public let keywords: String?
    public let result: String?
    /// Of the latest attempt.
    public let trace: String?
    /// The first known first; they count up to the latest.
    public let attempts: [TaskAttempt]
    /// The number of the first of `attempts`.
    public let firstAttempt: Int
    public let photo: Photo?

    public init(
        job: ListedJob, facts: [Fact] = [], arguments: String? = nil, keywords: String? = nil, result: String? = nil,
        trace: String? = nil, attempts: [TaskAttempt] = [], firstAttempt: Int = 1, photo: Photo? = nil
    ) {
        (self.job, self.facts, self.arguments, self.keywords) = (job, facts, arguments, keywords)
        (self.result, self.trace, self.attempts) = (result, trace, attempts)
        (self.firstAttempt, self.photo) = (firstAttempt, photo)
    }
}
