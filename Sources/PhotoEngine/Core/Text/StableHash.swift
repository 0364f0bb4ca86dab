/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): the same in every process, as Swift's own is not.
public enum StableHash {
    public static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Sixteen hexadecimal digits.
    public static func hexadecimal(of parts: [String]) -> String {
        let digits = String(of(parts.joined(separator: "\u{0}").utf8), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
