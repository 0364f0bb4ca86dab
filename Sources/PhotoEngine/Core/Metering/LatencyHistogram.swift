/// How often something took how long: a count for each upper bound, and the sum.
public struct LatencyHistogram: Hashable, Sendable {
    /// Upper bounds in seconds; what took longer than the last is in `count` alone.
    public static let bounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// How many took at most the bound of the same index, and more than the one before.
    public private(set) var counts = [UInt64](repeating: 0, count: bounds.count)
    public private(set) var count: UInt64 = 0
    public private(set) var sumSeconds: Double = 0

    public init() {}

    public mutating func record(seconds: Double) {
        count += 1
        sumSeconds += seconds
        if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
    }
}
