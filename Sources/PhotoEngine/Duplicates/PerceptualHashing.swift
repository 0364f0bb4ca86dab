public import Core

/// pHash as Python's imagehash 4.3 with Pillow 12 computes it, bit for bit: Pillow's integer Lanczos resize to 32 x 32
/// (two passes, horizontal first, 8 bits between), a DCT-II, and the median of its lowest 8 x 8 coefficients.
/// Sources: imagehash `phash`, Pillow `Resample.c`.
public enum PerceptualHashing {
    /// The hash of a grey picture: `width * height` bytes, rows top to bottom without padding.
    public static func hash(grey: UnsafeBufferPointer<UInt8>, width: Int, height: Int) -> PerceptualHash {
        precondition(width > 0 && height > 0 && grey.count == width * height)
        return hash(width: width, height: height) { row, line in
            for x in 0..<width { line[x] = Int32(grey[row * width + x]) }
        }
    }

    /// The hash of an RGB picture of `channels` bytes a pixel (3, or 4 whose last is ignored), rows without padding.
    public static func hash(
        rgb: UnsafeBufferPointer<UInt8>, width: Int, height: Int, channels: Int = 3
    ) -> PerceptualHash {
        precondition(width > 0 && height > 0 && channels >= 3 && rgb.count == width * height * channels)
        let base = rgb.baseAddress!
        return hash(width: width, height: height) { row, line in
            // SAFETY: the precondition holds every index below rgb.count.
            let pixels = base + row * width * channels
            for x in 0..<width {
                let red = Int32(pixels[x * channels])
                let green = Int32(pixels[x * channels + 1])
                let blue = Int32(pixels[x * channels + 2])
                line[x] = (red &* 19_595 &+ green &* 38_470 &+ blue &* 7_471 &+ 0x8000) >> 16
            }
        }
    }

    /// `fill` writes the luma of a row, 0 to 255.
    private static func hash(
        width: Int, height: Int, fill: (_ row: Int, _ line: UnsafeMutableBufferPointer<Int32>) -> Void
    ) -> PerceptualHash {
        let columns = LanczosFilter(from: width, to: side)
        var narrow = [UInt8](repeating: 0, count: height * side)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: width) { line in
            for row in 0..<height {
                fill(row, line)
                for column in 0..<side { narrow[row * side + column] = columns.sample(line, at: column) }
            }
        }
        let rows = LanczosFilter(from: height, to: side)
        var small = [Double](repeating: 0, count: side * side)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: height) { line in
            for column in 0..<side {
                for row in 0..<height { line[row] = Int32(narrow[row * side + column]) }
                for row in 0..<side { small[row * side + column] = Double(rows.sample(line, at: row)) }
            }
        }
        return hash(small: small)
    }

    private static func hash(small: [Double]) -> PerceptualHash {
        let basis = cosines
        var vertical = [Double](repeating: 0, count: kept * side)
        for frequency in 0..<kept {
            for column in 0..<side {
                var sum = 0.0
                for row in 0..<side { sum += basis[frequency * side + row] * small[row * side + column] }
                vertical[frequency * side + column] = sum
            }
        }
        var coefficients = [Double](repeating: 0, count: kept * kept)
        for row in 0..<kept {
            for frequency in 0..<kept {
                var sum = 0.0
                for column in 0..<side { sum += vertical[row * side + column] * basis[frequency * side + column] }
                // A flat picture's coefficients are 0, as an FFT gives them, not the rounding errors of this sum.
                coefficients[row * kept + frequency] = abs(sum) < 1e-7 ? 0 : sum
            }
        }
        let sorted = coefficients.sorted()
        let median = (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
        return PerceptualHash(bits: coefficients.reduce(0) { $0 << 1 | ($1 > median ? 1 : 0) })
    }

    private static let side = 32
    private static let kept = 8

    /// 2 cos(pi k (2n + 1) / 64) for the lowest frequencies.
    private static let cosines: [Double] = (0..<kept).flatMap { frequency in
        (0..<side).map { 2 * cosine(Double.pi * Double(frequency * (2 * $0 + 1)) / Double(2 * side)) }
    }
}
