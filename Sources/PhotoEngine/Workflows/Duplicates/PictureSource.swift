public import Core

/// The small pictures that duplicates are told by.
public protocol PictureSource: Sendable {
    /// The upright picture of an original, 256 pixels at its longest edge; nil where none was made or it can't be read.
    /// Throws a retryable error when the store is away.
    func picture(of original: SHA256Digest) async throws -> PixelBuffer?
    /// The same as large as its largest rendition.
    func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer?
    /// The file of its largest rendition; nil where none was made. Of equal pixels the files are equal.
    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]?
    /// Of an original itself; nil where it isn't there or can't be read. Throws a retryable error when the store is away.
    func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest?
}
