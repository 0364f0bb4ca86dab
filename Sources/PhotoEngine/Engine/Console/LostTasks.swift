internal import Core
internal import Jobs

/// Concludes which tasks nobody will tell the end of: those that a worker held which went without goodbye or has started anew, and
/// those that wait where no message is left.
struct LostTasks: Sendable {
    /// Looked at in one step; the rest is in the next.
    private static let mostAtOnce = 1000
    /// What was published a moment ago may be on its way, or be taken by who has not told yet.
    private static let patience = 10.0

    /// `restarted` are the workers that began anew since the last time, and when, in Unix seconds.
    func look(
        after restarted: [String: Double], in history: any TaskHistory, _ console: CeleryConsole, now: Double
    ) async throws {
        let past = BrokerPast(
            seen: try await history.workers(since: now - BrokerPast.seconds),
            watches: try await history.watches(limit: 1000))
        var gone = past.lost(besides: [], at: now).map { (name: $0.name, until: $0.heardAt + SeenWorker.patience) }
        // What was told behind a goodbye is told by who ended its tasks first.
        for worker in past.seen {
            guard let leftAt = worker.leftAt, now - leftAt > SeenWorker.endingPatience else { continue }
            gone.append((worker.name, leftAt + SeenWorker.endingPatience))
        }
        for (worker, moment) in restarted.map({ (name: $0.key, until: $0.value) }) + gone {
            let ids = try await history.held(by: worker, heardUntil: moment, limit: Self.mostAtOnce)
            if ids.isEmpty { continue }
            // Of late acknowledgement the broker still has the message.
            let held = Set(((try? await console.queuesOfDeliveries()) ?? [:]).keys)
            let words =
                restarted[worker] == nil
                ? "its worker \(worker) went without a word of its end" : "its worker \(worker) has started anew since"
            try await history.record(
                lost: ids.filter { held.contains($0) },
                because: words + "; the broker has its message still, to deliver it again",
                at: now)
            try await history.record(lost: ids.filter { !held.contains($0) }, because: words, at: now)
        }
    }

    /// Where nothing waits, and nothing is held, anywhere on the broker, nothing that is told to wait does.
    func look(at listing: QueueListing, in history: any TaskHistory, now: Double) async throws {
        guard listing.isComplete, listing.unreadable == 0, !listing.queues.isEmpty,
            listing.queues.allSatisfy({ $0.depth == 0 && $0.unacknowledged == 0 })
        else { return }
        try await history.record(
            lost: try await history.queued(in: nil, heardUntil: now - Self.patience, limit: Self.mostAtOnce),
            because: "no message of it is left: purged, expired, or taken by who tells nothing", at: now)
    }
}

extension TaskHistoryFile {
    /// Keeps that the tasks of a queue whose messages were dropped are lost, where these are all that are known to wait there.
    /// `moment` is when that began, in Unix seconds. What can't be written down changes nothing of it.
    public func noteDropped(_ count: Int, from queue: String, at moment: Double, by who: String) async {
        guard count > 0, exists, let history = try? await open(toWrite: true) else { return }
        if let ids = try? await history.queued(in: queue, heardUntil: moment, limit: count + 1), ids.count <= count {
            try? await history.record(
                lost: ids, because: "its message was dropped by \(who), who purged the queue", at: moment)
        }
        await history.close()
    }
}
