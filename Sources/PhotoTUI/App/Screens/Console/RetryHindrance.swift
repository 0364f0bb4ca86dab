import Core

/// Why some tasks can't be sent again.
public struct RetryHindrance: Hashable, Sendable {
    /// A sentence without its subject and full stop; untrusted text.
    public let reason: String
    public let count: Int

    public init(reason: String, count: Int) { (self.reason, self.count) = (reason, count) }

    /// `2 tasks can't be sent again: 1 its arguments were cut when they were told, 1 …`
    static func sentence(_ all: [RetryHindrance]) -> String? {
        let count = all.reduce(0) { $0 + $1.count }
        if count == 0 { return nil }
        let reasons = all.prefix(3).map { count == 1 ? $0.reason : "\($0.count) \($0.reason)" }
        return "\(counted(count, "task")) can't be sent again: \(reasons.joined(separator: ", "))"
            + (all.count > 3 ? " and \(all.count - 3) others" : "") + "."
    }
}
