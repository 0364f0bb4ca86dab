public import Core

/// What a file holds beyond the one picture of eight bits a channel that is shown of it.
public struct PictureExtent: Sendable {
    private let frames: Int
    private let added: Int
    private let bits: Int
    private let hasFilm: Bool
    private let hasAlpha: Bool
    private let isPaged: Bool

    public init(of photo: Photo) {
        let tags = photo.metadata.tags
        frames = tags[PictureTag.frames].flatMap { Int($0) } ?? 1
        added = tags[PictureTag.added].flatMap { Int($0) } ?? 0
        bits = tags[PictureTag.bits].flatMap { Int($0) } ?? 8
        hasFilm = tags.contains { Self.isOfFilm($0.key) && $0.value == "1" }
        hasAlpha = tags[PictureTag.alpha] == "1"
        isPaged = photo.mediaType == .tiff
    }

    /// What it has more of, after the photo's name; nil where it has nothing that the other lacks.
    public func excess(over other: PictureExtent) -> String? {
        if hasFilm, !other.hasFilm { return "has a film behind its picture" }
        if frames > other.frames { return "has \(frames) \(isPaged ? "pages" : "frames")" }
        if added > other.added { return "has a picture that adds to it, as a gain map does (HDR)" }
        if bits > other.bits { return "has \(bits) bits a channel" }
        return nil
    }

    /// What would be lost of it, or may be, as nobody compares more than the first picture, were the other kept; after the photo's
    /// name. Nil where that is nothing.
    public func loss(keeping other: PictureExtent) -> String? {
        if let excess = excess(over: other) { return excess }
        if hasFilm { return "has a film behind its picture" }
        if frames > 1 { return "has \(frames) \(isPaged ? "pages" : "frames"), of which one was compared" }
        return hasAlpha && !other.hasAlpha ? "is transparent in parts" : nil
    }

    /// Google's motion photos (Motion Photo format 1.0, and the older Micro Video), and what the decoder found.
    static func isOfFilm(_ tag: String) -> Bool {
        tag.hasSuffix(".MotionPhoto") || tag.hasSuffix(".MicroVideo") || tag == PictureTag.film
    }
}
