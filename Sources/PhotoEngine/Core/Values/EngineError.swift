/// The engine's one error: what happened, and what to do next. Neither text ever holds a secret or a row's values.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, Codable {
        case notFound = "not_found"
        case invalidInput = "invalid_input"
        case unsupported
        case corrupt
        case conflict
        case permissionDenied = "permission_denied"
        case noSpace = "no_space"
        case unavailable
        case timedOut = "timed_out"
        case limitExceeded = "limit_exceeded"
        case decoderCrashed = "decoder_crashed"
        case newerSchema = "newer_schema"
        case `internal`
    }

    public let code: Code
    /// One sentence, without a full stop.
    public let whatHappened: String
    /// What the reader can do; empty when nothing. Who shows it escapes it: no word in it is escaped already.
    public let whatToDo: String
    /// Whether the same call may succeed later without anybody's help.
    public let isRetryable: Bool
    public let cause: (any Error)?

    public init(
        _ code: Code, _ whatHappened: String, whatToDo: String = "", isRetryable: Bool = false,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.whatHappened = whatHappened
        self.whatToDo = whatToDo
        self.isRetryable = isRetryable
        self.cause = cause
    }

    public var description: String {
        whatToDo.isEmpty ? whatHappened : "\(whatHappened): \(whatToDo)"
    }
}

/// The cause of an error where a server refuses this process whatever it asks, by a wrong key, clock, bucket or address, or
/// because it is full: nothing is the matter with what was asked for, and only a person can mend it.
public struct ServerRefusal: Error {
    public init() {}
}

extension EngineError {
    /// Whether this process as such was refused.
    public var isRefusalOfUs: Bool { cause is ServerRefusal }
}
