public typealias UploadID = Identifier<Upload>

/// An attempt to store an original in the object store, from the first byte to the photo's row.
public struct Upload: Hashable, Sendable {
    /// The idempotency key: whoever uploads chooses it, and the same one again goes on where the last try ended.
    public let id: UploadID
    public let content: UploadContent
    /// Where the bytes go.
    public let key: ObjectKey
    public let state: UploadState
    /// The provider's multipart upload, once one was begun.
    public let multipart: MultipartUpload?
    /// The photo it became; nil until it is confirmed.
    public let photo: PhotoID?
    /// Unix microseconds.
    public let createdAt: Int64

    public init(
        id: UploadID, content: UploadContent, key: ObjectKey, state: UploadState, multipart: MultipartUpload?,
        photo: PhotoID?, createdAt: Int64
    ) {
        self.id = id
        self.content = content
        self.key = key
        self.state = state
        self.multipart = multipart
        self.photo = photo
        self.createdAt = createdAt
    }
}

/// What is uploaded.
public struct UploadContent: Hashable, Sendable {
    public let sha256: SHA256Digest
    public let byteCount: ByteCount
    public let mediaType: MediaType
    /// The name it had where it came from; untrusted text.
    public let filename: String
    /// Sorts the photo until processing has read its metadata.
    public let provisional: CaptureTime

    public init(
        sha256: SHA256Digest, byteCount: ByteCount, mediaType: MediaType, filename: String, provisional: CaptureTime
    ) {
        self.sha256 = sha256
        self.byteCount = byteCount
        self.mediaType = mediaType
        self.filename = filename
        self.provisional = provisional
    }
}

public enum UploadState: String, Sendable, CaseIterable, Codable {
    /// Bytes may be under way; nothing shows them yet.
    case begun
    /// The bytes are durable, and the photo has its row.
    case confirmed
    /// Given up; what was stored of it may be removed.
    case abandoned
}

/// A multipart upload as the provider knows it.
public struct MultipartUpload: Hashable, Sendable {
    /// The provider's name for it.
    public let token: String
    /// Bytes of each part but the last.
    public let partByteCount: Int64

    public init(token: String, partByteCount: Int64) {
        self.token = token
        self.partByteCount = partByteCount
    }
}

/// A part that the provider has.
public struct UploadPart: Hashable, Sendable {
    /// From 1.
    public let number: Int
    public let byteCount: Int64
    /// The provider's tag of its bytes, which completing the upload names.
    public let entityTag: String

    public init(number: Int, byteCount: Int64, entityTag: String) {
        self.number = number
        self.byteCount = byteCount
        self.entityTag = entityTag
    }
}
