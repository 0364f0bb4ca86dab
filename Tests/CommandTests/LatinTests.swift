import Foundation
import Testing

@Suite("IPTC in Latin-1")
struct LatinTests {
    @Test(
        "A place that names no character set is read as exiftool reads it",
        arguments: [[], ["-CodedCharacterSet=UTF8"]])
    func place(_ options: [String]) async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        try photos.write(LiveFilmTests.photo(), as: "a.jpg")
        let written = try await program.shell(
            "exiftool -q -overwrite_original \(options.joined(separator: " ")) -IPTC:City=Göteborg -IPTC:Keywords='blåbär' a.jpg",
            in: photos)
        #expect(written.exitCode == 0, "\(written.complaints)")
        let judged = try await program.shell("exiftool -s3 -IPTC:City a.jpg", in: photos).text
        #expect(judged == "Göteborg\n")
        _ = try await program.run(["import", photos.path])
        let shown = try await program.run(["show", "--json", photos.path + "/a.jpg"]).document()
        #expect((shown["place"] as? String)?.contains("Göteborg") == true, "\(shown)")
        #expect(shown["keywords"] as? [String] == ["blåbär"], "\(shown)")
        #expect(try await program.run(["search", "--count", "in:goteborg"]).text.hasPrefix("1"))
    }
}
