import Core
import Testing

@Suite("Turning a picture")
struct PictureTurnTests {
    /// Three columns of two rows, each pixel its number.
    private static let picture = PixelBuffer(
        size: PixelSize(width: 3, height: 2), rgb: (0..<6).flatMap { [UInt8($0), 0, 255 - UInt8($0)] })

    private static func rows(_ picture: PixelBuffer) -> [[UInt8]] {
        (0..<picture.size.height).map { row in
            (0..<picture.size.width).map { picture.rgb[(row * picture.size.width + $0) * 3] }
        }
    }

    @Test(
        "Each orientation shows the stored pixels where EXIF says",
        arguments: [
            (.upright, [[0, 1, 2], [3, 4, 5]]), (.mirrored, [[2, 1, 0], [5, 4, 3]]),
            (.rotated180, [[5, 4, 3], [2, 1, 0]]), (.flipped, [[3, 4, 5], [0, 1, 2]]),
            (.transposed, [[0, 3], [1, 4], [2, 5]]), (.rotated90, [[3, 0], [4, 1], [5, 2]]),
            (.transversed, [[5, 2], [4, 1], [3, 0]]), (.rotated270, [[2, 5], [1, 4], [0, 3]]),
        ] as [(Orientation, [[UInt8]])])
    func turned(_ orientation: Orientation, _ expected: [[UInt8]]) {
        let turned = Self.picture.turned(orientation)
        #expect(Self.rows(turned) == expected)
        #expect(turned.rgb[2] == 255 - expected[0][0], "the colours stay together")
    }

    @Test("A region of a turned picture is found in the stored one", arguments: Orientation.allCases)
    func region(_ orientation: Orientation) {
        // The pixel in the turned picture's first row and last column.
        let turned = Self.picture.turned(orientation)
        let (columns, rows) = (Double(turned.size.width), Double(turned.size.height))
        let shown = PictureRegion(x: (columns - 1) / columns, y: 0, width: 1 / columns, height: 1 / rows)
        let stored = shown.before(orientation)
        let column = Int((stored.x * 3).rounded())
        let row = Int((stored.y * 2).rounded())
        #expect(UInt8(row * 3 + column) == Self.rows(turned)[0].last)
        #expect(abs(stored.width * 3 - 1) < 1e-9 && abs(stored.height * 2 - 1) < 1e-9)
    }
}
