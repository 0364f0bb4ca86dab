public import SystemPackage

/// Immutable bytes under keys.
///
/// Every method may throw `EngineError`; those with `isRetryable` may be called again as they are.
public protocol ObjectStore: Sendable {
    /// Stores `data` under `key`. Idempotent: the same bytes again succeed; a reader sees all of the object or none.
    /// Throws `.conflict` when other bytes are there already, `.noSpace` when the store is full, `.corrupt` when
    /// `sha256` is given and is not that of `data`.
    func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws

    /// Copies a file into the store under the rules of `put`, in bounded memory.
    func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws

    /// The bytes in `range`, cut at the object's end, or all of them. Throws `.notFound`.
    func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8]

    /// The object's size, or nil when there is none.
    func head(_ key: ObjectKey) async throws -> ByteCount?

    /// Up to `limit` objects whose key begins with `prefix` and sorts (bytewise) behind `after`, in that order. `strange` is told
    /// those that lie between under names that are no keys, and that others have put there.
    func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary]

    /// Removes the object; a missing one is a success.
    func delete(_ key: ObjectKey) async throws

    /// What a store that keeps versions has of an object, one that only hides it among them: the latest first. One without an id
    /// where it keeps none now.
    func versions(of key: ObjectKey) async throws -> [ObjectVersion]
}

extension ObjectStore {
    public func get(_ key: ObjectKey) async throws -> [UInt8] {
        try await get(key, range: nil)
    }

    public func versions(of key: ObjectKey) async throws -> [ObjectVersion] { [] }
}

/// One of an object's versions, as the provider tells it: untrusted text.
public struct ObjectVersion: Hashable, Sendable {
    /// nil where the bucket kept no versions when it was stored.
    public let id: String?
    /// In ISO 8601.
    public let storedAt: String
    /// nil of one that hides the others: the object was deleted then.
    public let byteCount: ByteCount?
    /// Whether it is what the key has now.
    public let isLatest: Bool

    public init(id: String?, storedAt: String, byteCount: ByteCount?, isLatest: Bool) {
        (self.id, self.storedAt, self.byteCount, self.isLatest) = (id, storedAt, byteCount, isLatest)
    }
}

public struct ObjectSummary: Hashable, Sendable {
    public let key: ObjectKey
    public let byteCount: ByteCount

    public init(key: ObjectKey, byteCount: ByteCount) {
        self.key = key
        self.byteCount = byteCount
    }
}

/// A store whose objects are files of this machine, which the decoder can read in place.
public protocol LocalObjectStore: ObjectStore {
    /// The path an object has, whether or not it exists.
    func localPath(of key: ObjectKey) -> FilePath

    /// Has the object at its `localPath`, fetched where the store is elsewhere and checked where `sha256` is given. Throws
    /// `.notFound`.
    func makeLocal(_ key: ObjectKey, sha256: SHA256Digest?) async throws
}

extension LocalObjectStore {
    public func makeLocal(_ key: ObjectKey, sha256: SHA256Digest?) async throws {
        guard try await head(key) != nil else { throw EngineError(.notFound, "there is no object \(key)") }
    }
}

/// An object of somebody else's: its name is no `ObjectKey`, and untrusted text.
public struct StrangeObject: Hashable, Sendable {
    public let name: String
    public let byteCount: ByteCount

    public init(name: String, byteCount: ByteCount) { (self.name, self.byteCount) = (name, byteCount) }
}

extension ObjectStore {
    public func list(prefix: String, after: ObjectKey?, limit: Int) async throws -> [ObjectSummary] {
        try await list(prefix: prefix, after: after, limit: limit) { _ in }
    }
}
