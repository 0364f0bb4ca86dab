/// A unit of processing with a row in the catalogue.
public struct Job: Hashable, Sendable {
    public var id: JobID
    public var kind: JobKind
    public var state: JobState
    public var owner: OwnerID
    /// The photo it concerns, where there is one.
    public var photo: PhotoID?
    /// How often it was claimed.
    public var attempts: Int
    /// Claims that ended with the worker gone: at `JobPolicy.poisonLimit` the job is dead.
    public var workerDeaths: Int
    /// The last error: what happened; untrusted text.
    public var error: String?
    /// Unix microseconds.
    public var createdAt: Int64
    /// Not before this moment, Unix microseconds.
    public var runAt: Int64
    public var startedAt: Int64?
    public var finishedAt: Int64?
    /// Who claimed it last, as a worker names itself; untrusted text.
    public var worker: String?

    public init(
        id: JobID, kind: JobKind, state: JobState, owner: OwnerID, photo: PhotoID?, attempts: Int, workerDeaths: Int,
        error: String?, createdAt: Int64, runAt: Int64, startedAt: Int64?, finishedAt: Int64?,
        worker: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.owner = owner
        self.photo = photo
        self.attempts = attempts
        self.workerDeaths = workerDeaths
        self.error = error
        self.createdAt = createdAt
        self.runAt = runAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.worker = worker
    }

    /// When it might begin: since it was added, or queued again.
    public var waitsSince: Int64 { max(createdAt, runAt) }
}

/// One time that a job was begun.
public struct JobAttempt: Hashable, Sendable {
    public enum Outcome: String, Sendable {
        case running, succeeded, failed
        /// Its worker ended with it.
        case lost
    }

    /// From 1 on, also behind the moment when a person had the job tried again.
    public let number: Int
    /// As a worker names itself; untrusted text.
    public let worker: String?
    /// Unix microseconds.
    public let startedAt: Int64
    public let endedAt: Int64?
    public let error: String?
    public let outcome: Outcome

    public init(number: Int, worker: String?, startedAt: Int64, endedAt: Int64?, error: String?, isRunning: Bool) {
        (self.number, self.worker, self.startedAt, self.endedAt) = (number, worker, startedAt, endedAt)
        self.error = error
        outcome = isRunning ? .running : endedAt == nil ? .lost : error == nil ? .succeeded : .failed
    }
}

public enum JobKind: String, Sendable, CaseIterable, Codable {
    case processPhoto = "process_photo"

    public var queue: QueueName {
        switch self {
        case .processPhoto: .high
        }
    }
}

/// The three queues, most urgent first.
public enum QueueName: String, Sendable, CaseIterable, Codable {
    case high, low, batch
}

public enum JobState: String, Sendable, CaseIterable, Codable {
    case queued, running, retrying, succeeded, dead, cancelled

    public var isFinished: Bool { self == .succeeded || self == .dead || self == .cancelled }
}

/// What came of claiming one job.
public enum JobClaim: Hashable, Sendable {
    case claimed(Job)
    /// It succeeded, is dead (also by this claim, which would have been one too many), or was cancelled.
    case finished(Job)
    /// It runs under a lease that has not ended.
    case held
    /// It waits until this moment, Unix microseconds.
    case notDue(Int64)
    case unknown
}
