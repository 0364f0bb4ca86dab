internal import Core
internal import Imaging
internal import Workflows

/// The small pictures that a library's object store has; one that is lost is made once more from its original.
struct RenditionPictures: PictureSource {
    let objects: any ObjectStore
    /// Makes a photo's renditions anew; false where that can't be done.
    let remake: @Sendable (SHA256Digest) async throws -> Bool

    func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
        let key = RenditionKind(size: 256, format: .webp).key(of: original)
        if let found = try await bytes(key).flatMap(RenditionPicture.pixels) { return found }
        guard try await remake(original) else { return nil }
        return try await bytes(key).flatMap(RenditionPicture.pixels)
    }

    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? {
        guard let size = RenditionKind.sizes.max() else { return nil }
        let key = RenditionKind(size: size, format: .webp).key(of: original)
        if let found = try await bytes(key) { return found }
        guard try await remake(original) else { return nil }
        return try await bytes(key)
    }

    private func bytes(_ key: ObjectKey) async throws -> [UInt8]? {
        do {
            return try await objects.get(key)
        } catch let error as EngineError where error.code == .notFound {
            return nil
        }
    }
}
