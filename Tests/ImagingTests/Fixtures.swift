import Core
import Foundation
import Imaging
import SystemPackage
import Testing

/// Small pictures of every kind, sound and hostile, made once a run by Pillow.
struct Fixtures {
    let folder: FilePath

    /// False where the judges in Python are missing; with CI set they must be there.
    static var isAvailable: Bool { python != nil || ProcessInfo.processInfo.environment["CI"] == "true" }

    static var python: String? { ProcessInfo.processInfo.environment["PHOTOTUI_PEERS_PYTHON"] }

    /// A real photo of the set that scripts/fetch-test-photos.sh gathers; false like `isAvailable`.
    static var hasPhotos: Bool {
        isAvailable && (photoFolder != nil || ProcessInfo.processInfo.environment["CI"] == "true")
    }

    private static var photoFolder: String? { ProcessInfo.processInfo.environment["PHOTOTUI_TEST_PHOTOS"] }

    /// Throws when the set has no photo of that name.
    static func photo(_ name: String) throws -> FilePath {
        let path = FilePath(try #require(photoFolder, "PHOTOTUI_TEST_PHOTOS names no folder")).appending(name)
        try #require(FileManager.default.fileExists(atPath: path.string), "the test photos have no \(name)")
        return path
    }

    private static let made = Result { try Fixtures() }

    static func shared() throws -> Fixtures { try made.get() }

    private init() throws {
        let path = NSTemporaryDirectory() + "/phototui-fixtures-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        folder = FilePath(path)
        try Fixtures.run(Fixtures.script, [path])
    }

    subscript(_ name: String) -> FilePath { folder.appending(name) }

    /// Runs a program in Python; returns what it printed.
    @discardableResult
    static func run(_ script: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: try #require(python, "PHOTOTUI_PEERS_PYTHON names no Python"))
        process.arguments = ["-c", script] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text
    }

    /// Quadrants of the upright picture: red, green, blue, white, left to right and top to bottom.
    private static let script = #"""
        import io, random, struct, sys, zlib
        from PIL import Image, ImageCms
        folder = sys.argv[1]
        random.seed(7)
        upright = Image.new("RGB", (1200, 800))
        for x in range(2):
            for y in range(2):
                upright.paste(((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))[y * 2 + x],
                              (x * 600, y * 400, x * 600 + 600, y * 400 + 400))
        back = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE,
                6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}
        for number, method in back.items():
            exif = Image.Exif()
            exif[0x112] = number
            stored = upright if method is None else upright.transpose(method)
            stored.save(f"{folder}/orientation{number}.jpg", quality=95, exif=exif)
        # Much detail and much shape, larger than what a coarse hash is computed on at an eighth.
        def noise(side): return Image.frombytes("L", (side, side), random.randbytes(side * side))
        large = Image.merge("RGB", [noise(side).resize((2400, 1600), Image.BICUBIC) for side in (9, 14, 11)])
        large = Image.blend(large, noise(900).resize((2400, 1600)).convert("RGB"), 0.15)
        large.save(f"{folder}/large.jpg", quality=85)
        large.save(f"{folder}/large-progressive.jpg", quality=85, progressive=True)
        large.resize((1200, 800)).save(f"{folder}/large.png")
        # Without luma.
        large.resize((900, 600)).save(f"{folder}/rgb.jpg", quality=90, keep_rgb=True)
        # A profile that means green by red and red by green.
        profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        for entry in range(132, 132 + 12 * struct.unpack(">I", profile[128:132])[0], 12):
            kind = bytes(profile[entry:entry + 4])
            profile[entry:entry + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(kind, kind)
        profile = bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
        red = Image.new("RGB", (300, 200), (200, 20, 20))
        meant = ImageCms.profileToProfile(red, io.BytesIO(profile), ImageCms.createProfile("sRGB")).getpixel((9, 9))
        assert meant[1] > 180 and meant[0] < 60, meant
        for kind in ("jpg", "png", "webp", "avif", "tif"):
            red.save(f"{folder}/swapped.{kind}", quality=95, icc_profile=profile)
        # A grey picture's profile (ICC.1:2001-04, 6.3.2.1) in one of colours.
        white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
        curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0233) + bytes(2)
        head = bytes(8) + struct.pack(">I", 0x02400000)
        head += b"mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28) + white[8:] + bytes(48)
        table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, len(white), b"kTRC", 156 + len(white), len(curve))
        grey = head + table + white + curve
        red.save(f"{folder}/misprofiled.jpg", quality=95, icc_profile=struct.pack(">I", len(grey)) + grey[4:])
        # Too much for one segment of a JPEG.
        long = struct.pack(">I", 150000) + profile[4:] + bytes(150000 - len(profile))
        red.save(f"{folder}/swapped.jpeg", quality=95, icc_profile=long)
        photo = Image.effect_mandelbrot((1600, 1000), (-2.2, -1.2, 1.0, 1.2), 60)
        photo = Image.merge("RGB", (photo, photo.transpose(Image.FLIP_LEFT_RIGHT), Image.radial_gradient("L").resize(photo.size)))
        exif = Image.Exif()
        exif[0x10F], exif[0x110], exif[0x112] = "Evil\x1b]52;c;aGk=\x07", "One", 6
        details = exif.get_ifd(0x8769)
        details[0x9003], details[0x9291], details[0x9011] = "2024:07:12 18:03:11", "25", "+02:00"
        details[0x829A], details[0x829D], details[0x8827] = 0.004, 2.8, 400
        place = exif.get_ifd(0x8825)
        place[1], place[2], place[3], place[4] = "N", (38.0, 43.0, 12.5), "W", (9.0, 8.0, 30.0)
        photo.save(f"{folder}/photo.jpg", quality=92, exif=exif)
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = "2023:02:31 00:00:00"
        exif[0x132] = "0000:00:00 00:00:00"
        photo.save(f"{folder}/impossible-date.jpg", exif=exif)
        small = photo.resize((640, 400))
        small.convert("L").save(f"{folder}/grey.jpg", quality=92)
        small.convert("CMYK").save(f"{folder}/cmyk.jpg", quality=92)
        small.convert("P").save(f"{folder}/palette.png")
        small.save(f"{folder}/colour.png")
        small.convert("L").save(f"{folder}/grey.png")
        small.save(f"{folder}/progressive.jpg", quality=92, progressive=True)
        transparent = small.convert("RGBA")
        transparent.save(f"{folder}/opaque.png")
        transparent.putalpha(Image.radial_gradient("L").resize(small.size))
        transparent.save(f"{folder}/alpha.png")
        small.convert("L").convert("I;16").point(lambda value: value * 257).save(f"{folder}/deep.png")
        pages = [small, small.rotate(180), small.convert("L").convert("RGB")]
        small.save(f"{folder}/pages.tif", save_all=True, append_images=pages[1:])
        small.save(f"{folder}/animated.gif", save_all=True, append_images=pages[1:])
        small.save(f"{folder}/animated.webp", save_all=True, append_images=pages[1:])
        small.save(f"{folder}/animated.png", save_all=True, append_images=pages[1:])
        small.save(f"{folder}/animated.avif", save_all=True, append_images=pages[1:])
        small.save(f"{folder}/many.jpg", format="MPO", save_all=True, append_images=pages[1:])
        # With a gain map, as phones have it, and with a preview, as cameras do: its type says so in the second entry (CIPA DC-007).
        small.save(f"{folder}/gain-map.jpg", format="MPO", save_all=True, append_images=[small.resize((160, 100))])
        file = bytearray(open(f"{folder}/gain-map.jpg", "rb").read())
        block = file.index(b"MPF\0") + 4
        order = "little" if file[block:block + 2] == b"II" else "big"
        number = lambda place, count: int.from_bytes(file[place:place + count], order)
        index = block + number(block + 4, 4)
        fields = [index + 2 + 12 * field for field in range(number(index, 2))]
        entry = block + next(number(field + 8, 4) for field in fields if number(field, 2) == 0xB002) + 16
        file[entry:entry + 4] = (0x010001).to_bytes(4, order)
        open(f"{folder}/preview.jpg", "wb").write(file)
        # As phones append a film: at once, or behind blocks of their own.
        film = struct.pack(">I", 24) + b"ftypmp42" + bytes(4) + b"isommp42" + struct.pack(">I", 16) + b"mdat" + bytes(8)
        still = open(f"{folder}/progressive.jpg", "rb").read()
        open(f"{folder}/film.jpg", "wb").write(still + film)
        open(f"{folder}/film-behind-blocks.jpg", "wb").write(
            still + bytes(2) + struct.pack("<HI", 0x0A30, 16) + b"MotionPhoto_Data" + film + b"SEFH" + bytes(20) + b"SEFT")
        # In the metadata alone, or no film's beginning, or cut off before the picture's end.
        open(f"{folder}/no-film.jpg", "wb").write(still[:2] + b"\xff\xfe" + struct.pack(">H", len(film) + 2) + film + still[2:])
        open(f"{folder}/words-behind.jpg", "wb").write(still + b"the word ftyp behind a picture")
        small.save(f"{folder}/plain.webp", quality=90)
        small.save(f"{folder}/plain.avif", quality=90)
        for number in back:
            exif = Image.Exif()
            exif[0x112] = number
            stored = Image.open(f"{folder}/orientation{number}.jpg")
            stored.save(f"{folder}/orientation{number}.avif", quality=95, exif=exif)
            # In the order of Sony's cameras: what transforms an item's picture first, and its size last.
            data = bytearray(open(f"{folder}/orientation{number}.avif", "rb").read())
            kinds, start, place = [], data.index(b"ipco") + 4, data.index(b"ipma") + 4
            while start < place - 8:
                kinds.append(bytes(data[start + 4:start + 8]))
                start += struct.unpack(">I", data[start:start + 4])[0]
            assert data[place:place + 8] == bytes((0, 0, 0, 0, 0, 0, 0, 1))
            start, count = place + 11, data[place + 10]
            entries = sorted(data[start:start + count], key=lambda entry: kinds[(entry & 0x7F) - 1] == b"ispe")
            entries.sort(key=lambda entry: kinds[(entry & 0x7F) - 1] not in (b"irot", b"imir"))
            data[start:start + count] = bytes(entries)
            open(f"{folder}/sony{number}.avif", "wb").write(data)
        Image.new("RGB", (1, 1), (9, 9, 9)).save(f"{folder}/one-pixel.png")
        for name, share in (("photo.jpg", 0.5), ("colour.png", 0.5), ("plain.webp", 0.5)):
            data = open(f"{folder}/{name}", "rb").read()
            open(f"{folder}/truncated-{name}", "wb").write(data[:int(len(data) * share)])
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        header = struct.pack(">IIBBBBB", 60000, 60000, 1, 0, 0, 0, 0)
        open(f"{folder}/bomb.png", "wb").write(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""))
        open(f"{folder}/garbage.jpg", "wb").write(b"\xff\xd8\xff\xe1" + random.randbytes(20000))
        open(f"{folder}/head-only.jpg", "wb").write(open(f"{folder}/photo.jpg", "rb").read()[:300])
        open(f"{folder}/empty.jpg", "wb").close()
        open(f"{folder}/words.jpg", "wb").write(b"these are words, not a picture")
        """#
}

/// A pool of the decoder that was built with these tests.
func makePool(count: Int = 1, limits: DecoderLimits = DecoderLimits()) -> DecoderPool {
    DecoderPool(count: count, limits: limits)
}

/// A decoder under a name of its own, so that a test meets its own processes only, whatever runs beside it.
final class NamedDecoder {
    let path: FilePath
    private let name = "ptd-" + UUID().uuidString.prefix(8)

    init() throws {
        path = FilePath(FileManager.default.temporaryDirectory.path).appending(name)
        try FileManager.default.createSymbolicLink(
            atPath: path.string, withDestinationPath: DecoderPool.locate().string)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// Its processes that live.
    func processes() throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { process in
            (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) == name + "\n"
        }
    }
}
