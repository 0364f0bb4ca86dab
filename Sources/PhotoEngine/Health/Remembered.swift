internal import Synchronization

/// A value that is dear to make: made when asked for, by one at a time, and told again for a while, the longer the more time
/// it took.
public final class Remembered<Value: Sendable>: Sendable {
    private struct State {
        var value: (value: Value, until: ContinuousClock.Instant)?
        var making: Task<Value?, Never>?
    }

    private let age: Duration
    private let limit: Duration
    private let make: @Sendable () async throws -> Value
    private let state = Mutex(State())

    /// `limit` is how long an asker waits, at most.
    public init(age: Duration, limit: Duration = .seconds(2), make: @escaping @Sendable () async throws -> Value) {
        (self.age, self.limit, self.make) = (age, limit, make)
    }

    /// nil where it can't be had in time.
    public func value() async -> Value? {
        let task = state.withLock { state -> Task<Value?, Never> in
            if let (value, until) = state.value, until > .now { return Task { value } }
            if let making = state.making { return making }
            let making = Task { await self.remember() }
            state.making = making
            return making
        }
        return await answered(within: limit) { await task.value } ?? nil
    }

    private func remember() async -> Value? {
        let start = ContinuousClock.now
        let made = try? await make()
        let took = ContinuousClock.now - start
        state.withLock { state in
            state.making = nil
            state.value = made.map { ($0, .now + max(age, took * 20)) }
        }
        return made
    }
}

/// What `body` returns within `limit`; nil when that is over, while `body` goes on by itself: what waits for a server that is
/// frozen can't be hurried.
public func answered<Value: Sendable>(
    within limit: Duration, _ body: @escaping @Sendable () async -> Value
) async -> Value? {
    let (values, input) = AsyncStream.makeStream(of: Value?.self, bufferingPolicy: .bufferingOldest(1))
    Task {
        input.yield(await body())
        input.finish()
    }
    let timer = Task {
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        input.yield(nil)
        input.finish()
    }
    defer { timer.cancel() }
    for await value in values { return value }
    return nil
}
