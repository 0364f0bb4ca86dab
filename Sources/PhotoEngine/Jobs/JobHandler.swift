public import Core

/// Does the work of one kind of job. Its effect is applied by the runner, in the transaction that ends the job.
public protocol JobHandler: Sendable {
    var kind: JobKind { get }

    /// Does the work. Throws `JobFailure` to say more than the error itself tells; stops soon when its task is cancelled.
    func perform(_ job: Job) async throws -> JobResult
}

public enum JobResult: Sendable {
    /// The photo was decoded and its renditions are stored.
    case processed(ProcessedPhoto)
}

/// Why a job failed, and what that says of its photo.
public struct JobFailure: Error, Sendable {
    public let error: EngineError
    /// The picture itself is at fault: the photo is marked unreadable with the error's text.
    public let isUnreadable: Bool
    /// A server that the job needs was away: many more attempts are worth their while.
    public let isOutage: Bool

    public init(_ error: EngineError, isUnreadable: Bool = false, isOutage: Bool = false) {
        self.error = error
        self.isUnreadable = isUnreadable
        self.isOutage = isOutage
    }

    /// Judges any error thrown by a handler: only what the decoder says of a picture's bytes is the picture's fault.
    public init(_ thrown: any Error) {
        switch thrown {
        case let failure as JobFailure: self = failure
        case let error as EngineError: self.init(error, isUnreadable: false)
        default: self.init(EngineError(.internal, "the job failed: \(thrown)", cause: thrown), isUnreadable: false)
        }
    }

    /// Whether a job that has failed for the `attempts`-th time runs again by itself.
    public func mayRetry(attempts: Int) -> Bool {
        // A full disk is nobody's fault, and may be emptied.
        guard error.isRetryable || error.code == .noSpace else { return false }
        return attempts < (isOutage ? JobPolicy.maximumOutageAttempts : JobPolicy.maximumAttempts)
    }
}
