public import Core
internal import Duplicates

/// Where two photos' small pictures differ, once one is laid over the other.
public struct PictureDifference: Sendable {
    /// The first picture, darkened, with what differs in it glowing from red to white, and blue where the second has nothing.
    public let pixels: PixelBuffer
    /// 0 to 1, as clusters are made by it.
    public let similarity: Double
    /// How the second was turned to stand as the first does.
    public let orientation: Orientation
    /// How much of what both show differs visibly, 0 to 1.
    public let differingShare: Double
    /// How much of the first the second doesn't show, 0 to 1.
    public let uncoveredShare: Double

    /// The first's fine detail as a share of the second's.
    public let sharpness: Double
    private let tone: (gain: Double, offset: Double)

    /// Compares upright pictures; the second is tried in each of `orientations`, and the best counts. Takes some milliseconds of one
    /// processor.
    public init(_ first: PixelBuffer, _ second: PixelBuffer, orientations: [Orientation] = [.upright]) {
        let (one, other) = (ComparablePicture(first), ComparablePicture(second))
        let tried = (orientations.isEmpty ? [.upright] : orientations).map {
            PictureComparison(one, other, orientation: $0)
        }
        let best = tried.max { $0.similarity < $1.similarity }!
        let map = DifferenceMap(first, second, comparison: best)
        pixels = map.pixels
        similarity = best.similarity
        orientation = best.orientation
        differingShare = map.differingShare
        uncoveredShare = map.uncoveredShare
        (sharpness, tone) = (map.sharpness, map.tone)
    }

    /// Why the first can't stand for the second unseen, for a person; nil where the second is no more than a smaller or
    /// more compressed copy. `name` is the second's, safe to show.
    public func doubt(ofStandingFor name: String) -> String? {
        if uncoveredShare > Self.mostUncovered { return "\(name) is another part of the picture" }
        if differingShare > Self.mostDiffering { return "\(name) differs in colour, or in a spot" }
        let middle = abs(tone.offset + (tone.gain - 1) * 128)
        if abs(tone.gain - 1) > Self.mostGain || middle > Self.mostOffset {
            return "\(name) is brighter, darker or of another contrast"
        }
        if sharpness < Self.leastSharpness { return "\(name) is sharper" }
        return nil
    }

    /// Whether the first has something at its edges that the second has not.
    public var showsMore: Bool { uncoveredShare > Self.mostUncovered }

    // Between what copies of real photos come to that were made smaller (to a quarter) and compressed (JPEG, quality 40 and more),
    // and what those do that were painted over, cut, coloured or blurred.
    private static let mostUncovered = 0.015
    private static let mostDiffering = 0.002
    private static let mostGain = 0.1
    private static let mostOffset = 8.0
    private static let leastSharpness = 0.75

    /// How one of two members may have to be turned to stand as the other does, most promising first.
    public static func orientations(of member: ClusterMember, toward other: ClusterMember) -> [Orientation] {
        let isTurned = [member, other].contains { ($0.evidence?.orientation ?? .upright) != .upright }
        guard isTurned else { return [.upright] }
        return member.hash.orientations(toward: other.hash).prefix(3).map(\.orientation)
    }
}
