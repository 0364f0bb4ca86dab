internal import CWebP
public import Core

/// Decodes renditions within this process: WebP of our own encoder, checked as anybody's.
public enum RenditionPicture {
    /// The pixels of a WebP file at its own size; nil when the bytes aren't a whole still picture no larger than a rendition may be.
    public static func pixels(_ bytes: [UInt8]) -> PixelBuffer? {
        var config = WebPDecoderConfig()
        guard WebPInitDecoderConfig(&config) != 0,
            WebPGetFeatures(bytes, bytes.count, &config.input) == VP8_STATUS_OK, config.input.has_animation == 0
        else { return nil }
        let (width, height) = (Int(config.input.width), Int(config.input.height))
        let edges = 1...RenditionKind.possibleSizes.upperBound
        guard edges.contains(width), edges.contains(height) else { return nil }
        var rgb = [UInt8](repeating: 0, count: width * height * 3)
        let status = rgb.withUnsafeMutableBufferPointer { pixels in
            config.output.colorspace = MODE_RGB
            config.output.is_external_memory = 1
            // SAFETY: libwebp writes rows of width x 3 bytes into a buffer of exactly that many rows, in this call.
            config.output.u.RGBA = WebPRGBABuffer(
                rgba: pixels.baseAddress, stride: Int32(width * 3), size: pixels.count)
            return WebPDecode(bytes, bytes.count, &config)
        }
        WebPFreeDecBuffer(&config.output)
        return status == VP8_STATUS_OK ? PixelBuffer(size: PixelSize(width: width, height: height), rgb: rgb) : nil
    }
}
