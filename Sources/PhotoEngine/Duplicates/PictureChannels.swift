import Core

/// A picture as luma and two colour differences, in grey levels; luma is -1 where there is none.
struct PictureChannels {
    let width: Int
    let height: Int
    private(set) var luma: [Float]
    private(set) var blue: [Float]
    private(set) var red: [Float]

    init(_ picture: PixelBuffer) {
        (width, height) = (picture.size.width, picture.size.height)
        let count = picture.size.pixels
        (luma, blue, red) = ([], [], [])
        for channel in [\PictureChannels.luma, \PictureChannels.blue, \PictureChannels.red] {
            self[keyPath: channel].reserveCapacity(count)
        }
        picture.rgb.withUnsafeBufferPointer { rgb in
            for pixel in 0..<count {
                let (r, g, b) = (Float(rgb[pixel * 3]), Float(rgb[pixel * 3 + 1]), Float(rgb[pixel * 3 + 2]))
                let light = 0.299 * r + 0.587 * g + 0.114 * b
                luma.append(light)
                blue.append(0.564 * (b - light))
                red.append(0.713 * (r - light))
            }
        }
    }

    private init(_ width: Int, _ height: Int, luma: [Float], blue: [Float], red: [Float]) {
        (self.width, self.height, self.luma, self.blue, self.red) = (width, height, luma, blue, red)
    }

    /// The picture as it lies over one of `size`, turned first.
    init(_ picture: PixelBuffer, warped comparison: PictureComparison, to size: PixelSize) {
        let source = PictureChannels(picture)
        if comparison.warp == PictureWarp(), comparison.orientation == .upright, picture.size == size {
            self = source
            return
        }
        let places = WarpedPlaces(comparison, from: picture.size, to: size)
        self.init(
            size.width, size.height, luma: places.sampled(source.luma, outside: -1),
            blue: places.sampled(source.blue, outside: 0), red: places.sampled(source.red, outside: 0))
    }

    /// The mean of each `count` by `count` pixels, as far as all of them are there; what is left over at the edges goes.
    func reduced(by count: Int) -> PictureChannels {
        if count <= 1 { return self }
        let (columns, rows) = (width / count, height / count)
        func mean(_ values: [Float]) -> [Float] {
            var means = [Float](repeating: 0, count: columns * rows)
            values.withUnsafeBufferPointer { values in
                for row in 0..<rows * count {
                    for column in 0..<columns * count {
                        means[row / count * columns + column / count] += values[row * width + column]
                    }
                }
            }
            let area = Float(count * count)
            return means.map { $0 / area }
        }
        var reduced = PictureChannels(columns, rows, luma: mean(luma), blue: mean(blue), red: mean(red))
        for row in 0..<rows * count {
            for column in 0..<columns * count where luma[row * width + column] < 0 {
                reduced.luma[row / count * columns + column / count] = -1
            }
        }
        return reduced
    }

    /// How far each pixel is from one of `other`, an equally large picture, brought to this one's light; -1 where there is none.
    func difference(from other: PictureChannels, _ tone: ToneFit) -> Plane {
        var difference = [Float](repeating: -1, count: luma.count)
        for pixel in 0..<luma.count where other.luma[pixel] >= 0 {
            let light = abs(other.luma[pixel] * tone.gain + tone.offset - luma[pixel])
            let blue = abs(other.blue[pixel] * tone.gain - blue[pixel])
            let red = abs(other.red[pixel] * tone.gain - red[pixel])
            difference[pixel] = max(light, max(blue, red))
        }
        return Plane(values: difference, width: width)
    }

    /// How far each pixel's luma is from the mean of its four neighbours, on average, where `other` shows something.
    func detail(where other: PictureChannels) -> Float {
        var (sum, count): (Float, Float) = (0, 0)
        luma.withUnsafeBufferPointer { luma in
            other.luma.withUnsafeBufferPointer { other in
                for row in 1..<max(1, height - 1) {
                    for place in row * width + 1..<max(row * width + 1, (row + 1) * width - 1) {
                        let isInside =
                            other[place] >= 0 && other[place - 1] >= 0 && other[place + 1] >= 0
                            && other[place - width] >= 0 && other[place + width] >= 0
                        guard isInside else { continue }
                        let around = luma[place - 1] + luma[place + 1] + luma[place - width] + luma[place + width]
                        sum += abs(luma[place] - around / 4)
                        count += 1
                    }
                }
            }
        }
        return count > 0 ? sum / count : 0
    }
}

extension PictureChannels {
    /// How much of what isn't flat is drawn on one tone, as text on paper is: the share, 0 to 1, of blocks of eight by eight pixels
    /// with strong contrast of which two fifths have one tone, among all that aren't flat; 0 where all are.
    var inkShare: Double {
        let (side, flat, strong, even): (Int, Float, Float, Float) = (8, 16, 64, 12)
        let part = side * side * 2 / 5
        var (uneven, drawn) = (0, 0)
        var block: [Float] = []
        for row in stride(from: 0, through: height - side, by: side) {
            for column in stride(from: 0, through: width - side, by: side) {
                block.removeAll(keepingCapacity: true)
                for line in row..<row + side { block += luma[line * width + column..<line * width + column + side] }
                block.sort()
                let range = block[block.count - 1] - block[0]
                if range <= flat { continue }
                uneven += 1
                if range >= strong, (part..<block.count).contains(where: { block[$0] - block[$0 - part] <= even }) {
                    drawn += 1
                }
            }
        }
        return uneven > 0 ? Double(drawn) / Double(uneven) : 0
    }
}

extension PictureChannels {
    /// A value for each pixel, 0 or more; -1 where there is none.
    struct Plane {
        let values: [Float]
        let width: Int
        var height: Int { width == 0 ? 0 : values.count / width }

        /// The mean of nine pixels, which spares the edges that resampling moves; -1 stays.
        var smoothed: [Float] {
            values.withUnsafeBufferPointer { values in
                values.indices.map { place in
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
        }

        /// The mean of each `side` by `side` pixels that are all there.
        static func blocks(_ values: [Float], width: Int, side: Int) -> [Float] {
            let (columns, rows) = (width / side, values.count / max(1, width) / side)
            var sums = [Float](repeating: 0, count: columns * rows)
            for row in 0..<rows * side {
                for column in 0..<columns * side {
                    let value = values[row * width + column]
                    sums[row / side * columns + column / side] += value < 0 ? -.infinity : value
                }
            }
            return sums.filter { $0 >= 0 }.map { $0 / Float(side * side) }
        }
    }
}

/// Where each pixel of one picture lies in another that was laid over it.
private struct WarpedPlaces {
    /// Index of the pixel at the upper left, -1 where there is none, and how far the place is from it to the right and down.
    private var places: [(index: Int32, right: Float, down: Float)]
    private let width: Int
    private let height: Int

    init(_ comparison: PictureComparison, from: PixelSize, to size: PixelSize) {
        (width, height) = (from.width, from.height)
        places = []
        places.reserveCapacity(size.pixels)
        let warp = comparison.warp
        for row in 0..<size.height {
            let y = (2 * Double(row) + 1) / Double(size.height) - 1
            for column in 0..<size.width {
                let x = (2 * Double(column) + 1) / Double(size.width) - 1
                let (u, v) = (warp.xx * x + warp.xy * y + warp.x, warp.yx * x + warp.yy * y + warp.y)
                guard abs(u) <= 1, abs(v) <= 1 else {
                    places.append((-1, 0, 0))
                    continue
                }
                let (s, t) = comparison.orientation.stored(u, v)
                let left = min(max((s + 1) / 2 * Double(width) - 0.5, 0), Double(width - 1))
                let top = min(max((t + 1) / 2 * Double(height) - 0.5, 0), Double(height - 1))
                let (x0, y0) = (Int(left), Int(top))
                places.append((Int32(y0 * width + x0), Float(left - Double(x0)), Float(top - Double(y0))))
            }
        }
    }

    /// Between the four pixels around each place.
    func sampled(_ values: [Float], outside: Float) -> [Float] {
        values.withUnsafeBufferPointer { values in
            places.map { place in
                guard place.index >= 0 else { return outside }
                let at = Int(place.index)
                let next = at % width + 1 < width ? 1 : 0
                let below = at / width + 1 < height ? width : 0
                let upper = values[at] * (1 - place.right) + values[at + next] * place.right
                let lower = values[at + below] * (1 - place.right) + values[at + below + next] * place.right
                return upper * (1 - place.down) + lower * place.down
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
