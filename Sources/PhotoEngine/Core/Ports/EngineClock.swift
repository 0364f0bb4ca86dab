public import Foundation

/// The time of day, so that tests can fix it.
public protocol EngineClock: Sendable {
    func now() -> Date
}

extension EngineClock {
    /// Unix microseconds, as the catalogue stores moments.
    public var microseconds: Int64 { Int64((now().timeIntervalSince1970 * 1_000_000).rounded()) }
}

public struct SystemClock: EngineClock {
    public init() {}
    public func now() -> Date { Date() }
}

/// Random bits, so that tests can fix them.
public protocol RandomSource: Sendable {
    func next() -> UInt64
}

public struct SystemRandom: RandomSource {
    public init() {}
    public func next() -> UInt64 { UInt64.random(in: .min ... .max) }
}
