import Core
import Glibc
import SystemPackage

/// Command-line arguments, and paths in messages, as text that keeps every byte: raw text.
///
/// File names need not be UTF-8, yet the argument parser takes strings, and so do errors. Each byte that isn't UTF-8 travels as the private
/// scalar U+EF00 + byte; so does each byte of a U+EF80…U+EFFF scalar that is really there, so that reading back is exact.
enum RawArguments {
    /// The arguments of this process, without its own name.
    static var current: [String] {
        // SAFETY: argv holds argc C strings, which live and stay unchanged as long as the process.
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { text(of: bytes(ofPlatformString: $0)) }
        }
    }

    static func text(of bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var decoder = UTF8()
        var place = 0
        while place < bytes.count {
            let rest = bytes[place...]
            let length = scalarLength(rest.first ?? 0)
            var iterator = rest.prefix(length).makeIterator()
            if length > 0, case .scalarValue(let scalar) = decoder.decode(&iterator),
                String(scalar).utf8.count == length, !travelling.contains(scalar.value)
            {
                text.append(scalar)
                place += length
            } else {
                if let scalar = Unicode.Scalar(0xEF00 + UInt32(bytes[place])) { text.append(scalar) }
                place += 1
            }
            decoder = UTF8()
        }
        return String(text)
    }

    static func bytes(of text: String) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar in
            travelling.contains(scalar.value) ? [UInt8(scalar.value & 0xFF)] : Array(String(scalar).utf8)
        }
    }

    /// The folder this process is in, to the byte.
    static var currentFolder: FilePath {
        guard let folder = getcwd(nil, 0) else { return "/" }
        // SAFETY: getcwd allocated the C string, which is freed once, behind its last use.
        defer { free(folder) }
        return FilePath(platformString: folder)
    }

    static func path(_ text: String) -> FilePath {
        var characters = bytes(of: text).map { CInterop.PlatformChar(bitPattern: $0) }
        characters.append(0)
        return FilePath(platformString: characters)
    }

    /// For people: escaped, with each byte that isn't UTF-8 as `\xNN`.
    static func shown(_ text: String) -> String { displayEscaped(bytes: bytes(of: text)) }

    private static let travelling: ClosedRange<UInt32> = 0xEF80...0xEFFF

    private static func scalarLength(_ byte: UInt8) -> Int {
        switch byte {
        case 0..<0x80: 1
        case 0xC2..<0xE0: 2
        case 0xE0..<0xF0: 3
        case 0xF0..<0xF5: 4
        default: 0
        }
    }

    private static func bytes(ofPlatformString string: UnsafePointer<CChar>) -> [UInt8] {
        // SAFETY: the string ends with a zero byte, where the loop stops.
        var bytes: [UInt8] = []
        var next = string
        while next.pointee != 0 {
            bytes.append(UInt8(bitPattern: next.pointee))
            next += 1
        }
        return bytes
    }
}

extension FilePath {
    /// The path as `RawArguments` writes it, for messages: no byte is lost.
    var rawText: String { RawArguments.text(of: nameBytes) }

    /// The path's bytes, without the zero at the end.
    var nameBytes: [UInt8] {
        withPlatformString { string in
            // SAFETY: the string ends with a zero byte, where the loop stops, and outlives the closure.
            var bytes: [UInt8] = []
            var next = string
            while next.pointee != 0 {
                bytes.append(UInt8(bitPattern: next.pointee))
                next += 1
            }
            return bytes
        }
    }
}
