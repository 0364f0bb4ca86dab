import Foundation
import Testing

/// The film of a live photo, from import to export.
@Suite("Films of live photos")
struct LiveFilmTests {
    static let identifier = "99998888-7777-6666-5555-444433332222"
    private static let place = "+38.7100-009.1400/"

    private static func big(_ value: Int, _ count: Int = 4) -> [UInt8] {
        (0..<count).map { UInt8(value >> (8 * (count - 1 - $0)) & 0xFF) }
    }

    private static func atom(_ type: String, _ content: [UInt8]) -> [UInt8] {
        big(content.count + 8) + Array(type.utf8) + content
    }

    /// As an iPhone writes one, but for its frames.
    static func film(_ values: [(key: String, value: String)]) -> Data {
        let names = values.flatMap { atom("mdta", Array("com.apple.quicktime.\($0.key)".utf8)) }
        let items = values.enumerated().flatMap { index, one in
            let data = atom("data", big(1) + big(0) + Array(one.value.utf8))
            return big(data.count + 8) + big(index + 1) + data
        }
        let handler = atom("hdlr", big(0) + big(0) + Array("mdta".utf8) + [UInt8](repeating: 0, count: 12) + [0, 0])
        let meta = atom("meta", handler + atom("keys", big(0) + big(values.count) + names) + atom("ilst", items))
        let header = atom(
            "mvhd",
            big(0) + big(0) + big(0) + big(600) + big(1200) + big(0x10000) + big(0x100, 2)
                + [UInt8](repeating: 0, count: 10) + big(0x10000) + [UInt8](repeating: 0, count: 12) + big(0x10000)
                + [UInt8](repeating: 0, count: 12) + big(0x4000_0000) + [UInt8](repeating: 0, count: 24) + big(2))
        return Data(
            atom("ftyp", Array("qt  ".utf8) + big(0) + Array("qt  ".utf8)) + atom("wide", [])
                + atom("mdat", [UInt8](repeating: 7, count: 3000)) + atom("moov", header + meta))
    }

    /// A JPEG whose EXIF has the identifier in Apple's note, and nothing else.
    static func photo() -> Data {
        func field(_ tag: Int, _ type: Int, _ count: Int, _ value: Int) -> [UInt8] {
            big(tag, 2) + big(type, 2) + big(count) + big(value)
        }
        let text = Array(identifier.utf8) + [0]
        let note =
            Array("Apple iOS".utf8) + [0, 0, 1, 0x4D, 0x4D] + big(1, 2) + field(0x0011, 2, text.count, 32) + big(0)
            + text
        let exif =
            big(1, 2) + field(0x8769, 4, 1, 26) + big(0) + big(1, 2) + field(0x927C, 7, note.count, 44) + big(0)
        let segment = Array("Exif".utf8) + [0, 0] + Array("MM".utf8) + [0, 42] + big(8) + exif + note
        let jpeg = Data(
            base64Encoded: """
                /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62r\
                Z4C8ybqmx5moq6T/wAALCAAgADABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAWEAADAAAAAAAAAAAAAAAAAAAAE2H/2gAIAQEA\
                AD8AhogRAiBECIEQpogRAiBECIEQpIgRAiBECIEQpogRAiBECIEQ/9k=
                """)!
        return Data([0xFF, 0xD8, 0xFF, 0xE1] + big(segment.count + 2, 2) + segment + Array(jpeg.dropFirst(2)))
    }

    @Test("It is known by what it shares with its photo, told, and exported with it, without its position")
    func exported() async throws {
        let (home, photos, out) = (try TestFolder(), try TestFolder(), try TestFolder())
        let program = Program(home: home)
        try photos.write(Self.photo(), as: "IMG_1.JPG")
        let values = [
            ("make", "Apple"), ("content.identifier", Self.identifier), ("location.ISO6709", Self.place),
        ]
        // Another name: the identifier tells.
        try photos.write(Self.film(values.map { (key: $0.0, value: $0.1) }), as: "FILM_7.MOV")
        try photos.write(Self.film([(key: "make", value: "Apple")]), as: "IMG_1.MOV")
        try photos.write(Data("no film".utf8), as: "other.mp4")
        let judged = try await program.shell(
            "exiftool -s3 -ContentIdentifier -GPSCoordinates '\(photos.path)/FILM_7.MOV'")
        #expect(judged.text.contains(Self.identifier) && judged.text.contains("38 deg"), "\(judged.text)")

        let imported = try await program.run(["import", "--json", photos.path]).document()
        #expect(imported["imported"] as? Int == 1 && imported["unsupported"] as? Int == 3)
        let reasons = (imported["items"] as? [[String: Any]] ?? []).compactMap { $0["reason"] as? String }
        #expect(reasons.contains("the film of the live photo \(Self.identifier)"), "\(reasons)")
        #expect(reasons.count { $0 == "a video, and of no live photo" } == 2, "\(reasons)")
        let again = try await program.run(["import", "--json", photos.path]).document()
        #expect(again["bytes_read"] as? Int == 0)

        let why = try await program.run(["why", photos.path + "/IMG_1.JPG"]).text
        #expect(why.contains("FILM_7.MOV") && !why.contains("IMG_1.MOV"), "\(why)")

        let bare = try await program.run(["export", "--to", out.path, "--json", photos.path + "/IMG_1.JPG"])
        let item = try #require((try bare.document()["items"] as? [[String: Any]])?.first, "\(bare.complaints)")
        #expect((item["film"] as? String)?.hasSuffix("/IMG_1.MOV") == true, "\(item)")
        let told = try await program.shell("exiftool -a -G1 -s '\(out.path)/IMG_1.MOV'").text
        #expect(told.contains(Self.identifier) && !told.contains("38 deg") && !told.contains("GPS"), "\(told)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: out.path + "/IMG_1.MOV"))
        #expect(!bytes.indices.contains { bytes[$0...].starts(with: Self.place.utf8) })
        #expect(try await program.run(["export", "--to", out.path, photos.path + "/IMG_1.JPG"]).exitCode == 0)

        let whole = try TestFolder()
        _ = try await program.run(["export", "--with-location", "--to", whole.path, photos.path + "/IMG_1.JPG"])
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: whole.path + "/IMG_1.MOV"))
                == Data(contentsOf: URL(fileURLWithPath: photos.path + "/FILM_7.MOV")))

        // Another file at its place stays.
        let taken = try TestFolder()
        try taken.write(Data("mine".utf8), as: "IMG_1.MOV")
        let kept = try await program.run(["export", "--to", taken.path, "--json", photos.path + "/IMG_1.JPG"])
            .document()
        let reason = (kept["items"] as? [[String: Any]])?.first?["reason"] as? String
        #expect(reason?.contains("without its film") == true, "\(kept)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: taken.path + "/IMG_1.MOV")) == Data("mine".utf8))

        // One that is gone is missed.
        try FileManager.default.removeItem(atPath: photos.path + "/FILM_7.MOV")
        let last = try TestFolder()
        let without = try await program.run(["export", "--to", last.path, "--json", photos.path + "/IMG_1.JPG"])
            .document()
        let missed = (without["items"] as? [[String: Any]])?.first?["reason"] as? String
        #expect(missed?.hasPrefix("without its film: ") == true && missed?.contains("FILM_7.MOV") == true, "\(without)")
    }

    @Test("A film that lies about itself is none", arguments: 0..<6)
    func hostile(_ number: Int) async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        var film = Array(Self.film([(key: "content.identifier", value: Self.identifier)]))
        let keys = try #require(film.indices.first { film[$0...].starts(with: "keys".utf8) })
        let values = try #require(film.indices.first { film[$0...].starts(with: "ilst".utf8) })
        switch number {
        case 0: film.replaceSubrange(keys + 8..<keys + 12, with: [0x7F, 0xFF, 0xFF, 0xFF])
        case 1: film.replaceSubrange(keys - 4..<keys, with: [0xFF, 0xFF, 0xFF, 0xFF])
        case 2: film.replaceSubrange(values + 8..<values + 12, with: [0, 0, 0, 0])
        case 3: film = Array(film.prefix(values + 10))
        case 4: film = Array(Self.film([(key: "content.identifier", value: "A\u{1B}[31m")]))
        default: film.replaceSubrange(0..<8, with: [0, 0, 0, 1, 0x66, 0x74, 0x79, 0x70])
        }
        try photos.write(Data(film), as: "a.mov")
        let program = Program(home: home)
        let imported = try await program.run(["import", "--json", photos.path]).document()
        let reasons = (imported["items"] as? [[String: Any]] ?? []).compactMap { $0["reason"] as? String }
        #expect(reasons == ["a video, and of no live photo"], "\(reasons)")
    }
}
