import Core
import Imaging

/// Takes out of a file where its picture was taken, in place: no byte moves that an offset could point to.
///
/// exiv2 writes a changed EXIF block anew, which moves the maker notes, and can't write HEIC, AVIF, CR3 or JPEG XL at all. Here the
/// file's blocks are found by what they begin with, wherever they are, as in the previews of a raw file and in the second
/// pictures of a JPEG; exiv2 then has to read of the result what it read before, and no position
/// (docs/decisions/0011-positions-in-place.md).
struct PositionErasure {
    private let edited: EditedBytes
    private let file: FileBytes

    /// Throws `.unsupported` where a position stays, or something else would go.
    static func patches(of file: FileBytes) throws -> [BytePatch] {
        let erasure = PositionErasure(edited: EditedBytes(file.buffer), file: file)
        try erasure.refuseUnknown()
        try erasure.eraseDirectories()
        try erasure.eraseText()
        try erasure.eraseMovieLocations()
        erasure.correctChecksums()
        try erasure.verify()
        return erasure.edited.patches
    }

    /// The text of a sidecar without its position.
    static func erased(sidecar text: [UInt8]) throws -> [UInt8] {
        let file = FileBytes(copying: text)
        let erasure = PositionErasure(edited: EditedBytes(file.buffer), file: file)
        try erasure.eraseText()
        return Array(erasure.edited.bytes)
    }

    private static func refusal(_ place: String) -> EngineError {
        EngineError(.unsupported, "the position can't be taken out of this file: \(place)")
    }

    /// What can't be read here.
    private func refuseUnknown() throws {
        let head = Array(file.buffer.prefix(4))
        guard head != [0x49, 0x49, 0x2B, 0], head != [0x4D, 0x4D, 0, 0x2B] else {
            throw Self.refusal("it is a BigTIFF")
        }
        for kind in ["brobExif", "brobxml "] where edited.find(Array(kind.utf8), from: 0) != nil {
            throw Self.refusal("its metadata are compressed")
        }
    }

    private func eraseDirectories() throws {
        // Olympus and Panasonic have numbers of their own in place of 42.
        if let block = TIFFBlock(edited, at: 0, isAnyMagic: true) { try block.erasePosition() }
        for signature in [[0x49, 0x49, 0x2A, 0x00], [0x4D, 0x4D, 0x00, 0x2A]] as [[UInt8]] {
            var place = 0
            while let found = edited.find(signature, from: place) {
                if let block = TIFFBlock(edited, at: found, isAnyMagic: false) { try block.erasePosition() }
                place = found + 1
            }
        }
    }

    /// Every packet of XMP, whose elements are in the namespace of RDF.
    private func eraseText() throws {
        let name = Array("http://www.w3.org/1999/02/22-rdf-syntax-ns#".utf8)
        var place = 0
        while let found = edited.find(name, from: place) {
            place = found + name.count
            guard let packet = PositionText.packet(around: found, in: edited) else { continue }
            for range in PositionText.ranges(in: packet, of: edited) {
                // UTF-8 has no such byte: a segment's head, in the middle of what goes.
                guard !edited.bytes[range].contains(0xFF) else { throw Self.refusal("its XMP is in several parts") }
                edited.fill(range, with: UInt8(ascii: " "))
            }
            place = max(place, packet.upperBound)
        }
    }

    /// The films behind or inside a picture: of a box that tells a place only room is left (ISO/IEC 14496-12, 8.1.2).
    private static let filmLocation = Array("com.apple.quicktime.location.".utf8)

    private func eraseMovieLocations() throws {
        for type in [[0xA9] + Array("xyz".utf8), Array("loci".utf8)] {
            var place = 0
            while let found = edited.find(type, from: place) {
                place = found + 4
                guard found >= 4 else { continue }
                let size = edited.bytes[found - 4..<found].reduce(0) { $0 << 8 | Int($1) }
                let isText = type[0] == 0xA9 && found + 9 <= edited.count && [0x2B, 0x2D].contains(edited[found + 8])
                let isPlain =
                    type[0] != 0xA9 && found + 8 <= edited.count
                    && edited.bytes[found + 4..<found + 8].allSatisfy { $0 == 0 }
                guard 12...4096 ~= size, found - 4 + size <= edited.count, isText || isPlain else { continue }
                edited.write(Array("free".utf8), at: found)
                edited.fill(found + 4..<found - 4 + size, with: 0)
            }
        }
        for item in FilmKeys.items(in: edited) where edited.bytes[item.name].starts(with: Self.filmLocation) {
            guard let value = item.value else { continue }
            edited.fill(item.name, with: 0x20)
            edited.fill(value, with: 0x20)
        }
        guard edited.find(Self.filmLocation, from: 0) == nil else {
            throw Self.refusal("it holds a film that tells one")
        }
    }

    /// PNG keeps a sum with each chunk.
    private func correctChecksums() {
        guard edited.isEdited, MediaType(sniffing: Array(file.buffer.prefix(4096))) == .png else { return }
        var place = 8
        while place + 12 <= edited.count {
            let length = edited.bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = place + 8 + length
            guard end + 4 <= edited.count else { return }
            if edited.isTouched(place..<end) {
                let sum = CRC32.of(edited.bytes[place + 4..<end])
                edited.write((0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32($0))) }, at: end)
            }
            place = end + 4
        }
    }

    private func verify() throws {
        for name in ["GPSLatitude", "GPSLongitude"] {
            let plain = Array(name.utf8)
            let wide = Array(plain.map { [$0, 0] }.joined())
            guard edited.find(plain, from: 0) == nil, edited.find(wide, from: 0) == nil else {
                throw Self.refusal("it is told in words that were not understood")
            }
        }
        let before = MetadataReader.tags(of: file).values
        let after = edited.isEdited ? MetadataReader.tags(of: FileBytes(copying: edited.bytes)).values : before
        guard !after.keys.contains(where: Self.isPosition) else {
            throw Self.refusal("it is in a place that can't be written over")
        }
        guard after == before.filter({ !Self.isPosition($0.key) }) else {
            throw Self.refusal("other metadata would go with it")
        }
    }

    private static func isPosition(_ key: String) -> Bool {
        if key.hasPrefix("Exif.GPSInfo.") || key == "Exif.Image.GPSTag" { return true }
        guard key.hasPrefix("Xmp.") else { return false }
        return key.dropFirst(4).split(whereSeparator: { "./".contains($0) }).contains { part in
            let name = part.split(separator: ":").last ?? part
            return PositionText.isPosition(name.split(separator: "[").first.map { Array($0.utf8) } ?? [])
        }
    }
}

/// The sum of PNG's chunks (ISO/IEC 15948, annex D).
private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }
}
