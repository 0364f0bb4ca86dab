import Core
import Duplicates
import Testing

@Suite("PerceptualHashing")
struct PerceptualHashingTests {
    @Test("A grey picture hashes as the same picture in RGB")
    func greyEqualsRGB() {
        var random = SplitMix(state: 7)
        for (width, height) in [(1, 1), (31, 33), (200, 3), (3, 200), (640, 480)] {
            let grey = (0..<width * height).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let rgb = grey.flatMap { [$0, $0, $0] }
            let expected = grey.withUnsafeBufferPointer {
                PerceptualHashing.hash(grey: $0, width: width, height: height)
            }
            #expect(
                rgb.withUnsafeBufferPointer { PerceptualHashing.hash(rgb: $0, width: width, height: height) }
                    == expected)
        }
    }

    @Test("A flat picture has its first bit alone, and a black one none, as imagehash says")
    func flat() {
        for level in [UInt8(0), 1, 128, 255] {
            let grey = [UInt8](repeating: level, count: 100 * 80)
            let hash = grey.withUnsafeBufferPointer { PerceptualHashing.hash(grey: $0, width: 100, height: 80) }
            #expect(hash.description == (level == 0 ? "0000000000000000" : "8000000000000000"))
        }
    }

    @Test("Halving a smooth picture moves few bits, and another picture moves many")
    func distance() {
        func picture(_ width: Int, _ height: Int, _ seed: Int) -> PerceptualHash {
            let grey = (0..<width * height).map { index -> UInt8 in
                let x = index % width * 64 / width
                let y = index / width * 64 / height
                return UInt8(truncatingIfNeeded: (x * x * seed + y * 13 * seed + x * y) / 16 % 256)
            }
            return grey.withUnsafeBufferPointer { PerceptualHashing.hash(grey: $0, width: width, height: height) }
        }
        #expect(picture(512, 384, 3).distance(to: picture(256, 192, 3)) <= 4)
        #expect(picture(512, 384, 3).distance(to: picture(512, 384, 11)) >= 12)
    }
}

/// A fixed sequence for tests (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators").
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
