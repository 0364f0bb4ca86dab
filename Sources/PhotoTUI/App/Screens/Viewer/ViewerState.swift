public import Core
public import Grid

/// One photo, as large as the screen lets it be.
public struct ViewerState: Sendable {
    public var photo: PhotoID?
    public var entry: TimelineEntry?
    public var details: PhotoDetails?
    public var zoom = PictureZoom()
    public var showsInfo = false
    /// What is on screen, and for which request it was made.
    public var shown: (picture: Grid, request: PictureRequest)?
    /// Why there is no picture.
    public var failure: String?
    public var isSharp = false
    var slideshow: RequestID?
    var photoRequest: RequestID?
    /// Whether the photo may have been changed since its details were read.
    var isStale = false
    var pictureRequest: (id: RequestID, wanted: PictureRequest)?

    init() {}

    public var isPlaying: Bool { slideshow != nil }

    /// The upright size, once it is known.
    public var pixelSize: PixelSize? { entry?.pixelSize }

    static let slideSeconds = 4.0

    mutating func photoLoaded(_ request: RequestID, _ loaded: PhotoDetails?) {
        guard request == photoRequest else { return }
        photoRequest = nil
        details = loaded
    }

    /// They stay on screen until they are there anew.
    mutating func forgetDetails() { isStale = true }

    mutating func pictureLoaded(_ request: RequestID, _ picture: Grid, isFinal: Bool) {
        guard let current = pictureRequest, request == current.id else { return }
        shown = (picture, current.wanted)
        failure = nil
        isSharp = isFinal
    }

    mutating func failed(_ request: RequestID, _ error: EngineError) {
        if request == photoRequest { photoRequest = nil }
        guard let current = pictureRequest, request == current.id else { return }
        // A coarse picture is better than none; the reason stands below it.
        failure = error.description
        isSharp = true
    }

    /// What to ask for so that the area shows this part at this scale; nil while the photo isn't here.
    func wantedPicture(in area: GridSize, aspect: Double) -> PictureRequest? {
        guard let entry, entry.status == .ready,
            let frame = zoom.frame(of: entry.pixelSize, in: area, aspect: aspect)
        else { return nil }
        return PictureRequest(
            photo: entry.id, sha256: entry.sha256, pixelSize: entry.pixelSize, region: frame.region,
            columns: frame.columns, rows: frame.rows)
    }
}
