import Core

/// Tells of queues whether anybody consumes them, which workers are asked now and then.
actor ConsumerLook {
    /// An answer is good for so long.
    private static let age = Duration.seconds(5)
    private static let patience = Duration.seconds(1)
    private var known: QueueConsumers?
    private var asking: Task<QueueConsumers?, Never>?
    private var askedAt: ContinuousClock.Instant?

    /// - Parameter waits: until workers have answered, where nobody has asked lately; else what was last known is told.
    func telling(_ listing: QueueListing, _ console: any BrokerConsole, waits: Bool) async -> QueueListing {
        // Who has nothing to wait for is not asked.
        guard listing.queues.contains(where: { $0.depth > 0 && !$0.isPaused }) else { return listing }
        if asking == nil, askedAt.map({ $0.duration(to: .now) > Self.age }) ?? true {
            askedAt = .now
            asking = Task {
                // Where it fails, the listing tells why.
                let found = try? await console.consumers(patience: Self.patience)
                took(found)
                return found
            }
        }
        if waits, let asking { _ = await asking.value }
        return known.map(listing.told) ?? listing
    }

    private func took(_ found: QueueConsumers?) { (known, asking) = (found, nil) }
}
