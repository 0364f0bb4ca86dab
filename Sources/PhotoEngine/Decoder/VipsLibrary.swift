import CVips
import Core
import Glibc

/// libvips as this process uses it: one thread a picture, no operation cache, only the loaders that `MediaType` names.
enum VipsLibrary {
    static func start() {
        g_log_set_default_handler({ _, _, _, _ in }, nil)
        guard phototui_vips_init("phototui-decoder") == 0 else {
            Log.line("libvips could not be initialised: \(takeError())")
            exitDecoder(1)
        }
        vips_concurrency_set(1)
        vips_cache_set_max(0)
        vips_operation_block_set("VipsForeignLoad", 1)
        for loader in ["Jpeg", "Png", "Webp", "Heif", "Tiff", "Nsgif", "Jxl"] {
            vips_operation_block_set("VipsForeignLoad" + loader, 0)
        }
    }

    /// The last errors in words, which are forgotten: the last and most telling first, each once, 200 bytes or a few more.
    static func takeError() -> String {
        // SAFETY: the buffer is libvips' own, read and cleared on the one thread that runs operations.
        let text = String(cString: vips_error_buffer())
        vips_error_clear()
        return ErrorText.shortened(text) ?? "the picture's data make no sense"
    }
}

/// An image of libvips, freed with the last reference.
final class VipsPicture {
    // SAFETY: owned by this object from init to deinit, lent only to calls that take their own reference.
    let pointer: UnsafeMutablePointer<VipsImage>

    init(owning pointer: UnsafeMutablePointer<VipsImage>) {
        self.pointer = pointer
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(pointer))
    }

    /// Runs an operation that makes a picture. Throws `.corrupt` with libvips' words.
    static func making(
        _ operation: (UnsafeMutablePointer<UnsafeMutablePointer<VipsImage>?>) -> Int32
    ) throws -> VipsPicture {
        var out: UnsafeMutablePointer<VipsImage>?
        guard operation(&out) == 0, let out else { throw EngineError(.corrupt, VipsLibrary.takeError()) }
        return VipsPicture(owning: out)
    }

    func applying(
        _ operation: (
            UnsafeMutablePointer<VipsImage>, UnsafeMutablePointer<UnsafeMutablePointer<VipsImage>?>
        ) -> Int32
    ) throws -> VipsPicture {
        try Self.making { operation(pointer, $0) }
    }

    var width: Int { Int(vips_image_get_width(pointer)) }
    var height: Int { Int(vips_image_get_height(pointer)) }
    var bands: Int { Int(vips_image_get_bands(pointer)) }
    var longestEdge: Int { max(width, height) }
    var hasAlpha: Bool { vips_image_hasalpha(pointer) != 0 }

    /// Decodes now, once, into memory.
    func inMemory() throws -> VipsPicture {
        guard let copy = vips_image_copy_memory(pointer) else {
            throw EngineError(.corrupt, VipsLibrary.takeError())
        }
        return VipsPicture(owning: copy)
    }

    /// Runs `body` on the pixels of a picture in memory: 8-bit, `width * height * bands` bytes.
    func withPixels<Value>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Value) throws -> Value {
        guard let data = vips_image_get_data(pointer) else { throw EngineError(.corrupt, VipsLibrary.takeError()) }
        // SAFETY: libvips guarantees width * height * bands bytes of an 8-bit image in memory while it lives.
        let count = width * height * bands
        return try body(UnsafeBufferPointer(start: data.assumingMemoryBound(to: UInt8.self), count: count))
    }

    /// The bytes of a metadata block that the loader attached; nil when there is none.
    func blob(_ name: String) -> [UInt8]? {
        guard vips_image_get_typeof(pointer, name) != 0 else { return nil }
        var data: UnsafeRawPointer?
        var count = 0
        guard vips_image_get_blob(pointer, name, &data, &count) == 0, let data else {
            vips_error_clear()
            return nil
        }
        // SAFETY: libvips owns `count` bytes at `data` while the image lives.
        return Array(UnsafeRawBufferPointer(start: data, count: count))
    }

    /// Gives the picture blocks of its own. libvips 8.14 frees those of HEIF with the image that the loader returned, while
    /// the images made of it still point to them.
    func keepBlobs() {
        for name in ["icc-profile-data", "exif-data", "xmp-data"] {
            guard let bytes = blob(name) else { continue }
            bytes.withUnsafeBytes { vips_image_set_blob_copy(pointer, name, $0.baseAddress, $0.count) }
        }
    }

    func setProfile(_ profile: [UInt8]) {
        profile.withUnsafeBytes { vips_image_set_blob_copy(pointer, "icc-profile-data", $0.baseAddress, $0.count) }
    }

    func scaled(_ factor: Double) throws -> VipsPicture {
        factor < 1 ? try applying { phototui_vips_resize($0, $1, factor) } : self
    }

    /// Made smaller by `factor`, in memory. 8-bit grey and sRGB pictures of up to two million pixels in memory are computed on
    /// this thread.
    func scaledInMemory(_ factor: Double) throws -> VipsPicture {
        guard factor < 1, width * height <= 2_000_000, isPlainInMemory else { return try scaled(factor).inMemory() }
        let picture = try applying { phototui_vips_resize_here($0, $1, factor) }
        if let profile = blob("icc-profile-data") { picture.setProfile(profile) }
        return picture
    }

    private var isPlainInMemory: Bool {
        let interpretation = vips_image_get_interpretation(pointer)
        let fits = bands == 3 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_B_W
        return (bands == 1 || bands == 3) && interpretation == fits
            && vips_image_get_format(pointer) == VIPS_FORMAT_UCHAR && pointer.pointee.dtype == VIPS_IMAGE_SETBUF
    }

    /// Bytes of a saver that writes to memory.
    func saved(
        _ operation: (
            UnsafeMutablePointer<VipsImage>, UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafeMutablePointer<Int>
        ) -> Int32
    ) throws -> [UInt8] {
        var data: UnsafeMutableRawPointer?
        var count = 0
        guard operation(pointer, &data, &count) == 0, let data else {
            throw EngineError(.internal, VipsLibrary.takeError())
        }
        defer { g_free(data) }
        // SAFETY: the saver returned `count` bytes at `data`, ours until g_free.
        return Array(UnsafeRawBufferPointer(start: data, count: count))
    }
}
