public import Core
internal import Synchronization

/// Delivery inside this process: messages live in memory, and the catalogue's relay announces again what is lost with it.
public final class InlineDelivery: Delivery {
    private struct Unacknowledged {
        let message: DeliveryMessage
        var visibleAgain: ContinuousClock.Instant
    }

    private struct Waiter {
        let id: UInt64
        let queues: [QueueName]
        let continuation: CheckedContinuation<DeliveredMessage?, Never>
    }

    private struct State {
        var waiting: [QueueName: [DeliveryMessage]] = [:]
        var unacknowledged: [DeliveryTag: Unacknowledged] = [:]
        var waiters: [Waiter] = []
        var lastTag: UInt64 = 0
    }

    private let state = Mutex(State())
    private let visibility: Duration
    private let clock = ContinuousClock()

    /// `visibility` is how long a received message stays hidden without an acknowledgement.
    public init(visibility: Duration = .seconds(60)) {
        self.visibility = visibility
    }

    public func publish(_ message: DeliveryMessage) async throws {
        settle { $0.waiting[message.queue, default: []].append(message) }
    }

    public func receive(from queues: [QueueName], timeout: Duration) async throws -> DeliveredMessage? {
        let deadline = clock.now + timeout
        while true {
            let (ready, nextExpiry) = state.withLock { state in
                restoreExpired(&state)
                return (take(from: queues, &state), state.unacknowledged.values.map(\.visibleAgain).min())
            }
            if let ready { return ready }
            guard clock.now < deadline, !Task.isCancelled else { return nil }
            if let message = await wait(for: queues, until: min(deadline, nextExpiry ?? deadline)) { return message }
        }
    }

    public func acknowledge(_ tag: DeliveryTag) async throws {
        _ = state.withLock { $0.unacknowledged.removeValue(forKey: tag) }
    }

    public func reject(_ tag: DeliveryTag, requeue: Bool) async throws {
        settle { state in
            guard let entry = state.unacknowledged.removeValue(forKey: tag), requeue else { return }
            state.waiting[entry.message.queue, default: []].insert(entry.message, at: 0)
        }
    }

    public func extend(_ tag: DeliveryTag, by duration: Duration) async throws {
        state.withLock { $0.unacknowledged[tag]?.visibleAgain = clock.now + duration }
    }

    public func depth(of queue: QueueName) async throws -> QueueDepth {
        state.withLock { state in
            restoreExpired(&state)
            return QueueDepth(
                waiting: state.waiting[queue, default: []].count,
                unacknowledged: state.unacknowledged.values.count { $0.message.queue == queue })
        }
    }

    public func peek(_ queue: QueueName, limit: Int) async throws -> [DeliveryMessage] {
        state.withLock { state in
            restoreExpired(&state)
            return Array(state.waiting[queue, default: []].prefix(max(0, limit)))
        }
    }

    public func purge(_ queue: QueueName) async throws -> Int {
        state.withLock { $0.waiting.removeValue(forKey: queue)?.count ?? 0 }
    }

    /// Changes the state, then hands what is now waiting to those who wait for it, first come first served.
    private func settle(_ change: (inout State) -> Void) {
        let served = state.withLock { state in
            change(&state)
            var served: [(Waiter, DeliveredMessage)] = []
            state.waiters.removeAll { waiter in
                guard let message = take(from: waiter.queues, &state.waiting, &state.unacknowledged, &state.lastTag)
                else { return false }
                served.append((waiter, message))
                return true
            }
            return served
        }
        for (waiter, message) in served { waiter.continuation.resume(returning: message) }
    }

    private func take(from queues: [QueueName], _ state: inout State) -> DeliveredMessage? {
        take(from: queues, &state.waiting, &state.unacknowledged, &state.lastTag)
    }

    private func take(
        from queues: [QueueName], _ waiting: inout [QueueName: [DeliveryMessage]],
        _ unacknowledged: inout [DeliveryTag: Unacknowledged], _ lastTag: inout UInt64
    ) -> DeliveredMessage? {
        let urgentFirst = QueueName.allCases.filter(queues.contains)
        guard let queue = urgentFirst.first(where: { waiting[$0]?.isEmpty == false }) else { return nil }
        let message = waiting[queue]!.removeFirst()
        lastTag += 1
        let tag = DeliveryTag(String(lastTag))
        unacknowledged[tag] = Unacknowledged(message: message, visibleAgain: clock.now + visibility)
        return DeliveredMessage(message: message, tag: tag)
    }

    private func restoreExpired(_ state: inout State) {
        let now = clock.now
        let expired = state.unacknowledged.filter { $0.value.visibleAgain <= now }
            .sorted { (UInt64($0.key.text) ?? 0) > (UInt64($1.key.text) ?? 0) }
        for (tag, entry) in expired {
            state.unacknowledged.removeValue(forKey: tag)
            state.waiting[entry.message.queue, default: []].insert(entry.message, at: 0)
        }
    }

    /// Sleeps until a message is handed over, the moment comes, or the task is cancelled.
    private func wait(for queues: [QueueName], until moment: ContinuousClock.Instant) async -> DeliveredMessage? {
        let id = state.withLock { state in
            state.lastTag += 1
            return state.lastTag
        }
        let alarm = Task { [weak self] in
            try? await ContinuousClock().sleep(until: moment)
            self?.giveUp(id)
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: DeliveredMessage?? = state.withLock { state in
                    if let message = take(from: queues, &state) { return .some(message) }
                    // The alarm or the cancellation may have come first; both leave no trace to find.
                    if Task.isCancelled || clock.now >= moment { return .some(nil) }
                    state.waiters.append(Waiter(id: id, queues: queues, continuation: continuation))
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            giveUp(id)
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: nil)
    }
}
