/// How soon an original is to be read, and what its storage costs: what was taken in lately is hot.
public enum StorageTier: String, Hashable, Sendable, CaseIterable, Codable, Comparable {
    case hot, warm, cold

    private var rank: Int { Self.allCases.firstIndex(of: self)! }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// After how many days in the library an original is to be in which tier.
public struct TierRules: Hashable, Sendable {
    public var warmAfterDays: Int
    public var coldAfterDays: Int

    public init(warmAfterDays: Int = 30, coldAfterDays: Int = 365) {
        (self.warmAfterDays, self.coldAfterDays) = (warmAfterDays, coldAfterDays)
    }

    /// Moments (Unix microseconds) before which what was imported is warm, and cold.
    public func limits(at now: Int64) -> TierLimits {
        let day: Int64 = 86_400_000_000
        let cold = now - Int64(coldAfterDays) * day
        return TierLimits(warmBefore: max(cold, now - Int64(warmAfterDays) * day), coldBefore: cold)
    }
}

public struct TierLimits: Hashable, Sendable {
    public let warmBefore: Int64
    public let coldBefore: Int64

    public init(warmBefore: Int64, coldBefore: Int64) {
        (self.warmBefore, self.coldBefore) = (warmBefore, coldBefore)
    }
}

/// Originals that are in one tier and are to be in the same, or in a colder one.
public struct TierShare: Hashable, Sendable {
    public let now: StorageTier
    public let due: StorageTier
    public let photos: Int
    public let bytes: ByteCount

    public init(now: StorageTier, due: StorageTier, photos: Int, bytes: ByteCount) {
        (self.now, self.due, self.photos, self.bytes) = (now, due, photos, bytes)
    }
}

/// An original that is to go into a colder tier.
public struct TierMove: Hashable, Sendable {
    public let photo: PhotoID
    public let key: ObjectKey
    public let sha256: SHA256Digest
    public let bytes: ByteCount
    public let from: StorageTier
    public let to: StorageTier

    public init(
        photo: PhotoID, key: ObjectKey, sha256: SHA256Digest, bytes: ByteCount, from: StorageTier, to: StorageTier
    ) {
        (self.photo, self.key, self.sha256, self.bytes) = (photo, key, sha256, bytes)
        (self.from, self.to) = (from, to)
    }
}

/// What a provider calls the classes of storage that the tiers are.
public struct StorageClasses: Hashable, Sendable {
    public static let standard = "STANDARD"

    /// nil for the standard one.
    public var warm: String?
    public var cold: String?

    public init(warm: String? = nil, cold: String? = nil) { (self.warm, self.cold) = (warm, cold) }

    /// None at B2, which has one class, nor at a server of one's own; R2 has one beside the standard one.
    public static func of(provider: String, isOwnServer: Bool) -> StorageClasses {
        switch provider {
        case "s3" where !isOwnServer: StorageClasses(warm: "STANDARD_IA", cold: "GLACIER_IR")
        case "r2": StorageClasses(warm: "STANDARD_IA", cold: "STANDARD_IA")
        default: StorageClasses()
        }
    }

    public subscript(tier: StorageTier) -> String {
        switch tier {
        case .hot: Self.standard
        case .warm: warm ?? Self.standard
        case .cold: cold ?? warm ?? Self.standard
        }
    }

    /// Whether there is anything but the standard one.
    public var differ: Bool { StorageTier.allCases.contains { self[$0] != Self.standard } }
}
