public import SystemPackage

/// The film of a live photo: a file beside the photo's, which has the same identifier in its metadata. It is none of the library's
/// photos, stays where it is, and goes along where its photo is exported.
public enum Film {
    /// Why the catalogue has no photo of such a file, and what it is found by.
    public static func reason(_ identifier: String) -> String { "the film of the live photo \(identifier)" }

    /// Of any other video.
    public static let otherReason = "a video, and of no live photo"

    public static func isName(_ path: FilePath) -> Bool {
        ["mov", "mp4", "m4v"].contains(path.extension?.lowercased() ?? "")
    }

    /// As cameras write them: letters, digits and hyphens, 64 at most.
    public static func isIdentifier(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0 == "-" || $0.isASCII && $0.properties.isAlphabetic || ("0"..."9") ~= $0
            }
    }
}

extension Photo {
    /// What the film of a live photo has in common with it; nil for other photos.
    public var filmIdentifier: String? {
        metadata.tags["Exif.Apple.ContentIdentifier"].flatMap { Film.isIdentifier($0) ? $0 : nil }
    }
}
