internal import Synchronization

/// A connection, or a set of them, that is made when it is needed and made anew once it has failed: pools and breakers hold
/// back after failures, and who watches wants to see at once that a server is there again.
final class Connected<Value: Sendable>: Sendable {
    private let make: @Sendable () async throws -> Value
    private let drop: @Sendable (Value) async -> Void
    private let state = Mutex<Value?>(nil)

    init(
        _ make: @escaping @Sendable () async throws -> Value, drop: @escaping @Sendable (Value) async -> Void = { _ in }
    ) {
        (self.make, self.drop) = (make, drop)
    }

    func use<Result: Sendable>(_ body: @Sendable (Value) async throws -> Result) async throws -> Result {
        let kept = state.withLock { $0.take() }
        let value = if let kept { kept } else { try await make() }
        do {
            let result = try await body(value)
            let surplus = state.withLock { state in
                defer { state = value }
                return state
            }
            if let surplus { await drop(surplus) }
            return result
        } catch {
            await drop(value)
            throw error
        }
    }

    func close() async {
        if let value = state.withLock({ $0.take() }) { await drop(value) }
    }
}
