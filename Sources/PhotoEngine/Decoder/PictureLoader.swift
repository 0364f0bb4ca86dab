import CVips
import Core

/// Opens a picture's bytes with the one loader that its type allows.
struct PictureLoader {
    let bytes: FileBytes
    let mediaType: MediaType
    let pixelLimit: Int

    /// Whether the loader turns the picture upright itself.
    var loadsUpright: Bool {
        switch mediaType {
        case .heic, .avif, .jxl: true
        default: false
        }
    }

    /// Whether a smaller picture costs less to decode.
    var shrinksWhileDecoding: Bool { mediaType == .jpeg || mediaType == .raw }

    /// Opens the picture lazily, JPEG shrunk while it decodes so that the longest edge stays at least `edge` (nil: full
    /// size). WebP's own scaling moved the pHash by up to 6 bits. `isLenient` shows what there is of a damaged file.
    func open(atLeast edge: Int?, isLenient: Bool) throws -> (picture: VipsPicture, storedSize: PixelSize) {
        if let edge, !isLenient, let jpeg = turboJPEG, let picture = jpeg.picture(atLeast: edge) {
            return (picture, jpeg.size)
        }
        let whole = try load(shrink: 1, isLenient: isLenient)
        let size = PixelSize(width: whole.width, height: whole.height)
        guard size.pixels <= pixelLimit else {
            throw EngineError(
                .limitExceeded, "\(size.width) x \(size.height) pixels are more than the limit of \(pixelLimit)")
        }
        guard let edge, shrinksWhileDecoding else { return (whole, size) }
        let shrink = TurboJPEG.shrink(of: size, atLeast: edge)
        return (shrink == 1 ? whole : try load(shrink: shrink, isLenient: isLenient), size)
    }

    /// The pHash of a JPEG's luma at `edge` pixels or more; nil for what only `open` can decode or refuse.
    func hashOfLuma(atLeast edge: Int) -> PerceptualHash? { turboJPEG?.hashOfLuma(atLeast: edge) }

    private var turboJPEG: TurboJPEG? {
        guard shrinksWhileDecoding, let jpeg = TurboJPEG(bytes.buffer), jpeg.size.pixels <= pixelLimit else {
            return nil
        }
        return jpeg
    }

    private func load(shrink: Int, isLenient: Bool) throws -> VipsPicture {
        let failOn: Int32 = isLenient ? 0 : 2
        // SAFETY: `bytes` outlives every picture made here: RequestHandler holds it until the answer is complete.
        let start = bytes.buffer.baseAddress
        let count = bytes.buffer.count
        let picture = try VipsPicture.making { out in
            switch mediaType {
            case .jpeg, .raw: phototui_vips_load_jpeg(start, count, Int32(shrink), failOn, out)
            case .webp: phototui_vips_load_webp(start, count, 1, failOn, out)
            case .png: phototui_vips_load_png(start, count, failOn, out)
            case .avif, .heic: phototui_vips_load_heif(start, count, failOn, out)
            case .tiff: phototui_vips_load_tiff(start, count, failOn, out)
            case .gif: phototui_vips_load_gif(start, count, failOn, out)
            case .jxl: phototui_vips_load_jxl(start, count, failOn, out)
            }
        }
        if mediaType == .heic || mediaType == .avif { picture.keepBlobs() }
        return picture
    }
}
