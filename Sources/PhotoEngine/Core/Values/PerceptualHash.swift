/// A 64-bit pHash: similar pictures differ in few bits. Written as imagehash writes it, 16 hex digits, first bit highest.
public struct PerceptualHash: Hashable, Sendable, CustomStringConvertible {
    public let bits: UInt64

    public init(bits: UInt64) {
        self.bits = bits
    }

    /// Parses 16 hex digits; nil for anything else.
    public init?(_ text: String) {
        guard let bytes = Hex.bytes(text), bytes.count == 8 else { return nil }
        bits = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The Hamming distance, 0 to 64 bits.
    public func distance(to other: PerceptualHash) -> Int {
        (bits ^ other.bits).nonzeroBitCount
    }

    public var description: String { Hex.string((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }) }
}
