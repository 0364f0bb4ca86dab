import Grid
import Testing
import Thumbnails

@Suite("Thumbnails")
struct ThumbnailsTests {
    private func gradient(_ width: Int, _ height: Int) -> PixelImage {
        var rgba: [UInt8] = []
        for _ in 0..<height {
            for column in 0..<width { rgba += [UInt8(column * 255 / max(1, width - 1)), 0, 0, 255] }
        }
        return PixelImage(width: width, height: height, rgba: rgba)
    }

    @Test("A picture keeps its shape and stands in the middle")
    func shape() {
        let size = GridSize(columns: 20, rows: 10)
        #expect(
            SymbolRenderer.fittedSize(width: 200, height: 100, in: size, cellAspectRatio: 0.5)
                == GridSize(columns: 20, rows: 5))
        let grid = SymbolRenderer(colorDepth: .truecolor, isUnicode: true).render(gradient(160, 80), size: size)
        #expect(grid[0, 0] == .blank && grid[9, 19] == .blank)
        guard case .colors(_, let left) = grid[5, 0].paint, case .colors(_, let right) = grid[5, 19].paint else {
            Issue.record("the picture has no colours")
            return
        }
        #expect(left.red < 60 && right.red > 195 && right.green < 30)
    }

    @Test("Each depth gives what its terminal can show", arguments: ColorDepth.allCases)
    func depths(depth: ColorDepth) {
        let size = GridSize(columns: 12, rows: 6)
        let grid = SymbolRenderer(colorDepth: depth, isUnicode: false).render(gradient(96, 96), size: size)
        #expect(grid.textLines.joined().utf8.allSatisfy { $0 < 0x80 })
        for cell in grid.cells {
            guard case .colors(let foreground, let background) = cell.paint else { continue }
            #expect(depth != .mono)
            if depth == .indexed256 {
                #expect(RGBColor(indexed256: foreground.nearestIndexed256) == foreground)
                #expect(RGBColor(indexed256: background.nearestIndexed256) == background)
            }
        }
    }

    @Test("What isn't a WebP picture gives nothing")
    func hostile() {
        #expect(WebPPicture.decode([], maxWidth: 8, maxHeight: 8) == nil)
        #expect(WebPPicture.decode(Array("RIFF\u{4}\0\0\0WEBPVP8 ".utf8), maxWidth: 8, maxHeight: 8) == nil)
    }
}
