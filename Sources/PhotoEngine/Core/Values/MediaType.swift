/// The picture formats that phototui knows, recognised by content, never by name.
public enum MediaType: String, Sendable, CaseIterable, Codable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    case webp = "image/webp"
    case avif = "image/avif"
    case heic = "image/heic"
    case tiff = "image/tiff"
    case gif = "image/gif"
    case jxl = "image/jxl"
    /// Any camera's raw format; shown through its embedded preview.
    case raw = "image/x-raw"

    /// The usual file extension, without a dot.
    public var fileExtension: String {
        switch self {
        case .jpeg: "jpg"
        case .png: "png"
        case .webp: "webp"
        case .avif: "avif"
        case .heic: "heic"
        case .tiff: "tif"
        case .gif: "gif"
        case .jxl: "jxl"
        case .raw: "raw"
        }
    }
}
