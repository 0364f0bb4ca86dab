/// What one decode of an original yields.
public struct ProcessedPhoto: Sendable {
    public var sha256: SHA256Digest
    public var mediaType: MediaType
    /// Stored size, before orientation.
    public var pixelSize: PixelSize
    public var perceptualHash: PerceptualHash
    public var metadata: PhotoMetadata
    /// As the file tells of them.
    public var faces: [FaceRegion]
    /// As `WrittenMarks` has it.
    public var isFavourite: Bool
    /// Where the position is, once it was looked up.
    public var place: FoundPlace?
    /// What is wrong with a picture that could be shown all the same; nil when nothing is.
    public var problem: String?
    public var renditions: [Rendition]

    public init(
        sha256: SHA256Digest, mediaType: MediaType, pixelSize: PixelSize, perceptualHash: PerceptualHash,
        metadata: PhotoMetadata, faces: [FaceRegion] = [], isFavourite: Bool = false, place: FoundPlace? = nil,
        problem: String?,
        renditions: [Rendition]
    ) {
        self.sha256 = sha256
        self.mediaType = mediaType
        self.pixelSize = pixelSize
        self.perceptualHash = perceptualHash
        self.metadata = metadata
        self.faces = faces
        self.isFavourite = isFavourite
        self.place = place
        self.problem = problem
        self.renditions = renditions
    }
}

/// Pixels in sRGB, 8 bits a channel, rows top to bottom without padding: `width * height * 3` bytes.
public struct PixelBuffer: Sendable {
    public let size: PixelSize
    public let rgb: [UInt8]

    public init(size: PixelSize, rgb: [UInt8]) {
        precondition(rgb.count == size.pixels * 3)
        self.size = size
        self.rgb = rgb
    }
}

/// A rectangle of the upright picture, in fractions of its width and height (0 to 1).
public struct PictureRegion: Hashable, Sendable, Codable {
    public let x: Double
    public let y: Double
    public let width: Double
    public let height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    public static let whole = PictureRegion(x: 0, y: 0, width: 1, height: 1)
}
