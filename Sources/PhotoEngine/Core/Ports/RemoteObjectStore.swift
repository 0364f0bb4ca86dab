public import SystemPackage

/// A store behind a network, to which clients may send bytes by themselves.
public protocol RemoteObjectStore: ObjectStore {
    /// What this provider takes: found out by small requests the first time, under a key of its own that is removed again.
    func traits() async throws -> StoreTraits
    /// Sends one small request, once, whatever went before. Throws `.unavailable` where no answer comes.
    func requireAnswer() async throws

    /// Whether the object is these bytes, nil where there is none: by what the provider has computed of them, else by reading
    /// them, never by what whoever sent them has said.
    func verify(_ key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest) async throws -> Bool?

    /// A request that stores exactly these bytes, by whoever sends it within `seconds` (at most a week). The store is asked for
    /// its traits first: what a provider doesn't check is not signed.
    func presignPut(
        _ key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest, seconds: Int
    ) async throws -> PresignedRequest
    /// A request that gets the object within `seconds`.
    func presignGet(_ key: ObjectKey, seconds: Int) -> PresignedRequest

    /// Writes the object into a new file, in bounded memory, and checks its digest on the way. Throws `.corrupt`, and leaves
    /// no file, when the bytes are others.
    func fetch(_ key: ObjectKey, to file: FilePath, sha256: SHA256Digest) async throws

    /// Begins an upload in parts; the provider's token for it.
    func beginMultipart(_ key: ObjectKey, sha256: SHA256Digest) async throws -> String
    /// Stores part `number` (from 1): `range` of the file. Idempotent. Throws `.notFound` when the upload was given up,
    /// `.corrupt` when the file changed meanwhile.
    func putPart(
        _ number: Int, of file: FilePath, range: Range<Int64>, key: ObjectKey, token: String
    ) async throws -> UploadPart
    /// The same for a range of an open file whose digest is known, in bounded memory: these bytes are stored, or none. Throws
    /// `.corrupt` when the range no longer holds them.
    func putPart(
        _ number: Int, of file: FileDescriptor, range: Range<Int64>, sha256: SHA256Digest, key: ObjectKey, token: String
    ) async throws -> UploadPart
    /// Makes the object of its parts; one that is there already, as long as all of them and of this digest where it is given, is
    /// a success. Throws `.notFound` when the upload was given up, or a part of it lost.
    func completeMultipart(_ key: ObjectKey, token: String, parts: [UploadPart], sha256: SHA256Digest?) async throws
    /// Gives an upload and its parts up; a missing one is a success.
    func abortMultipart(_ key: ObjectKey, token: String) async throws

    /// In which class of storage an object is, as S3's API names it; nil where there is none.
    func storageClass(of key: ObjectKey) async throws -> String?
    /// Has the provider copy an object onto itself in another class, and sees that its bytes stayed: of what is in it already nothing is
    /// copied. An earlier version of it that the provider keeps goes. Throws `.notFound`, `.corrupt` where it is not what was stored,
    /// and `.unsupported` where the provider has no such class.
    func setStorageClass(_ name: String, of key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest) async throws

    /// Has the provider itself drop unfinished uploads after a week, versions that were replaced or deleted after a day, and
    /// move renditions to its cheaper storage after 90 days where it has one. The bucket's other rules stay.
    func setLifecycle() async throws
}

extension RemoteObjectStore {
    public func completeMultipart(_ key: ObjectKey, token: String, parts: [UploadPart]) async throws {
        try await completeMultipart(key, token: token, parts: parts, sha256: nil)
    }
}

/// What differs between providers.
public struct StoreTraits: Hashable, Sendable, Codable {
    /// `x-amz-checksum-sha256` is understood: bytes that differ from it are refused.
    public var takesChecksums: Bool
    /// `If-None-Match: *` is understood: a taken key is refused.
    public var takesConditions: Bool
    /// A delete only hides: each version is to be deleted.
    public var keepsVersions: Bool
    /// Bytes that differ from their signed `x-amz-content-sha256` are refused.
    public var checksPayloads: Bool
    /// With what it has last asked to be sent less, such as "503 SlowDown"; nil when it hasn't since the store was opened.
    public var throttle: String?

    public init(
        takesChecksums: Bool, takesConditions: Bool, keepsVersions: Bool, checksPayloads: Bool = true,
        throttle: String? = nil
    ) {
        self.takesChecksums = takesChecksums
        self.takesConditions = takesConditions
        self.keepsVersions = keepsVersions
        self.checksPayloads = checksPayloads
        self.throttle = throttle
    }
}

/// An HTTP request that carries its own permission. The URL is a secret until it ends.
public struct PresignedRequest: Hashable, Sendable {
    public let method: String
    public let url: String
    /// To be sent as they are.
    public let headers: [String: String]

    public init(method: String, url: String, headers: [String: String]) {
        self.method = method
        self.url = url
        self.headers = headers
    }
}
