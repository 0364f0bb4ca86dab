import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("Digests of pixels", .enabled(if: Fixtures.isAvailable))
struct PixelDigestTests {
    /// Pillow's own digest of the upright picture in RGB.
    private static let judge = """
        import hashlib, sys
        from PIL import Image, ImageOps
        picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
        print(*picture.size, hashlib.sha256(picture.tobytes()).hexdigest())
        """

    /// One page with other metadata, one with another digit, one turned and noted so; a truncated one.
    private static let pages = """
        import sys
        from PIL import Image, ImageDraw, PngImagePlugin
        folder = sys.argv[1]
        def page(digit):
            picture = Image.new("RGB", (4000, 3000), (250, 248, 240))
            ImageDraw.Draw(picture).text((2000, 1500), "Total 2" + digit + ".00", fill=(40, 40, 40))
            return picture
        note = PngImagePlugin.PngInfo()
        note.add_text("Comment", "paid")
        page("3").save(folder + "/one.png", compress_level=1)
        page("3").save(folder + "/noted.png", pnginfo=note, compress_level=1)
        page("8").save(folder + "/other.png", compress_level=1)
        exif = Image.Exif()
        exif[0x112] = 6
        page("3").transpose(Image.ROTATE_90).save(folder + "/turned.png", exif=exif, compress_level=1)
        whole = open(folder + "/one.png", "rb").read()
        open(folder + "/cut.png", "wb").write(whole[:len(whole) // 2])
        """

    @Test("They are Pillow's, of the upright picture, and tell one digit of a page from another")
    func pages() async throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("phototui-pixels-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        try Fixtures.run(Self.pages, [folder.string])
        let pool = makePool()
        var digests: [String: PixelDigest] = [:]
        for name in ["one", "noted", "other", "turned"] {
            let path = folder.appending("\(name).png")
            let found = try await pool.pixelDigest(path)
            let judged = try Fixtures.run(Self.judge, [path.string]).trimmingCharacters(in: .whitespacesAndNewlines)
            #expect("\(found.pixels.size.width) \(found.pixels.size.height) \(found.pixels.sha256)" == judged)
            digests[name] = found.pixels
        }
        #expect(digests["one"] == digests["noted"] && digests["one"] == digests["turned"])
        #expect(digests["one"] != digests["other"])
        let error = await #expect(throws: EngineError.self) {
            _ = try await pool.pixelDigest(folder.appending("cut.png"))
        }
        #expect(error?.code == .corrupt)
        pool.close()
    }
}
