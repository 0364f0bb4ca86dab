import Core
import Grid
import Thumbnails

/// Turns renditions and pixels into cells for one terminal, which show their pixels where it can. Safe on any thread:
/// each call has its own renderer.
struct CellRenderer: Sendable {
    private let depth: ColorDepth
    private let isUnicode: Bool
    private let cellAspectRatio: Double
    /// nil where cells stay symbols.
    private let images: ImageStore<ImageKey>?
    /// The pixels worth having for a column.
    let pixelsPerColumn: Int

    /// What makes a picture another one.
    struct ImageKey: Hashable, Sendable {
        let sha256: SHA256Digest
        let region: PictureRegion
        let turn: Orientation
        let columns: Int
        let rows: Int
        /// Whether it is from the original's own pixels.
        var isSharp = false
    }

    init(_ capabilities: TerminalCapabilities, images: ImageStore<ImageKey>? = nil, pixelsPerColumn: Int = 8) {
        (depth, isUnicode) = (capabilities.colorDepth, capabilities.isUnicode)
        cellAspectRatio = capabilities.cellAspectRatio
        (self.images, self.pixelsPerColumn) = (images, pixelsPerColumn)
    }

    /// Draws a region of a WebP rendition within the cells, its shape kept.
    func render(
        webp data: [UInt8], of sha256: SHA256Digest? = nil, region: PictureRegion = .whole, columns: Int, rows: Int
    ) throws -> Grid {
        let pixels = SymbolRenderer.pixelSize(for: GridSize(columns: columns, rows: rows))
        guard let picture = Self.decode(data, region, maxWidth: pixels.width, maxHeight: 2 * pixels.height) else {
            throw EngineError(.corrupt, "its thumbnail is damaged", whatToDo: "import the photo again")
        }
        let key = sha256.map { ImageKey(sha256: $0, region: region, turn: .upright, columns: columns, rows: rows) }
        return draw(picture, columns, rows, key, cost: data.count) { width, height in
            Self.decode(data, region, maxWidth: width, maxHeight: height)
        }
    }

    func render(
        _ pixels: PixelBuffer, key: ImageKey? = nil, region: PictureRegion = .whole, columns: Int, rows: Int
    ) -> Grid {
        var rgba = [UInt8](repeating: 255, count: pixels.size.pixels * 4)
        for index in 0..<pixels.size.pixels {
            rgba[index * 4] = pixels.rgb[index * 3]
            rgba[index * 4 + 1] = pixels.rgb[index * 3 + 1]
            rgba[index * 4 + 2] = pixels.rgb[index * 3 + 2]
        }
        let whole = PixelImage(width: pixels.size.width, height: pixels.size.height, rgba: rgba)
        let image = region == .whole ? whole : whole.cropped(to: region)
        return draw(image, columns, rows, key, cost: image.rgba.count) { width, height in
            image.shrunk(maxWidth: width, maxHeight: height)
        }
    }

    /// A region of a rendition, no larger than asked for.
    private static func decode(
        _ data: [UInt8], _ region: PictureRegion, maxWidth: Int, maxHeight: Int
    ) -> PixelImage? {
        let whole = WebPPicture.decode(
            data, maxWidth: Int(Double(maxWidth) / max(region.width, 0.01)),
            maxHeight: Int(Double(maxHeight) / max(region.height, 0.01)))
        return region == .whole ? whole : whole?.cropped(to: region)
    }

    private func draw(
        _ picture: PixelImage, _ columns: Int, _ rows: Int, _ key: ImageKey?, cost: Int,
        source: @escaping ImageStore<ImageKey>.Source
    ) -> Grid {
        let size = GridSize(columns: columns, rows: rows)
        var grid = SymbolRenderer(colorDepth: depth, isUnicode: isUnicode).render(
            picture, size: size, cellAspectRatio: cellAspectRatio)
        guard let images, let key else { return grid }
        let fitted = SymbolRenderer.fittedSize(
            width: picture.width, height: picture.height, in: size, cellAspectRatio: cellAspectRatio)
        grid.show(images.id(for: key, size: fitted, cost: cost, source: source), in: Rect(size).centered(fitted))
        return grid
    }
}

extension PixelImage {
    /// The picture no larger than that, each pixel the mean of those it stands for.
    fileprivate func shrunk(maxWidth: Int, maxHeight: Int) -> PixelImage {
        let scale = min(1, min(Double(maxWidth) / Double(width), Double(maxHeight) / Double(height)))
        let (columns, rows) = (
            max(1, Int((Double(width) * scale).rounded())), max(1, Int((Double(height) * scale).rounded()))
        )
        if scale == 1 || columns > width || rows > height { return self }
        var pixels = [UInt8](repeating: 0, count: columns * rows * 4)
        for row in 0..<rows {
            let (top, bottom) = (row * height / rows, max(row * height / rows + 1, (row + 1) * height / rows))
            for column in 0..<columns {
                let left = column * width / columns
                let right = max(left + 1, (column + 1) * width / columns)
                var sums = (0, 0, 0, 0)
                for y in top..<bottom {
                    for x in left..<right {
                        let place = (y * width + x) * 4
                        sums.0 += Int(rgba[place])
                        sums.1 += Int(rgba[place + 1])
                        sums.2 += Int(rgba[place + 2])
                        sums.3 += Int(rgba[place + 3])
                    }
                }
                let (count, place) = ((bottom - top) * (right - left), (row * columns + column) * 4)
                pixels[place] = UInt8(sums.0 / count)
                pixels[place + 1] = UInt8(sums.1 / count)
                pixels[place + 2] = UInt8(sums.2 / count)
                pixels[place + 3] = UInt8(sums.3 / count)
            }
        }
        return PixelImage(width: columns, height: rows, rgba: pixels)
    }

    /// The pixels of a region, at least one.
    fileprivate func cropped(to region: PictureRegion) -> PixelImage {
        let left = min(width - 1, max(0, Int(region.x * Double(width))))
        let top = min(height - 1, max(0, Int(region.y * Double(height))))
        let columns = max(1, min(width - left, Int((region.width * Double(width)).rounded())))
        let rows = max(1, min(height - top, Int((region.height * Double(height)).rounded())))
        var pixels: [UInt8] = []
        pixels.reserveCapacity(columns * rows * 4)
        for row in top..<top + rows {
            let start = (row * width + left) * 4
            pixels += rgba[start..<start + columns * 4]
        }
        return PixelImage(width: columns, height: rows, rgba: pixels)
    }
}
