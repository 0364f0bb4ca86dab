internal import Core
internal import Imaging
internal import Workflows

/// The small pictures that a library's object store has.
struct RenditionPictures: PictureSource {
    let objects: any ObjectStore

    func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
        do {
            return RenditionPicture.pixels(
                try await objects.get(RenditionKind(size: 256, format: .webp).key(of: original)))
        } catch let error as EngineError where error.code == .notFound {
            return nil
        }
    }

    func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? {
        guard let size = RenditionKind.sizes.max() else { return nil }
        do {
            return try await objects.get(RenditionKind(size: size, format: .webp).key(of: original))
        } catch let error as EngineError where error.code == .notFound {
            return nil
        }
    }
}
