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
    /// What makes the second's light the first's: times `gain`, plus `offset` grey levels.
    public let tone: (gain: Double, offset: Double)
    /// The first's fine detail as a share of the second's, where both show something.
    public let sharpness: Double

    /// In grey levels: where colouring begins and where it is complete.
    private static let least: Float = 10
    private static let most: Float = 90
    /// From here on a difference is seen.
    private static let visible: Float = 24

    public init(_ first: PixelBuffer, _ second: PixelBuffer, comparison: PictureComparison) {
        let (width, height) = (first.size.width, first.size.height)
        let one = Channels(first)
        let other = Channels(second, warped: comparison, to: first.size)
        let tone = ToneFit(of: other.luma, to: one.luma)
        var difference = [Float](repeating: -1, count: width * height)
        for pixel in 0..<difference.count where other.luma[pixel] >= 0 {
            let light = abs(other.luma[pixel] * tone.gain + tone.offset - one.luma[pixel])
            let blue = abs(other.blue[pixel] * tone.gain - one.blue[pixel])
            let red = abs(other.red[pixel] * tone.gain - one.red[pixel])
            difference[pixel] = max(light, max(blue, red))
        }
        let smooth = Self.smoothed(difference, width: width)
        var rgb: [UInt8] = []
        rgb.reserveCapacity(width * height * 3)
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
        self.tone = (Double(tone.gain), Double(tone.offset))
        let detail = (
            Self.detail(of: one.luma, where: other.luma, width: width),
            Self.detail(of: other.luma, where: other.luma, width: width) * abs(tone.gain)
        )
        sharpness = detail.1 > 0 ? Double(detail.0 / detail.1) : 1
    }

    /// How far each pixel is from the mean of its four neighbours, on average.
    private static func detail(of luma: [Float], where other: [Float], width: Int) -> Float {
        var (sum, count): (Float, Float) = (0, 0)
        for place in width..<max(width, luma.count - width) where place % width > 0 && place % width < width - 1 {
            let around = [place - 1, place + 1, place - width, place + width]
            guard other[place] >= 0, around.allSatisfy({ other[$0] >= 0 }) else { continue }
            sum += abs(luma[place] - around.reduce(0) { $0 + luma[$1] } / 4)
            count += 1
        }
        return count > 0 ? sum / count : 0
    }

    /// The mean of nine pixels, which spares the edges that resampling moves; -1 stays.
    private static func smoothed(_ values: [Float], width: Int) -> [Float] {
        let height = values.count / width
        return values.indices.map { place in
            guard values[place] >= 0 else { return -1 }
            let (row, column) = (place / width, place % width)
            var (sum, count): (Float, Float) = (0, 0)
            for y in max(0, row - 1)...min(height - 1, row + 1) {
                for x in max(0, column - 1)...min(width - 1, column + 1) where values[y * width + x] >= 0 {
                    sum += values[y * width + x]
                    count += 1
                }
            }
            return sum / count
        }
    }

    /// From the dark picture over red and yellow to white: brighter with each step, so that it reads without colours, too.
    private static func color(_ strength: Float, over grey: Float) -> [UInt8] {
        let heat = min(max(strength, 0), 1)
        let ramp = (min(1, heat * 2.4), min(1, max(0, heat * 2.4 - 0.8)), min(1, max(0, heat * 2.4 - 1.4)))
        func channel(_ value: Float) -> UInt8 { UInt8(min(255, max(value * 255, grey * (1 - heat)))) }
        return [channel(ramp.0), channel(ramp.1), channel(ramp.2)]
    }
}

/// A picture as luma and two colour differences; luma is -1 where there is none.
private struct Channels {
    var luma: [Float]
    var blue: [Float]
    var red: [Float]

    init(_ picture: PixelBuffer) {
        let count = picture.size.pixels
        (luma, blue, red) = ([], [], [])
        for channel in [\Channels.luma, \Channels.blue, \Channels.red] { self[keyPath: channel].reserveCapacity(count) }
        for pixel in 0..<count {
            let r = Float(picture.rgb[pixel * 3])
            let g = Float(picture.rgb[pixel * 3 + 1])
            let b = Float(picture.rgb[pixel * 3 + 2])
            let light = 0.299 * r + 0.587 * g + 0.114 * b
            luma.append(light)
            blue.append(0.564 * (b - light))
            red.append(0.713 * (r - light))
        }
    }

    /// The picture as it lies over one of `size`, turned first.
    init(_ picture: PixelBuffer, warped comparison: PictureComparison, to size: PixelSize) {
        let source = Channels(picture)
        let (width, height) = (picture.size.width, picture.size.height)
        let warp = comparison.warp
        let count = size.pixels
        luma = [Float](repeating: -1, count: count)
        (blue, red) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        for row in 0..<size.height {
            let y = (2 * Double(row) + 1) / Double(size.height) - 1
            for column in 0..<size.width {
                let x = (2 * Double(column) + 1) / Double(size.width) - 1
                let (u, v) = (warp.xx * x + warp.xy * y + warp.x, warp.yx * x + warp.yy * y + warp.y)
                guard abs(u) <= 1, abs(v) <= 1 else { continue }
                let (s, t) = comparison.orientation.stored(u, v)
                let left = min(max((s + 1) / 2 * Double(width) - 0.5, 0), Double(width - 1))
                let top = min(max((t + 1) / 2 * Double(height) - 0.5, 0), Double(height - 1))
                let (x0, y0) = (Int(left), Int(top))
                let (x1, y1) = (min(x0 + 1, width - 1), min(y0 + 1, height - 1))
                let (a, b) = (Float(left - Double(x0)), Float(top - Double(y0)))
                func sample(_ values: [Float]) -> Float {
                    (values[y0 * width + x0] * (1 - a) + values[y0 * width + x1] * a) * (1 - b)
                        + (values[y1 * width + x0] * (1 - a) + values[y1 * width + x1] * a) * b
                }
                let place = row * size.width + column
                luma[place] = sample(source.luma)
                blue[place] = sample(source.blue)
                red[place] = sample(source.red)
            }
        }
    }
}

extension Orientation {
    /// Where a place of the turned picture, -1 to 1 each way, lies in the stored one: `steps` in coordinates.
    fileprivate func stored(_ x: Double, _ y: Double) -> (Double, Double) {
        switch self {
        case .upright: (x, y)
        case .mirrored: (-x, y)
        case .rotated180: (-x, -y)
        case .flipped: (x, -y)
        case .transposed: (y, x)
        case .rotated90: (y, -x)
        case .transversed: (-y, -x)
        case .rotated270: (-y, x)
        }
    }
}
