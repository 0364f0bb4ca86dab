/// A derived image: its longest edge in pixels and its format.
public struct RenditionKind: Hashable, Sendable {
    /// Longest edge in pixels. A smaller original keeps its own size.
    public let size: Int
    public let format: RenditionFormat

    public init(size: Int, format: RenditionFormat) {
        self.size = size
        self.format = format
    }

    /// Sizes that are made unless others are asked for; ascending, as all lists of sizes are.
    public static let standardSizes = [256, 512, 1024]
    /// Always made: the wall shows it, and duplicates are compared by it.
    public static let smallSize = 256
    /// What may be asked for.
    public static let possibleSizes = 64...4096

    /// Content-addressed by the original's digest: `renditions/ab/ab…/256.webp`.
    public func key(of original: SHA256Digest) -> ObjectKey {
        let hex = original.description
        return ObjectKey("renditions/\(hex.prefix(2))/\(hex)/\(size).\(format.rawValue)")
    }
}

public enum RenditionFormat: String, Sendable, CaseIterable, Codable {
    case webp, avif, jpeg
}

/// A rendition's bytes.
public struct Rendition: Sendable {
    public let kind: RenditionKind
    public let data: [UInt8]

    public init(kind: RenditionKind, data: [UInt8]) {
        self.kind = kind
        self.data = data
    }
}

/// An object's name in its store: `/`-separated segments of `A-Z a-z 0-9 . _ -`, each at most 255 bytes, all at most 1,024,
/// no empty, `.` or `..` segment.
public struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// For keys made here; traps on one that breaks the rule.
    public init(_ text: String) {
        precondition(ObjectKey.isValid(text), "invalid object key")
        description = text
    }

    /// For keys from elsewhere; nil when the rule is broken.
    public init?(untrusted text: String) {
        guard ObjectKey.isValid(text) else { return nil }
        description = text
    }

    static func isValid(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 1024 else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
            !segment.isEmpty && segment.utf8.count <= 255 && segment != "." && segment != ".."
                && segment.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
