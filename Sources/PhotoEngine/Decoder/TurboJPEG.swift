import CTurboJPEG
import CVips
import Core
import Duplicates

/// A JPEG that libjpeg-turbo decodes by itself: libvips' loader costs as much again, in threads, caches and copies of its own.
struct TurboJPEG {
    let size: PixelSize
    private let file: UnsafeRawBufferPointer
    private let isGrey: Bool

    /// Nil for a JPEG that stores neither grey nor luma and colours (RGB, CMYK), and for a damaged header.
    init?(_ file: UnsafeRawBufferPointer) {
        guard let decoder = Self.decoder, let start = file.baseAddress else { return nil }
        var (width, height, subsampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard
            tjDecompressHeader3(
                decoder, start.assumingMemoryBound(to: UInt8.self), UInt(file.count), &width, &height, &subsampling,
                &colours) == 0,
            colours == Int32(TJCS_YCbCr.rawValue) || colours == Int32(TJCS_GRAY.rawValue)
        else { return nil }
        self.file = file
        size = PixelSize(width: Int(width), height: Int(height))
        isGrey = colours == Int32(TJCS_GRAY.rawValue)
    }

    /// By how much libjpeg may shrink it so that the longest edge stays at least `edge`: 8, 4, 2 or 1.
    static func shrink(of size: PixelSize, atLeast edge: Int) -> Int {
        [8, 4, 2].first { max(size.width, size.height) / $0 >= edge } ?? 1
    }

    /// The pHash of the luma, the colours left undecoded; nil where it is damaged.
    func hashOfLuma(atLeast edge: Int) -> PerceptualHash? {
        let shrink = Self.shrink(of: size, atLeast: edge)
        let shrunk = shrunk(by: shrink)
        // At an eighth of its size a block is its mean, which progressive files keep in scans of their own.
        let means = shrink == 8 ? ProgressiveJPEG.means(of: file) : nil
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: shrunk.pixels) { pixels in
            let isWhole =
                means?.withUnsafeBytes { Self.decode($0, to: shrunk, TJPF_GRAY, pixels) } ?? false
                || Self.decode(file, to: shrunk, TJPF_GRAY, pixels)
            guard isWhole else { return nil }
            return PerceptualHashing.hash(
                grey: UnsafeBufferPointer(pixels), width: shrunk.width, height: shrunk.height)
        }
    }

    /// Its grey or RGB pixels and their profile; nil where it is damaged.
    func picture(atLeast edge: Int) -> VipsPicture? {
        let shrunk = shrunk(by: Self.shrink(of: size, atLeast: edge))
        let bands: Int32 = isGrey ? 1 : 3
        guard let image = phototui_vips_memory(Int32(shrunk.width), Int32(shrunk.height), bands) else { return nil }
        let picture = VipsPicture(owning: image)
        // SAFETY: libvips allocated width * height * bands bytes, which nobody else has seen yet.
        let pixels = vips_image_get_data(image).map {
            UnsafeMutableBufferPointer(
                start: UnsafeMutableRawPointer(mutating: $0).assumingMemoryBound(to: UInt8.self),
                count: shrunk.pixels * Int(bands))
        }
        guard let pixels, Self.decode(file, to: shrunk, isGrey ? TJPF_GRAY : TJPF_RGB, pixels) else { return nil }
        if let profile = JPEGSegment.profile(of: file) { picture.setProfile(profile) }
        return picture
    }

    private func shrunk(by shrink: Int) -> PixelSize {
        PixelSize(width: (size.width + shrink - 1) / shrink, height: (size.height + shrink - 1) / shrink)
    }

    /// False where anything is wrong with the file.
    private static func decode(
        _ file: UnsafeRawBufferPointer, to size: PixelSize, _ format: TJPF, _ pixels: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        let bytes = file.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return tjDecompress2(
            decoder, bytes, UInt(file.count), pixels.baseAddress, Int32(size.width), 0, Int32(size.height),
            Int32(format.rawValue), TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) == 0
    }

    // SAFETY: the process answers one request at a time.
    nonisolated(unsafe) private static let decoder = tjInitDecompress()
}
