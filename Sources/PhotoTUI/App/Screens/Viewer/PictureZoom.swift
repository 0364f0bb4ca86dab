import Core
import Grid

/// Which part of a picture shows, and how large: the same for every picture it is applied to.
public struct PictureZoom: Hashable, Sendable {
    /// Times the size at which all of it fits; 1 fits.
    public var scale = 1.0
    /// The middle of what shows, in fractions of the upright picture.
    public var centerX = 0.5
    public var centerY = 0.5

    init() {}

    /// What shows of a picture in an area: the region, and the cells it takes.
    struct Frame: Hashable, Sendable {
        let region: PictureRegion
        let columns: Int
        let rows: Int
    }

    /// The cells all of a picture takes at scale 1 in an area, keeping its shape.
    static func fitted(_ pixelSize: PixelSize, in area: GridSize, aspect: Double) -> GridSize {
        guard area.columns > 0, area.rows > 0 else { return area }
        let ratio = Double(pixelSize.width) / Double(max(1, pixelSize.height)) / aspect
        let columns = min(Double(area.columns), Double(area.rows) * ratio)
        return GridSize(
            columns: min(area.columns, max(1, Int(columns.rounded()))),
            rows: min(area.rows, max(1, Int((columns / ratio).rounded()))))
    }

    /// The scale at which a pixel of the picture is one of the terminal, taking cells as 8 pixels wide.
    static func actualScale(_ pixelSize: PixelSize?, in area: GridSize, aspect: Double) -> Double {
        guard let pixelSize else { return 1 }
        let fitted = fitted(pixelSize, in: area, aspect: aspect)
        return max(1, Double(pixelSize.width) / Double(max(1, fitted.columns) * 8))
    }

    /// What of a picture shows in an area, one of 4 x 3 where its size isn't known; nil in an empty area.
    func frame(of pixelSize: PixelSize?, in area: GridSize, aspect: Double) -> Frame? {
        guard area.columns > 0, area.rows > 0 else { return nil }
        let pixels = pixelSize ?? PixelSize(width: 4, height: 3)
        let fitted = Self.fitted(pixels, in: area, aspect: aspect)
        let columns = min(area.columns, Int((Double(fitted.columns) * scale).rounded()))
        let rows = min(area.rows, Int((Double(fitted.rows) * scale).rounded()))
        let width = min(1, Double(columns) / (Double(fitted.columns) * scale))
        let height = min(1, Double(rows) / (Double(fitted.rows) * scale))
        let region = PictureRegion(
            x: min(max(0, centerX - width / 2), 1 - width), y: min(max(0, centerY - height / 2), 1 - height),
            width: width, height: height)
        return Frame(region: region, columns: columns, rows: rows)
    }

    mutating func zoom(to newScale: Double, of pixelSize: PixelSize?, in area: GridSize, aspect: Double) {
        let most = Self.actualScale(pixelSize, in: area, aspect: aspect) * 8
        scale = min(max(1, newScale), max(1, most))
        keepInside(pixelSize, in: area, aspect: aspect)
    }

    /// Moves by a quarter of what shows; false when there is nothing more that way.
    mutating func pan(x: Double, y: Double, of pixelSize: PixelSize?, in area: GridSize, aspect: Double) -> Bool {
        guard let region = frame(of: pixelSize, in: area, aspect: aspect)?.region else { return false }
        let before = (centerX, centerY)
        centerX += x * region.width / 4
        centerY += y * region.height / 4
        keepInside(pixelSize, in: area, aspect: aspect)
        return (centerX, centerY) != before
    }

    private mutating func keepInside(_ pixelSize: PixelSize?, in area: GridSize, aspect: Double) {
        guard let region = frame(of: pixelSize, in: area, aspect: aspect)?.region else { return }
        centerX = min(max(region.width / 2, centerX), 1 - region.width / 2)
        centerY = min(max(region.height / 2, centerY), 1 - region.height / 2)
    }
}
