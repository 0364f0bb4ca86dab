import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("HEIF", .enabled(if: Fixtures.isAvailable))
struct HEIFTests {
    @Test(
        "All eight turns that a file asks for are made once, in whatever order the camera wrote its properties",
        arguments: ["orientation", "sony"], 1...8)
    func turns(name: String, number: Int) async throws {
        let file = try Fixtures.shared()["\(name)\(number).avif"]
        let photo = try await makePool().process(file, options: ProcessingOptions(formats: [.jpeg]))
        #expect(photo.problem == nil)
        #expect(photo.metadata.orientation.upright(photo.pixelSize) == PixelSize(width: 1200, height: 800))
        let large = try #require(photo.renditions.max { $0.kind.size < $1.kind.size })
        #expect(try corners(large) == "1024x683 red green blue white")
    }

    @Test("The order of properties decides nothing of what is read, cut off wherever it may be")
    func truncated() async throws {
        let fixtures = try Fixtures.shared()
        let bytes = try Data(contentsOf: URL(filePath: fixtures["sony6.avif"].string))
        let pool = makePool()
        let path = NSTemporaryDirectory() + "/phototui-\(UUID().uuidString).avif"
        defer { unlink(path) }
        for count in stride(from: 12, to: 400, by: 7) {
            try bytes.prefix(count).write(to: URL(filePath: path))
            let error = await #expect(throws: EngineError.self, "\(count) bytes") {
                _ = try await pool.process(FilePath(path), options: ProcessingOptions())
            }
            #expect(error?.code == .corrupt || error?.code == .unsupported, "\(count) bytes")
        }
        _ = try await pool.process(fixtures["sony6.avif"], options: ProcessingOptions())
    }

    @Test(
        "A phone's upright HEIC, turned both by its container and in EXIF, is turned once",
        .enabled(if: Fixtures.hasPhotos))
    func phone() async throws {
        let file = try Fixtures.photo("deb-src-exiv2/24653e8a7ce6_2021-02-13-1929.heic")
        let photo = try await makePool().process(file, options: ProcessingOptions(formats: [.jpeg]))
        #expect(photo.metadata.orientation == .rotated90)
        #expect(photo.metadata.orientation.upright(photo.pixelSize) == PixelSize(width: 3024, height: 4032))
        let small = try #require(photo.renditions.min { $0.kind.size < $1.kind.size })
        let path = try written(small)
        defer { unlink(path) }
        // How far libvips' own is from ours: upright and in sRGB, then turned half around, then red without its profile.
        let text = try Fixtures.run(
            """
            import sys, pyvips
            ours = pyvips.Image.new_from_file(sys.argv[1])
            full = pyvips.Image.new_from_file(sys.argv[2])[0:3]
            small = full.resize(256 / full.height)
            theirs = small.icc_transform("srgb", embedded=True)
            assert (ours.width, ours.height) == (theirs.width, theirs.height) == (192, 256)
            print((ours - theirs).abs().avg(), (ours - theirs.rot180()).abs().avg())
            print(abs((ours - theirs)[0].avg()), abs((ours - small)[0].avg()))
            """, [path, file.string])
        let differences = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(differences.count == 4)
        #expect(differences[0] < 6 && differences[1] > 20, "\(differences)")
        #expect(differences[2] < 1 && differences[3] > 3, "\(differences)")
    }

    /// Size and colours of the quadrants as Pillow reads them.
    private func corners(_ rendition: Rendition) throws -> String {
        let path = try written(rendition)
        defer { unlink(path) }
        let text = try Fixtures.run(
            """
            import sys
            from PIL import Image
            picture = Image.open(sys.argv[1]).convert("RGB")
            names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}
            points = [(x * picture.width // 4, y * picture.height // 4) for y in (1, 3) for x in (1, 3)]
            print("%dx%d" % picture.size, *(names.get(tuple(int(v > 128) for v in picture.getpixel(p))) for p in points))
            """, [path])
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func written(_ rendition: Rendition) throws -> String {
        let path = NSTemporaryDirectory() + "/phototui-rendition-\(UUID().uuidString).jpg"
        try Data(rendition.data).write(to: URL(filePath: path))
        return path
    }
}
