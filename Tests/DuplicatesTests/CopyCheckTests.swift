import Contracts
import Core
import Duplicates
import Testing

@Suite("CopyCheck")
struct CopyCheckTests {
    private static let side = 240

    /// A made-up picture in colour, with fine texture.
    private struct Made {
        var rgb: [Double]
        var side = CopyCheckTests.side

        init(seed: UInt64) {
            let luma = madeUpPicture(side: CopyCheckTests.side, seed: seed)
            rgb = luma.indices.flatMap { place -> [Double] in
                let (x, y) = (place % CopyCheckTests.side, place / CopyCheckTests.side)
                let light = 30 + Double(luma[place]) * 0.75 + Double((x * 7 + y * 13) % 5 - 2) * 4
                return x < CopyCheckTests.side / 2 ? [light + 50, light, light - 50] : [light, light, light]
            }
        }

        var pixels: PixelBuffer {
            PixelBuffer(size: PixelSize(width: side, height: side), rgb: rgb.map { UInt8(min(255, max(0, $0))) })
        }

        func changed(_ change: (_ x: Int, _ y: Int, _ values: [Double]) -> [Double]) -> Made {
            var made = self
            for place in 0..<side * side {
                let values = change(place % side, place / side, Array(rgb[place * 3..<place * 3 + 3]))
                for channel in 0..<3 { made.rgb[place * 3 + channel] = values[channel] }
            }
            return made
        }

        func value(_ x: Int, _ y: Int) -> [Double] {
            let place = (min(max(y, 0), side - 1) * side + min(max(x, 0), side - 1)) * 3
            return Array(rgb[place..<place + 3])
        }

        /// The mean of `count` by `count` pixels, each once.
        func reduced(by count: Int) -> Made {
            var small = self
            small.side = side / count
            small.rgb = (0..<small.side * small.side).flatMap { place in
                let (x, y) = (place % small.side * count, place / small.side * count)
                let around = (0..<count * count).map { value(x + $0 % count, y + $0 / count) }
                return (0..<3).map { channel in around.reduce(0) { $0 + $1[channel] } / Double(around.count) }
            }
            return small
        }

        /// Each pixel the mean of those around it.
        var blurred: Made {
            changed { x, y, _ in
                let around = (0..<9).map { value(x + $0 % 3 - 1, y + $0 / 3 - 1) }
                return (0..<3).map { channel in around.reduce(0) { $0 + $1[channel] } / 9 }
            }
        }

        func cropped(_ share: Double) -> Made {
            changed { x, y, _ in
                let middle = Double(side) / 2
                return value(
                    Int(middle + (Double(x) - middle) * (1 - 2 * share)),
                    Int(middle + (Double(y) - middle) * (1 - 2 * share)))
            }
        }
    }

    @Test("A smaller copy, or one with the traces of compression, leaves nothing to be told", arguments: 1...2)
    func copies(seed: UInt64) {
        let made = Made(seed: seed)
        var random = SeededRandom(seed: seed)
        let compressed = made.changed { _, _, values in values.map { $0 + Double.random(in: -5...5, using: &random) } }
        for copy in [made, made.reduced(by: 2), made.reduced(by: 3), compressed] {
            #expect(CopyCheck(keeping: made.pixels, for: copy.pixels).flaw == nil)
        }
    }

    @Test("What a picture lost or was given is told")
    func spoilt() {
        let made = Made(seed: 4)
        var random = SeededRandom(seed: 4)
        func flaw(_ spoilt: Made, _ copy: Made? = nil) -> CopyCheck.Flaw? {
            CopyCheck(keeping: spoilt.pixels, for: (copy ?? made).pixels).flaw
        }
        // The smaller one is less of the picture than compression changes.
        for side in [12, 8] {
            let spot = made.changed { x, y, values in
                (100..<100 + side).contains(x) && (50..<50 + side).contains(y) ? [0, 0, 0] : values
            }
            #expect(flaw(spot) == .colourOrSpot)
            #expect(flaw(spot, made.reduced(by: 2)) == .colourOrSpot)
        }
        let grey = made.changed { _, _, values in Array(repeating: values.reduce(0, +) / 3, count: 3) }
        #expect(flaw(grey) == .colourOrSpot)
        #expect(flaw(made.changed { _, _, values in values.map { $0 * 0.6 } }) == .tone)
        // The weaker noise differs visibly nowhere.
        for (strength, told) in [(24.0, CopyCheck.Flaw.texture), (60, .colourOrSpot)] {
            let noisy = made.changed { _, _, values in
                let noise = Double.random(in: -strength...strength, using: &random)
                return values.map { $0 + noise }
            }
            #expect(flaw(noisy) == told)
        }
        // Fine noise on a smooth picture, gone once it is made smaller: nowhere much.
        let smooth = made.blurred.blurred.blurred
        let grainy = smooth.changed { x, y, values in values.map { $0 + ((x + y) % 2 == 0 ? 8 : -8) } }
        #expect(flaw(grainy, smooth) == .texture)
        let blurred = made.blurred
        #expect(flaw(blurred) == .sharper)
        #expect(flaw(blurred, blurred.blurred) == nil)
    }

    @Test("Of a picture and its crop each is told to lack what the other has, or to have more")
    func cropped() {
        let made = Made(seed: 5)
        let crop = made.cropped(0.03)
        #expect(CopyCheck(keeping: made.pixels, for: crop.pixels).flaw == .otherPart)
        #expect(CopyCheck(keeping: crop.pixels, for: made.pixels).flaw == .showsMore)
    }

    @Test("A page of text is none that nobody looks at, of white or of grainy paper", arguments: [0.0, 6])
    func page(grain: Double) {
        var random = SeededRandom(seed: 7)
        let page = Made(seed: 7).changed { x, y, _ in
            let isInk = y % 16 < 8 && x % 6 < 2 && (x / 6 * 7 + y / 16 * 5) % 4 != 0
            return (0..<3).map { _ in (isInk ? 30 : 235) + Double.random(in: -grain...grain, using: &random) }
        }
        #expect(CopyCheck(keeping: page.pixels, for: page.pixels).flaw == .page)
    }

    @Test("A turned copy is no copy that nobody looks at", arguments: [Orientation.mirrored, .rotated180])
    func turned(orientation: Orientation) {
        let made = Made(seed: 6)
        let turned = made.changed { x, y, _ in
            made.value(made.side - 1 - x, orientation == .mirrored ? y : made.side - 1 - y)
        }
        let check = CopyCheck(
            keeping: made.pixels, for: turned.pixels, orientations: [.upright, .mirrored, .rotated180])
        #expect(check.flaw == .turned)
    }
}
