public import Core

/// What the app asks of a decoder; the file's descriptor travels with it.
///
/// On the wire each message is a frame: two little-endian 32-bit counts (JSON bytes, payload bytes), the JSON, the payload.
public struct DecoderRequest: Sendable, Codable {
    public enum Task: Sendable, Codable {
        case process(sizes: [Int], formats: [RenditionFormat], usesFullHash: Bool)
        case hash(detail: HashDetail)
        case pixels(region: PictureRegion, fitting: PixelSize)
        /// The SHA-256 of all pixels of the upright picture.
        case digestPixels
        /// What a sidecar says.
        case readSidecar
        /// What the film of a live photo shares with its photo.
        case identifyFilm
        /// The sidecar once it says this; a new one without a file.
        case writeSidecar(WrittenMarks, edited: EditedMarks, keepsPosition: Bool)
        /// What to write over the file, so that it tells no position.
        case erasePosition
        /// Everything in an archive, as many replies as there are parts, `archiveEnd` the last.
        case readArchive(ArchiveSelection)
        /// Comes without a file.
        case describe
    }

    public let task: Task
    public let limits: DecoderLimits

    public init(task: Task, limits: DecoderLimits) {
        self.task = task
        self.limits = limits
    }
}

/// What one picture may cost.
public struct DecoderLimits: Hashable, Sendable, Codable {
    /// A larger file is refused unread.
    public var fileBytes: Int
    /// A picture with more pixels is refused undecoded.
    public var pixels: Int
    /// Processor seconds for one request; the kernel ends the decoder beyond.
    public var processorSeconds: Int
    /// Wall-clock seconds for one request; the pool ends the decoder beyond.
    public var wallSeconds: Int

    public init(
        fileBytes: Int = 1 << 29, pixels: Int = 250_000_000, processorSeconds: Int = 60, wallSeconds: Int = 120
    ) {
        self.fileBytes = fileBytes
        self.pixels = pixels
        self.processorSeconds = processorSeconds
        self.wallSeconds = wallSeconds
    }
}

/// A decoder's answer; renditions or pixels follow as the payload, in order.
public enum DecoderReply: Sendable, Codable {
    case processed(ProcessedHeader)
    case hashed(sha256: String, perceptualHash: String)
    case pixels(PixelSize)
    case pixelsDigested(sha256: String, PixelSize, pixels: String)
    case sidecar(WrittenMarks)
    case film(identifier: String?)
    /// The payload is the text.
    case sidecarText
    /// Where bytes are to be written over, and how many; the payload are the bytes.
    case erasure([PatchHeader])
    case described(DecoderDescription)
    case archiveEntry(ArchiveEntry)
    /// The payload is a part of the last entry's content.
    case archiveBytes
    case archiveContentEnd(problem: String?)
    case archiveEnd(problem: String?)
    case failed(code: EngineError.Code, whatHappened: String)
}

public struct PatchHeader: Sendable, Codable {
    public let offset: Int
    public let byteCount: Int

    public init(offset: Int, byteCount: Int) {
        (self.offset, self.byteCount) = (offset, byteCount)
    }
}

/// What a decoder says of itself.
public struct DecoderDescription: Hashable, Sendable, Codable {
    public struct LinkedLibrary: Hashable, Sendable, Codable {
        public let name: String
        public let version: String

        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// `ProgramVersion.decoder` of its build; nil where it is older than that word.
    public let version: String?
    /// The libraries it decodes with, as they are loaded now.
    public let libraries: [LinkedLibrary]
    /// Whether it tried to open a file that anybody may read, and was refused.
    public let isRefusedFiles: Bool

    public init(version: String?, libraries: [LinkedLibrary], isRefusedFiles: Bool) {
        self.version = version
        self.libraries = libraries
        self.isRefusedFiles = isRefusedFiles
    }
}

public struct ProcessedHeader: Sendable, Codable {
    public struct RenditionHeader: Sendable, Codable {
        public let size: Int
        public let format: RenditionFormat
        public let byteCount: Int

        public init(size: Int, format: RenditionFormat, byteCount: Int) {
            self.size = size
            self.format = format
            self.byteCount = byteCount
        }
    }

    public let sha256: String
    public let mediaType: MediaType
    public let pixelSize: PixelSize
    public let perceptualHash: String
    public let metadata: PhotoMetadata
    public let faces: [FaceRegion]
    public let isFavourite: Bool
    public let problem: String?
    public let renditions: [RenditionHeader]

    public init(
        sha256: String, mediaType: MediaType, pixelSize: PixelSize, perceptualHash: String, metadata: PhotoMetadata,
        faces: [FaceRegion], isFavourite: Bool, problem: String?, renditions: [RenditionHeader]
    ) {
        self.sha256 = sha256
        self.mediaType = mediaType
        self.pixelSize = pixelSize
        self.perceptualHash = perceptualHash
        self.metadata = metadata
        self.faces = faces
        self.isFavourite = isFavourite
        self.problem = problem
        self.renditions = renditions
    }
}
