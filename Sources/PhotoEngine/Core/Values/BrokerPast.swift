/// What the history of a broker tells of the last day, as far as somebody watched.
public struct BrokerPast: Sendable {
    /// Workers that were heard.
    public var seen: [SeenWorker]
    /// The periods of watching, the latest first.
    public var watches: [TaskWatchState]
    /// How the tasks of each queue went in the last minutes.
    public var rates: [String: QueueRates]
    /// Tasks that failed for good and that nobody has sent again, of which no letter or job tells; the largest group first.
    public var failures: [FailureGroup] = []

    /// So much of the past is told of.
    public static let seconds = 86_400.0

    public init(
        seen: [SeenWorker] = [], watches: [TaskWatchState] = [], rates: [String: QueueRates] = [:]
    ) {
        (self.seen, self.watches, self.rates) = (seen, watches, rates)
    }

    /// Queues of which more fails than should, by name.
    public var failing: [(queue: String, rates: QueueRates)] {
        rates.filter(\.value.isFailing).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Groups of failures to which one was added within the last day: what nobody has cared for since is only listed.
    public func recentFailures(at moment: Double) -> [FailureGroup] {
        failures.filter { $0.lastAt > moment - Self.seconds }
    }

    /// Workers that are gone and said no goodbye to who listened for one: what left while nobody watched may have said it.
    public func lost(besides here: Set<String>, at moment: Double) -> [SeenWorker] {
        seen.gone(besides: here).filter { worker in
            guard worker.leftAt == nil, worker.isGone(at: moment) else { return false }
            let since = watches.watchedSince(at: worker.heardAt + SeenWorker.patience)
            return since.map { $0 <= worker.heardAt } ?? false
        }
    }
}

extension Collection where Element == TaskWatchState {
    /// Since when it was watched without a gap up to a moment; nil where nobody watched then. The latest come first.
    public func watchedSince(at moment: Double) -> Double? {
        var begin: Double?
        for watch in self where watch.since <= moment {
            guard watch.until >= (begin ?? moment) - TaskWatchState.gap else { break }
            begin = Swift.min(begin ?? moment, watch.since)
        }
        return begin
    }
}

extension TaskWatchState {
    /// Between two periods of watching, or behind the last, that are taken for one; in seconds.
    public static let gap = 15.0
}
