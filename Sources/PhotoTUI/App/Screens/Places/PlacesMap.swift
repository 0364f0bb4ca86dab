import Core
import Grid

/// A part of the earth on cells: degrees of longitude and latitude as they are, squeezed so that the middle is true to shape.
struct MapFrame: Equatable {
    let center: (latitude: Double, longitude: Double)
    let size: GridSize
    /// Degrees of longitude from left to right.
    let span: Double
    /// Cells for a degree, to the right and downwards.
    private let scale: (columns: Double, rows: Double)

    /// `zoom` halves the world that often; `aspect` is a cell's width divided by its height. The world is never left.
    init(center: (latitude: Double, longitude: Double), zoom: Int, size: GridSize, aspect: Double) {
        // All of the world's towns lie between.
        let world = (south: -58.0, north: 78.0)
        self.size = size
        let (columns, rows) = (Double(max(1, size.columns)), Double(max(1, size.rows)))
        let whole = max(360, (world.north - world.south) * columns * aspect / rows)
        span = whole / Double(1 << zoom)
        let stretch = zoom == 0 ? 1 : 1 / max(0.2, Sphere.parallel(latitude: center.latitude))
        scale = (columns / span, columns / span * aspect * stretch)
        let half = rows / scale.rows / 2
        let middle = (world.north + world.south) / 2
        let latitude =
            half * 2 >= world.north - world.south
            ? middle : min(max(center.latitude, world.south + half), world.north - half)
        self.center = (latitude, zoom == 0 ? 0 : center.longitude)
    }

    /// Where a position is, in cells from the upper left corner.
    func place(latitude: Double, longitude: Double) -> (column: Double, row: Double) {
        var east = longitude - center.longitude
        if east > 180 { east -= 360 } else if east < -180 { east += 360 }
        return (
            Double(size.columns) / 2 + east * scale.columns,
            Double(size.rows) / 2 - (latitude - center.latitude) * scale.rows
        )
    }

    func cell(of position: GeoPosition) -> Position? {
        let place = place(latitude: position.latitude, longitude: position.longitude)
        let cell = Position(row: Int(place.row.rounded(.down)), column: Int(place.column.rounded(.down)))
        return Rect(size).contains(cell) ? cell : nil
    }

    /// From left to right, along the middle.
    var kilometres: Double { span * Sphere.kilometresOfDegree * Sphere.parallel(latitude: center.latitude) }

    static func == (left: MapFrame, right: MapFrame) -> Bool {
        left.center == right.center && left.size == right.size && left.span == right.span
    }
}
