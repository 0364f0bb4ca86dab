public import Core
internal import Glibc

/// Whether two pictures show the same, judged by their pixels, and how one lies over the other.
///
/// The second is laid over the first by an affine warp (a crop, a border, a small rotation), brightness and contrast are taken
/// out, and the structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004) of each window of 8 x 8 cells is taken; the
/// worst quarter of the windows is left out (a text, a black corner). What is found is within `limits`, else the similarity is 0.
public struct PictureComparison: Equatable, Sendable {
    /// 0 to 1; 1 is equal.
    public let similarity: Double
    /// How the second picture was turned or mirrored before it was compared.
    public let orientation: Orientation
    /// How much of the first picture's width one of the second's takes: 0.97 where the second is a crop of 97 %.
    public let scale: Double
    /// How far the second is turned to the first, clockwise, in degrees.
    public let degrees: Double
    /// Where the second's middle lies, in shares of the first's width and height from its own middle.
    public let offsetX: Double
    public let offsetY: Double
    /// Maps the first's coordinates to those of the second, once that is turned.
    let warp: PictureWarp

    /// What a copy of another size or quality has at the least; below it a better place is sought.
    private static let plain = 0.9
    /// From here on no other start of the search is worth trying.
    private static let sure = 0.8

    /// From here on two pictures are taken to show the same. Measured on 225 real photos, each with ten copies, and on pairs of
    /// different ones: of copies of another size, quality, brightness or colour, of crops, mirrors and text overlays 2 in
    /// 1,800 are below, of pictures turned by 5 degrees 3 in 225, with a border 11 in 225; of 1,252 pairs of different photos
    /// within 16 bits 7 are above; of 60 pairs whose camera panned by a quarter the nearest as shown is at 0.55.
    public static let sameFrom = 0.72

    public var isSame: Bool { similarity >= Self.sameFrom }

    /// Compares `first` with `second`, which is turned by `orientation` first. The order matters little.
    public init(_ first: ComparablePicture, _ second: ComparablePicture, orientation: Orientation = .upright) {
        self.init(first, oriented: second.oriented(orientation), orientation)
    }

    private init(_ first: ComparablePicture, oriented second: ComparablePicture, _ orientation: Orientation) {
        let side = ComparablePicture.side
        self.orientation = orientation
        var warp = PictureWarp()
        var found = 0.0
        // Copies of another size or quality lie as they are; only others are worth the search.
        if abs(log(first.shape / second.shape)) < 0.02 {
            found = LocalSimilarity.of(first.levels[0], second.levels[0], side: side, warp)
        }
        if found < Self.plain {
            var search = PictureSearch(first, second)
            // The first place is always worth a look: what is alike as it lies may be a crop that is more alike.
            var isFirst = true
            while isFirst || found < Self.sure, let better = search.next() {
                isFirst = false
                guard Self.isWithinLimits(better, first, second) else { continue }
                let aligned = LocalSimilarity.of(first.levels[0], second.levels[0], side: side, better)
                if aligned > found { (found, warp) = (aligned, better) }
            }
        }
        similarity = found
        self.warp = warp
        // The warp maps the first's coordinates to the second's; what is told is how the second lies in the first.
        let determinant = warp.xx * warp.yy - warp.xy * warp.yx
        scale = 1 / determinant.squareRoot()
        degrees = Self.degrees(warp, first.shape, second.shape)
        offsetX = (warp.xy * warp.y - warp.yy * warp.x) / determinant / 2
        offsetY = (warp.yx * warp.x - warp.xx * warp.y) / determinant / 2
    }

    /// A copy is turned by at most 8 degrees, between 0.8 and 1.25 times as large, hardly stretched, and nearly in the middle:
    /// what lies elsewhere is another photo of the same thing.
    private static func isWithinLimits(
        _ warp: PictureWarp, _ first: ComparablePicture, _ second: ComparablePicture
    ) -> Bool {
        let determinant = warp.xx * warp.yy - warp.xy * warp.yx
        guard determinant > 0.64, determinant < 1.5625, abs(warp.x) < 0.16, abs(warp.y) < 0.16 else { return false }
        guard abs(degrees(warp, first.shape, second.shape)) < 8 else { return false }
        // Singular values of the map in pixels: their ratio is 1 for a rotation with a scale.
        let (a, b) = (warp.xx * second.shape / first.shape, warp.xy * second.shape)
        let (c, d) = (warp.yx / first.shape, warp.yy)
        let (sum, product) = (a * a + b * b + c * c + d * d, a * d - b * c)
        let root = max(0, sum * sum - 4 * product * product).squareRoot()
        return (sum + root) / max(sum - root, 1e-9) < 1.21
    }

    private static func degrees(_ warp: PictureWarp, _ first: Double, _ second: Double) -> Double {
        atan2(warp.yx / first - warp.xy * second, warp.xx * second / first + warp.yy) * 180 / .pi
    }
}
