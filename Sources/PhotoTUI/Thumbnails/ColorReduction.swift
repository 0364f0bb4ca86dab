public import Grid

/// Reduces a picture to few colours: median cut over a histogram of 15 bits (Heckbert 1982), each box cut at the mean of
/// the channel that spreads most.
public enum ColorReduction {
    private struct Bin {
        var count = 0
        var sums = (red: 0, green: 0, blue: 0)
        /// Means.
        func value(_ channel: Int) -> Int {
            (channel == 0 ? sums.red : channel == 1 ? sums.green : sums.blue) / max(1, count)
        }
    }

    private struct Box {
        var bins: ArraySlice<Bin>
        var channel = 0
        var spread = 0.0
        var mean = 0

        init(_ bins: ArraySlice<Bin>) {
            self.bins = bins
            let total = Double(bins.reduce(0) { $0 + $1.count })
            for channel in 0..<3 {
                var (sum, squares) = (0.0, 0.0)
                for bin in bins {
                    let value = Double(bin.value(channel))
                    sum += value * Double(bin.count)
                    squares += value * value * Double(bin.count)
                }
                // The eye tells greens apart best, blues worst.
                let error = (squares - sum * sum / max(1, total)) * [0.8, 1.2, 0.6][channel]
                if error > spread { (self.channel, spread, mean) = (channel, error, Int(sum / max(1, total))) }
            }
        }

        var color: RGBColor {
            let count = max(1, bins.reduce(0) { $0 + $1.count })
            func mean(_ sum: (Bin) -> Int) -> UInt8 { UInt8(min(255, bins.reduce(0) { $0 + sum($1) } / count)) }
            return RGBColor(red: mean { $0.sums.red }, green: mean { $0.sums.green }, blue: mean { $0.sums.blue })
        }
    }

    /// - Parameters:
    ///   - colors: at most so many, 2 to 256, that of transparent pixels included.
    ///   - dithers: whether errors are spread over neighbours (Floyd and Steinberg), which hides steps in skies and costs
    ///     bytes.
    public static func reduce(_ image: PixelImage, to colors: Int, dithers: Bool) -> IndexedImage {
        let pixels = image.rgba
        let hasHoles = stride(from: 3, to: pixels.count, by: 4).contains { pixels[$0] < 128 }
        var bins = [Bin](repeating: Bin(), count: 1 << 15)
        for place in stride(from: 0, to: pixels.count, by: 4) where pixels[place + 3] >= 128 {
            let index = bin(Int(pixels[place]), Int(pixels[place + 1]), Int(pixels[place + 2]))
            bins[index].count += 1
            bins[index].sums.red += Int(pixels[place])
            bins[index].sums.green += Int(pixels[place + 1])
            bins[index].sums.blue += Int(pixels[place + 2])
        }
        var palette = palette(of: bins.filter { $0.count > 0 }, colors: max(1, colors - (hasHoles ? 1 : 0)))
        if palette.isEmpty { palette = [RGBColor(packed: 0)] }
        let transparent: UInt8? = hasHoles ? UInt8(palette.count) : nil
        let indices = indices(of: image, palette, transparent: transparent, dithers: dithers)
        if hasHoles { palette.append(RGBColor(packed: 0)) }
        return IndexedImage(
            width: image.width, height: image.height, palette: palette, indices: indices, transparent: transparent)
    }

    private static func bin(_ red: Int, _ green: Int, _ blue: Int) -> Int {
        (red >> 3) << 10 | (green >> 3) << 5 | blue >> 3
    }

    private static func palette(of bins: [Bin], colors: Int) -> [RGBColor] {
        if bins.isEmpty { return [] }
        var boxes = [Box(bins[...])]
        while boxes.count < colors {
            guard let index = boxes.indices.max(by: { boxes[$0].spread < boxes[$1].spread }), boxes[index].spread > 0
            else { break }
            let (channel, mean) = (boxes[index].channel, boxes[index].mean)
            let low = boxes[index].bins.filter { $0.value(channel) <= mean }
            let high = boxes[index].bins.filter { $0.value(channel) > mean }
            guard !low.isEmpty, !high.isEmpty else {
                boxes[index].spread = 0
                continue
            }
            boxes[index] = Box(low[...])
            boxes.append(Box(high[...]))
        }
        return boxes.map(\.color)
    }

    private static func indices(
        of image: PixelImage, _ palette: [RGBColor], transparent: UInt8?, dithers: Bool
    ) -> [UInt8] {
        // The nearest of each bin, once it is asked for.
        var nearest = [Int16](repeating: -1, count: 1 << 15)
        func index(_ red: Int, _ green: Int, _ blue: Int) -> Int {
            let bin = bin(red, green, blue)
            if nearest[bin] >= 0 { return Int(nearest[bin]) }
            let color = RGBColor(red: UInt8(red), green: UInt8(green), blue: UInt8(blue))
            var best = (index: 0, distance: Int.max)
            for (index, candidate) in palette.enumerated() {
                let distance = color.distance(to: candidate)
                if distance < best.distance { best = (index, distance) }
            }
            nearest[bin] = Int16(best.index)
            return best.index
        }
        var result = [UInt8](repeating: transparent ?? 0, count: image.width * image.height)
        // Errors times 16, of this row and the next, with a place at each end.
        let length = (image.width + 2) * 3
        var (errors, next) = ([Int](repeating: 0, count: length), [Int](repeating: 0, count: length))
        for row in 0..<image.height {
            for column in 0..<image.width {
                let pixel = (row * image.width + column) * 4
                guard image.rgba[pixel + 3] >= 128 else { continue }
                var value = (0, 0, 0)
                let place = (column + 1) * 3
                func channel(_ number: Int) -> Int {
                    min(255, max(0, Int(image.rgba[pixel + number]) + (dithers ? errors[place + number] / 16 : 0)))
                }
                value = (channel(0), channel(1), channel(2))
                let chosen = index(value.0, value.1, value.2)
                result[row * image.width + column] = UInt8(chosen)
                guard dithers else { continue }
                let color = palette[chosen]
                let rest = [value.0 - Int(color.red), value.1 - Int(color.green), value.2 - Int(color.blue)]
                for number in 0..<3 {
                    errors[place + 3 + number] += rest[number] * 7
                    next[place - 3 + number] += rest[number] * 3
                    next[place + number] += rest[number] * 5
                    next[place + 3 + number] += rest[number]
                }
            }
            (errors, next) = (next, [Int](repeating: 0, count: length))
        }
        return result
    }
}
