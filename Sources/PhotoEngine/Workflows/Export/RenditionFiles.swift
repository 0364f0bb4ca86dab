public import Core

/// The renditions that leave a library in place of originals: pictures without metadata.
public protocol RenditionFiles: Sendable {
    /// The files of the smallest and of the largest rendition; nil where none was made, and none can be.
    func renditions(of original: SHA256Digest) async throws -> (small: [UInt8], large: [UInt8])?
}
