import Core
import Grid
import Thumbnails

/// Turns renditions and pixels into cells for one terminal. Safe on any thread: each call has its own renderer.
struct CellRenderer: Sendable {
    private let depth: ColorDepth
    private let isUnicode: Bool
    private let cellAspectRatio: Double

    init(_ capabilities: TerminalCapabilities) {
        (depth, isUnicode) = (capabilities.colorDepth, capabilities.isUnicode)
        cellAspectRatio = capabilities.cellAspectRatio
    }

    /// Draws a region of a WebP rendition within the cells, its shape kept.
    func render(webp data: [UInt8], region: PictureRegion = .whole, columns: Int, rows: Int) throws -> Grid {
        let pixels = SymbolRenderer.pixelSize(for: GridSize(columns: columns, rows: rows))
        // The width is what the shape follows: the height only has to be enough.
        guard
            let whole = WebPPicture.decode(
                data, maxWidth: Int(Double(pixels.width) / max(region.width, 0.01)),
                maxHeight: Int(2 * Double(pixels.height) / max(region.height, 0.01)))
        else { throw EngineError(.corrupt, "its thumbnail is damaged", whatToDo: "import the photo again") }
        return draw(region == .whole ? whole : whole.cropped(to: region), columns, rows)
    }

    func render(_ pixels: PixelBuffer, region: PictureRegion = .whole, columns: Int, rows: Int) -> Grid {
        var rgba = [UInt8](repeating: 255, count: pixels.size.pixels * 4)
        for index in 0..<pixels.size.pixels {
            rgba[index * 4] = pixels.rgb[index * 3]
            rgba[index * 4 + 1] = pixels.rgb[index * 3 + 1]
            rgba[index * 4 + 2] = pixels.rgb[index * 3 + 2]
        }
        let image = PixelImage(width: pixels.size.width, height: pixels.size.height, rgba: rgba)
        return draw(region == .whole ? image : image.cropped(to: region), columns, rows)
    }

    private func draw(_ image: PixelImage, _ columns: Int, _ rows: Int) -> Grid {
        SymbolRenderer(colorDepth: depth, isUnicode: isUnicode).render(
            image, size: GridSize(columns: columns, rows: rows), cellAspectRatio: cellAspectRatio)
    }
}

extension PixelImage {
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
