public import Core
internal import Synchronization

/// Publishes the jobs that the catalogue holds and nobody has announced, and announces again those that were not started in
/// time: the catalogue is the truth, and whatever a broker loses is found again here.
///
/// Any number of processes may relay for one catalogue: taking a row is atomic. Owners share a broker, whose messages say whose
/// they are.
public struct OutboxRelay: Sendable {
    private let owners: JobOwners
    private let delivery: any Delivery
    /// A message that nobody has started after this time is taken for lost.
    private let patienceSeconds: Double
    private let counting = Counting()
    private let meeting = Counting()
    private static let meetingPause = Duration.seconds(10)
    /// Anybody who may write to the broker may add names, each of which the catalogue is asked for.
    private static let mostMet = 50
    private let batch = 500
    /// Where others' messages hide that ours are missing.
    private static let longPatience = 3600.0

    /// For the jobs of one owner; `owner` is nil where the catalogue has no other.
    public init(
        catalog: any JobCatalog, delivery: any Delivery, owner: String? = nil, patienceSeconds: Double = 60
    ) {
        self.init(
            owners: JobOwners(JobOwner(owner, catalog: catalog, handlers: [])), delivery: delivery,
            patienceSeconds: patienceSeconds)
    }

    /// For the jobs of every owner that is known when it looks; of those that had none lately only now and then.
    public init(owners: JobOwners, delivery: any Delivery, patienceSeconds: Double = 60) {
        self.owners = owners
        self.delivery = delivery
        self.patienceSeconds = patienceSeconds
    }

    /// Publishes what is due; returns how many messages that were.
    @discardableResult
    public func publishDue() async throws -> Int { try await publishDue(since: .min).all }

    /// Publishes what is due; returns how many messages that were, and how many of them for jobs that were added before a
    /// moment in Unix microseconds.
    public func publishDue(since moment: Int64) async throws -> (all: Int, earlier: Int) {
        do {
            let count = try await publishAll(since: moment)
            // What was announced is; that others can't be met is told by those who go on relaying.
            try? await meetOwners()
            return (count.all, count.earlier)
        } catch let away as BrokerAway {
            throw away.error
        }
    }

    private func publishAll(since moment: Int64 = .min) async throws -> Count {
        // Asked first: with the broker away no row is taken for announced.
        let before = try await messages()
        var count = Count(since: moment)
        let due = owners.due
        for owner in due {
            while !Task.isCancelled {
                let jobs = try await owner.catalog.takeUnpublished(
                    olderThanSeconds: Self.longPatience, limit: batch)
                try await publish(jobs, of: owner)
                count.add(jobs)
                if jobs.count < batch { break }
            }
        }
        try await publishLost(of: due, messagesBefore: before, &count)
        return count
    }

    /// Tells others on the broker of the owners that are known here, and learns of theirs: whoever announces for an owner may be
    /// gone when one of its jobs becomes due.
    private func meetOwners() async throws {
        guard meeting.isDue() else { return }
        let known = owners.known.compactMap(\.name)
        let names = try await broker { try await delivery.knownOwners(adding: known) }
        if owners.meetsOthers {
            let (strangers, isDone) = try await owners.meet(names, limit: Self.mostMet)
            try await broker { try await delivery.forgetOwners(strangers) }
            if !isDone { return }
        }
        meeting.wait(Self.meetingPause)
    }

    /// Publishes again as many jobs as wait without a message, those first that were announced the longest ago. While the
    /// broker has a message for each, none is lost, however long they wait: it must not fill with second messages.
    private func publishLost(of due: [JobOwner], messagesBefore: Int, _ count: inout Count) async throws {
        let total = try await messages()
        var waiting: [(owner: JobOwner, jobs: Int)] = []
        for owner in due {
            let counts = try await owner.catalog.jobCounts()
            let jobs = JobState.allCases.reduce(0) { $1.isFinished ? $0 : $0 + (counts[$1] ?? 0) }
            if jobs > 0 { waiting.append((owner, jobs)) } else { owners.noteIdle(owner) }
        }
        let mayHide = waiting.contains { $0.owner.name != nil && $0.jobs <= total }
        let counts = mayHide ? try await messagesByOwner() : nil
        for (owner, jobs) in waiting {
            let known = counts.flatMap { counts in owner.name.map { (counts[$0] ?? 0) + (counts[nil] ?? 0) } }
            let messages = known ?? total
            // Where the broker holds nothing at all it has lost them all: then a second is patience enough.
            let isEmpty = messagesBefore == 0 || messages == 0
            try await publish(
                missing: jobs - messages, of: owner, patience: isEmpty ? min(2, patienceSeconds) : patienceSeconds,
                &count)
        }
    }

    private func publish(
        missing: Int, of owner: JobOwner, patience: Double, _ count: inout Count
    ) async throws {
        var left = missing
        while left > 0, !Task.isCancelled {
            let jobs = try await owner.catalog.takeUnpublished(olderThanSeconds: patience, limit: min(batch, left))
            if jobs.isEmpty { break }
            try await publish(jobs, of: owner)
            count.add(jobs)
            left -= jobs.count
        }
    }

    /// Messages that the broker has, delivered or not.
    private func messages() async throws -> Int {
        try await broker {
            var count = 0
            for queue in QueueName.allCases {
                let depth = try await delivery.depth(of: queue)
                count += depth.waiting + depth.unacknowledged
            }
            return count
        }
    }

    /// Whose messages they are is only known by reading them all: nil where that was done lately, so that it takes a hundredth
    /// of the time.
    private func messagesByOwner() async throws -> [String?: Int]? {
        guard counting.isDue() else { return nil }
        let start = ContinuousClock.now
        defer { counting.wait(max(.seconds(patienceSeconds), (.now - start) * 100)) }
        return try await broker { try await delivery.messageCounts() }
    }

    private func publish(_ jobs: [Job], of owner: JobOwner) async throws {
        try await broker {
            try await delivery.publish(
                jobs.map { DeliveryMessage(job: $0.id, kind: $0.kind, queue: $0.kind.queue, owner: owner.name) })
        }
    }

    /// Publishes until the task is cancelled: at once when the catalogue changes, and each second besides for what has
    /// become due. A broker or catalogue that is away is tried again. `report` is told once what keeps it from that, and with
    /// nil that nothing does any more; but not of a broker that is away, which whoever uses it notices.
    public func run(report: @Sendable (EngineError?) -> Void = { _ in }) async {
        var trouble: EngineError?
        while !Task.isCancelled {
            do {
                _ = try await publishAll()
                // Last: others who can't be met must not keep those here from being announced.
                try await meetOwners()
                if trouble != nil { report(nil) }
                trouble = nil
            } catch is BrokerAway {
            } catch  where !Task.isCancelled {
                let error = error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)
                if trouble?.isRetryable != error.isRetryable { report(error) }
                trouble = error
            } catch {}
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func broker<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as EngineError where error.isRetryable {
            throw BrokerAway(error: error)
        }
    }

    private struct BrokerAway: Error {
        let error: EngineError
    }

    private struct Count {
        let since: Int64
        var all = 0
        /// Of those, added before `since`.
        var earlier = 0

        init(since: Int64) { self.since = since }

        mutating func add(_ jobs: [Job]) {
            all += jobs.count
            earlier += jobs.count { $0.createdAt < since }
        }
    }

    private final class Counting: Sendable {
        private let next = Mutex(ContinuousClock.now)

        func isDue() -> Bool { next.withLock { $0 <= .now } }
        func wait(_ duration: Duration) { next.withLock { $0 = .now + duration } }
    }
}
