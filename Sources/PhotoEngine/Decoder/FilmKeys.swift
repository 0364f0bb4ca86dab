import Core
import Glibc
import Imaging

/// What a film says of itself under Apple's keys: an atom of their names, and beside it one of their values
/// (https://developer.apple.com/documentation/quicktime-file-format/metadata_atoms_and_types).
struct FilmKeys {
    struct Item {
        let name: Range<Int>
        /// nil where none is said.
        var value: Range<Int>?
    }

    private static let identifier = Array("com.apple.quicktime.content.identifier".utf8)
    private static let mostKeys = 1024
    /// Between the names and the values.
    private static let mostAtoms = 16

    /// All keys of all films in these bytes, wherever they are.
    static func items(in bytes: EditedBytes) -> [Item] {
        var items: [Item] = []
        var place = 0
        while let found = bytes.find(Array("keys".utf8), from: place) {
            place = found + 4
            guard let names = names(bytes, at: found - 4) else { continue }
            items += valued(names.items, bytes, from: names.end)
        }
        return items
    }

    private static func names(_ bytes: EditedBytes, at start: Int) -> (items: [Item], end: Int)? {
        guard let size = number(bytes, start), size >= 16, start + size <= bytes.count,
            let count = number(bytes, start + 12), 1...mostKeys ~= count
        else { return nil }
        var items: [Item] = []
        var place = start + 16
        for _ in 0..<count {
            guard let length = number(bytes, place), length > 8, place + length <= start + size else { return nil }
            items.append(Item(name: place + 8..<place + length))
            place += length
        }
        return (items, start + size)
    }

    private static func valued(_ items: [Item], _ bytes: EditedBytes, from start: Int) -> [Item] {
        var (items, atom) = (items, start)
        for _ in 0..<mostAtoms {
            guard let size = number(bytes, atom), size >= 8, atom + size <= bytes.count else { break }
            guard bytes.bytes[atom + 4..<atom + 8].elementsEqual("ilst".utf8) else {
                atom += size
                continue
            }
            var place = atom + 8
            while let length = number(bytes, place), length >= 24, place + length <= atom + size {
                if let index = number(bytes, place + 4), items.indices.contains(index - 1),
                    let inner = number(bytes, place + 8), 16...(length - 8) ~= inner,
                    bytes.bytes[place + 12..<place + 16].elementsEqual("data".utf8)
                {
                    items[index - 1].value = place + 24..<place + 8 + inner
                }
                place += length
            }
            break
        }
        return items
    }

    private static func number(_ bytes: EditedBytes, _ place: Int) -> Int? {
        guard place >= 0, place + 4 <= bytes.count else { return nil }
        return bytes.bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    // A file of a film alone

    /// More is no description of a film of some seconds.
    private static let mostBytes = 16 << 20
    private static let mostTopAtoms = 64

    /// What the film of a live photo shares with its photo; nil for another film, or another file.
    static func identifier(descriptor: Int32) -> String? {
        var offset: Int64 = 0
        for _ in 0..<mostTopAtoms {
            guard let head = read(descriptor, at: offset, 16), head.count >= 8 else { return nil }
            var size = head[..<4].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            if size == 1, head.count == 16 {
                size = Int64(clamping: head[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            }
            if head[4..<8].elementsEqual("moov".utf8) {
                guard 8...Int64(mostBytes) ~= size, let atom = read(descriptor, at: offset, Int(size)) else {
                    return nil
                }
                return identifier(in: atom)
            }
            guard size >= 8 else { return nil }
            let (next, isTooFar) = offset.addingReportingOverflow(size)
            if isTooFar { return nil }
            offset = next
        }
        return nil
    }

    private static func identifier(in atom: [UInt8]) -> String? {
        let bytes = EditedBytes(FileBytes(copying: atom).buffer)
        for item in items(in: bytes) where bytes.bytes[item.name].elementsEqual(identifier) {
            guard let value = item.value else { continue }
            let text = String(decoding: bytes.bytes[value], as: UTF8.self)
            if Film.isIdentifier(text) { return text }
        }
        return nil
    }

    /// Fewer at the file's end.
    private static func read(_ descriptor: Int32, at offset: Int64, _ count: Int) -> [UInt8]? {
        var filled = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while filled < count {
                // SAFETY: `filled` is below `count`, which the buffer has room for.
                let step = pread(
                    descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
                if step < 0 && errno == EINTR { continue }
                if step <= 0 { break }
                filled += step
            }
            initialized = filled
        }
        return bytes.isEmpty ? nil : bytes
    }
}
