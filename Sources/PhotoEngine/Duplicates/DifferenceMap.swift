public import Core

/// What differs between two pictures of which one was laid over the other, as a picture.
///
/// Brightness and contrast as a whole are taken out, as the comparison does: what glows is what one shows and the other doesn't.
/// The scale is the same for any two pictures, so that the traces of compression stay dark.
public struct DifferenceMap: Sendable {
    /// As large as the first picture.
    public let pixels: PixelBuffer
    /// The share of what both show that differs by more than compression does.
    public let differingShare: Double
    /// The share of the first picture that the second doesn't show.
    public let uncoveredShare: Double

    /// In grey levels: where colouring begins and where it is complete.
    private static let least: Float = 10
    private static let most: Float = 90
    /// From here on a difference is seen.
    private static let visible: Float = 24

    public init(_ first: PixelBuffer, _ second: PixelBuffer, comparison: PictureComparison) {
        let one = PictureChannels(first)
        let other = PictureChannels(second, warped: comparison, to: first.size)
        let smooth = one.difference(from: other, ToneFit(of: other.luma, to: one.luma)).smoothed
        var rgb: [UInt8] = []
        rgb.reserveCapacity(first.size.pixels * 3)
        var (seen, inside) = (0, 0)
        for pixel in 0..<smooth.count {
            let grey = one.luma[pixel] * 0.3
            guard smooth[pixel] >= 0 else {
                rgb += [UInt8(grey * 0.6), UInt8(grey * 0.8), UInt8(min(255, grey + 110))]
                continue
            }
            inside += 1
            if smooth[pixel] >= Self.visible { seen += 1 }
            rgb += Self.color((smooth[pixel] - Self.least) / (Self.most - Self.least), over: grey)
        }
        pixels = PixelBuffer(size: first.size, rgb: rgb)
        differingShare = inside == 0 ? 1 : Double(seen) / Double(inside)
        uncoveredShare = 1 - Double(inside) / Double(smooth.count)
    }

    /// From the dark picture over red and yellow to white: brighter with each step, so that it reads without colours, too.
    private static func color(_ strength: Float, over grey: Float) -> [UInt8] {
        let heat = min(max(strength, 0), 1)
        let ramp = (min(1, heat * 2.4), min(1, max(0, heat * 2.4 - 0.8)), min(1, max(0, heat * 2.4 - 1.4)))
        func channel(_ value: Float) -> UInt8 { UInt8(min(255, max(value * 255, grey * (1 - heat)))) }
        return [channel(ramp.0), channel(ramp.1), channel(ramp.2)]
    }
}
