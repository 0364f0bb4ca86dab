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

    public init(catalog: any RelayCatalog, delivery: any Delivery, patienceSeconds: Double = 60) {
        self.catalog = catalog
        self.delivery = delivery
        self.patienceSeconds = patienceSeconds
    }

    /// Publishes what is due; returns how many messages that were.
    @discardableResult
    public func publishDue() async throws -> Int {
        var count = 0
        while !Task.isCancelled {
            let jobs = try await catalog.takeUnpublished(olderThanSeconds: try await patience(), limit: batch)
            try await delivery.publish(
                jobs.map { DeliveryMessage(job: $0.id, kind: $0.kind, queue: $0.kind.queue) })
            count += jobs.count
            if jobs.count < batch { break }
        }
        return count
    }

    /// Publishes until the task is cancelled: at once when the catalogue changes, and each second besides for what has
    /// become due. A broker or catalogue that is away is tried again.
    public func run() async {
        while !Task.isCancelled {
            _ = try? await publishDue()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// A broker that holds nothing at all while jobs wait has lost their messages: then a second is patience enough.
    private func patience() async throws -> Double {
        for queue in QueueName.allCases {
            let depth = try await delivery.depth(of: queue)
            if depth.waiting + depth.unacknowledged > 0 { return patienceSeconds }
        }
        return min(2, patienceSeconds)
    }
}
