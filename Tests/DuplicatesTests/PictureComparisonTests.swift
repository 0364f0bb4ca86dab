import Core
import Duplicates
import Testing

@Suite("PictureComparison")
struct PictureComparisonTests {
    private let side = 96

    private func comparable(_ luma: [UInt8], width: Int, height: Int) -> ComparablePicture {
        luma.withUnsafeBufferPointer { ComparablePicture(luma: $0, width: width, height: height) }
    }

    private func picture(_ seed: UInt64) -> ComparablePicture {
        comparable(madeUpPicture(side: side, seed: seed), width: side, height: side)
    }

    /// The picture through a map of its own places, 0 to 1; black outside.
    private func mapped(
        _ luma: [UInt8], _ place: (_ x: Double, _ y: Double) -> (x: Double, y: Double)
    ) -> [UInt8] {
        (0..<side * side).map { index in
            let to = place(
                (Double(index % side) + 0.5) / Double(side), (Double(index / side) + 0.5) / Double(side))
            let (x, y) = (Int((to.x * Double(side)).rounded(.down)), Int((to.y * Double(side)).rounded(.down)))
            return (0..<side).contains(x) && (0..<side).contains(y) ? luma[y * side + x] : 0
        }
    }

    @Test("A picture is the same as itself, wholly and as it lies")
    func itself() {
        let comparison = PictureComparison(picture(1), picture(1))
        #expect(comparison.similarity > 0.999)
        #expect(comparison.isSame)
        #expect(abs(comparison.scale - 1) < 1e-9 && abs(comparison.degrees) < 1e-9)
    }

    @Test("Other pictures are not the same", arguments: 1..<5)
    func others(seed: UInt64) {
        #expect(!PictureComparison(picture(seed), picture(seed + 100)).isSame)
        #expect(!PictureComparison(picture(seed + 100), picture(seed)).isSame)
    }

    @Test("Less contrast and other brightness change little", arguments: 1..<4)
    func tone(seed: UInt64) {
        let luma = madeUpPicture(side: side, seed: seed)
        let faded = comparable(luma.map { UInt8(40 + Int($0) / 2) }, width: side, height: side)
        #expect(PictureComparison(picture(seed), faded).similarity > 0.97)
    }

    @Test("A crop of 94 % is found with its size and its place", arguments: 1..<4)
    func cropped(seed: UInt64) {
        let luma = madeUpPicture(side: side, seed: seed)
        let crop = mapped(luma) { (0.04 + 0.94 * $0, 0.01 + 0.94 * $1) }
        let comparison = PictureComparison(picture(seed), comparable(crop, width: side, height: side))
        #expect(comparison.similarity > 0.9)
        #expect(abs(comparison.scale - 0.94) < 0.02)
        #expect(abs(comparison.offsetX - 0.01) < 0.01)
        #expect(abs(comparison.offsetY + 0.02) < 0.01)
    }

    @Test("A picture turned by 5 degrees is found with its turn", arguments: 1..<3, [-5.0, 5.0])
    func rotated(seed: UInt64, degrees: Double) {
        let luma = madeUpPicture(side: side, seed: seed)
        // Sines and cosines of 5 degrees.
        let (sine, cosine) = (degrees < 0 ? -0.08716 : 0.08716, 0.99619)
        let turned = mapped(luma) { x, y in
            (0.5 + cosine * (x - 0.5) + sine * (y - 0.5), 0.5 - sine * (x - 0.5) + cosine * (y - 0.5))
        }
        let comparison = PictureComparison(picture(seed), comparable(turned, width: side, height: side))
        #expect(comparison.isSame)
        #expect(abs(abs(comparison.degrees) - 5) < 0.7)
        #expect((comparison.degrees < 0) == (degrees < 0))
    }

    @Test("A band of text and a border are seen past", arguments: 1..<4)
    func overlaid(seed: UInt64) {
        let luma = madeUpPicture(side: side, seed: seed)
        var banded = luma
        for row in 75..<83 {
            for column in 10..<66 { banded[row * side + column] = (row + column) / 3 % 2 == 0 ? 255 : 0 }
        }
        #expect(PictureComparison(picture(seed), comparable(banded, width: side, height: side)).isSame)
        let bordered = mapped(luma) { ($0 * 1.08 - 0.04, $1 * 1.08 - 0.04) }
        #expect(PictureComparison(picture(seed), comparable(bordered, width: side, height: side)).isSame)
    }

    @Test("A mirrored picture is the same in its orientation alone")
    func mirrored() {
        let luma = madeUpPicture(side: side, seed: 4)
        let mirrored = comparable(mapped(luma) { (0.9999 - $0, $1) }, width: side, height: side)
        #expect(PictureComparison(picture(4), mirrored, orientation: .mirrored).similarity > 0.95)
        #expect(!PictureComparison(picture(4), mirrored).isSame)
    }

    @Test("A window that moved by a quarter is another photo")
    func panned() {
        let luma = madeUpPicture(side: side, seed: 5)
        let left = mapped(luma) { ($0 * 0.75, $1) }
        let right = mapped(luma) { ($0 * 0.75 + 0.25, $1) }
        #expect(
            !PictureComparison(
                comparable(left, width: side, height: side), comparable(right, width: side, height: side)
            ).isSame)
    }

    @Test("Blank pictures, gradients and a wall with noise show too little; pictures do not")
    func flat() {
        var state: UInt64 = 1
        for (slope, noise) in [(0, 0), (1, 0), (0, 12), (1, 6)] {
            let luma = (0..<side * side).map { index -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let shake = noise == 0 ? 0 : Int(state >> 33) % (2 * noise + 1) - noise
                return UInt8(clamping: 60 + slope * (index % side) / 2 + slope * (index / side) / 3 + shake)
            }
            #expect(comparable(luma, width: side, height: side).showsTooLittle)
        }
        for seed in 1..<6 { #expect(!picture(UInt64(seed)).showsTooLittle) }
    }

    @Test("A picture of one pixel or of one line can be asked about")
    func tiny() {
        let dot = comparable([7], width: 1, height: 1)
        #expect(dot.showsTooLittle)
        let line = comparable((0..<500).map { UInt8($0 % 256) }, width: 500, height: 1)
        #expect(!PictureComparison(dot, line).isSame)
    }
}
