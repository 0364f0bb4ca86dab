internal import Core
internal import Imaging
internal import Workflows

/// The small pictures that a library's object store has; one that is lost is made once more from its original.
struct RenditionPictures: PictureSource, RenditionFiles {
    let objects: any ObjectStore
    /// The sizes that photos have, ascending.
    let sizes: [Int]
    /// Makes a photo's renditions anew; false where that can't be done.
    let remake: @Sendable (SHA256Digest) async throws -> Bool
    /// As `PictureSource.pixelDigest`.
    let digestPixels: @Sendable (SHA256Digest) async throws -> PixelDigest?

    func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
        let key = RenditionKind(size: RenditionKind.smallSize, format: .webp).key(of: original)
        if let found = try await bytes(key).flatMap(RenditionPicture.pixels) { return found }
        guard try await remake(original) else { return nil }
        return try await bytes(key).flatMap(RenditionPicture.pixels)
    }

    func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer? {
        try await largestRendition(of: original).flatMap(RenditionPicture.pixels)
    }

    /// None but the largest: what a smaller one doesn't show would be taken for equal.
    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? {
        guard let size = sizes.last else { return nil }
        let key = RenditionKind(size: size, format: .webp).key(of: original)
        if let found = try await bytes(key), RenditionPicture.pixels(found) != nil { return found }
        guard try await remake(original) else { return nil }
        return try await bytes(key)
    }

    func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest? { try await digestPixels(original) }

    func renditions(of original: SHA256Digest) async throws -> (small: [UInt8], large: [UInt8])? {
        guard let large = try await anyRendition(of: original) else { return nil }
        let key = RenditionKind(size: RenditionKind.smallSize, format: .webp).key(of: original)
        return (try await bytes(key) ?? large, large)
    }

    /// The largest that is there: a photo that was processed under other settings may lack the larger ones.
    private func anyRendition(of original: SHA256Digest) async throws -> [UInt8]? {
        func largest() async throws -> [UInt8]? {
            for size in sizes.reversed() {
                if let found = try await bytes(RenditionKind(size: size, format: .webp).key(of: original)) {
                    return found
                }
            }
            return nil
        }
        if let found = try await largest() { return found }
        guard try await remake(original) else { return nil }
        return try await largest()
    }

    private func bytes(_ key: ObjectKey) async throws -> [UInt8]? {
        do {
            return try await objects.get(key)
        } catch let error as EngineError where error.code == .notFound {
            return nil
        }
    }
}
