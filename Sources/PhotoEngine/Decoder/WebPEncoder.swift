import CWebP
import Core

/// Encodes WebP with libwebp itself: libvips' saver takes threads and an EXIF block of its own for each small picture.
enum WebPEncoder {
    /// A picture's grey or RGB pixels in memory, by `quality` 0 to 100 and `effort` 0 to 6 (libwebp's method). Throws
    /// `.internal` where libwebp refuses, e.g. more than 16,383 pixels of an edge.
    static func encode(_ picture: VipsPicture, quality: Float, effort: Int32) throws -> [UInt8] {
        var config = WebPConfig()
        var image = WebPPicture()
        guard WebPConfigInit(&config) != 0, WebPPictureInit(&image) != 0 else {
            throw EngineError(.internal, "libwebp is another version than this program was built for")
        }
        config.quality = quality
        config.method = effort
        defer { WebPPictureFree(&image) }
        let colours = try picture.asRGB()
        (image.width, image.height) = (Int32(colours.width), Int32(colours.height))
        let isTaken = try colours.inMemory().withPixels {
            WebPPictureImportRGB(&image, $0.baseAddress, Int32(colours.width) * 3) != 0
        }
        var writer = WebPMemoryWriter()
        WebPMemoryWriterInit(&writer)
        defer { WebPMemoryWriterClear(&writer) }
        let isWritten = withUnsafeMutablePointer(to: &writer) { writer in
            image.writer = WebPMemoryWrite
            image.custom_ptr = UnsafeMutableRawPointer(writer)
            return isTaken && WebPEncode(&config, &image) != 0
        }
        guard isWritten else {
            throw EngineError(.internal, "libwebp could not encode it (error \(image.error_code.rawValue))")
        }
        // SAFETY: the writer owns `size` bytes at `mem` until it is cleared.
        return Array(UnsafeBufferPointer(start: writer.mem, count: writer.size))
    }
}
