import CZlib
import Foundation
import Grid

extension PixelScreen {
    /// One command of kitty's graphics protocol.
    func command(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
        var keys: [String: String] = [:]
        for pair in String(decoding: parts[0], as: UTF8.self).split(separator: ",") {
            let words = pair.split(separator: "=")
            if words.count == 2 { keys[String(words[0])] = String(words[1]) }
        }
        let payload = parts.count > 1 ? Array(parts[1]) : []
        if !payload.isEmpty { imageByteCount += bytes.count + 4 }
        switch keys["a"] {
        case "q": break
        case "d": delete(keys)
        case "p": place(keys)
        case "t", "T", nil:
            if keys["a"] != nil { upload = (keys, []) }
            upload.text += payload
            if keys["m"] == "0" { finishUpload() }
        default: break
        }
    }

    private func number(_ keys: [String: String], _ name: String) -> Int { keys[name].flatMap { Int($0) } ?? 0 }

    private func finishUpload() {
        let keys = upload.keys
        guard keys["f"] == "100", let data = Data(base64Encoded: Data(upload.text)),
            let picture = PNGReader.read([UInt8](data))
        else { return }
        pictures[UInt32(number(keys, "i"))] = Picture(
            pixels: picture, columns: number(keys, "c"), rows: number(keys, "r"))
        upload = ([:], [])
    }

    private func place(_ keys: [String: String]) {
        let id = UInt32(number(keys, "i"))
        guard let picture = pictures[id] else { return }
        let placement = Placement(
            picture: id, number: UInt32(number(keys, "p")),
            rect: Rect(row: cursor.row, column: cursor.column, rows: number(keys, "r"), columns: number(keys, "c")),
            source: (
                number(keys, "x"), number(keys, "y"),
                keys["w"].flatMap { Int($0) } ?? picture.pixels.width - number(keys, "x"),
                keys["h"].flatMap { Int($0) } ?? picture.pixels.height - number(keys, "y")
            ))
        placements.removeAll { $0.picture == id && $0.number == placement.number }
        placements.append(placement)
    }

    private func delete(_ keys: [String: String]) {
        let id = UInt32(number(keys, "i"))
        switch keys["d"] {
        case "i":
            placements.removeAll { $0.picture == id && (keys["p"] == nil || $0.number == UInt32(number(keys, "p"))) }
        case "I":
            placements.removeAll { $0.picture == id }
            pictures[id] = nil
        case "A": (placements, pictures) = ([], pictures.filter { $0.value.columns > 0 })
        case "R":
            pictures = pictures.filter { !(UInt32(number(keys, "x"))...UInt32(number(keys, "y"))).contains($0.key) }
        default: break
        }
    }

    func draw(_ placement: Placement, into screen: inout [UInt32?]) {
        guard let picture = pictures[placement.picture]?.pixels else { return }
        let (width, height) = (placement.rect.columns * cellWidth, placement.rect.rows * cellHeight)
        for y in 0..<height {
            for x in 0..<width {
                let (left, top) = (placement.rect.column * cellWidth + x, placement.rect.row * cellHeight + y)
                guard left < pixelColumns, top < pixelRows else { continue }
                let column = placement.source.x + x * placement.source.width / width
                let row = placement.source.y + y * placement.source.height / height
                if let color = picture.color(column, row) { screen[top * pixelColumns + left] = color }
            }
        }
    }

    /// The cell's part of the picture that its colour names.
    func drawPlaceholder(_ row: Int, _ column: Int, into screen: inout [UInt32?]) {
        let cell = cell(row, column)
        guard cell.scalars.first?.value == 0x10eeee, cell.scalars.count >= 3, let picture = pictures[cell.foreground],
            let part = Self.marks[cell.scalars[1].value].flatMap({ top in
                Self.marks[cell.scalars[2].value].map { (row: top, column: $0) }
            })
        else { return }
        let (width, height) = (picture.columns * cellWidth, picture.rows * cellHeight)
        for y in 0..<cellHeight {
            for x in 0..<cellWidth {
                let left = (part.column * cellWidth + x) * picture.pixels.width / width
                let top = (part.row * cellHeight + y) * picture.pixels.height / height
                screen[(row * cellHeight + y) * pixelColumns + column * cellWidth + x] = picture.pixels.color(left, top)
            }
        }
    }

    /// The first of the protocol's list of marks, which are more than any picture of the tests needs.
    private static let marks: [UInt32: Int] = Dictionary(
        uniqueKeysWithValues: ([
            0x305, 0x30d, 0x30e, 0x310, 0x312, 0x33d, 0x33e, 0x33f, 0x346, 0x34a, 0x34b, 0x34c, 0x350, 0x351, 0x352,
            0x357,
            0x35b, 0x363, 0x364, 0x365, 0x366, 0x367, 0x368, 0x369,
        ] as [UInt32]).enumerated().map { ($1, $0) })
}

extension PixelImage {
    /// nil for a transparent pixel, and outside.
    func color(_ column: Int, _ row: Int) -> UInt32? {
        guard column >= 0, column < width, row >= 0, row < height else { return nil }
        let place = (row * width + column) * 4
        guard rgba[place + 3] >= 128 else { return nil }
        return UInt32(rgba[place]) << 16 | UInt32(rgba[place + 1]) << 8 | UInt32(rgba[place + 2])
    }
}

/// Reads PNG files of 8 bits a channel, not interlaced; nil for what is none, or whose checksums are wrong.
enum PNGReader {
    static func read(_ file: [UInt8]) -> PixelImage? {
        guard file.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) else { return nil }
        var (header, palette, alphas, packed, isEnded) = ([UInt8](), [UInt8](), [UInt8](), [UInt8](), false)
        var place = 8
        while place + 12 <= file.count, !isEnded {
            let length = number(file[place..<place + 4])
            guard place + 12 + length <= file.count else { return nil }
            let body = Array(file[place + 4..<place + 8 + length])
            guard UInt(number(file[place + 8 + length..<place + 12 + length])) == crc32(0, body, UInt32(body.count))
            else {
                return nil
            }
            let data = Array(body.dropFirst(4))
            switch String(decoding: body.prefix(4), as: UTF8.self) {
            case "IHDR": header = data
            case "PLTE": palette = data
            case "tRNS": alphas = data
            case "IDAT": packed += data
            case "IEND": isEnded = true
            default: return nil
            }
            place += 12 + length
        }
        guard isEnded, header.count == 13, header[8] == 8, header[12] == 0 else { return nil }
        let (width, height) = (number(header[0..<4]), number(header[4..<8]))
        guard let channels = [3: 1, 2: 3, 6: 4][Int(header[9])] else { return nil }
        let length = width * channels + 1
        var rows = [UInt8](repeating: 0, count: length * height)
        var count = UInt(rows.count)
        guard uncompress(&rows, &count, packed, UInt(packed.count)) == Z_OK, Int(count) == rows.count else {
            return nil
        }
        var rgba: [UInt8] = []
        var before = [UInt8](repeating: 0, count: length - 1)
        for row in 0..<height {
            var line = Array(rows[row * length + 1..<(row + 1) * length])
            guard undo(rows[row * length], &line, before, channels) else { return nil }
            for column in 0..<width {
                let pixel = line[column * channels..<(column + 1) * channels]
                if channels == 1 {
                    let index = Int(pixel.first!)
                    guard index * 3 + 2 < palette.count else { return nil }
                    rgba += palette[index * 3..<index * 3 + 3] + [index < alphas.count ? alphas[index] : 255]
                } else {
                    rgba += pixel + (channels == 3 ? [255] : [])
                }
            }
            before = line
        }
        return PixelImage(width: width, height: height, rgba: rgba)
    }

    private static func undo(_ filter: UInt8, _ line: inout [UInt8], _ before: [UInt8], _ channels: Int) -> Bool {
        for place in line.indices {
            let left = place < channels ? 0 : Int(line[place - channels])
            let (up, corner) = (Int(before[place]), place < channels ? 0 : Int(before[place - channels]))
            let guess: Int
            switch filter {
            case 0: guess = 0
            case 1: guess = left
            case 2: guess = up
            case 3: guess = (left + up) / 2
            case 4:
                let distances = [
                    (abs(up - corner), left), (abs(left - corner), up), (abs(left + up - 2 * corner), corner),
                ]
                guess = distances.min { $0.0 < $1.0 }!.1
            default: return false
            }
            line[place] = line[place] &+ UInt8(guess)
        }
        return true
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
