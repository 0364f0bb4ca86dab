extension MediaType {
    /// Recognises a picture by its first bytes (4,096 serve); nil when they are of no format that phototui knows.
    ///
    /// A raw file that is a TIFF inside is told from a plain TIFF by what its first directory says: a DNG version, a
    /// camera's own compression, or a camera's make together with sub-directories or a reduced first image.
    public init?(sniffing head: [UInt8]) {
        func has(_ text: String, at offset: Int = 0) -> Bool {
            head.count >= offset + text.utf8.count && head[offset...].starts(with: text.utf8)
        }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if has("GIF87a") || has("GIF89a") {
            self = .gif
        } else if has("RIFF"), has("WEBP", at: 8) {
            self = .webp
        } else if head.starts(with: [0xFF, 0x0A])
            || head.starts(with: [0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A])
        {
            self = .jxl
        } else if has("ftyp", at: 4) {
            guard let type = MediaType(brands: head) else { return nil }
            self = type
        } else if has("FUJIFILMCCD-RAW") || has("HEAPCCDR", at: 6) || has("FOVb") || has("\0MRM") || has("IIU\0")
            || has("IIRO") || has("IIRS") || has("MMOR")
        {
            self = .raw
        } else if has("II*\0") || has("MM\0*") {
            self = has("CR", at: 8) || TIFFDirectory(head).isCameraRaw ? .raw : .tiff
        } else if has("II+\0") || has("MM\0+") {
            self = .tiff
        } else {
            return nil
        }
    }

    /// ISO/IEC 14496-12: the major brand at 8, then, behind its version, the compatible ones.
    private init?(brands head: [UInt8]) {
        guard head.count >= 12 else { return nil }
        let declared = head[0..<4].reduce(0) { $0 << 8 | Int($1) }
        let end = min(head.count, declared == 0 ? head.count : max(declared, 12))
        var brands = [String(decoding: head[8..<12], as: UTF8.self)]
        for start in stride(from: 16, to: end - 3, by: 4) {
            brands.append(String(decoding: head[start..<start + 4], as: UTF8.self))
        }
        func contains(_ names: Set<String>) -> Bool { brands.contains(where: names.contains) }
        if brands[0] == "crx " {
            self = .raw
        } else if contains(["avif", "avis"]) {
            self = .avif
        } else if contains(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]) {
            self = .heic
        } else {
            return nil
        }
    }
}

/// The first directory of a TIFF (TIFF 6.0, section 2), as far as the bytes at hand reach.
private struct TIFFDirectory {
    private(set) var isCameraRaw = false

    init(_ bytes: [UInt8]) {
        let isLittle = bytes[0] == 0x49
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset + count <= bytes.count else { return nil }
            let part = bytes[offset..<offset + count]
            return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let start = number(4, 4), let count = number(start, 2) else { return }
        var hasMake = false
        var hasSubdirectories = false
        var isReduced = false
        for index in 0..<min(count, 200) {
            let entry = start + 2 + index * 12
            guard let tag = number(entry, 2), let value = number(entry + 8, 2) else { break }
            switch tag {
            case 0xC612: isCameraRaw = true
            case 0x010F: hasMake = true
            case 0x014A: hasSubdirectories = true
            case 0x00FE: isReduced = (number(entry + 8, 4) ?? 0) & 1 == 1
            case 0x0103: if [34713, 32767, 65535, 32769, 32770].contains(value) { isCameraRaw = true }
            default: break
            }
        }
        if hasMake, hasSubdirectories || isReduced { isCameraRaw = true }
    }
}
