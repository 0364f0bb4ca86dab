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
        // Of an animation it says that some frame changes only part of the picture.
        if frames <= 1, vips_image_hasalpha(pointer) != 0 { tags[PictureTag.alpha] = "1" }
        return tags
    }
}

extension JPEGSegment {
    /// How many pictures a multi-picture file says it has (CIPA DC-007, 5.2.3.2); 1 for any other.
    static func pictureCount(of file: UnsafeRawBufferPointer) -> Int {
        let name = Array("MPF\0".utf8)
        var place = 2
        while let segment = JPEGSegment(file, at: place), segment.marker != Marker.startOfScan,
            segment.marker != Marker.endOfImage
        {
            let start = segment.parameters.lowerBound
            if segment.marker == Marker.profile, segment.parameters.count > name.count + 8,
                file[start..<start + name.count].elementsEqual(name)
            {
                return count(in: UnsafeRawBufferPointer(rebasing: file[start + name.count..<segment.end]))
            }
            place = segment.end
        }
        return 1
    }

    /// NumberOfImages of the index, which is written as TIFF is.
    private static func count(in block: UnsafeRawBufferPointer) -> Int {
        let isLittle = block[0] == 0x49
        func number(_ place: Int, _ bytes: Int) -> Int? {
            guard place >= 0, place + bytes <= block.count else { return nil }
            let range = block[place..<place + bytes]
            return (isLittle ? Array(range.reversed()) : Array(range)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let index = number(4, 4), let entries = number(index, 2) else { return 1 }
        for entry in 0..<min(entries, 64) {
            let place = index + 2 + entry * 12
            if number(place, 2) == 0xB001 { return max(1, min(number(place + 8, 4) ?? 1, 1000)) }
        }
        return 1
    }
}
