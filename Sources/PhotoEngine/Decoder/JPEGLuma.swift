import CTurboJPEG
import Core
import Duplicates

/// The luma of a JPEG, shrunk while it decodes: libjpeg leaves the colours undecoded.
struct JPEGLuma {
    private let pixels: [UInt8]
    private let width: Int
    private let height: Int

    /// Nil for a JPEG that stores no luma (RGB, CMYK), is damaged, or has more pixels than the limit.
    init?(_ file: UnsafeRawBufferPointer, atLeast edge: Int, pixelLimit: Int) {
        guard let decoder = Self.decoder, let start = file.baseAddress else { return nil }
        var (width, height, subsampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        guard
            tjDecompressHeader3(decoder, bytes, UInt(file.count), &width, &height, &subsampling, &colours) == 0,
            colours == Int32(TJCS_YCbCr.rawValue) || colours == Int32(TJCS_GRAY.rawValue),
            Int(width) * Int(height) <= pixelLimit
        else { return nil }
        let shrink = [8, 4, 2].first { Int(max(width, height)) / $0 >= edge } ?? 1
        // At an eighth of its size a block is its mean, which progressive files keep in scans of their own.
        let means = shrink == 8 ? ProgressiveJPEG.means(of: file) : nil
        let (shrunkWidth, shrunkHeight) = ((Int(width) + shrink - 1) / shrink, (Int(height) + shrink - 1) / shrink)
        var isWhole = false
        let decoded = [UInt8](unsafeUninitializedCapacity: shrunkWidth * shrunkHeight) { pixels, count in
            func decode(_ source: UnsafeRawBufferPointer) -> Bool {
                let bytes = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return tjDecompress2(
                    decoder, bytes, UInt(source.count), pixels.baseAddress, Int32(shrunkWidth), 0, Int32(shrunkHeight),
                    Int32(TJPF_GRAY.rawValue), TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) == 0
            }
            isWhole = means?.withUnsafeBytes(decode) ?? false || decode(file)
            count = isWhole ? shrunkWidth * shrunkHeight : 0
        }
        guard isWhole else { return nil }
        (pixels, self.width, self.height) = (decoded, shrunkWidth, shrunkHeight)
    }

    func perceptualHash() -> PerceptualHash {
        pixels.withUnsafeBufferPointer { PerceptualHashing.hash(grey: $0, width: width, height: height) }
    }

    // SAFETY: the process answers one request at a time.
    nonisolated(unsafe) private static let decoder = tjInitDecompress()
}
