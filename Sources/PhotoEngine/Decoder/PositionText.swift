import Core

/// What tells a position in the text of XMP.
enum PositionText {
    private static let open = UInt8(ascii: "<")
    private static let close = UInt8(ascii: ">")
    private static let slash = UInt8(ascii: "/")
    /// No packet of a photo is longer.
    private static let longest = 32 << 20

    /// The element in whose start tag `place` is, to its end tag; to the end of the bytes where that is missing.
    static func packet(around place: Int, in file: EditedBytes) -> Range<Int>? {
        var start = place
        while start > max(0, place - 4096), file[start] != open { start -= 1 }
        guard file[start] == open else { return nil }
        let name = name(from: start + 1, in: file)
        guard !name.isEmpty, file[start + 1] != slash else { return nil }
        let end = file.find([open, slash] + name, from: place, to: place + longest)
        return start..<(end ?? file.count)
    }

    /// Attributes and elements that tell a position, each whole.
    static func ranges(in packet: Range<Int>, of file: EditedBytes) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var place = packet.lowerBound
        while place < packet.upperBound {
            guard file[place] == open else {
                place += 1
                continue
            }
            let name = name(from: place + 1, in: file)
            if name.isEmpty {
                // A comment, an instruction or an end tag.
                place += 1
                continue
            }
            if isPosition(localName(name)), let end = endOfElement(place, name, packet.upperBound, file) {
                ranges.append(place..<end)
                place = end
                continue
            }
            place += 1 + name.count
            place = attributes(from: place, packet.upperBound, file) { ranges.append($0) }
        }
        return ranges
    }

    /// By the name without its prefix: of EXIF's, of those that drones write, and of W3C's.
    static func isPosition(_ name: [UInt8]) -> Bool {
        let text = String(decoding: name, as: UTF8.self).lowercased()
        return ["gps", "latitude", "longitude"].contains { text.contains($0) } || text == "lat" || text == "long"
    }

    /// To behind the tag; gives the attributes that tell a position.
    private static func attributes(
        from start: Int, _ end: Int, _ file: EditedBytes, _ found: (Range<Int>) -> Void
    ) -> Int {
        var place = start
        while place < end, file[place] != close {
            let name = name(from: place, in: file)
            guard !name.isEmpty else {
                place += 1
                continue
            }
            let first = place
            place += name.count
            while place < end, isBlank(file[place]) || file[place] == UInt8(ascii: "=") { place += 1 }
            guard place < end, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(file[place]) else { continue }
            let quote = file[place]
            place += 1
            while place < end, file[place] != quote { place += 1 }
            place = min(end, place + 1)
            let isDeclaration = name.starts(with: "xmlns".utf8)
            if !isDeclaration, isPosition(localName(name)) { found(first..<place) }
        }
        return min(end, place + 1)
    }

    private static func endOfElement(_ start: Int, _ name: [UInt8], _ end: Int, _ file: EditedBytes) -> Int? {
        let behindTag = attributes(from: start + 1 + name.count, end, file) { _ in }
        guard behindTag >= 2 else { return nil }
        if file[behindTag - 2] == slash { return behindTag }
        guard let tag = file.find([open, slash] + name, from: behindTag, to: end) else { return nil }
        return file.find([close], from: tag, to: end).map { $0 + 1 }
    }

    private static func name(from start: Int, in file: EditedBytes) -> [UInt8] {
        var end = start
        while end < file.count, end - start < 256, isName(file[end]) { end += 1 }
        return Array(file.bytes[start..<end])
    }

    private static func localName(_ name: [UInt8]) -> [UInt8] {
        name.split(separator: UInt8(ascii: ":")).last.map(Array.init) ?? name
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."), 0x80...0xFE:
            true
        default: false
        }
    }
}
