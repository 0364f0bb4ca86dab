public import SystemPackage

/// A folder whose photos a library shows and watches.
public struct WatchedFolder: Hashable, Sendable {
    public let id: FolderID
    public let path: FilePath

    public init(id: FolderID, path: FilePath) {
        self.id = id
        self.path = path
    }
}

/// What tells, without reading a file, that it has not changed.
public struct FileFingerprint: Hashable, Sendable {
    public let byteCount: Int64
    /// Modification time, Unix nanoseconds.
    public let modified: Int64

    public init(byteCount: Int64, modified: Int64) {
        self.byteCount = byteCount
        self.modified = modified
    }
}

/// A file that an import has accounted for.
public struct LibraryFile: Hashable, Sendable {
    public let path: FilePath
    public let fingerprint: FileFingerprint
    public let outcome: FileOutcome
    public let photo: PhotoID?
    public let isMissing: Bool

    public init(path: FilePath, fingerprint: FileFingerprint, outcome: FileOutcome, photo: PhotoID?, isMissing: Bool) {
        self.path = path
        self.fingerprint = fingerprint
        self.outcome = outcome
        self.photo = photo
        self.isMissing = isMissing
    }
}

/// How the catalogue remembers a file.
public enum FileOutcome: Hashable, Sendable {
    /// Its bytes are a photo of the library.
    case photo
    /// Not a picture format phototui knows.
    case unsupported(reason: String)
    /// A picture by its name or first bytes, yet unreadable.
    case rejected(reason: String)
}

/// A file found by a scan, read once: what its bytes are.
public struct ScannedFile: Sendable {
    public enum Content: Sendable {
        /// `provisional` sorts the photo until processing has read its metadata.
        case photo(sha256: SHA256Digest, mediaType: MediaType, provisional: CaptureTime, original: OriginalLocation)
        /// A film of a live photo; `copy` is the library's own, where it has one.
        case film(identifier: String, copy: StoredFilm?)
        case unsupported(reason: String)
        case rejected(reason: String)
    }

    public let path: FilePath
    public let fingerprint: FileFingerprint
    public let content: Content
    /// Where its bytes are for now, as it lies in an archive; nil where they are at its path.
    public var unpacked: FilePath?
    /// Of the same reading, where it is to go up in parts.
    public let parts: PartDigests?

    /// The file to read.
    public var source: FilePath { unpacked ?? path }

    public init(
        path: FilePath, fingerprint: FileFingerprint, content: Content, parts: PartDigests? = nil,
        unpacked: FilePath? = nil
    ) {
        self.unpacked = unpacked
        self.path = path
        self.fingerprint = fingerprint
        self.content = content
        self.parts = parts
    }
}

/// The SHA-256 of a file's consecutive parts.
public struct PartDigests: Hashable, Sendable {
    /// Of the whole file.
    public let byteCount: Int64
    /// Of each part, but for the last.
    public let partByteCount: Int64
    public let digests: [SHA256Digest]

    public init(byteCount: Int64, partByteCount: Int64, digests: [SHA256Digest]) {
        self.byteCount = byteCount
        self.partByteCount = partByteCount
        self.digests = digests
    }
}

/// What became of a `ScannedFile` when it was recorded.
public enum RecordOutcome: Hashable, Sendable {
    /// A new photo, with a job to process it.
    case imported(PhotoID)
    /// Bytes the owner already has: one more path of that photo.
    case known(PhotoID)
    /// A photo that was missing is back, here: its albums and edits stand.
    case moved(PhotoID)
    case unsupported
    case rejected
    /// Nothing is recorded, as the owner's quota has no room for it, and what to do.
    case overQuota(reason: String)
}
