public import Core

extension Photo {

    /// What programs call themselves in the files they write.
    static let programTags = ["Exif.Image.Software", "Xmp.xmp.CreatorTool", "Exif.Image.ProcessingSoftware"]
    static let exposureBiasTag = "Exif.Photo.ExposureBiasValue"
    static let exposureModeTag = "Exif.Photo.ExposureMode"

    /// What only an edited file has.
    static func isOfEditing(_ tag: String) -> Bool { tag.hasPrefix("Xmp.xmpMM.DerivedFrom") }

    /// What the parts of a live photo share.
    static func isContentIdentifier(_ tag: String) -> Bool {
        tag.hasSuffix(".ContentIdentifier") || tag == "Exif.Apple.0x0011" || tag.hasSuffix(".MediaGroupUUID")
    }

    /// What the shots of a burst share.
    static func isBurstIdentifier(_ tag: String) -> Bool {
        tag.hasSuffix(".BurstUUID") || tag.hasSuffix(".BurstID")
    }

    /// Whether the keeper rules or the recognition of stacks read the tag of this name.
    @Sendable public static func isWeighed(_ tag: String) -> Bool {
        programTags.contains(tag) || tag == exposureBiasTag || tag == exposureModeTag || isOfEditing(tag)
            || isContentIdentifier(tag) || isBurstIdentifier(tag) || PictureExtent.isOfFilm(tag)
            || [PictureTag.frames, PictureTag.added, PictureTag.bits, PictureTag.alpha].contains(tag)
    }
}
