extension PixelBuffer {
    /// The picture turned and mirrored as a viewer does that reads `orientation`.
    public func turned(_ orientation: Orientation) -> PixelBuffer {
        if orientation == .upright { return self }
        let (width, height) = (size.width, size.height)
        let turned = orientation.upright(size)
        var pixels = [UInt8](repeating: 0, count: rgb.count)
        for y in 0..<turned.height {
            for x in 0..<turned.width {
                let (column, row) = orientation.source(x, y, width - 1, height - 1)
                let (from, to) = ((row * width + column) * 3, (y * turned.width + x) * 3)
                pixels[to] = rgb[from]
                pixels[to + 1] = rgb[from + 1]
                pixels[to + 2] = rgb[from + 2]
            }
        }
        return PixelBuffer(size: turned, rgb: pixels)
    }
}

extension PictureRegion {
    /// Where what this region shows of a turned picture is in the picture before it was turned so.
    public func before(_ orientation: Orientation) -> PictureRegion {
        let (left, top) = orientation.source(x, y, 1, 1)
        let (right, bottom) = orientation.source(x + width, y + height, 1, 1)
        return PictureRegion(
            x: min(left, right), y: min(top, bottom), width: abs(right - left), height: abs(bottom - top))
    }
}

extension Orientation {
    /// Where a point of the turned picture is in the stored one, whose last column and row are given (EXIF 2.32, Orientation).
    fileprivate func source<Number: SignedNumeric>(
        _ x: Number, _ y: Number, _ lastColumn: Number, _ lastRow: Number
    ) -> (x: Number, y: Number) {
        switch self {
        case .upright: (x, y)
        case .mirrored: (lastColumn - x, y)
        case .rotated180: (lastColumn - x, lastRow - y)
        case .flipped: (x, lastRow - y)
        case .transposed: (y, x)
        case .rotated90: (y, lastRow - x)
        case .transversed: (lastColumn - y, lastRow - x)
        case .rotated270: (lastColumn - y, x)
        }
    }
}
