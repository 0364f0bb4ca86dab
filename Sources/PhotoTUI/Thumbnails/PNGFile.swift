import CZlib
public import Grid

/// Writes PNG files (RFC 2083) for terminals: 8 bits a channel or a palette, not interlaced.
public enum PNGFile {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    /// A picture of few colours: about a third of the bytes of all its colours.
    public static func encode(_ image: IndexedImage) -> [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity((image.width + 1) * image.height)
        for row in 0..<image.height {
            // Filters, which help gradients, make indices worse.
            rows.append(0)
            rows += image.indices[row * image.width..<(row + 1) * image.width]
        }
        var file = signature
        append("IHDR", header(image.width, image.height, colorType: 3), to: &file)
        append("PLTE", image.palette.flatMap { [$0.red, $0.green, $0.blue] }, to: &file)
        if let transparent = image.transparent {
            append("tRNS", [UInt8](repeating: 255, count: Int(transparent)) + [0], to: &file)
        }
        append("IDAT", deflated(rows), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// A picture with all its colours.
    public static func encode(_ image: PixelImage) -> [UInt8] {
        let isOpaque = stride(from: 3, to: image.rgba.count, by: 4).allSatisfy { image.rgba[$0] == 255 }
        let channels = isOpaque ? 3 : 4
        let length = image.width * channels
        var rows: [UInt8] = []
        rows.reserveCapacity((length + 1) * image.height)
        var before = [UInt8](repeating: 0, count: length)
        var line = before
        for row in 0..<image.height {
            for column in 0..<image.width {
                let pixel = (row * image.width + column) * 4
                for channel in 0..<channels { line[column * channels + channel] = image.rgba[pixel + channel] }
            }
            appendFiltered(line, before, channels, to: &rows)
            swap(&line, &before)
        }
        var file = signature
        append("IHDR", header(image.width, image.height, colorType: isOpaque ? 2 : 6), to: &file)
        append("IDAT", deflated(rows), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// The filter of least absolute sum, of Sub, Up and Paeth.
    private static func appendFiltered(
        _ line: [UInt8], _ before: [UInt8], _ channels: Int, to rows: inout [UInt8]
    ) {
        var best: (sum: Int, filter: UInt8, bytes: [UInt8]) = (.max, 0, [])
        for filter in [1, 2, 4] as [UInt8] {
            var (sum, bytes) = (0, [UInt8](repeating: 0, count: line.count))
            for place in line.indices {
                let left = place >= channels ? Int(line[place - channels]) : 0
                let up = Int(before[place])
                let corner = place >= channels ? Int(before[place - channels]) : 0
                let guess = filter == 1 ? left : filter == 2 ? up : paeth(left, up, corner)
                let value = UInt8(truncatingIfNeeded: Int(line[place]) - guess)
                bytes[place] = value
                sum += abs(Int(Int8(bitPattern: value)))
            }
            if sum < best.sum { best = (sum, filter, bytes) }
        }
        rows.append(best.filter)
        rows += best.bytes
    }

    private static func paeth(_ left: Int, _ up: Int, _ corner: Int) -> Int {
        let guess = left + up - corner
        let (a, b, c) = (abs(guess - left), abs(guess - up), abs(guess - corner))
        return a <= b && a <= c ? left : b <= c ? up : corner
    }

    private static func header(_ width: Int, _ height: Int, colorType: UInt8) -> [UInt8] {
        bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, colorType, 0, 0, 0]
    }

    private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
        let body = Array(type.utf8) + data
        file += bigEndian(UInt32(data.count)) + body
        file += bigEndian(UInt32(truncatingIfNeeded: crc32(0, body, UInt32(body.count))))
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var length = compressBound(UInt(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(length))
        // SAFETY: zlib writes at most the length it is told, which is the buffer's, and tells how much it wrote.
        let status = compress2(&result, &length, bytes, UInt(bytes.count), 9)
        precondition(status == Z_OK, "compressBound is enough, as zlib says")
        return Array(result[..<Int(length)])
    }
}
