public import SystemPackage

/// Decodes pictures, always outside this process. Every call may throw `EngineError`: `.unsupported`, `.corrupt`,
/// `.limitExceeded` (too many pixels or bytes), `.timedOut` or `.decoderCrashed` for the picture's own fault, which a
/// retry does not mend, or `.notFound`/`.unavailable` for the file's or the machine's. Cancelling a call frees its decoder.
public protocol ImageProcessor: Sendable {
    /// Decodes once and derives everything that the catalogue and the wall need.
    func process(_ file: FilePath, options: ProcessingOptions) async throws -> ProcessedPhoto

    /// The pHash alone, with the file's SHA-256.
    func hash(
        _ file: FilePath, detail: HashDetail
    ) async throws -> (sha256: SHA256Digest, perceptualHash: PerceptualHash)

    /// The pixels of `region` of the upright picture, scaled to fit in `fitting`, never enlarged.
    func pixels(_ file: FilePath, region: PictureRegion, fitting: PixelSize) async throws -> PixelBuffer

    /// A digest of all pixels of the upright picture, with the file's SHA-256. Throws `.corrupt` for a damaged one, too.
    func pixelDigest(_ file: FilePath) async throws -> (sha256: SHA256Digest, pixels: PixelDigest)
}

/// What pictures of equal pixels have in common, and others don't.
public struct PixelDigest: Hashable, Sendable {
    /// Of the upright picture.
    public let size: PixelSize
    /// Over its rows, three bytes a pixel, in sRGB at eight bits a channel, whatever the file stores.
    public let sha256: SHA256Digest

    public init(size: PixelSize, sha256: SHA256Digest) {
        self.size = size
        self.sha256 = sha256
    }
}

/// How much of a picture a pHash is computed on: the less, the sooner.
public enum HashDetail: String, Sendable, Codable {
    /// Every pixel: bit for bit imagehash's.
    case full
    /// At least 1,024 pixels of the longest edge: at most 2 bits from imagehash's.
    case reduced
    /// A JPEG's luma at 256 pixels or more: 0.2 bits from imagehash's in the mean, 4 at most (687 photos). Other formats as
    /// `reduced`.
    case coarse
}

public struct ProcessingOptions: Hashable, Sendable {
    /// Longest edges of the renditions, ascending; `RenditionKind.smallSize` is among them.
    public var sizes: [Int]
    /// Formats of each rendition size; WebP is what the app shows.
    public var formats: [RenditionFormat]
    /// Compute the pHash on a full-size decode, rather than on what is decoded for the largest rendition.
    public var usesFullHash: Bool

    public init(
        sizes: [Int] = RenditionKind.standardSizes, formats: [RenditionFormat] = [.webp], usesFullHash: Bool = false
    ) {
        self.sizes = Set(sizes).union([RenditionKind.smallSize]).sorted()
        self.formats = formats
        self.usesFullHash = usesFullHash
    }
}
