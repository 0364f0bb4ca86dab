public import SystemPackage

/// What a promotion must know of a photo to bring its original over.
public struct PromotedPhoto: Sendable {
    public let id: PhotoID
    public let sha256: SHA256Digest
    public let mediaType: MediaType
    public let byteCount: ByteCount
    /// Untrusted.
    public let filename: String
    /// When it was taken: `2024-07-12`.
    public let day: String
    public let original: OriginalLocation
    public let isMissing: Bool
    /// Where the original was before an earlier promotion.
    public let earlier: OriginalLocation?
    /// The files that are known to hold the photo's bytes, those that are there first.
    public let files: [FilePath]
    /// This key, or one like it under which no original was removed for good.
    public let unusedKey: @Sendable (ObjectKey) -> ObjectKey

    public init(
        id: PhotoID, sha256: SHA256Digest, mediaType: MediaType, byteCount: ByteCount, filename: String, day: String,
        original: OriginalLocation, isMissing: Bool, earlier: OriginalLocation?, files: [FilePath],
        unusedKey: @escaping @Sendable (ObjectKey) -> ObjectKey
    ) {
        (self.id, self.sha256, self.mediaType, self.byteCount) = (id, sha256, mediaType, byteCount)
        (self.filename, self.day, self.original, self.isMissing) = (filename, day, original, isMissing)
        (self.earlier, self.files, self.unusedKey) = (earlier, files, unusedKey)
    }
}

/// A photo came into the library after its originals were brought over.
public struct UnpromotedPhoto: Error {
    public init() {}
}

/// What the journal says of a promotion.
public enum PromotionEntry {
    public static let action = "promote"
    public static let abortion = "give up promotion"
    /// What is said of an owner whether or not there is a library of theirs.
    public static let ofOwners = [action, abortion, "set quota"]
}
