internal import Synchronization

/// What this process waits for now, by name, so that whoever sits before it can be told what keeps it.
public enum Waits {
    /// Something waited for, from `begin` to `end`.
    public struct Wait: Sendable {
        fileprivate let number: UInt64
    }

    private struct State {
        var last: UInt64 = 0
        var underway: [UInt64: (name: String, since: ContinuousClock.Instant)] = [:]
    }

    private static let state = Mutex(State())

    /// `name` is shown to people: `Postgres at db.example:5432`.
    public static func begin(_ name: String) -> Wait {
        state.withLock { state in
            state.last += 1
            state.underway[state.last] = (name, .now)
            return Wait(number: state.last)
        }
    }

    /// Something came, or went: nobody needs to be told yet.
    public static func goOn(_ wait: Wait) {
        state.withLock { $0.underway[wait.number]?.since = .now }
    }

    public static func end(_ wait: Wait) {
        state.withLock { _ = $0.underway.removeValue(forKey: wait.number) }
    }

    /// What has been silent for longest, where that is longer than `patience`.
    public static func longest(over patience: Duration) -> String? {
        let longest = state.withLock { $0.underway.values.min { $0.since < $1.since } }
        return longest.flatMap { $0.since.duration(to: .now) > patience ? $0.name : nil }
    }
}
