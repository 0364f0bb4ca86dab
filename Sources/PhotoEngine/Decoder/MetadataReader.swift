import CMetadata
import Core

/// The values that exiv2 found, by key, in file order.
struct MetadataTags {
    /// As many of one list are read.
    static let mostItems = 1000

    private(set) var values: [String: [String]] = [:]

    mutating func add(_ key: String, _ value: String) {
        values[key, default: []].append(value)
    }

    /// The first value that isn't blank under the first key that has one.
    func text(_ keys: String...) -> String? {
        for key in keys {
            for value in values[key] ?? [] {
                if let text = value.withoutBlanks { return text }
            }
        }
        return nil
    }

    func integer(_ keys: String...) -> Int? {
        for key in keys {
            if let value = values[key]?.first?.split(separator: " ").first.flatMap({ Int($0) }) { return value }
        }
        return nil
    }

    /// The rationals of a value such as `48/1 51/1 2947/100`; nil where a denominator is 0.
    func rationals(_ key: String) -> [Double?] {
        (values[key]?.first ?? "").split(separator: " ").map { part in
            let pair = part.split(separator: "/").map { Double($0) }
            guard let first = pair.first, let numerator = first else { return nil }
            guard pair.count > 1 else { return numerator }
            guard let denominator = pair[1], denominator != 0 else { return nil }
            return numerator / denominator
        }
    }

    func rational(_ key: String) -> Double? {
        rationals(key).first.flatMap { $0 }
    }
}

/// Reads EXIF, IPTC and XMP with exiv2.
enum MetadataReader {
    static func start() {
        phototui_metadata_initialize()
    }

    /// Reads a whole file; what exiv2 cannot parse is left out, whatever it could read stays.
    static func tags(of bytes: FileBytes) -> MetadataTags {
        collect { context, error, capacity in
            var width: Int32 = 0
            var height: Int32 = 0
            return phototui_metadata_read(
                bytes.buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.buffer.count, visitTag, context,
                &width, &height, error, capacity)
        }
    }

    /// Reads the blocks that libvips found in a container that exiv2 doesn't know (JPEG XL).
    static func tags(exif: [UInt8]?, xmp: [UInt8]?) -> MetadataTags {
        var tags = MetadataTags()
        for (block, read) in [(exif, phototui_metadata_read_exif), (xmp, phototui_metadata_read_xmp)] {
            guard let block, !block.isEmpty else { continue }
            let found = collect { context, error, capacity in
                block.withUnsafeBufferPointer { read($0.baseAddress, $0.count, visitTag, context, error, capacity) }
            }
            for (key, values) in found.values {
                for value in values { tags.add(key, value) }
            }
        }
        return tags
    }

    /// Throws `.corrupt` where the library can't make anything of it.
    static func collectOrThrow(
        _ read: (UnsafeMutableRawPointer, UnsafeMutablePointer<CChar>, Int) -> Int32
    ) throws -> MetadataTags {
        var tags = MetadataTags()
        var error = [CChar](repeating: 0, count: 256)
        // SAFETY: as in `collect`.
        let code = withUnsafeMutablePointer(to: &tags) { read(UnsafeMutableRawPointer($0), &error, error.count) }
        guard code == 0 else {
            let text = String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw EngineError(.corrupt, "no XMP that can be read: \(text)")
        }
        return tags
    }

    private static func collect(
        _ read: (UnsafeMutableRawPointer, UnsafeMutablePointer<CChar>, Int) -> Int32
    ) -> MetadataTags {
        var tags = MetadataTags()
        var error = [CChar](repeating: 0, count: 256)
        withUnsafeMutablePointer(to: &tags) { pointer in
            // SAFETY: the visitor runs inside this call only, and gets this pointer back.
            _ = read(UnsafeMutableRawPointer(pointer), &error, error.count)
        }
        return tags
    }
}

// Called from C++, so not bound to any actor.
nonisolated func visitTag(
    _ context: UnsafeMutableRawPointer?, _ key: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?, _ count: Int
) {
    guard let context, let key, let text else { return }
    // SAFETY: `context` is the MetadataTags of `collect`; `text` has `count` bytes.
    let bytes = UnsafeRawBufferPointer(start: text, count: count)
    let name = String(cString: key)
    context.assumingMemoryBound(to: MetadataTags.self).pointee.add(name, MetadataText.text(bytes, of: name))
}

enum MetadataText {
    /// IPTC that names no character set is of Latin-1 in practice, as exiftool takes it
    /// (https://exiftool.org/faq.html#Q10), unless it happens to be UTF-8.
    static func text(_ bytes: some Collection<UInt8>, of key: String) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        guard key.hasPrefix("Iptc.") else { return String(decoding: bytes, as: UTF8.self) }
        var text = ""
        for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }
}

extension String {
    /// Without the NULs and blanks that cameras pad with.
    private var trimmed: String {
        var scalars = self.unicodeScalars[...]
        while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
        while let first = scalars.first, first.value <= 0x20 { scalars.removeFirst() }
        return String(scalars)
    }

    /// As `trimmed`; nil where nothing is left.
    var withoutBlanks: String? {
        let trimmed = trimmed
        return trimmed.isEmpty ? nil : trimmed
    }
}
