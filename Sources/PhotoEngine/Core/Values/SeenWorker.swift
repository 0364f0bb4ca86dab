/// A worker as its events were heard while somebody watched; its name is untrusted text.
public struct SeenWorker: Hashable, Sendable {
    public let name: String
    /// When its heart was heard last; Unix seconds.
    public var heardAt: Double
    /// When it said goodbye; nil where it did not.
    public var leftAt: Double?
    /// When it told of a task last, since it started; nil where it never did: it may send no events of tasks.
    public var toldAt: Double?
    /// Tasks that it had begun and not told the end of, of one that said goodbye.
    public var held = 0

    public init(name: String, heardAt: Double, leftAt: Double? = nil, toldAt: Double? = nil) {
        (self.name, self.heardAt, self.leftAt, self.toldAt) = (name, heardAt, leftAt, toldAt)
    }

    /// A heart beats every two seconds, or as seldom as its worker was told to; one that hangs, or whose only thread runs a task
    /// (`-P solo`), comes back.
    public static let patience = 60.0

    /// A worker that was told to end says goodbye first, and ends its tasks behind that, which may take as long.
    public static let endingPatience = 3600.0

    /// Whether it has said goodbye at a moment, in Unix seconds, and still runs tasks, as far as is known.
    public func isEnding(at moment: Double) -> Bool {
        guard let leftAt else { return false }
        return held > 0 && moment - leftAt < Self.endingPatience
    }

    /// Whether it is gone at a moment, in Unix seconds: it said goodbye and has ended, or was not heard for long. Else it is silent.
    public func isGone(at moment: Double) -> Bool {
        leftAt != nil ? !isEnding(at: moment) : moment - heardAt > Self.patience
    }
}

extension Collection where Element == SeenWorker {
    /// Whether there are workers, none of which tells of its tasks: what they take seems to wait for ever. `until` is when somebody
    /// watched last.
    public func areSilentOnTasks(until: Double) -> Bool {
        let here = filter { $0.leftAt == nil && $0.heardAt > until - SeenWorker.patience }
        return !here.isEmpty && here.allSatisfy { $0.toldAt == nil }
    }

    /// Those that are no longer there, the latest first.
    public func gone(besides here: Set<String>) -> [SeenWorker] {
        filter { !here.contains($0.name) }.sorted { ($1.heardAt, $0.name) < ($0.heardAt, $1.name) }
    }

    /// The first of them, each with when it was heard last; raw text.
    public func named(at moment: Double, most: Int = 5) -> String {
        let shown = prefix(most).map { worker in
            let seconds = Swift.max(0, moment - worker.heardAt)
            let age =
                seconds < 120
                ? "\(Int(seconds)) s" : seconds < 7200 ? "\(Int(seconds / 60)) min" : "\(Int(seconds / 3600)) h"
            return "\(worker.name) (last heard of \(age) ago)"
        }
        return shown.joined(separator: ", ") + (count > most ? " and \(count - most) more" : "")
    }
}
