public import Dispatch

/// Runs blocking calls on threads of its own, away from Swift's cooperative pool, which they would starve.
public struct BlockingQueue: Sendable {
    private let queue: DispatchQueue

    /// `isSerial` runs one body at a time, in the order of the calls.
    public init(label: String, isSerial: Bool = false, qos: DispatchQoS = .unspecified) {
        queue = DispatchQueue(label: label, qos: qos, attributes: isSerial ? [] : .concurrent)
    }

    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
