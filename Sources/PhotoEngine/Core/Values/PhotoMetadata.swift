/// What a photo's own metadata (EXIF, IPTC, XMP) says of it. Text is untrusted: show it through `displayEscaped`.
public struct PhotoMetadata: Hashable, Sendable, Codable {
    /// nil when no metadata tells it; the caller falls back to the file's name, then to its modification time.
    public var captureTime: CaptureTime?
    public var orientation: Orientation = .upright
    public var cameraMake: String?
    public var cameraModel: String?
    public var lens: String?
    public var exposure = Exposure()
    public var position: GeoPosition?
    /// City, region and country as the photo's IPTC or XMP names them.
    public var place: String?
    /// 0 to 5, from XMP; nil when unrated.
    public var rating: Int?
    public var caption: String?
    public var keywords: [String] = []
    /// The standard EXIF, IPTC and XMP tags as read, keyed by their exiv2 name (`Exif.Photo.ISOSpeedRatings`), values
    /// cut at 1,000 bytes; maker notes and embedded thumbnails are left out.
    public var tags: [String: String] = [:]

    public init() {}
}

/// How a photo was exposed; each value nil where unknown.
public struct Exposure: Hashable, Sendable, Codable {
    /// Exposure time in seconds.
    public var seconds: Double?
    /// The f-number.
    public var aperture: Double?
    public var iso: Int?
    /// Focal length in millimetres, as the lens is marked.
    public var focalLength: Double?
    /// Focal length in millimetres on 35 mm film.
    public var focalLength35mm: Double?
    public var flashFired: Bool?

    public init() {}
}
