public import SystemPackage

/// A catalogued picture and what is known of it.
public struct Photo: Hashable, Sendable {
    public var id: PhotoID
    public var owner: OwnerID
    public var sha256: SHA256Digest
    /// nil until processed.
    public var perceptualHash: PerceptualHash?
    /// The original's file name at import.
    public var filename: String
    public var mediaType: MediaType
    public var byteCount: ByteCount
    /// Stored size, before orientation; nil until processed.
    public var pixelSize: PixelSize?
    public var captureTime: CaptureTime
    /// Unix microseconds of the moment the photo entered the catalogue.
    public var importedAt: Int64
    public var metadata: PhotoMetadata
    public var original: OriginalLocation
    public var status: PhotoStatus
    /// Why the photo is unreadable, or what is wrong with it though it can be shown (a truncated file); nil when nothing is.
    public var problem: String?
    public var isFavourite: Bool
    public var isArchived: Bool
    /// True while no file with these bytes is at a known path; never for an original copied into the object store.
    public var isMissing: Bool
    /// Unix microseconds of the moment it was moved to the trash; nil for a photo that isn't there.
    public var trashedAt: Int64?

    public init(
        id: PhotoID, owner: OwnerID, sha256: SHA256Digest, perceptualHash: PerceptualHash?, filename: String,
        mediaType: MediaType, byteCount: ByteCount, pixelSize: PixelSize?, captureTime: CaptureTime, importedAt: Int64,
        metadata: PhotoMetadata, original: OriginalLocation, status: PhotoStatus, problem: String?, isFavourite: Bool,
        isArchived: Bool, isMissing: Bool, trashedAt: Int64? = nil
    ) {
        self.id = id
        self.owner = owner
        self.sha256 = sha256
        self.perceptualHash = perceptualHash
        self.filename = filename
        self.mediaType = mediaType
        self.byteCount = byteCount
        self.pixelSize = pixelSize
        self.captureTime = captureTime
        self.importedAt = importedAt
        self.metadata = metadata
        self.original = original
        self.status = status
        self.problem = problem
        self.isFavourite = isFavourite
        self.isArchived = isArchived
        self.isMissing = isMissing
        self.trashedAt = trashedAt
    }
}

/// Where an original's bytes are.
public enum OriginalLocation: Hashable, Sendable {
    /// A file of the owner's, read in place and never altered.
    case file(FilePath)
    /// A copy in the library's object store.
    case object(ObjectKey)
}

public enum PhotoStatus: String, Sendable, CaseIterable, Codable {
    /// Known by its bytes; processing has not finished.
    case queued
    case ready
    /// No picture could be decoded: kept in the catalogue with the reason, left out of the timeline.
    case unreadable
}

/// What a timeline shows of a photo: small, so that a page of hundreds costs little.
public struct TimelineEntry: Hashable, Sendable {
    public let id: PhotoID
    public let sha256: SHA256Digest
    public let filename: String
    public let captureTime: CaptureTime
    /// Upright size; nil until processed.
    public let pixelSize: PixelSize?
    public let mediaType: MediaType
    public let status: PhotoStatus
    public let rating: Int?
    public let isFavourite: Bool
    public let isMissing: Bool

    public init(
        id: PhotoID, sha256: SHA256Digest, filename: String, captureTime: CaptureTime, pixelSize: PixelSize?,
        mediaType: MediaType, status: PhotoStatus, rating: Int?, isFavourite: Bool, isMissing: Bool
    ) {
        self.id = id
        self.sha256 = sha256
        self.filename = filename
        self.captureTime = captureTime
        self.pixelSize = pixelSize
        self.mediaType = mediaType
        self.status = status
        self.rating = rating
        self.isFavourite = isFavourite
        self.isMissing = isMissing
    }
}

extension TimelineEntry {
    public init(_ photo: Photo) {
        self.init(
            id: photo.id, sha256: photo.sha256, filename: photo.filename, captureTime: photo.captureTime,
            pixelSize: photo.pixelSize.map(photo.metadata.orientation.upright), mediaType: photo.mediaType,
            status: photo.status, rating: photo.metadata.rating, isFavourite: photo.isFavourite,
            isMissing: photo.isMissing)
    }
}

/// A month of the timeline and how many photos it has.
public struct MonthCount: Hashable, Sendable {
    public let month: Month
    public let count: Int

    public init(month: Month, count: Int) {
        self.month = month
        self.count = count
    }
}
