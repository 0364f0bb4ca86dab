public import Dispatch

/// Runs blocking calls on threads of its own, away from Swift's cooperative pool, which they would starve.
///
/// A task that prefers its `executor` runs on these threads from the start, so that what it does there in turn changes no
/// thread.
public struct BlockingQueue: Sendable {
    private let threads: Threads

    /// `isSerial` runs one body at a time, in the order of the calls.
    public init(label: String, isSerial: Bool = false, qos: DispatchQoS = .unspecified) {
        threads = Threads(DispatchQueue(label: label, qos: qos, attributes: isSerial ? [] : .concurrent))
    }

    public var executor: any TaskExecutor { threads }

    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        if threads.isCurrent { return try body() }
        return try await withCheckedThrowingContinuation { continuation in
            threads.queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private final class Threads: TaskExecutor {
        let queue: DispatchQueue
        private let key = DispatchSpecificKey<Void>()

        init(_ queue: DispatchQueue) {
            self.queue = queue
            queue.setSpecific(key: key, value: ())
        }

        /// Whether the calling thread is one of these.
        var isCurrent: Bool { DispatchQueue.getSpecific(key: key) != nil }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}
