/// What failures of one group have in common.
public struct FailureKey: Hashable, Sendable {
    /// A task's name, or a job's kind; untrusted text.
    public let task: String?
    public let queue: String?
    /// `ErrorFingerprint.number`; nil where nothing is known of an error.
    public let fingerprint: Int64?
    /// Whether those belong to it, too, of which nobody told the queue.
    public let takesUnknown: Bool

    public init(task: String?, queue: String?, fingerprint: Int64?, takesUnknown: Bool = false) {
        (self.task, self.queue, self.fingerprint, self.takesUnknown) = (task, queue, fingerprint, takesUnknown)
    }
}

/// Failures of one task and queue whose errors differ only in their particulars, and that are not tried again by themselves.
public struct FailureGroup: Hashable, Sendable {
    public let key: FailureKey
    public let count: Int
    /// When the first and the last of them failed, in Unix seconds.
    public let firstAt: Double
    public let lastAt: Double
    /// The last one's; untrusted text.
    public let error: String?

    public init(key: FailureKey, count: Int, firstAt: Double, lastAt: Double, error: String?) {
        (self.key, self.count, self.firstAt, self.lastAt, self.error) = (key, count, firstAt, lastAt, error)
    }
}

extension FailureGroup {
    /// Fewer by so many; nil where none is left.
    public func without(_ others: Int) -> FailureGroup? {
        guard count > others else { return nil }
        return FailureGroup(key: key, count: count - others, firstAt: firstAt, lastAt: lastAt, error: error)
    }
}

/// A place among failures, the latest first; of the same moment, those with the greater ids.
public struct FailurePlace: Hashable, Sendable {
    /// Unix seconds.
    public let at: Double
    public let id: String

    public init(at: Double, id: String) { (self.at, self.id) = (at, id) }

    /// In front of all, and behind all, that failed at a moment.
    public static func before(_ at: Double) -> FailurePlace { FailurePlace(at: at, id: "\u{10FFFF}") }
    public static func behind(_ at: Double) -> FailurePlace { FailurePlace(at: at, id: "") }
}
