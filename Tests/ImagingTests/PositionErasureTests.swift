import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("Taking the position out of files", .enabled(if: Fixtures.isAvailable))
struct PositionErasureTests {
    /// A copy of a file, without its position; removed with the last reference.
    private final class Erased {
        let before: FilePath
        let after: FilePath
        let patches: [BytePatch]

        init(_ source: FilePath, tags: [String] = []) async throws {
            let folder = FilePath(NSTemporaryDirectory() + "/phototui-position-\(UUID().uuidString)")
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            let name = source.lastComponent!.string
            before = folder.appending("before-" + name)
            after = folder.appending("after-" + name)
            try FileManager.default.copyItem(atPath: source.string, toPath: before.string)
            if !tags.isEmpty {
                try Self.exiftool(["-q", "-m", "-n", "-overwrite_original"] + tags + [before.string])
            }
            patches = try await makePool().positionErasure(before)
            var bytes = try Data(contentsOf: URL(filePath: before.string))
            for patch in patches {
                bytes.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
            }
            try bytes.write(to: URL(filePath: after.string))
        }

        deinit { try? FileManager.default.removeItem(atPath: before.removingLastComponent().string) }

        @discardableResult
        static func exiftool(_ arguments: [String]) throws -> String {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["exiftool"] + arguments
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return text
        }

        /// Every tag that exiftool finds, duplicates and films inside too, but for what is of the file system and what it computes.
        static func tags(_ file: FilePath) throws -> [String] {
            let text = try exiftool([
                "-a", "-G1", "-s", "-n", "-ee", "-u", "--System:all", "--Composite:all", "--ExifTool:all", file.string,
            ])
            return text.split(separator: "\n").map(String.init)
        }
    }

    private static func isPosition(_ tag: String) -> Bool {
        let name = tag.prefix { $0 != ":" }
        return name.contains("GPS") || name.contains("Gps") || name.contains("Latitude") || name.contains("Longitude")
    }

    /// exiftool finds no position, and everything else as before; the picture is the same to the pixel.
    private func judge(_ erased: Erased, _ what: String) async throws {
        let before = try Erased.tags(erased.before)
        let after = try Erased.tags(erased.after)
        #expect(before.contains(where: Self.isPosition), "there is a position in \(what)")
        #expect(after.filter(Self.isPosition) == [], "what is left of it in \(what)")
        #expect(after == before.filter { !Self.isPosition($0) }, "the other tags of \(what)")
        #expect(!erased.patches.isEmpty)
    }

    /// Maker notes' own position (Ricoh's), a file whose position exiftool alone finds, and the like are not among them.
    @Test(
        "Real photos of phones and cameras lose their position and nothing else", .enabled(if: Fixtures.hasPhotos),
        arguments: [
            "deb-src-libimage-exiftool-perl/174b40bc6b37_GoPro.jpg",
            "deb-src-libimage-exiftool-perl/c41784804326_GPS.jpg",
            "deb-src-libimage-exiftool-perl/96e0dad0adf9_Apple.jpg",
            "deb-src-exiv2/eba24b0e590b_exiv2-bug540.jpg", "deb-src-exiv2/91d215fd4b79_FurnaceCreekInn.jpg",
            "deb-src-exiv2/b8cd64a9252f_exiv2-bug528.jpg", "deb-src-exiv2/f9d891b82d15_exiv2-bug1199.webp",
            "deb-src-exiv2/73c1c63c217f_IMG_1361.dng", "deb-src-exiv2/24653e8a7ce6_2021-02-13-1929.heic",
            "deb-src-exiv2/a0175d46db18_Stonehenge.heic", "deb-src-exiv2/27bc3e411816_avif_metadata2.avif",
            "deb-src-pillow/a97d41d4eadf_exif_gps.jpg",
        ])
    func real(name: String) async throws {
        try await judge(try await Erased(try Fixtures.photo(name)), name)
    }

    private static let tags = [
        "-EXIF:GPSLatitude=38.7123", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=9.1399", "-EXIF:GPSLongitudeRef=W",
        "-EXIF:GPSAltitude=12", "-EXIF:GPSDateStamp=2024:07:12", "-EXIF:GPSProcessingMethod=a long one, not in place",
        "-XMP-exif:GPSLatitude=38.7123", "-XMP-exif:GPSLongitude=-9.1399", "-XMP-dc:Description=gps and <exif:GPS",
        "-XMP-dc:Subject=sea", "-XMP-iptcExt:LocationShownGPSLatitude=38.5", "-XMP-iptcExt:LocationShownCity=Lisboa",
        "-EXIF:Artist=Ana", "-EXIF:Make=Acme", "-EXIF:DateTimeOriginal=2024:07:12 18:00:00", "-XMP-xmp:Rating=4",
    ]

    @Test(
        "In every format that exiftool writes, EXIF and XMP lose the position and keep the rest",
        arguments: ["photo.jpg", "colour.png", "plain.webp", "plain.avif", "pages.tif", "grey.jpg"])
    func written(name: String) async throws {
        let source = try Fixtures.shared()[name]
        let erased = try await Erased(source, tags: Self.tags)
        try await judge(erased, name)
        let pool = makePool()
        let (one, other) = (
            try await pool.process(erased.before, options: ProcessingOptions()),
            try await pool.process(erased.after, options: ProcessingOptions())
        )
        #expect(one.metadata.position != nil && other.metadata.position == nil)
        #expect(one.renditions.map(\.data) == other.renditions.map(\.data))
        #expect(other.metadata.rating == 4 && other.metadata.caption == one.metadata.caption)
    }

    @Test("A second picture behind the first, and a film, lose theirs too")
    func trailing() async throws {
        let folder = try Fixtures.shared()
        let first = try Data(contentsOf: URL(filePath: folder["photo.jpg"].string))
        let place = "+38.7123-009.1399/"
        func box(_ type: [UInt8], _ body: Data) -> Data {
            let size = UInt32(body.count + 8)
            return Data((0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * UInt32($0))) } + type) + body
        }
        let text = box([0xA9] + Array("xyz".utf8), Data([0, UInt8(place.utf8.count), 0x15, 0xC7] + Array(place.utf8)))
        let film =
            box(Array("ftyp".utf8), Data("isom\0\0\0\0isom".utf8))
            + box(Array("moov".utf8), box(Array("udta".utf8), text))
        let path = FilePath(NSTemporaryDirectory() + "/phototui-trailing-\(UUID().uuidString).jpg")
        defer { unlink(path.string) }
        try (first + first + film).write(to: URL(filePath: path.string))
        let erased = try await Erased(path)
        let bytes = try Data(contentsOf: URL(filePath: erased.after.string))
        #expect(bytes.count == 2 * first.count + film.count)
        let second = FilePath(path.string + ".second.jpg")
        defer { unlink(second.string) }
        try bytes[first.count..<2 * first.count].write(to: URL(filePath: second.string))
        #expect(try Erased.tags(second).filter(Self.isPosition) == [])
        #expect(try Erased.tags(second).contains { $0.contains("Orientation") })
        let movie = FilePath(path.string + ".mp4")
        defer { unlink(movie.string) }
        try bytes[(2 * first.count)...].write(to: URL(filePath: movie.string))
        #expect(try Erased.tags(movie).filter(Self.isPosition) == [])
        try film.write(to: URL(filePath: movie.string))
        #expect(try Erased.tags(movie).contains(where: Self.isPosition), "the film told it before")
    }

    @Test("Where there is no position, nothing is written over")
    func none() async throws {
        let folder = try Fixtures.shared()
        for name in ["grey.jpg", "colour.png", "plain.webp", "plain.avif", "pages.tif", "animated.gif", "words.jpg"] {
            #expect(try await makePool().positionErasure(folder[name]) == [], "\(name)")
        }
    }

    @Test("A position where it can't be written over is refused, in words")
    func refused() async throws {
        // As ImageMagick keeps EXIF in a PNG: compressed, in a chunk of text.
        let path = FilePath(NSTemporaryDirectory() + "/phototui-refused-\(UUID().uuidString).png")
        defer { unlink(path.string) }
        try Fixtures.run(
            #"""
            import sys, struct, zlib
            from PIL import Image
            exif = Image.open(sys.argv[1]).info["exif"]
            text = b"\nexif\n%8d\n%s\n" % (len(exif), exif.hex().encode())
            data = open(sys.argv[2], "rb").read()
            body = b"Raw profile type exif\0\0" + zlib.compress(text)
            chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
            open(sys.argv[3], "wb").write(data[:33] + chunk + data[33:])
            """#,
            [
                try Fixtures.shared()["photo.jpg"].string, try Fixtures.shared()["colour.png"].string, path.string,
            ])
        #expect(try Erased.tags(path).contains(where: Self.isPosition))
        await #expect {
            _ = try await makePool().positionErasure(path)
        } throws: { error in
            (error as? EngineError)?.code == .unsupported && "\(error)".contains("position")
        }
    }

    @Test("Damaged files are refused or left without their position, and cost no decoder", arguments: [1, 2, 3, 4])
    func damaged(seed: UInt64) async throws {
        var random = SystemRandomNumberGenerator()
        let source = try Data(contentsOf: URL(filePath: try Fixtures.shared()["photo.jpg"].string))
        let path = FilePath(NSTemporaryDirectory() + "/phototui-damaged-\(UUID().uuidString).jpg")
        defer { unlink(path.string) }
        let pool = makePool()
        for _ in 0..<50 {
            var bytes = source
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<600, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            try bytes.write(to: URL(filePath: path.string))
            do {
                for patch in try await pool.positionErasure(path) {
                    bytes.replaceSubrange(patch.offset..<patch.offset + patch.bytes.count, with: patch.bytes)
                }
                try bytes.write(to: URL(filePath: path.string))
                #expect(try await pool.positionErasure(path) == [], "a second look finds no more")
            } catch let error as EngineError {
                #expect(error.code == .unsupported || error.code == .corrupt, "\(error)")
            }
        }
    }
}
