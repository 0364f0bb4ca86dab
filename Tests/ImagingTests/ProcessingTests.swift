import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("Processing", .enabled(if: Fixtures.isAvailable))
struct ProcessingTests {
    @Test("A photo yields its digest, size, metadata and three renditions without its metadata")
    func photo() async throws {
        let fixtures = try Fixtures.shared()
        let photo = try await makePool().process(fixtures["photo.jpg"], options: ProcessingOptions())
        let sum = try Fixtures.run(
            "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())",
            [fixtures["photo.jpg"].string])
        #expect(photo.sha256.description == sum.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(photo.mediaType == .jpeg)
        #expect(photo.pixelSize == PixelSize(width: 1600, height: 1000))
        #expect(photo.problem == nil)
        let metadata = photo.metadata
        #expect(metadata.orientation == .rotated90)
        #expect(metadata.captureTime?.rfc3339 == "2024-07-12T18:03:11.250+02:00")
        #expect(metadata.captureTime?.source == .exif)
        #expect(metadata.cameraModel == "One")
        #expect(metadata.exposure.seconds == 0.004)
        #expect(metadata.exposure.aperture == 2.8)
        #expect(metadata.exposure.iso == 400)
        let position = try #require(metadata.position)
        #expect(abs(position.latitude - 38.720_138_9) < 1e-6)
        #expect(abs(position.longitude + 9.141_666_7) < 1e-6)
        #expect(photo.renditions.map(\.kind.size).sorted() == [256, 512, 1024])
        for rendition in photo.renditions {
            let hasMetadata = ["Evil", "2024:07:12"].contains { rendition.data.contains(subsequence: Array($0.utf8)) }
            #expect(!hasMetadata)
        }
        #expect(try judge(photo.renditions) == ["WEBP 160x256", "WEBP 320x512", "WEBP 640x1024"])
    }

    @Test("Text from EXIF reaches the catalogue as it is, and a screen only escaped")
    func escape() async throws {
        let photo = try await makePool().process(try Fixtures.shared()["photo.jpg"], options: ProcessingOptions())
        let make = try #require(photo.metadata.cameraMake)
        #expect(make.unicodeScalars.contains("\u{1B}"))
        #expect(displayEscaped(make).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
    }

    @Test("A date that does not exist is no date")
    func impossibleDate() async throws {
        let photo = try await makePool().process(
            try Fixtures.shared()["impossible-date.jpg"], options: ProcessingOptions())
        #expect(photo.metadata.captureTime == nil)
    }

    @Test(
        "Every format and pixel layout is shown by its first page, at its own size when that is smaller",
        arguments: [
            ("grey.jpg", MediaType.jpeg), ("cmyk.jpg", .jpeg), ("progressive.jpg", .jpeg), ("palette.png", .png),
            ("colour.png", .png), ("grey.png", .png), ("alpha.png", .png), ("deep.png", .png), ("pages.tif", .tiff),
            ("animated.gif", .gif), ("animated.webp", .webp), ("plain.webp", .webp), ("plain.avif", .avif),
        ])
    func formats(name: String, type: MediaType) async throws {
        let photo = try await makePool().process(try Fixtures.shared()[name], options: ProcessingOptions())
        #expect(photo.mediaType == type)
        #expect(photo.pixelSize == PixelSize(width: 640, height: 400))
        #expect(photo.problem == nil)
        #expect(try judge(photo.renditions) == ["WEBP 256x160", "WEBP 512x320", "WEBP 640x400"])
    }

    @Test(
        "What a file holds beyond its first picture of eight bits is told",
        arguments: [
            ("pages.tif", ["Picture.Frames": "3"]), ("animated.gif", ["Picture.Frames": "3"]),
            ("animated.webp", ["Picture.Frames": "3"]), ("animated.png", ["Picture.Frames": "3"]),
            ("animated.avif", ["Picture.Frames": "3"]), ("many.jpg", ["Picture.Frames": "3"]),
            ("deep.png", ["Picture.Bits": "16"]), ("alpha.png", ["Picture.Alpha": "1"]), ("opaque.png", [:]),
            ("film.jpg", ["Picture.Film": "1"]),
            ("film-behind-blocks.jpg", ["Picture.Film": "1"]), ("no-film.jpg", [:]), ("preview.jpg", [:]),
            ("gain-map.jpg", ["Picture.Added": "1"]),
            ("words-behind.jpg", [:]),
            ("progressive.jpg", [:]), ("photo.jpg", [:]), ("colour.png", [:]), ("plain.avif", [:]), ("plain.webp", [:]),
        ])
    func extent(name: String, told: [String: String]) async throws {
        let photo = try await makePool().process(try Fixtures.shared()[name], options: ProcessingOptions())
        #expect(photo.metadata.tags.filter { $0.key.hasPrefix("Picture.") } == told)
    }

    @Test(
        "A picture with a profile of its own is shown in the colours that it means",
        arguments: ["jpg", "jpeg", "png", "webp", "avif", "tif"])
    func profiles(kind: String) async throws {
        let pixels = try await makePool().pixels(
            try Fixtures.shared()["swapped.\(kind)"], region: .whole, fitting: PixelSize(width: 30, height: 30))
        #expect(nearest(pixels, x: 9, y: 9) == "green")
    }

    @Test("A picture with a profile of another kind keeps its colours")
    func misprofiled() async throws {
        let photo = try await makePool().process(
            try Fixtures.shared()["misprofiled.jpg"], options: ProcessingOptions())
        #expect(try judge(photo.renditions) == ["WEBP 256x171", "WEBP 300x200", "WEBP 300x200"])
        let pixels = try await makePool().pixels(
            try Fixtures.shared()["misprofiled.jpg"], region: .whole, fitting: PixelSize(width: 30, height: 30))
        #expect(nearest(pixels, x: 9, y: 9) == "red")
    }

    @Test("Renditions come in the formats that are asked for")
    func renditionFormats() async throws {
        let photo = try await makePool().process(
            try Fixtures.shared()["grey.jpg"], options: ProcessingOptions(formats: [.jpeg, .avif]))
        #expect(
            try judge(photo.renditions).sorted() == [
                "AVIF 256x160", "AVIF 512x320", "AVIF 640x400", "JPEG 256x160", "JPEG 512x320", "JPEG 640x400",
            ])
    }

    @Test("All eight orientations turn upright, also in a part of the picture", arguments: 1...8)
    func orientations(number: Int) async throws {
        let fixtures = try Fixtures.shared()
        let pool = makePool()
        let file = fixtures["orientation\(number).jpg"]
        let photo = try await pool.process(file, options: ProcessingOptions())
        #expect(photo.metadata.orientation.rawValue == number)
        #expect(photo.metadata.orientation.upright(photo.pixelSize) == PixelSize(width: 1200, height: 800))
        let whole = try await pool.pixels(file, region: .whole, fitting: PixelSize(width: 60, height: 60))
        #expect(whole.size == PixelSize(width: 60, height: 40))
        #expect(nearest(whole, x: 10, y: 8) == "red")
        #expect(nearest(whole, x: 50, y: 8) == "green")
        #expect(nearest(whole, x: 10, y: 32) == "blue")
        #expect(nearest(whole, x: 50, y: 32) == "white")
        let part = try await pool.pixels(
            file, region: PictureRegion(x: 0.5, y: 0, width: 0.5, height: 0.5),
            fitting: PixelSize(width: 90, height: 90))
        #expect(part.size == PixelSize(width: 90, height: 60))
        #expect(nearest(part, x: 45, y: 30) == "green")
    }

    @Test(
        "The full hash is imagehash's, bit for bit, and the default one is near",
        arguments: [
            "grey.jpg", "colour.png", "grey.png", "progressive.jpg", "large.jpg", "large-progressive.jpg",
        ])
    func hashes(name: String) async throws {
        let file = try Fixtures.shared()[name]
        let reference = try imagehash(file)
        let pool = makePool()
        #expect(try await pool.hash(file, detail: .full).perceptualHash == reference)
        #expect(try await pool.hash(file, detail: .reduced).perceptualHash.distance(to: reference) <= 2)
    }

    @Test(
        "The coarse hash is not far from imagehash's",
        arguments: ["large.jpg", "large-progressive.jpg", "rgb.jpg", "large.png"])
    func coarseHashes(name: String) async throws {
        let file = try Fixtures.shared()[name]
        let coarse = try await makePool().hash(file, detail: .coarse).perceptualHash
        #expect(coarse.distance(to: try imagehash(file)) <= 4)
        // A picture of which small renditions alone are made isn't decoded any larger for its hash.
        let small = try await makePool().process(file, options: ProcessingOptions(sizes: [])).perceptualHash
        #expect(small.distance(to: try imagehash(file)) <= 4)
    }

    private func imagehash(_ file: FilePath) throws -> PerceptualHash {
        let text = try Fixtures.run(
            "import imagehash, sys; from PIL import Image; print(imagehash.phash(Image.open(sys.argv[1])))",
            [file.string])
        return try #require(PerceptualHash(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test(
        "A damaged JPEG has the coarse hash of what can be decoded, or none", arguments: [0.02, 0.1, 0.5, 0.9, 0.999])
    func damaged(share: Double) async throws {
        let pool = makePool()
        for name in ["large.jpg", "large-progressive.jpg"] {
            let whole = try Data(contentsOf: URL(filePath: try Fixtures.shared()[name].string))
            let path = NSTemporaryDirectory() + "/phototui-cut-\(UUID().uuidString).jpg"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try whole.prefix(Int(Double(whole.count) * share)).write(to: URL(filePath: path))
            let reduced = try? await pool.hash(FilePath(path), detail: .reduced).perceptualHash
            let coarse = try? await pool.hash(FilePath(path), detail: .coarse).perceptualHash
            #expect((reduced == nil) == (coarse == nil), "\(name)")
            // The means of a progressive file come first: more of it is there than a whole decode shows.
            if let reduced, let coarse, name == "large.jpg" { #expect(reduced.distance(to: coarse) <= 4, "\(name)") }
        }
    }

    @Test("Renditions have the sizes that are asked for, and the small one always")
    func renditionSizes() async throws {
        let file = try Fixtures.shared()["large.jpg"]
        let pool = makePool()
        let standard = try await pool.process(file, options: ProcessingOptions())
        for sizes in [[], [256], [600, 150, 1200]] {
            let photo = try await pool.process(file, options: ProcessingOptions(sizes: sizes))
            #expect(photo.renditions.map(\.kind.size).sorted() == Set(sizes + [256]).sorted())
            let found = try judge(photo.renditions)
            #expect(found == photo.renditions.map(\.kind.size).sorted().map { "WEBP \($0)x\(($0 * 4 + 3) / 6)" })
            #expect(photo.perceptualHash.distance(to: standard.perceptualHash) <= 2)
            #expect(photo.pixelSize == standard.pixelSize)
        }
    }

    /// What Pillow reads in the renditions, smallest first.
    private func judge(_ renditions: [Rendition]) throws -> [String] {
        try renditions.sorted { $0.kind.size < $1.kind.size }.map { rendition in
            let path = NSTemporaryDirectory() + "/phototui-rendition-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(rendition.data).write(to: URL(filePath: path))
            let text = try Fixtures.run(
                """
                import sys
                from PIL import Image
                picture = Image.open(sys.argv[1])
                picture.load()
                print(picture.format, "%dx%d" % picture.size)
                """, [path])
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private func nearest(_ buffer: PixelBuffer, x: Int, y: Int) -> String {
        let start = (y * buffer.size.width + x) * 3
        let bright = buffer.rgb[start..<start + 3].map { $0 > 128 }
        return switch bright {
        case [true, false, false]: "red"
        case [false, true, false]: "green"
        case [false, false, true]: "blue"
        case [true, true, true]: "white"
        default: "\(buffer.rgb[start..<start + 3])"
        }
    }
}

extension [UInt8] {
    fileprivate func contains(subsequence: [UInt8]) -> Bool {
        indices.contains { self[$0...].starts(with: subsequence) }
    }
}
