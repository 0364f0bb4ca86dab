import Core
import Glibc

/// How many pictures files hold that libvips reads one of.
enum FrameCount {
    /// What says more is damaged.
    private static let mostFrames = 1_000_000

    /// Of an animated PNG, from its acTL chunk (PNG, third edition, 11.3.6.1); 1 for any other.
    static func png(_ file: UnsafeRawBufferPointer) -> Int {
        var place = 8
        while let length = number(file, at: place), let type = name(file, at: place + 4), type != "IDAT" {
            if type == "acTL" {
                let count = number(file, at: place + 8) ?? 1
                return (1...mostFrames).contains(count) ? count : 1
            }
            place += 12 + length
        }
        return 1
    }

    /// Of an image sequence (ISO/IEC 23008-12, 10; AVIF, 6.3), the most samples that one of its tracks has; 1 for any other.
    static func sequence(_ file: UnsafeRawBufferPointer) -> Int {
        guard let end = number(file, at: 0), name(file, at: 4) == "ftyp" else { return 1 }
        let brands = stride(from: 8, to: min(end, file.count, 256), by: 4).compactMap { name(file, at: $0) }
        guard !Set(brands).isDisjoint(with: ["avis", "msf1", "hevc", "hevx"]) else { return 1 }
        var count = 1
        var place = 0
        // The sizes of a track's samples; its count stands behind version, flags, and the size that all have.
        while let found = file.place(of: "stsz", from: place) {
            count = max(count, number(file, at: found + 12) ?? 1)
            place = found + 4
        }
        return count
    }

    static func number(_ file: UnsafeRawBufferPointer, at place: Int) -> Int? {
        guard place >= 0, place + 4 <= file.count else { return nil }
        return file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    static func name(_ file: UnsafeRawBufferPointer, at place: Int) -> String? {
        guard place >= 0, place + 4 <= file.count else { return nil }
        return String(decoding: file[place..<place + 4], as: UTF8.self)
    }
}

extension JPEGSegment {
    /// Whether a film follows the picture, as Samsung's and older motion photos have it without a word in the metadata.
    static func hasFilm(behind file: UnsafeRawBufferPointer) -> Bool {
        guard var place = endOfPicture(of: file) else { return false }
        while let found = file.place(of: "ftyp", from: place) {
            // The first box of a film (ISO/IEC 14496-12, 4.3): its size, `ftyp`, and brands.
            if let size = FrameCount.number(file, at: found - 4), (16...256).contains(size), size.isMultiple(of: 4) {
                return true
            }
            place = found + 4
        }
        return false
    }

    /// Where what follows the first picture begins.
    private static func endOfPicture(of file: UnsafeRawBufferPointer) -> Int? {
        var place = 2
        while let segment = JPEGSegment(file, at: place) {
            place = segment.end
            if segment.marker == Marker.endOfImage { return place }
            guard segment.marker == Marker.startOfScan else { continue }
            // In what is coded, 0xFF stands before a zero or a restart marker (ITU-T T.81, B.1.1.5 and B.2.1).
            while place + 1 < file.count,
                file[place] != 0xFF || file[place + 1] == 0 || (0xD0...0xD7).contains(file[place + 1])
            {
                guard let next = file.place(of: 0xFF, from: place + 1) else { return nil }
                place = next
            }
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func place(of byte: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress else { return nil }
        return memchr(base + start, Int32(byte), count - start).map { UnsafeRawPointer($0) - base }
    }

    fileprivate func place(of name: String, from start: Int) -> Int? {
        let bytes = Array(name.utf8)
        var start = start
        while let found = place(of: bytes[0], from: start), found + bytes.count <= count {
            if self[found..<found + bytes.count].elementsEqual(bytes) { return found }
            start = found + 1
        }
        return nil
    }
}
