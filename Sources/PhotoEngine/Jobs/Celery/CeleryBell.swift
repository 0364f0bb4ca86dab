internal import Core
internal import Synchronization

/// Tells waiting receivers that something came into a queue, without asking over and over.
///
/// For each queue that somebody waits for, one blocking `BLMOVE list list RIGHT RIGHT` on a connection of its own: it moves
/// the message at the head to where it is, so that it takes nothing, and ends as soon as there is one. Messages of lesser
/// priorities lie in other lists, and are found by the next look.
final class CeleryBell: Sendable {
    private struct Waiter {
        let queues: Set<String>
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var listening: Set<String> = []
        var connections: [String: RedisConnection] = [:]
        var lastID: UInt64 = 0
        var isClosed = false
    }

    private let address: RedisAddress
    private let keys: CeleryKeys
    private let state = Mutex(State())

    init(_ address: RedisAddress, keys: CeleryKeys) {
        self.address = address
        self.keys = keys
    }

    /// Returns when one of `queues` may have a message, at `moment`, or when the task is cancelled.
    func wait(for queues: [String], until moment: ContinuousClock.Instant) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let alarm = Task { [weak self] in
            try? await ContinuousClock().sleep(until: moment)
            self?.release([id])
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAccepted = state.withLock { state in
                    // The alarm or the cancellation may have come first; both leave no trace to find.
                    if Task.isCancelled || state.isClosed || ContinuousClock().now >= moment { return false }
                    state.waiters[id] = Waiter(queues: Set(queues), continuation: continuation)
                    return true
                }
                if isAccepted { queues.forEach(listen) } else { continuation.resume() }
            }
        } onCancel: {
            release([id])
        }
        alarm.cancel()
    }

    func close() {
        let (waiters, connections) = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return (state.waiters, state.connections)
        }
        for waiter in waiters.values { waiter.continuation.resume() }
        for connection in connections.values { connection.close() }
    }

    private func release(_ ids: [UInt64]) {
        let waiters = state.withLock { state in ids.compactMap { state.waiters.removeValue(forKey: $0) } }
        for waiter in waiters { waiter.continuation.resume() }
    }

    private func listen(_ queue: String) {
        let connection = state.withLock { state -> RedisConnection? in
            guard !state.isClosed, state.listening.insert(queue).inserted else { return nil }
            if let known = state.connections[queue] { return known }
            let made = RedisConnection(address)
            state.connections[queue] = made
            return made
        }
        guard let connection else { return }
        let list = keys.list(of: queue, priority: 0)
        Task { [weak self] in
            var isMissed = false
            while let self, self.isWanted(queue) {
                let value = try? await connection.send(
                    [RedisCommand("BLMOVE", .key(list), .key(list), "RIGHT", "RIGHT", "5")], seconds: 15)[0]
                switch value {
                case .bytes:
                    self.ring(queue)
                    return
                case .null: break
                default:
                    // Redis before 6.2 has no BLMOVE, and a broken connection no answer: the receivers' own looks remain.
                    isMissed = true
                    try? await Task.sleep(for: .milliseconds(200))
                }
                if isMissed { break }
            }
            self?.stopListening(queue)
        }
    }

    private func isWanted(_ queue: String) -> Bool {
        state.withLock { state in !state.isClosed && state.waiters.values.contains { $0.queues.contains(queue) } }
    }

    private func stopListening(_ queue: String) {
        let isWanted = state.withLock { state in
            state.listening.remove(queue)
            return state.waiters.values.contains { $0.queues.contains(queue) }
        }
        if isWanted { listen(queue) }
    }

    private func ring(_ queue: String) {
        let waiters = state.withLock { state in
            state.listening.remove(queue)
            let found = state.waiters.filter { $0.value.queues.contains(queue) }
            for id in found.keys { state.waiters.removeValue(forKey: id) }
            return Array(found.values)
        }
        for waiter in waiters { waiter.continuation.resume() }
    }
}
