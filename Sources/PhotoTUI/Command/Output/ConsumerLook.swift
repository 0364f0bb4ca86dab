import Core

/// Tells of queues whether anybody consumes them, which workers are asked now and then.
actor ConsumerLook {
    /// An answer is good for so long.
    private static let age = Duration.seconds(5)
    /// Where some don't answer, it is waited for in vain, and each time costs the server more.
    private static let ageWithSilent = Duration.seconds(15)
    private static let patience = Duration.seconds(1)
    private var known: QueueConsumers?
    private var asking: Task<QueueConsumers?, Never>?
    private var askedAt: ContinuousClock.Instant?

    /// - Parameter waits: until workers have answered, where nobody has asked lately; else what was last known is told.
    func telling(_ listing: QueueListing, _ console: any BrokerConsole, waits: Bool) async -> QueueListing {
        // Who has nothing to wait for is not asked.
        guard listing.queues.contains(where: { $0.depth > 0 && !$0.isPaused }) else { return listing }
        let age = known.map { $0.silent > 0 } == true ? Self.ageWithSilent : Self.age
        if asking == nil, askedAt.map({ $0.duration(to: .now) > age }) ?? true {
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
