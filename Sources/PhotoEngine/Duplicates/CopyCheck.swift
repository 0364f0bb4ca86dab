public import Core

/// Whether a picture can stand for another that nobody looks at: whether the other is no more than a smaller or more
/// compressed copy of it.
public struct CopyCheck: Sendable {
    /// What speaks against it.
    public enum Flaw: Sendable, CaseIterable {
        /// The other stands turned or mirrored: one of them stands the wrong way.
        case turned
        /// The other doesn't show all of the first.
        case otherPart
        /// The other shows what lies outside the first.
        case showsMore
        /// The other's colours differ, or something in it.
        case colourOrSpot
        case tone
        /// They differ all over, as by noise or a filter.
        case texture
        /// The other has finer detail.
        case sharper
        /// Text or a drawing: what tells two of one form apart, as a digit, may be smaller than what is compared.
        case page
    }

    public let flaw: Flaw?

    /// Compares upright pictures, as large as there are; the second is tried in each of `orientations`, and the best counts. Of
    /// 1,024 pixels it takes some 50 milliseconds of one processor.
    public init(keeping first: PixelBuffer, for second: PixelBuffer, orientations: [Orientation] = [.upright]) {
        let (one, other) = (ComparablePicture(first), ComparablePicture(second))
        let tried = (orientations.isEmpty ? [.upright] : orientations).map {
            PictureComparison(one, other, orientation: $0)
        }
        let best = tried.max { $0.similarity < $1.similarity }!
        flaw = Self.flaw(of: best, first, second)
    }

    // Between what 64 copies of real photos come to that were made smaller (to a fifth) and compressed (JPEG, quality 40 and more),
    // of which all pass, and what 74 do that were painted over, cut, coloured, blurred, enlarged or noisy, of which all but the
    // most compressed and those of a median filter fail. The benchmark of duplicates counts both on 120 pairs.
    private static let mostOutside = 0.015
    private static let mostDiffering = 0.003
    private static let leastSpot: Float = 18
    private static let spotOverRest: Float = 2.25
    private static let mostEverywhere: Float = 9
    private static let mostGain: Float = 0.1
    private static let mostOffset: Float = 8
    private static let leastDetail: Float = 0.85
    private static let mostGrain: Float = 4.4
    // Of 60 real photos three have more; of pages of text at 22 to 60 px, white or of grainy paper, none has less than 0.61.
    private static let mostInk = 0.6
    /// In grey levels: from here on a difference is seen.
    private static let visible: Float = 24
    /// Pixels of the longest edge at which differences are sought: what resampling does to edges shows at none of these.
    private static let edge = 600

    private static func flaw(of comparison: PictureComparison, _ first: PixelBuffer, _ second: PixelBuffer) -> Flaw? {
        if comparison.orientation != .upright { return .turned }
        if comparison.uncoveredShare > mostOutside { return .otherPart }
        if comparison.outerShare > mostOutside { return .showsMore }
        let (one, other) = (
            PictureChannels(first), PictureChannels(second, warped: comparison, to: first.size)
        )
        func longest(_ size: PixelSize) -> Int { max(size.width, size.height) }
        // No finer than the second has pixels, either.
        let step = max(
            (longest(first.size) + edge - 1) / edge,
            (longest(first.size) + longest(second.size) - 1) / longest(second.size))
        let (small, smallOther) = (one.reduced(by: step), other.reduced(by: step))
        let tone = ToneFit(of: smallOther.luma, to: small.luma)
        let difference = small.difference(from: smallOther, tone).smoothed
        let sorted = difference.filter { $0 >= 0 }.sorted()
        guard let most = sorted.last else { return .otherPart }
        let seen = sorted.count - (sorted.firstIndex { $0 >= visible } ?? sorted.count)
        if Double(seen) > mostDiffering * Double(sorted.count) { return .colourOrSpot }
        // A face, a date: little of the picture, and nothing like it in the rest.
        let side = max(2, max(small.width, small.height) / 64)
        let spot = PictureChannels.Plane.blocks(difference, width: small.width, side: side).max() ?? most
        if spot >= leastSpot, spot > spotOverRest * sorted[sorted.count * 99 / 100] { return .colourOrSpot }
        let middle = abs(tone.offset + (tone.gain - 1) * 128)
        if abs(tone.gain - 1) > mostGain || middle > mostOffset { return .tone }
        if sorted[sorted.count / 2] > mostEverywhere { return .texture }
        let detail = [(one, other), (small, smallOther)].map { first, second in
            first.detail(where: second) / max(second.detail(where: second) * abs(tone.gain), 1e-6)
        }
        if detail.min()! < leastDetail { return .sharper }
        // Compression leaves smooth parts alike; grain is there, too, and all of it fine.
        if sorted[sorted.count / 10] * detail[1] > mostGrain { return .texture }
        return one.inkShare > mostInk ? .page : nil
    }
}

extension PictureComparison {
    /// How much of the first picture the second doesn't show, 0 to 1.
    var uncoveredShare: Double { Self.outside(warp) }

    /// How much of the second picture lies outside the first, 0 to 1.
    var outerShare: Double { PictureWarp().undoing(warp).map(Self.outside) ?? 1 }

    private static func outside(_ warp: PictureWarp) -> Double {
        let steps = 128
        var count = 0
        for row in 0..<steps {
            let y = (2 * Double(row) + 1) / Double(steps) - 1
            for column in 0..<steps {
                let x = (2 * Double(column) + 1) / Double(steps) - 1
                let (u, v) = (warp.xx * x + warp.xy * y + warp.x, warp.yx * x + warp.yy * y + warp.y)
                if abs(u) > 1 || abs(v) > 1 { count += 1 }
            }
        }
        return Double(count) / Double(steps * steps)
    }
}
