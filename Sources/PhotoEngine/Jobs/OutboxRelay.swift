public import Core

/// Publishes the jobs that the catalogue holds and nobody has announced, and announces again those that were not started in
/// time: the catalogue is the truth, and whatever a broker loses is found again here.
///
/// Any number of processes may relay for one catalogue: taking a row is atomic.
public struct OutboxRelay: Sendable {
    public typealias RelayCatalog = JobCatalog & Maintenance

    private let catalog: any RelayCatalog
    private let delivery: any Delivery
    /// A message that nobody has started after this time is taken for lost.
    private let patienceSeconds: Double
    private let batch = 500
    /// Where others' messages hide that ours are missing.
    private static let longPatience = 3600.0

    public init(catalog: any RelayCatalog, delivery: any Delivery, patienceSeconds: Double = 60) {
        self.catalog = catalog
        self.delivery = delivery
        self.patienceSeconds = patienceSeconds
    }

    /// Publishes what is due; returns how many messages that were.
    @discardableResult
    public func publishDue() async throws -> Int {
        // Asked first: with the broker away no row is taken for announced.
        let before = try await messages()
        var count = 0
        while !Task.isCancelled {
            let jobs = try await catalog.takeUnpublished(olderThanSeconds: Self.longPatience, limit: batch)
            try await publish(jobs)
            count += jobs.count
            if jobs.count < batch { break }
        }
        return try await count + publishLost(messagesBefore: before)
    }

    /// Publishes again as many jobs as wait without a message, those first that were announced the longest ago. While the
    /// broker has a message for each, none is lost, however long they wait: it must not fill with second messages.
    private func publishLost(messagesBefore: Int) async throws -> Int {
        // A broker that holds nothing at all has lost them all: then a second is patience enough.
        let patience = messagesBefore == 0 ? min(2, patienceSeconds) : patienceSeconds
        let counts = try await catalog.jobCounts()
        var missing = JobState.allCases.reduce(0) { $1.isFinished ? $0 : $0 + (counts[$1] ?? 0) }
        missing -= try await messages()
        var count = 0
        while missing > 0, !Task.isCancelled {
            let jobs = try await catalog.takeUnpublished(olderThanSeconds: patience, limit: min(batch, missing))
            if jobs.isEmpty { break }
            try await publish(jobs)
            count += jobs.count
            missing -= jobs.count
        }
        return count
    }

    /// Messages that the broker has, delivered or not.
    private func messages() async throws -> Int {
        var count = 0
        for queue in QueueName.allCases {
            let depth = try await delivery.depth(of: queue)
            count += depth.waiting + depth.unacknowledged
        }
        return count
    }

    private func publish(_ jobs: [Job]) async throws {
        try await delivery.publish(jobs.map { DeliveryMessage(job: $0.id, kind: $0.kind, queue: $0.kind.queue) })
    }

    /// Publishes until the task is cancelled: at once when the catalogue changes, and each second besides for what has
    /// become due. A broker or catalogue that is away is tried again.
    public func run() async {
        while !Task.isCancelled {
            _ = try? await publishDue()
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
