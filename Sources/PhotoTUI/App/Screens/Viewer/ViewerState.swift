public import Core
public import Grid

/// One photo, as large as the screen lets it be.
public struct ViewerState: Sendable {
    public var photo: PhotoID?
    public var entry: TimelineEntry?
    public var details: PhotoDetails?
    /// Times the size at which all of it fits; 1 fits.
    public var scale = 1.0
    /// The middle of what shows, in fractions of the upright picture.
    public var centerX = 0.5
    public var centerY = 0.5
    public var showsInfo = false
    /// What is on screen, and for which request it was made.
    public var shown: (picture: Grid, request: PictureRequest)?
    /// Why there is no picture.
    public var failure: String?
    public var isSharp = false
    var slideshow: RequestID?
    var photoRequest: RequestID?
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

    /// The cells all of the picture takes at scale 1 in an area, keeping its shape.
    func fitted(_ pixelSize: PixelSize, in area: GridSize, aspect: Double) -> GridSize {
        guard area.columns > 0, area.rows > 0 else { return area }
        let ratio = Double(pixelSize.width) / Double(max(1, pixelSize.height)) / aspect
        let columns = min(Double(area.columns), Double(area.rows) * ratio)
        return GridSize(
            columns: min(area.columns, max(1, Int(columns.rounded()))),
            rows: min(area.rows, max(1, Int((columns / ratio).rounded()))))
    }

    /// The scale at which a pixel of the picture is one of the terminal, taking cells as 8 pixels wide.
    func actualScale(in area: GridSize, aspect: Double) -> Double {
        guard let pixelSize else { return 1 }
        let fitted = fitted(pixelSize, in: area, aspect: aspect)
        return max(1, Double(pixelSize.width) / Double(max(1, fitted.columns) * 8))
    }

    /// What to ask for so that the area shows this part at this scale; nil while the photo isn't here.
    func wantedPicture(in area: GridSize, aspect: Double) -> PictureRequest? {
        guard let entry, area.columns > 0, area.rows > 0, entry.status == .ready else { return nil }
        let pixels = entry.pixelSize ?? PixelSize(width: 4, height: 3)
        let fitted = fitted(pixels, in: area, aspect: aspect)
        let columns = min(area.columns, Int((Double(fitted.columns) * scale).rounded()))
        let rows = min(area.rows, Int((Double(fitted.rows) * scale).rounded()))
        let width = min(1, Double(columns) / (Double(fitted.columns) * scale))
        let height = min(1, Double(rows) / (Double(fitted.rows) * scale))
        let region = PictureRegion(
            x: min(max(0, centerX - width / 2), 1 - width), y: min(max(0, centerY - height / 2), 1 - height),
            width: width, height: height)
        return PictureRequest(
            photo: entry.id, sha256: entry.sha256, pixelSize: entry.pixelSize, region: region, columns: columns,
            rows: rows)
    }

    mutating func zoom(to newScale: Double, in area: GridSize, aspect: Double) {
        scale = min(max(1, newScale), max(1, actualScale(in: area, aspect: aspect) * 8))
        keepInside(in: area, aspect: aspect)
    }

    /// Moves by a quarter of what shows; false when there is nothing more that way.
    mutating func pan(x: Double, y: Double, in area: GridSize, aspect: Double) -> Bool {
        guard let region = wantedPicture(in: area, aspect: aspect)?.region else { return false }
        let before = (centerX, centerY)
        centerX += x * region.width / 4
        centerY += y * region.height / 4
        keepInside(in: area, aspect: aspect)
        return (centerX, centerY) != before
    }

    private mutating func keepInside(in area: GridSize, aspect: Double) {
        guard let region = wantedPicture(in: area, aspect: aspect)?.region else { return }
        centerX = min(max(region.width / 2, centerX), 1 - region.width / 2)
        centerY = min(max(region.height / 2, centerY), 1 - region.height / 2)
    }
}
