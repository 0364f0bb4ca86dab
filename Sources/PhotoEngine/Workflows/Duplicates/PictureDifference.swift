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
    }

    /// How one of two members may have to be turned to stand as the other does, most promising first.
    public static func orientations(of member: ClusterMember, toward other: ClusterMember) -> [Orientation] {
        let isTurned = [member, other].contains { ($0.evidence?.orientation ?? .upright) != .upright }
        guard isTurned else { return [.upright] }
        return member.hash.orientations(toward: other.hash).prefix(3).map(\.orientation)
    }
}
