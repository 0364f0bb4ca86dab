import Core
import Foundation
import Imaging
import SystemPackage
import Testing

/// What iPhones write into their maker notes of photos that belong together.
@Suite("Apple's maker notes")
struct AppleNoteTests {
    /// A field of a TIFF's directory in big-endian order.
    private static func field(_ tag: UInt16, _ type: UInt16, _ count: Int, _ value: Int) -> [UInt8] {
        big16(tag) + big16(type) + big32(count) + big32(value)
    }

    private static func big16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
    private static func big32(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 0xFF) } }

    /// `Apple iOS`, a directory of two strings, and the strings; `shift` falsifies their offsets.
    private static func note(burst: String, content: String, shift: Int = 0) -> [UInt8] {
        let strings = [Array(burst.utf8) + [0], Array(content.utf8) + [0]]
        let first = 16 + 2 * 12 + 4
        return Array("Apple iOS".utf8) + [0, 0, 1, 0x4D, 0x4D] + big16(2)
            + field(0x000B, 2, strings[0].count, first + shift)
            + field(0x0011, 2, strings[1].count, first + strings[0].count + shift)
            + big32(0) + strings[0] + strings[1]
    }

    /// A JPEG whose EXIF has this note and nothing else.
    private static func write(_ note: [UInt8]) throws -> FilePath {
        let exif =
            big16(1) + field(0x8769, 4, 1, 26) + big32(0) + big16(1) + field(0x927C, 7, note.count, 44) + big32(0)
        let segment = Array("Exif".utf8) + [0, 0] + Array("MM".utf8) + [0, 42] + big32(8) + exif + note
        let jpeg = try Data(contentsOf: URL(filePath: Fixtures.shared()["grey.jpg"].string))
        let path = FilePath(NSTemporaryDirectory() + "/phototui-apple-\(UUID().uuidString).jpg")
        let bytes = [0xFF, 0xD8, 0xFF, 0xE1] + big16(UInt16(segment.count + 2)) + segment + Array(jpeg.dropFirst(2))
        try Data(bytes).write(to: URL(filePath: path.string))
        return path
    }

    private func tags(_ path: FilePath) async throws -> [String: String] {
        let pool = DecoderPool(count: 1)
        defer { pool.close() }
        return try await pool.process(path, options: ProcessingOptions()).metadata.tags
    }

    @Test("The names of a burst and of a live photo are read as exiftool reads them")
    func identifiers() async throws {
        let (burst, content) = ("A1B2C3D4-0000-1111-2222-333344445555", "99998888-7777-6666-5555-444433332222")
        let path = try Self.write(Self.note(burst: burst, content: content))
        defer { unlink(path.string) }
        let judge = Process()
        judge.executableURL = URL(filePath: "/usr/bin/env")
        judge.arguments = ["exiftool", "-s3", "-Apple:BurstUUID", "-Apple:all", path.string]
        let output = Pipe()
        judge.standardOutput = output
        try judge.run()
        let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        judge.waitUntilExit()
        #expect(told.contains(burst) && told.contains(content), "exiftool: \(told)")
        let tags = try await tags(path)
        #expect(tags["Exif.Apple.BurstUUID"] == burst)
        #expect(tags["Exif.Apple.ContentIdentifier"] == content)
    }

    @Test("A note that lies about itself tells nothing", arguments: [-100_000, 1, 40, 80, 1 << 30])
    func hostile(_ shift: Int) async throws {
        var note = Self.note(burst: "burst", content: "content", shift: shift)
        if shift == 80 { note = Array(note.prefix(20)) }
        let path = try Self.write(note)
        defer { unlink(path.string) }
        let tags = try await tags(path)
        #expect(tags["Exif.Apple.BurstUUID"] != "burst" && tags["Exif.Apple.ContentIdentifier"] != "content")
    }
}
