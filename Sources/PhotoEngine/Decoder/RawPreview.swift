import CRaw
import Core

/// The picture that a camera embedded in its raw file, found by LibRaw.
struct RawPreview {
    let jpeg: FileBytes
    /// The sensor's visible size.
    let sensorSize: PixelSize

    /// nil when LibRaw knows no such raw format. Throws `.corrupt` or `.unsupported` when it does, yet finds no JPEG preview.
    init?(_ bytes: FileBytes) throws {
        guard let raw = libraw_init(0) else { throw EngineError(.internal, "LibRaw could not be initialised") }
        // SAFETY: `raw` lives until libraw_close at the end of this scope; it only reads `bytes`, which outlives it.
        defer { libraw_close(raw) }
        let start = UnsafeMutableRawPointer(mutating: bytes.buffer.baseAddress)
        guard libraw_open_buffer(raw, start, bytes.buffer.count) == 0 else { return nil }
        let sizes = raw.pointee.sizes
        guard sizes.width > 0, sizes.height > 0 else { return nil }
        sensorSize = PixelSize(width: Int(sizes.width), height: Int(sizes.height))
        var code = libraw_unpack_thumb(raw)
        guard code == 0, let thumb = libraw_dcraw_make_mem_thumb(raw, &code) else {
            throw EngineError(.corrupt, "no preview in the raw file (\(String(cString: libraw_strerror(code))))")
        }
        defer { libraw_dcraw_clear_mem(thumb) }
        guard thumb.pointee.type == LIBRAW_IMAGE_JPEG else {
            throw EngineError(.unsupported, "the raw file's preview is no JPEG")
        }
        // SAFETY: LibRaw puts data_size bytes behind the header, from `data` on.
        jpeg = withUnsafePointer(to: &thumb.pointee.data) { start in
            FileBytes(copying: UnsafeRawBufferPointer(start: start, count: Int(thumb.pointee.data_size)))
        }
    }
}
