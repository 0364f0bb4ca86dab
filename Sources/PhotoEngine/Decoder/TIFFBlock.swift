import Core

/// The directories of a TIFF or of an EXIF block (TIFF 6.0, section 2; CIPA DC-008, 4.6), as far as they lead to a position.
struct TIFFBlock {
    private let file: EditedBytes
    private let base: Int
    private let isLittle: Bool
    private let first: Int

    private enum Tag {
        static let exif = 0x8769
        static let position = 0x8825
        static let directories = 0x014A
    }

    /// Of each type, from 1 (BYTE) to 13 (IFD).
    private static let typeSizes = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4]
    /// LONG and IFD; some write SLONG.
    private static let pointerTypes = [4, 9, 13]
    private static let mostDirectories = 64
    private static let mostEntries = 512
    private static let longestValue = 1 << 16

    private struct Entry {
        let place: Int
        let tag: Int
        let type: Int
        let count: Int
        var byteCount: Int { 1...TIFFBlock.typeSizes.count ~= type ? TIFFBlock.typeSizes[type - 1] * count : 0 }
    }

    /// nil where no header is; `isAnyMagic` for the numbers that some makers have in place of 42.
    init?(_ file: EditedBytes, at base: Int, isAnyMagic: Bool) {
        (self.file, self.base) = (file, base)
        guard base + 8 <= file.count, file[base] == file[base + 1], [0x49, 0x4D].contains(file[base]) else {
            return nil
        }
        isLittle = file[base] == 0x49
        first = Self.number(file, base + 4, 4, isLittle)
        let magic = Self.number(file, base + 2, 2, isLittle)
        guard isAnyMagic || magic == 42, first >= 8, first < file.count - base else { return nil }
    }

    /// Takes the directory of the position out, and what leads to it. Throws `.unsupported` where that would touch something else.
    func erasePosition() throws {
        // In Canon's CR3 a box holds the position's directory alone.
        if base >= 4, file.bytes[base - 4..<base].elementsEqual("CMT4".utf8) {
            if let entries = entries(of: first), isPosition(entries) { try erase(directory: first, entries, []) }
            return
        }
        var waiting = [first]
        var seen: Set<Int> = []
        var tables: [Range<Int>] = []
        var pointers: [(directory: Int, entry: Entry, count: Int)] = []
        while let directory = waiting.popLast(), seen.count < Self.mostDirectories {
            guard seen.insert(directory).inserted, let entries = entries(of: directory) else { continue }
            let end = base + directory + 2 + 12 * entries.count
            tables.append(base + directory..<min(end + 4, file.count))
            for entry in entries {
                switch entry.tag {
                case Tag.position where Self.pointerTypes.contains(entry.type) && entry.count == 1:
                    pointers.append((directory, entry, entries.count))
                case Tag.exif where entry.count == 1: waiting.append(number(entry.place + 8, 4))
                case Tag.directories
                where Self.pointerTypes.contains(entry.type) && entry.count <= Self.mostDirectories:
                    waiting += offsets(entry)
                default: break
                }
            }
            if end + 4 <= file.count { waiting.append(number(end, 4)) }
        }
        for pointer in pointers {
            let target = number(pointer.entry.place + 8, 4)
            if target > 0, base + target + 2 <= file.count {
                guard let entries = entries(of: target), entries.isEmpty || isPosition(entries) else {
                    // Bytes that only look like a header.
                    guard isDeclared else { continue }
                    throw EngineError(.unsupported, "the position can't be taken out of this file: it is damaged")
                }
                try erase(directory: target, entries, tables)
            }
            remove(pointer.entry, of: pointer.directory, count: pointer.count)
        }
    }

    /// Whether somebody says that a block begins here.
    private var isDeclared: Bool {
        base == 0 || (base >= 6 && file.bytes[base - 6..<base].elementsEqual(Array("Exif".utf8) + [0, 0]))
    }

    private func isPosition(_ entries: [Entry]) -> Bool { entries.first.map { $0.tag <= 0x1F } ?? false }

    private func erase(directory: Int, _ entries: [Entry], _ tables: [Range<Int>]) throws {
        var ranges = [base + directory..<base + directory + 2 + 12 * entries.count]
        for entry in entries where entry.byteCount > 4 {
            let start = base + number(entry.place + 8, 4)
            guard start < file.count else { continue }
            guard entry.byteCount <= Self.longestValue else {
                throw EngineError(.unsupported, "the position can't be taken out of this file: it is damaged")
            }
            ranges.append(start..<min(start + entry.byteCount, file.count))
        }
        guard !ranges.contains(where: { range in tables.contains { $0.overlaps(range) } || range.contains(base) })
        else {
            throw EngineError(
                .unsupported, "the position can't be taken out of this file: other metadata are in the same place")
        }
        for range in ranges { file.fill(range, with: 0) }
    }

    /// The entries behind it, and the place of the next directory, move up; the table's offset and its values stay.
    private func remove(_ entry: Entry, of directory: Int, count: Int) {
        let table = base + directory
        let end = min(table + 2 + 12 * count + 4, file.count)
        // An earlier one may have gone from the same table.
        guard let entries = entries(of: directory), let now = entries.first(where: { $0.tag == Tag.position }) else {
            return
        }
        let rest = Array(file.bytes[now.place + 12..<end])
        file.write(rest + [UInt8](repeating: 0, count: 12), at: now.place)
        let left = entries.count - 1
        file.write(
            isLittle ? [UInt8(left & 0xFF), UInt8(left >> 8)] : [UInt8(left >> 8), UInt8(left & 0xFF)], at: table)
    }

    /// nil where it makes no sense.
    private func entries(of directory: Int) -> [Entry]? {
        let start = base + directory
        guard directory >= 8, start + 2 <= file.count else { return nil }
        let count = number(start, 2)
        guard count <= Self.mostEntries, start + 2 + 12 * count <= file.count else { return nil }
        var entries: [Entry] = []
        for index in 0..<count {
            let place = start + 2 + 12 * index
            let type = number(place + 2, 2)
            // EXIF 3 has types of its own; elsewhere it is no directory.
            guard 1...Self.typeSizes.count ~= type || isDeclared else { return nil }
            entries.append(Entry(place: place, tag: number(place, 2), type: type, count: number(place + 4, 4)))
        }
        return entries
    }

    private func offsets(_ entry: Entry) -> [Int] {
        guard entry.count > 1 else { return [number(entry.place + 8, 4)] }
        let start = base + number(entry.place + 8, 4)
        guard start + 4 * entry.count <= file.count else { return [] }
        return (0..<entry.count).map { number(start + 4 * $0, 4) }
    }

    private func number(_ place: Int, _ count: Int) -> Int { Self.number(file, place, count, isLittle) }

    private static func number(_ file: EditedBytes, _ place: Int, _ count: Int, _ isLittle: Bool) -> Int {
        (0..<count).reduce(0) { $0 << 8 | Int(file[place + (isLittle ? count - 1 - $1 : $1)]) }
    }
}
