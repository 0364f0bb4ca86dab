import CWebP
public import Grid

/// Decodes WebP renditions, shrunk while decoding.
public enum WebPPicture {
    /// Renditions are 1024 pixels at the longest edge; anything far larger isn't one.
    static let pixelLimit = 64 << 20

    /// The picture in a WebP file, at most as large as asked for and never larger than it is; its shape is kept.
    /// Nil when the bytes aren't a whole WebP picture.
    public static func decode(_ bytes: [UInt8], maxWidth: Int, maxHeight: Int) -> PixelImage? {
        var config = WebPDecoderConfig()
        guard WebPInitDecoderConfig(&config) != 0,
            WebPGetFeatures(bytes, bytes.count, &config.input) == VP8_STATUS_OK, config.input.has_animation == 0
        else { return nil }
        let (width, height) = (Int(config.input.width), Int(config.input.height))
        guard width > 0, height > 0, width * height <= pixelLimit, maxWidth > 0, maxHeight > 0 else { return nil }
        let scale = min(1, min(Double(maxWidth) / Double(width), Double(maxHeight) / Double(height)))
        let (outWidth, outHeight) = (
            max(1, Int((Double(width) * scale).rounded())), max(1, Int((Double(height) * scale).rounded()))
        )
        if scale < 1 {
            config.options.use_scaling = 1
            config.options.scaled_width = Int32(outWidth)
            config.options.scaled_height = Int32(outHeight)
        }
        var rgba = [UInt8](repeating: 0, count: outWidth * outHeight * 4)
        let status = rgba.withUnsafeMutableBufferPointer { pixels in
            config.output.colorspace = MODE_RGBA
            config.output.is_external_memory = 1
            // SAFETY: libwebp writes rows of outWidth x 4 bytes into a buffer of exactly that many rows, in this call.
            config.output.u.RGBA = WebPRGBABuffer(
                rgba: pixels.baseAddress, stride: Int32(outWidth * 4), size: pixels.count)
            return WebPDecode(bytes, bytes.count, &config)
        }
        WebPFreeDecBuffer(&config.output)
        return status == VP8_STATUS_OK ? PixelImage(width: outWidth, height: outHeight, rgba: rgba) : nil
    }
}
