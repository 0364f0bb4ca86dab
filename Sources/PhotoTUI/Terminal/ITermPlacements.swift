import CJPEGEncoder
import Grid

/// iTerm2's inline images: JPEG files painted into the screen's cells, where text erases them; nothing is kept
/// (iterm2.com/documentation-images.html). WezTerm, mintty and mlterm know them, too.
struct ITermPlacements: ImagePlacements {
    /// Of a JPEG file, 1 to 100.
    static let quality = 80
    /// Whether the terminal moves pixels with the lines that they stand on.
    let scrollsWithText: Bool

    var capabilities: ImageCapabilities {
        // A file's tables alone are some 600 bytes: few cells don't pay for them.
        ImageCapabilities(
            format: .pixels, keepsUploads: false, isMadeOfCells: false, survivesClear: false,
            scrollsWithText: scrollsWithText, bytesPerPlacement: 900, leastPaintedCells: 28)
    }

    func upload(_ image: EncodedImage, as slot: ImageSlot, pieceLength: Int) -> [[UInt8]] { [] }
    func abandon(_ slot: ImageSlot) -> [UInt8] { [] }
    func remove(_ placement: ImagePlacement) -> [UInt8] { [] }
    func free(_ slot: ImageSlot) -> [UInt8] { [] }
    var freeAll: [UInt8] { [] }

    /// The protocol can't show a part of a picture, so that each part is a file of its own.
    func place(_ placement: ImagePlacement, of image: EncodedImage) -> [UInt8] {
        guard case .pixels(let picture) = image.content else { return [] }
        let (rect, part) = (placement.rect, placement.part)
        let columns =
            part.column * picture.width / image.size.columns..<part.endColumn * picture.width / image.size.columns
        let rows = part.row * picture.height / image.size.rows..<part.endRow * picture.height / image.size.rows
        guard let file = Self.file(picture, columns: columns, rows: rows) else { return [] }
        let head =
            "\u{1b}[\(rect.row + 1);\(rect.column + 1)H\u{1b}]1337;File=inline=1;size=\(file.count);"
            + "width=\(rect.columns);height=\(rect.rows);preserveAspectRatio=0;doNotMoveCursor=1:"
        return Array(head.utf8) + Base64.encode(file) + [0x07]
    }

    /// A JPEG file of a part of a picture, whatever of it is transparent as it is without that; nil where there is none.
    static func file(_ picture: PixelImage, columns: Range<Int>, rows: Range<Int>) -> [UInt8]? {
        guard !columns.isEmpty, !rows.isEmpty, columns.upperBound <= picture.width, rows.upperBound <= picture.height,
            let encoder = tjInitCompress()
        else { return nil }
        defer { tjDestroy(encoder) }
        var file: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        let pitch = picture.width * 4
        // SAFETY: libturbojpeg reads columns.count pixels of each of rows.count lines, a pitch apart, which lie within the
        // picture as was looked at above.
        let result = picture.rgba.withUnsafeBufferPointer { pixels in
            tjCompress2(
                encoder, pixels.baseAddress! + rows.lowerBound * pitch + columns.lowerBound * 4, Int32(columns.count),
                Int32(pitch), Int32(rows.count), Int32(PHOTOTUI_TJPF_RGBX), &file, &count,
                Int32(PHOTOTUI_TJSAMP_420), Int32(quality), 0)
        }
        defer { tjFree(file) }
        guard result == 0, let file else { return nil }
        // SAFETY: it allocated so many bytes, which are freed after they were copied.
        return Array(UnsafeBufferPointer(start: file, count: Int(count)))
    }
}
