public import SystemPackage

/// The film of a live photo: a file beside the photo's, which has the same identifier in its metadata. It is none of the library's
/// photos, and goes wherever its photo goes: it is copied, uploaded, promoted, exported and removed with it.
public enum Film {
    /// Where a photo tells what it shares with its film.
    public static let identifierTag = "Exif.Apple.ContentIdentifier"

    /// Why the catalogue has no photo of such a file, and what it is found by.
    public static func reason(_ identifier: String) -> String { reasonPrefix + identifier }
    private static let reasonPrefix = "the film of the live photo "

    /// What a file is the film of, by why it is no photo; nil for any other file.
    public static func identifier(reason: String) -> String? {
        guard reason.hasPrefix(reasonPrefix) else { return nil }
        let identifier = String(reason.dropFirst(reasonPrefix.count))
        return isIdentifier(identifier) ? identifier : nil
    }

    /// Of any other video.
    public static let otherReason = "a video, and of no live photo"

    private static let extensions = ["mov", "mp4", "m4v"]

    public static func isName(_ path: FilePath) -> Bool { extensions.contains(path.extension?.lowercased() ?? "") }

    /// As the name of the film's file has it; of any other name, that of Apple's own.
    public static func fileExtension(of path: FilePath) -> String {
        extensions.first { $0 == path.extension?.lowercased() } ?? "mov"
    }

    /// As cameras write them: letters, digits and hyphens, 64 at most.
    public static func isIdentifier(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0 == "-" || $0.isASCII && $0.properties.isAlphabetic || ("0"..."9") ~= $0
            }
    }

    /// What a photo with these tags shares with its film; nil where it is no live photo.
    public static func identifier(in tags: [String: String]) -> String? {
        tags[identifierTag].flatMap { isIdentifier($0) ? $0 : nil }
    }
}

/// The library's own copy of a film.
public struct StoredFilm: Hashable, Sendable {
    /// What it shares with its photo.
    public let identifier: String
    public let sha256: SHA256Digest
    /// `modified` is the file's that it was copied from.
    public let fingerprint: FileFingerprint
    public let key: ObjectKey
    /// The file that it was before its library was promoted.
    public let earlier: FilePath?

    public init(
        identifier: String, sha256: SHA256Digest, fingerprint: FileFingerprint, key: ObjectKey, earlier: FilePath? = nil
    ) {
        self.earlier = earlier
        (self.identifier, self.sha256, self.fingerprint, self.key) = (identifier, sha256, fingerprint, key)
    }
}

extension Photo {
    /// What the film of a live photo has in common with it; nil for other photos.
    public var filmIdentifier: String? { Film.identifier(in: metadata.tags) }
}
