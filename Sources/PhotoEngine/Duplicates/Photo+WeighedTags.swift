public import Core

extension Photo {
    /// The photo with those of its tags alone that the keeper rules and the recognition of stacks read. A camera writes a
    /// hundred, which a cluster of many thousand photos has no room for.
    public var withWeighedTags: Photo {
        var photo = self
        photo.metadata.tags = metadata.tags.filter { Self.isWeighed($0.key) }
        return photo
    }

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

    private static func isWeighed(_ tag: String) -> Bool {
        programTags.contains(tag) || tag == exposureBiasTag || tag == exposureModeTag || isOfEditing(tag)
            || isContentIdentifier(tag)
    }
}
