public import Core

/// Does the work of one Celery task. Its name is what publishers send.
public protocol CeleryTaskHandler: Sendable {
    var task: String { get }

    /// Whether a catalogue counts the workers that end while they run it, and ends its job.
    var countsWorkerDeaths: Bool { get }

    /// Does the work; stops soon when its task is cancelled. An error thrown is the task's failure: one that may pass by
    /// itself (`EngineError.isRetryable`) is tried again, as `CeleryOutcome.retried` says.
    func perform(_ call: CeleryCall) async throws -> CeleryEnd

    /// Takes what a call is about into this worker's hands before there is a place for the call, which tasks that follow one
    /// another within milliseconds need not do one by one then; nil where there is nothing to take.
    func reserve(_ call: CeleryCall) async -> CeleryReservation?
}

extension CeleryTaskHandler {
    public var countsWorkerDeaths: Bool { false }
    public func reserve(_ call: CeleryCall) async -> CeleryReservation? { nil }
}

/// What a worker has in its hands for a call that waits for a place. One of the two is called, once.
public struct CeleryReservation: Sendable {
    /// Does the work, in place of the handler's `perform`.
    public let perform: @Sendable () async throws -> CeleryEnd
    /// The call will not be performed here.
    public let giveBack: @Sendable () async -> Void
}

/// What there is once a task's work is done.
public enum CeleryEnd: Sendable {
    case outcome(CeleryOutcome)
    /// Its place is free for another task; this records it meanwhile, is not cancelled, and tells the outcome.
    case unrecorded(@Sendable () async throws -> CeleryOutcome)
}

/// One run of a task.
public struct CeleryCall: Hashable, Sendable {
    public let message: CeleryMessage
    public let queue: String

    public var id: String { message.id }
    public var arguments: [JSONValue] { message.arguments }
    /// A keyword argument; null where it was not given.
    public subscript(keyword: String) -> JSONValue { message[keyword] }
    /// Whose library it is for, where the message says so; untrusted text.
    public var owner: String? { message.headers[CeleryMessage.ownerHeader].string ?? self["owner"].string }
}

public enum CeleryOutcome: Sendable {
    /// Done; publishers collect this result.
    case succeeded(JSONValue)
    /// It runs again after this many seconds, as a new message of the same id, or by its catalogue when `isAnnounced`.
    case retried(EngineError, seconds: Double, isAnnounced: Bool)
    /// It failed for good. `isRecorded` where a catalogue keeps it; else the message goes to the dead letters.
    case failed(EngineError, isRecorded: Bool)
    /// It was finished before, or another worker has it: nothing is left to do and nothing to report.
    case dropped
    /// It was cancelled in the catalogue.
    case revoked
    /// It was stopped: the message goes back to the head of its queue.
    case givenBack
    /// A server that the task needs refuses this worker, which begins nothing for a while: the message goes to the end of its
    /// queue as it is, or, where `isAnnounced`, its catalogue publishes another.
    case refused(EngineError, isAnnounced: Bool)
}

/// A task written as a closure; for tasks that need no catalogue.
public struct CeleryClosureTask: CeleryTaskHandler {
    public let task: String
    private let body: @Sendable (CeleryCall) async throws -> JSONValue

    public init(_ task: String, body: @escaping @Sendable (CeleryCall) async throws -> JSONValue) {
        self.task = task
        self.body = body
    }

    public func perform(_ call: CeleryCall) async throws -> CeleryEnd {
        .outcome(.succeeded(try await body(call)))
    }
}
