public import Core

/// What a runner did with a job.
public enum JobEvent: Sendable {
    case started(Job)
    case succeeded(Job)
    /// It failed; it runs again at `retryAt` (Unix microseconds), or is dead when that is nil.
    case failed(Job, EngineError, retryAt: Int64?)
    /// Its end could not be recorded, and it runs again once its lease has run out.
    case unrecorded(Job, EngineError)
    /// A server refuses this process: the job is given back, without counting an attempt, and nothing is begun for a while.
    case refused(Job, EngineError)
    /// Another worker holds it now; its effect here was dropped.
    case lost(Job)
}
