import Contracts
import Core
import Duplicates
import Testing

@Suite("Orientations of a hash")
struct OrientationTests {
    /// The picture's pixels turned and mirrored one by one, as the EXIF standard words it.
    private func turned(_ grey: [UInt8], side: Int, _ orientation: Orientation) -> [UInt8] {
        let last = side - 1
        return (0..<side * side).map { index in
            let (row, column) = (index / side, index % side)
            let (storedRow, storedColumn) =
                switch orientation {
                case .upright: (row, column)
                case .mirrored: (row, last - column)
                case .rotated180: (last - row, last - column)
                case .flipped: (last - row, column)
                case .transposed: (column, row)
                case .rotated90: (last - column, row)
                case .transversed: (last - column, last - row)
                case .rotated270: (column, last - row)
                }
            return grey[storedRow * side + storedColumn]
        }
    }

    private func hash(_ grey: [UInt8], side: Int) -> PerceptualHash {
        grey.withUnsafeBufferPointer { PerceptualHashing.hash(grey: $0, width: side, height: side) }
    }

    @Test("A derived hash is near the true one in every orientation, and a wrong orientation's is not")
    func nearTheTrueOne() {
        var near = 0
        for seed in 0..<20 {
            let grey = madeUpPicture(side: 64, seed: UInt64(seed))
            let own = hash(grey, side: 64)
            for orientation in Orientation.allCases {
                let truth = hash(turned(grey, side: 64, orientation), side: 64)
                for other in Orientation.allCases {
                    let distance = own.oriented(other).distance(to: truth)
                    if other == orientation {
                        near += distance <= PerceptualHash.orientationSlack ? 1 : 0
                        #expect(distance <= 14)
                    } else {
                        #expect(distance >= 12)
                    }
                }
            }
        }
        #expect(near >= 20 * 8 * 85 / 100)
    }

    @Test("Orientations follow each other as the turns they stand for do")
    func followEachOther() {
        let grey = madeUpPicture(side: 16, seed: 3)
        for first in Orientation.allCases {
            #expect(first.followed(by: first.inverse) == .upright)
            for second in Orientation.allCases {
                let both = first.followed(by: second)
                #expect(
                    turned(turned(grey, side: 16, first), side: 16, second) == turned(grey, side: 16, both))
                let bits = PerceptualHash(bits: 0x8123_4567_89ab_cdef)
                #expect(bits.oriented(first).oriented(second) == bits.oriented(both))
            }
        }
    }
}

/// Soft spots of light and shade at random, on a square of `side` pixels.
func madeUpPicture(side: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    let spots = (0..<24).map { _ in
        (
            x: Double.random(in: 0...1, using: &random), y: Double.random(in: 0...1, using: &random),
            radius: Double.random(in: 0.04...0.25, using: &random), light: Double.random(in: -120...120, using: &random)
        )
    }
    return (0..<side * side).map { index in
        let x = (Double(index % side) + 0.5) / Double(side)
        let y = (Double(index / side) + 0.5) / Double(side)
        let light = spots.reduce(128.0) { sum, spot in
            let ratio = ((x - spot.x) * (x - spot.x) + (y - spot.y) * (y - spot.y)) / (spot.radius * spot.radius)
            return sum + spot.light * max(0, 1 - ratio)
        }
        return UInt8(min(255, max(0, light)))
    }
}
