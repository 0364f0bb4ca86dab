import Core
import Testing

@testable import Duplicates

@Suite("DifferenceMap")
struct DifferenceMapTests {
    private let side = 96

    private func grey(_ luma: [UInt8]) -> PixelBuffer {
        PixelBuffer(size: PixelSize(width: side, height: side), rgb: luma.flatMap { [$0, $0, $0] })
    }

    private func comparable(_ luma: [UInt8]) -> ComparablePicture {
        luma.withUnsafeBufferPointer { ComparablePicture(luma: $0, width: side, height: side) }
    }

    private func map(_ first: [UInt8], _ second: [UInt8], turned: Orientation = .upright) -> DifferenceMap {
        let comparison = PictureComparison(comparable(first), comparable(second), orientation: turned)
        return DifferenceMap(grey(first), grey(second), comparison: comparison)
    }

    /// How bright the hottest channel of a pixel is.
    private func heat(_ map: DifferenceMap, _ x: Int, _ y: Int) -> UInt8 { map.pixels.rgb[(y * side + x) * 3] }

    @Test("Nothing differs from itself, nor from a copy of other brightness and contrast", arguments: 1..<4)
    func equal(seed: UInt64) {
        let luma = madeUpPicture(side: side, seed: seed)
        #expect(map(luma, luma).differingShare == 0 && map(luma, luma).uncoveredShare == 0)
        #expect(map(luma, luma.map { UInt8(40 + Int($0) / 2) }).differingShare < 0.01)
    }

    @Test("What was painted over glows, and nothing else does")
    func painted() {
        let luma = madeUpPicture(side: side, seed: 2)
        let box = 20..<44
        let changed = luma.indices.map { index in
            box.contains(index % side) && box.contains(index / side) ? 255 - luma[index] / 2 : luma[index]
        }
        let map = map(luma, changed)
        var (inside, outside) = (0, 0)
        for y in 0..<side {
            for x in 0..<side {
                let isInside = (22..<42).contains(x) && (22..<42).contains(y)
                let isOutside = !(17..<47).contains(x) || !(17..<47).contains(y)
                if isInside, heat(map, x, y) > 120 { inside += 1 }
                if isOutside, heat(map, x, y) > 120 { outside += 1 }
            }
        }
        #expect(inside > 300 && outside == 0)
        #expect(map.differingShare > 0.03 && map.differingShare < 0.09)
    }

    @Test("What the second was cropped of is told apart from what differs")
    func cropped() {
        let luma = madeUpPicture(side: side, seed: 3)
        let crop = luma.indices.map { index -> UInt8 in
            let x = Int(0.05 * Double(side) + 0.9 * (Double(index % side) + 0.5))
            let y = Int(0.05 * Double(side) + 0.9 * (Double(index / side) + 0.5))
            return luma[y * side + x]
        }
        let map = map(luma, crop)
        let rim = (0..<side).filter { map.pixels.rgb[$0 * 3 + 2] > map.pixels.rgb[$0 * 3] &+ 60 }
        #expect(rim.count == side)
        let middle = (side / 2 * side + side / 2) * 3
        #expect(map.pixels.rgb[middle + 2] < 120)
        #expect(map.differingShare < 0.12)
        #expect(abs(map.uncoveredShare - 0.19) < 0.03)
    }

    @Test("A turned or mirrored copy is laid over the first as it was turned", arguments: Orientation.allCases)
    func turned(orientation: Orientation) {
        let luma = madeUpPicture(side: side, seed: 4)
        let (start, columnStep, rowStep) = orientation.steps(side: side)
        var stored = luma
        for index in luma.indices {
            stored[start + index % side * columnStep + index / side * rowStep] = luma[index]
        }
        #expect(map(luma, stored, turned: orientation).differingShare == 0)
        if orientation != .upright {
            let comparison = PictureComparison(comparable(luma), comparable(stored), orientation: orientation)
            #expect(comparison.similarity > 0.999)
        }
    }

    @Test("A copy without its colours differs where there were any")
    func colours() {
        let luma = madeUpPicture(side: side, seed: 5)
        let comparison = PictureComparison(comparable(luma), comparable(luma))
        let coloured = luma.indices.map { index -> [UInt8] in
            index % side < side / 2
                ? [min(205, luma[index]) + 50, luma[index], luma[index] / 2] : [luma[index], luma[index], luma[index]]
        }
        let first = PixelBuffer(size: PixelSize(width: side, height: side), rgb: coloured.flatMap(\.self))
        let map = DifferenceMap(first, grey(luma), comparison: comparison)
        #expect(map.differingShare > 0.3 && map.differingShare < 0.6)
    }
}
