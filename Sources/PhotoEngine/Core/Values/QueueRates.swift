/// How a queue's tasks went, as far as somebody watched; nil is what is not known.
public struct QueueRates: Hashable, Sendable {
    /// Seconds that the shares and times are of, up to now.
    public let window: Double
    /// Seconds that what came, what went and the growth are of: the same for all three, and fewer.
    public var recent: Double
    /// Tasks that came in and that ended, each second.
    public var inPerSecond: Double?
    public var outPerSecond: Double?
    /// Whether more may have come and gone than that.
    public var isAtLeast = false
    /// Tasks that ended.
    public var ended = 0
    /// Of these, the share that failed; 0 to 1.
    public var errorShare: Double?
    /// From publishing to the start.
    public var wait: Spread?
    public var run: Spread?
    /// By how many messages the queue grows each second; negative where it shrinks.
    public var growth: Double?
    /// How many waited, and how many tasks ended, in each step of the clock (`QueueRates.step`), by its number.
    public var depths: [Int: Int] = [:]
    public var ends: [Int: Int] = [:]

    public init(window: Double) {
        (self.window, recent) = (window, window)
    }

    /// Seconds between two columns of a trend.
    public static let step = 5.0
    /// Steps that are kept.
    public static let steps = 24
    /// The step that a moment, in Unix seconds, is in.
    public static func step(of moment: Double) -> Int { Int((moment / step).rounded(.down)) }

    /// So large a share of failures, and so many of them, are no chance.
    private static let highShare = 0.2
    private static let fewFailures = 5.0

    /// Whether more tasks fail than a person should not hear of.
    public var isFailing: Bool {
        guard let errorShare else { return false }
        return errorShare >= Self.highShare && errorShare * Double(ended) >= Self.fewFailures
    }

    /// `40 % of the 25 tasks of billing that ended in the last 5 minutes failed`; nil where that is not known.
    public func failing(in queue: String) -> String? {
        errorShare.map {
            "\(Int(($0 * 100).rounded())) % of the \(counted(ended, "task")) of \(queue) that ended in the last "
                + "\(window >= 90 ? "\(Int((window / 60).rounded())) minutes" : "\(Int(window)) s") failed"
        }
    }

    /// Half and 19 of 20 took no longer, in seconds.
    public struct Spread: Hashable, Sendable {
        public let median: Double
        public let p95: Double

        public init(median: Double, p95: Double) {
            self.median = median
            self.p95 = p95
        }

        /// By nearest rank; nil of none.
        public init?(_ values: [Double]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func rank(_ share: Double) -> Double {
                sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
            }
            self.init(median: rank(0.5), p95: rank(0.95))
        }
    }

    public enum Forecast: Hashable, Sendable {
        /// Nothing waits after so many seconds, as it goes now.
        case empty(seconds: Double)
        case grows
        case stays
    }

    /// What becomes of a queue in which so many messages wait.
    /// nil also for a paused queue: nobody takes anything, whatever went before.
    public func forecast(of queue: QueueState) -> Forecast? {
        queue.isPaused && queue.depth > 0 ? nil : forecast(depth: queue.depth)
    }

    public func forecast(depth: Int) -> Forecast? {
        guard let growth else { return nil }
        if depth == 0 { return .empty(seconds: 0) }
        let change = abs(growth) * recent
        // A message more or less is no tendency, nor is what chance makes of a queue that comes and goes alike.
        if change < 1 { return .stays }
        if let came = inPerSecond, let went = outPerSecond, came > 0, went > 0,
            change < 2 * ((came + went) * recent).squareRoot()
        {
            return .stays
        }
        return growth > 0 ? .grows : .empty(seconds: Double(depth) / -growth)
    }
}
