import CVips
import Core

extension VipsPicture {
    /// 8-bit grey or RGB without alpha, in the picture's own colour space: what both the pHash and a resize need. Transparent
    /// parts lie on white, as on paper.
    func plain() throws -> VipsPicture {
        var picture = self
        let interpretation = vips_image_get_interpretation(pointer)
        let isPlain = interpretation == VIPS_INTERPRETATION_sRGB || interpretation == VIPS_INTERPRETATION_B_W
        if interpretation == VIPS_INTERPRETATION_CMYK {
            picture = try picture.applying(phototui_vips_icc_to_srgb)
        } else if !isPlain || vips_image_get_format(pointer) != VIPS_FORMAT_UCHAR {
            picture = try picture.applying(phototui_vips_to_srgb)
        }
        if picture.hasAlpha {
            picture = try picture.applying { phototui_vips_flatten($0, $1, 255, 255, 255) }
        }
        if picture.bands == 2 || picture.bands > 3 {
            let count: Int32 = picture.bands == 2 ? 1 : 3
            picture = try picture.applying { phototui_vips_extract_bands($0, $1, count) }
        }
        if vips_image_get_format(picture.pointer) != VIPS_FORMAT_UCHAR {
            picture = try picture.applying(phototui_vips_cast_uchar)
        }
        return picture
    }

    /// Converted from its embedded profile to sRGB; unchanged when it has none, has sRGB's own, or has a broken one.
    func inSRGB() throws -> VipsPicture {
        guard let profile = blob("icc-profile-data"), !Self.describesSRGB(profile) else { return self }
        // A profile of another kind of picture, grey ones' in a colour picture, say, ends in bands that nobody can read.
        guard let converted = try? applying(phototui_vips_icc_to_srgb).plain().inMemory() else {
            vips_error_clear()
            return self
        }
        return converted
    }

    /// sRGB's profiles say so in their description, as ASCII (ICC v2) or UTF-16 (v4).
    private static func describesSRGB(_ profile: [UInt8]) -> Bool {
        let head = profile.prefix(1024).filter { $0 != 0 }
        return zip(head, zip(head.dropFirst(), zip(head.dropFirst(2), head.dropFirst(3)))).contains {
            $0.0 == UInt8(ascii: "s") && $0.1.0 == UInt8(ascii: "R") && $0.1.1.0 == UInt8(ascii: "G")
                && $0.1.1.1 == UInt8(ascii: "B")
        }
    }

    /// Turned upright: the inverse of what EXIF orientation says of the stored rows (TIFF 6.0, tag 274).
    func upright(_ orientation: Orientation) throws -> VipsPicture {
        let turns: Int32
        switch orientation {
        case .upright, .mirrored: turns = 0
        case .rotated180, .flipped: turns = 2
        case .transposed, .rotated90: turns = 1
        case .transversed, .rotated270: turns = 3
        }
        var picture = turns == 0 ? self : try applying { phototui_vips_rotate($0, $1, turns) }
        switch orientation {
        case .mirrored, .flipped, .transposed, .transversed:
            picture = try picture.applying(phototui_vips_mirror)
        default: break
        }
        return try picture.inMemory()
    }
}
