/// The order of the properties of a HEIF file's items (ISO/IEC 23008-12, `ipma`).
///
/// The size comes before what turns, mirrors or crops; Sony's cameras write it last. libheif 1.15 then tells the size
/// from before the turn, and libvips refuses the picture.
enum HEIFPropertyOrder {
    private static let transforming: Set<UInt32> = [0x6972_6F74, 0x696D_6972, 0x636C_6170]  // irot, imir, clap
    /// An association's index has 15 bits.
    private static let mostProperties = 0x7FFF

    /// The file with what transforms behind an item's other properties; nil when it is so already, or is no HEIF file.
    /// No byte moves but within `ipma`, so every offset in the file stays true.
    static func corrected(_ file: FileBytes) -> FileBytes? {
        let reader = BoxReader(bytes: file.buffer)
        guard let meta = reader.first("meta", in: 0..<file.buffer.count), meta.count > 4,
            let properties = reader.first("iprp", in: meta.dropFirst(4)),
            let container = reader.first("ipco", in: properties)
        else { return nil }
        var types: [UInt32] = []
        reader.forEach(in: container) { type, _ in
            types.append(type)
            return types.count < mostProperties
        }
        var changes: [(start: Int, bytes: [UInt8])] = []
        reader.forEach(in: properties) { type, body in
            if type == BoxReader.code("ipma") {
                changes += associations(reader, body).compactMap { place in
                    moved(Array(file.buffer[place.bytes]), width: place.width, types: types)
                        .map { (place.bytes.lowerBound, $0) }
                }
            }
            return true
        }
        guard !changes.isEmpty else { return nil }
        var bytes = Array(file.buffer)
        for change in changes {
            bytes.replaceSubrange(change.start..<change.start + change.bytes.count, with: change.bytes)
        }
        return FileBytes(copying: bytes)
    }

    /// Where each item's associations lie, and how many bytes one takes; as far as the box makes sense.
    private static func associations(
        _ reader: BoxReader, _ body: Range<Int>
    ) -> [(bytes: Range<Int>, width: Int)] {
        guard let head = reader.number(body.lowerBound, 4, within: body),
            let count = reader.number(body.lowerBound + 4, 4, within: body)
        else { return [] }
        let width = head & 1 == 1 ? 2 : 1
        let identifierWidth = head >> 24 == 0 ? 2 : 4
        var places: [(bytes: Range<Int>, width: Int)] = []
        var position = body.lowerBound + 8
        for _ in 0..<count {
            guard let entries = reader.number(position + identifierWidth, 1, within: body) else { break }
            let start = position + identifierWidth + 1
            position = start + Int(entries) * width
            guard position <= body.upperBound else { break }
            places.append((start..<position, width))
        }
        return places
    }

    /// nil when nothing has to move.
    private static func moved(_ bytes: [UInt8], width: Int, types: [UInt32]) -> [UInt8]? {
        let entries = stride(from: 0, to: bytes.count, by: width).map { Array(bytes[$0..<$0 + width]) }
        func isTransforming(_ entry: [UInt8]) -> Bool {
            let index = entry.dropFirst().reduce(Int(entry[0] & 0x7F)) { $0 << 8 | Int($1) }
            return index >= 1 && index <= types.count && transforming.contains(types[index - 1])
        }
        let ordered = entries.filter { !isTransforming($0) } + entries.filter(isTransforming)
        return ordered == entries ? nil : Array(ordered.joined())
    }
}

/// Walks the boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), never past the end of what it is given.
private struct BoxReader {
    let bytes: UnsafeRawBufferPointer

    static func code(_ type: String) -> UInt32 { type.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

    /// A big-endian number of up to 7 bytes.
    func number(_ start: Int, _ count: Int, within range: Range<Int>) -> Int? {
        guard start >= range.lowerBound, count <= range.upperBound - start else { return nil }
        return bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
    }

    /// The contents of the first box of that type.
    func first(_ type: String, in range: Range<Int>) -> Range<Int>? {
        var found: Range<Int>?
        forEach(in: range) { code, body in
            if code == Self.code(type) { found = body }
            return found == nil
        }
        return found
    }

    /// Calls `body` with every box's type and contents until it returns false, or a box makes no sense.
    func forEach(in range: Range<Int>, _ body: (UInt32, Range<Int>) -> Bool) {
        var start = range.lowerBound
        while let size = number(start, 4, within: range), let type = number(start + 4, 4, within: range) {
            var head = 8
            var length = size
            if size == 1 {
                // The upper byte of a size that fits any file is 0.
                guard let long = number(start + 9, 7, within: range), bytes[start + 8] == 0 else { return }
                head = 16
                length = long
            } else if size == 0 {
                length = range.upperBound - start
            }
            guard length >= head, length <= range.upperBound - start,
                body(UInt32(type), start + head..<start + length)
            else { return }
            start += length
        }
    }
}
