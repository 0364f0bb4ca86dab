public import Grid

/// Makes a picture ready for a way of showing it: of the size that its cells have in pixels, in what is cheapest there.
public enum ImageEncoder {
    /// Up to here a picture is a thumbnail, of which 256 colours show no steps; what is larger keeps all its colours.
    static let thumbnailPixels = 120_000

    /// - Parameters:
    ///   - picture: its shape kept, no larger than the cells' pixels.
    ///   - size: the cells it fills.
    public static func encode(_ picture: PixelImage, size: GridSize, form: ImageForm) -> EncodedImage? {
        guard picture.width > 0, picture.height > 0, size.columns > 0, size.rows > 0 else { return nil }
        let (width, height) = (size.columns * form.cellWidth, size.rows * form.cellHeight)
        switch form.format {
        case .png(let colors):
            // The terminal enlarges what has fewer pixels than its cells.
            let scale = min(1, max(Double(picture.width) / Double(width), Double(picture.height) / Double(height)))
            let canvas = picture.centered(
                width: max(picture.width, Int((Double(width) * scale).rounded())),
                height: max(picture.height, Int((Double(height) * scale).rounded())), background: nil)
            let file =
                colors < 256 || canvas.width * canvas.height <= thumbnailPixels
                ? PNGFile.encode(ColorReduction.reduce(canvas, to: colors, dithers: false)) : PNGFile.encode(canvas)
            return EncodedImage(.file(file), size: size, width: canvas.width, height: canvas.height)
        case .pixels:
            let canvas = picture.fitted(width: width, height: height, background: form.background)
            return EncodedImage(
                .pixels(canvas.opaque(on: form.background)), size: size, width: width, height: height)
        case .indexed(let colors):
            let canvas = picture.fitted(width: width, height: height, background: form.background)
            let indexed = ColorReduction.reduce(canvas, to: colors, dithers: false)
            return EncodedImage(.indexed(indexed), size: size, width: width, height: height)
        }
    }
}

extension PixelImage {
    /// The picture as large as fits, in the middle of a colour.
    func fitted(width: Int, height: Int, background: RGBColor) -> PixelImage {
        let scale = min(Double(width) / Double(self.width), Double(height) / Double(self.height))
        let fitted = scaled(
            width: min(width, max(1, Int((Double(self.width) * scale).rounded()))),
            height: min(height, max(1, Int((Double(self.height) * scale).rounded()))))
        return fitted.centered(width: width, height: height, background: background)
    }

    /// The picture in front of a colour.
    func opaque(on background: RGBColor) -> PixelImage {
        var pixels = rgba
        for place in stride(from: 0, to: pixels.count, by: 4) where pixels[place + 3] < 255 {
            let alpha = Int(pixels[place + 3])
            for (channel, behind) in [background.red, background.green, background.blue].enumerated() {
                let value = Int(pixels[place + channel]) * alpha + Int(behind) * (255 - alpha)
                pixels[place + channel] = UInt8((value + 127) / 255)
            }
            pixels[place + 3] = 255
        }
        return PixelImage(width: width, height: height, rgba: pixels)
    }

    /// The picture in the middle of a larger one: nothing around it, or a colour.
    func centered(width: Int, height: Int, background: RGBColor?) -> PixelImage {
        if (width, height) == (self.width, self.height) { return self }
        let around: [UInt8] = background.map { [$0.red, $0.green, $0.blue, 255] } ?? [0, 0, 0, 0]
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 4)
        for _ in 0..<width * height { pixels += around }
        let (left, top) = ((width - self.width) / 2, (height - self.height) / 2)
        for row in 0..<self.height {
            let start = ((top + row) * width + left) * 4
            pixels.replaceSubrange(
                start..<start + self.width * 4, with: rgba[row * self.width * 4..<(row + 1) * self.width * 4])
        }
        return PixelImage(width: width, height: height, rgba: pixels)
    }

    /// The picture in another size, by bilinear interpolation: for sizes that are near.
    func scaled(width: Int, height: Int) -> PixelImage {
        if (width, height) == (self.width, self.height) { return self }
        var pixels = [UInt8](repeating: 0, count: width * height * 4)
        for row in 0..<height {
            let y = min(
                Double(self.height - 1), max(0, (Double(row) + 0.5) * Double(self.height) / Double(height) - 0.5))
            let (top, down) = (Int(y), min(self.height - 1, Int(y) + 1))
            for column in 0..<width {
                let x = min(
                    Double(self.width - 1), max(0, (Double(column) + 0.5) * Double(self.width) / Double(width) - 0.5))
                let (left, right) = (Int(x), min(self.width - 1, Int(x) + 1))
                let (partX, partY) = (x - Double(left), y - Double(top))
                for channel in 0..<4 {
                    func value(_ row: Int, _ column: Int) -> Double {
                        Double(rgba[(row * self.width + column) * 4 + channel])
                    }
                    let upper = value(top, left) * (1 - partX) + value(top, right) * partX
                    let lower = value(down, left) * (1 - partX) + value(down, right) * partX
                    pixels[(row * width + column) * 4 + channel] = UInt8(
                        (upper * (1 - partY) + lower * partY).rounded())
                }
            }
        }
        return PixelImage(width: width, height: height, rgba: pixels)
    }
}
