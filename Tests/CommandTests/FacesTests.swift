import Foundation
import Testing

@Suite("Faces on the command line")
struct FacesTests {
    /// Two files of one picture, imported; the second tells of Ana and of a face without a name.
    private func withLibrary(_ body: (Program, _ photos: TestFolder) async throws -> Void) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 1), as: "b.png")
        let document = """
            [{"SourceFile": "b.png", "XMP-mwg-rs:RegionInfo": {"RegionList": [
                {"Area": {"X": 0.25, "Y": 0.5, "W": 0.25, "H": 0.5, "Unit": "normalized"}, "Name": "Ana\\u202e", "Type": "Face"},
                {"Area": {"X": 0.75, "Y": 0.5, "W": 0.125, "H": 0.25, "Unit": "normalized"}, "Type": "Face"}]}}]
            """
        try photos.write(Data(document.utf8), as: "tags.json")
        let tagged = try await program.shell(
            "exiftool -q -struct -json=tags.json -overwrite_original b.png && rm tags.json", in: photos)
        #expect(tagged.exitCode == 0, "\(tagged.complaints)")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await body(program, photos)
    }

    private func faces(_ program: Program, _ path: String) async throws -> [[String: Any]] {
        try #require(try await program.run(["show", "--json", path]).document()["faces"] as? [[String: Any]])
    }

    @Test("A photo shows its faces, as text and as JSON")
    func shown() async throws {
        try await withLibrary { program, photos in
            let plain = try await program.run(["show", photos.path + "/b.png"]).text
            #expect(plain.contains("Ana\\u{202e}, 1 without a name"), "\(plain)")
            #expect(!plain.contains("\u{202e}"))
            let found = try await faces(program, photos.path + "/b.png")
            #expect(found.map { $0["name"] as? String } == ["Ana\u{202e}", nil])
            #expect(found.map { $0["x"] as? Double } == [0.125, 0.6875])
            #expect(found.map { $0["y"] as? Double } == [0.25, 0.375])
            #expect(found.map { $0["width"] as? Double } == [0.25, 0.125])
            #expect(found.map { $0["height"] as? Double } == [0.5, 0.25])
            #expect(found.map { $0["source"] as? String } == ["mwg", "mwg"])
            #expect(try await faces(program, photos.path + "/a.png").isEmpty)
        }
    }

    @Test("A resolution says which faces the keeper takes over, does so, and its undo takes them back")
    func merged() async throws {
        try await withLibrary { program, photos in
            #expect(try await program.run(["duplicates", "scan"]).exitCode == 0)
            let list = try await program.run(["duplicates", "list", "--json"]).document()
            let cluster = try #require((list["clusters"] as? [[String: Any]])?.first?["id"] as? String)
            let keeper = try #require(
                try await program.run(["show", "--json", photos.path + "/a.png"]).document()["id"] as? String)
            let arguments = ["duplicates", "resolve", cluster, "--keep", keeper]
            let dry = try await program.run(arguments + ["--dry-run"])
            #expect(dry.text.contains("the keeper's faces: none → Ana\\u{202e}, 1 without a name"), "\(dry.text)")
            #expect(try await faces(program, photos.path + "/a.png").isEmpty, "nothing changes in a dry run")
            let made = try await program.run(arguments + ["--json"]).document()
            let resolution = try #require((made["resolutions"] as? [[String: Any]])?.first?["id"] as? String)
            let taken = try await faces(program, photos.path + "/a.png")
            #expect(taken.map { $0["name"] as? String } == ["Ana\u{202e}", nil])
            #expect(taken.map { $0["x"] as? Double } == [0.125, 0.6875])
            #expect(try await program.run(["duplicates", "undo", resolution]).exitCode == 0)
            #expect(try await faces(program, photos.path + "/a.png").isEmpty)
            #expect(try await faces(program, photos.path + "/b.png").count == 2)
        }
    }
}
