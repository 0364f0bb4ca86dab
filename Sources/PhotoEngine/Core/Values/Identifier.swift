public import Foundation

/// A UUIDv7 (RFC 9562) that names one `Subject`; ids of different subjects never mix, and sort by creation time.
public struct Identifier<Subject>: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let uuid: UUID

    public init(uuid: UUID) {
        self.uuid = uuid
    }

    /// Parses the canonical 36-character form; nil when it is anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// A new id: 48 bits of Unix milliseconds, then 74 random bits.
    public init(clock: any EngineClock, random: any RandomSource) {
        let milliseconds = UInt64(max(0, clock.microseconds / 1000))
        let high = random.next()
        let low = random.next()
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        uuid = UUID(
            uuid: (
                byte(milliseconds, 40), byte(milliseconds, 32), byte(milliseconds, 24), byte(milliseconds, 16),
                byte(milliseconds, 8), byte(milliseconds, 0), 0x70 | (byte(high, 8) & 0x0F), byte(high, 0),
                0x80 | (byte(low, 56) & 0x3F), byte(low, 48), byte(low, 40), byte(low, 32), byte(low, 24),
                byte(low, 16), byte(low, 8), byte(low, 0)
            ))
    }

    /// The sixteen bytes in network order, as both databases store them.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: uuid.uuid) { Array($0) }
    }

    /// Reads sixteen bytes in network order; nil for any other count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        // SAFETY: there are sixteen bytes, of a type without padding.
        uuid = UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
    }

    public var description: String { uuid.uuidString.lowercased() }

    public static func < (left: Self, right: Self) -> Bool {
        // SAFETY: both are sixteen bytes, which nothing keeps beyond the comparison.
        withUnsafeBytes(of: left.uuid.uuid) { left in
            withUnsafeBytes(of: right.uuid.uuid) { left.lexicographicallyPrecedes($0) }
        }
    }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a UUID"))
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

public typealias PhotoID = Identifier<Photo>
public typealias JobID = Identifier<Job>
public typealias OwnerID = Identifier<Owner>
public typealias FolderID = Identifier<WatchedFolder>
public typealias JournalEntryID = Identifier<JournalEntry>
/// That of the photo a cluster began with, as a rule: it stays as photos come and go, that one too.
public typealias ClusterID = Identifier<DuplicateCluster>
public typealias ResolutionID = Identifier<Resolution>
public typealias AlbumID = Identifier<Album>
public typealias TagID = Identifier<Tag>
public typealias EditID = Identifier<Edit>
public typealias FaceID = Identifier<Face>
public typealias PersonID = Identifier<Person>

/// The user a photo belongs to.
public struct Owner: Hashable, Sendable {
    public let id: OwnerID
    public let name: String

    public init(id: OwnerID, name: String) {
        self.id = id
        self.name = name
    }
}
