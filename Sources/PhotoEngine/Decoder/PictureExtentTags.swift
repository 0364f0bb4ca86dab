import CVips
import Core

extension VipsPicture {
    /// `PictureTag`s of a picture as its loader returned it.
    var extentTags: [String: String] {
        var tags: [String: String] = [:]
        let frames = Int(vips_image_get_n_pages(pointer))
        if frames > 1 { tags[PictureTag.frames] = "\(frames)" }
        switch vips_image_get_format(pointer) {
        case VIPS_FORMAT_USHORT, VIPS_FORMAT_SHORT: tags[PictureTag.bits] = "16"
        case VIPS_FORMAT_UINT, VIPS_FORMAT_INT, VIPS_FORMAT_FLOAT: tags[PictureTag.bits] = "32"
        case VIPS_FORMAT_DOUBLE: tags[PictureTag.bits] = "64"
        default: break
        }
        return tags
    }

    /// Whether some pixel is less than opaque. Reads the whole picture.
    var isTransparent: Bool {
        guard vips_image_hasalpha(pointer) != 0 else { return false }
        var least = 0.0
        guard phototui_vips_least_alpha(pointer, &least) == 0 else {
            _ = VipsLibrary.takeError()
            return false
        }
        return switch vips_image_get_format(pointer) {
        case VIPS_FORMAT_UCHAR: least < 255
        case VIPS_FORMAT_USHORT: least < 65535
        default: false
        }
    }
}

extension JPEGSegment {
    /// How many pictures a multi-picture file has (CIPA DC-007, 5.2.3). Whole ones: its first, the views of a panorama or a stereo
    /// camera, and what is as large as the first without saying what it is; added ones: all others but previews, as the gain
    /// maps of phones are. One and none for any other file.
    static func pictureCount(of file: UnsafeRawBufferPointer) -> (whole: Int, added: Int) {
        let name = Array("MPF\0".utf8)
        var place = 2
        while let segment = JPEGSegment(file, at: place), segment.marker != Marker.startOfScan,
            segment.marker != Marker.endOfImage
        {
            let start = segment.parameters.lowerBound
            if segment.marker == Marker.profile, segment.parameters.count > name.count + 8,
                file[start..<start + name.count].elementsEqual(name)
            {
                return count(in: UnsafeRawBufferPointer(rebasing: file[start + name.count..<segment.end])) { offset in
                    size(in: file, after: start + name.count + offset + 2) == size(in: file, after: 2)
                }
            }
            place = segment.end
        }
        return (1, 0)
    }

    /// Of the index, which is written as TIFF is, from NumberOfImages and MPEntry; `isWhole` takes a picture's offset in the block.
    private static func count(
        in block: UnsafeRawBufferPointer, isWhole: (Int) -> Bool
    ) -> (whole: Int, added: Int) {
        let isLittle = block[0] == 0x49
        func number(_ place: Int, _ bytes: Int) -> Int? {
            guard place >= 0, place + bytes <= block.count else { return nil }
            let range = block[place..<place + bytes]
            return (isLittle ? Array(range.reversed()) : Array(range)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let index = number(4, 4), let fields = number(index, 2) else { return (1, 0) }
        func value(of tag: Int) -> Int? {
            (0..<min(fields, 64)).lazy.map { index + 2 + $0 * 12 }.first { number($0, 2) == tag }
                .flatMap { number($0 + 8, 4) }
        }
        guard let pictures = value(of: 0xB001), let entries = value(of: 0xB002) else { return (1, 0) }
        return (1..<max(1, min(pictures, 1000))).reduce(into: (whole: 1, added: 0)) { count, picture in
            let entry = entries + picture * 16
            guard let type = number(entry, 4).map({ $0 & 0xFF_FFFF }), let offset = number(entry + 8, 4) else { return }
            if type >> 16 == 2 || type == 0 && isWhole(offset) {
                count.whole += 1
            } else if type >> 16 != 1 {
                count.added += 1
            }
        }
    }

    /// Height and width of the picture whose first segment is at `place` (ITU-T T.81, B.2.2).
    private static func size(in file: UnsafeRawBufferPointer, after place: Int) -> [UInt8]? {
        var place = place
        while let segment = JPEGSegment(file, at: place), segment.marker != Marker.startOfScan {
            let isFrame = (0xC0...0xCF).contains(segment.marker) && ![0xC4, 0xC8, 0xCC].contains(segment.marker)
            if isFrame, segment.parameters.count >= 5 {
                return Array(file[segment.parameters.lowerBound + 1..<segment.parameters.lowerBound + 5])
            }
            place = segment.end
        }
        return nil
    }
}
