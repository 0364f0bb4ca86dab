internal import Synchronization

/// What this process has asked of one kind of server since it started: how long answers took, how many failed, what was
/// tried again, and whether it holds back for now because the server has failed too often.
public final class RequestMeter: Sendable {
    public static let database = RequestMeter("database")
    public static let storage = RequestMeter("storage")
    public static let broker = RequestMeter("broker")
    public static let all = [database, storage, broker]

    public struct Reading: Sendable {
        public var latencies = LatencyHistogram()
        public var failures: UInt64 = 0
        public var retries: UInt64 = 0
        /// Requests are refused here, without asking the server, until this moment.
        public var breaksUntil: ContinuousClock.Instant?

        public var isBreaking: Bool { breaksUntil.map { $0 > .now } ?? false }
    }

    public let name: String
    private let state = Mutex(Reading())

    private init(_ name: String) { self.name = name }

    public var reading: Reading { state.withLock { $0 } }

    /// One request that began at `start` and has ended.
    public func record(since start: ContinuousClock.Instant, isFailure: Bool) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        state.withLock { state in
            state.latencies.record(seconds: seconds)
            if isFailure { state.failures += 1 }
        }
    }

    public func countRetry() { state.withLock { $0.retries += 1 } }

    /// Nil when the server answers again.
    public func setBreak(until moment: ContinuousClock.Instant?) { state.withLock { $0.breaksUntil = moment } }
}
