public import SystemPackage

/// Decodes pictures, always outside this process. Every call may throw `EngineError`: `.unsupported`, `.corrupt`,
/// `.limitExceeded` (too many pixels or bytes), `.timedOut` or `.decoderCrashed` for the picture's own fault, which a
/// retry does not mend, or `.notFound`/`.unavailable` for the file's or the machine's. Cancelling a call frees its decoder.
public protocol ImageProcessor: Sendable {
    /// Decodes once and derives everything that the catalogue and the wall need.
    func process(_ file: FilePath, options: ProcessingOptions) async throws -> ProcessedPhoto

    /// The pHash alone, on a full-size decode when `full`, as imagehash computes it; with the file's SHA-256.
    func hash(_ file: FilePath, full: Bool) async throws -> (sha256: SHA256Digest, perceptualHash: PerceptualHash)

    /// The pixels of `region` of the upright picture, scaled to fit in `fitting`, never enlarged.
    func pixels(_ file: FilePath, region: PictureRegion, fitting: PixelSize) async throws -> PixelBuffer
}

public struct ProcessingOptions: Hashable, Sendable {
    /// Formats of each rendition size; WebP is what the app shows.
    public var formats: [RenditionFormat]
    /// Compute the pHash on a full-size decode.
    public var usesFullHash: Bool

    public init(formats: [RenditionFormat] = [.webp], usesFullHash: Bool = false) {
        self.formats = formats
        self.usesFullHash = usesFullHash
    }
}
