import Core
import Testing
import Workflows

@Suite("The difference of two small pictures")
struct PictureDifferenceTests {
    /// A slope with a bright corner, so that no turn of it looks like another.
    private func picture(_ width: Int, _ height: Int, mirrored: Bool = false) -> PixelBuffer {
        let rgb = (0..<width * height).flatMap { index -> [UInt8] in
            let column = mirrored ? width - 1 - index % width : index % width
            let (x, y) = (Double(column) / Double(width), Double(index / width) / Double(height))
            let isCorner = x < 0.3 && y < 0.35
            let wave = ((x * 7).truncatingRemainder(dividingBy: 1) + (y * 5).truncatingRemainder(dividingBy: 1)) * 40
            let light = UInt8(isCorner ? 230 : 40 + 60 * x + 30 * y + wave)
            return [light, light, light]
        }
        return PixelBuffer(size: PixelSize(width: width, height: height), rgb: rgb)
    }

    @Test("Copies of another size are the same, as large as the first")
    func sizes() {
        let difference = PictureDifference(picture(256, 192), picture(128, 96))
        #expect(difference.pixels.size == PixelSize(width: 256, height: 192))
        #expect(difference.similarity > 0.9 && difference.differingShare < 0.1)
    }

    @Test("Of several turns the one that brings them nearest counts")
    func turns() {
        let mirrored = picture(256, 192, mirrored: true)
        let plain = PictureDifference(picture(256, 192), mirrored)
        let turned = PictureDifference(picture(256, 192), mirrored, orientations: [.upright, .rotated180, .mirrored])
        #expect(turned.orientation == .mirrored && turned.similarity > 0.99 && turned.differingShare == 0)
        #expect(plain.similarity < 0.7 && plain.differingShare > 0.1)
    }

    @Test("Any sizes can be laid over each other, down to a pixel", arguments: [(1, 1), (256, 1), (1, 256), (7, 5)])
    func tiny(width: Int, height: Int) {
        let difference = PictureDifference(picture(width, height), picture(256, 192))
        #expect(difference.pixels.size == PixelSize(width: width, height: height))
        _ = PictureDifference(picture(256, 192), picture(width, height))
    }
}
