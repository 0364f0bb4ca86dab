import Foundation
import Testing

/// `import --albums folders`.
@Suite("Albums of an import")
struct FolderAlbumTests {
    private func folder() throws -> TestFolder {
        let folder = try TestFolder()
        for name in ["Trips/Lisbon", "Trips/Faro", "Search"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        try folder.write(TestPicture.png(seed: 1), as: "1.png")
        try folder.write(TestPicture.png(seed: 2), as: "Trips/2.png")
        for seed in 3...5 { try folder.write(TestPicture.png(seed: seed), as: "Trips/Lisbon/\(seed).png") }
        // The same picture once more: one photo in two albums.
        try folder.write(TestPicture.png(seed: 3), as: "Trips/Faro/3.png")
        return folder
    }

    private func albums(_ program: Program) async throws -> [String: Int] {
        let listed = try await program.run(["albums", "--json"]).document()
        let albums = try #require(listed["albums"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: albums.map { ($0["name"] as? String ?? "", $0["photo_count"] as? Int ?? -1) })
    }

    private func filled(_ result: Program.Result) throws -> (edit: String?, added: [String: Int]) {
        let albums = try #require(try result.document()["albums"] as? [String: Any], "\(result.complaints)")
        let filled = try #require(albums["filled"] as? [[String: Any]])
        return (
            albums["edit"] as? String,
            Dictionary(uniqueKeysWithValues: filled.map { ($0["name"] as? String ?? "", $0["added"] as? Int ?? -1) })
        )
    }

    @Test("Folders are albums, also of files imported before; a second run adds nothing; one undo takes them back")
    func folders() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        let program = Program(home: home)
        let root = FilePath(photos.path).lastComponent
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await albums(program).isEmpty)
        let expected = [root: 1, "Trips": 1, "Trips/Faro": 1, "Trips/Lisbon": 3]

        let foreseen = try filled(
            try await program.run(["import", "--dry-run", "--json", "--albums", "folders", photos.path]))
        #expect(foreseen.added == expected && foreseen.edit == nil)
        #expect(try await albums(program).isEmpty)

        // A part of a watched folder fills the albums that the whole of it does.
        try photos.write(TestPicture.png(seed: 6), as: "Trips/Lisbon/6.png")
        let part = try filled(
            try await program.run(["import", "--json", "--albums", "folders", photos.path + "/Trips/Lisbon"]))
        #expect(part.added == ["Trips/Lisbon": 4])
        let rest = try filled(try await program.run(["import", "--json", "--albums", "folders", photos.path]))
        #expect(rest.added == [root: 1, "Trips": 1, "Trips/Faro": 1])
        #expect(try await albums(program) == [root: 1, "Trips": 1, "Trips/Faro": 1, "Trips/Lisbon": 4])

        let again = try filled(try await program.run(["import", "--json", "--albums", "folders", photos.path]))
        #expect(again.added.isEmpty && again.edit == nil)
        #expect(try await program.run(["edits", "undo", try #require(rest.edit)]).exitCode == 0)
        #expect(try await albums(program) == ["Trips/Lisbon": 4])
    }

    @Test("What a person took out, renamed or deleted stays so, and an undo brings it back")
    func asEdited() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        let program = Program(home: home)
        let again = ["import", "--json", "--albums", "folders", photos.path]
        #expect(try await program.run(again).exitCode == 0)
        let one = photos.path + "/Trips/Lisbon/4.png"
        for change in [
            ["albums", "remove", "Trips/Lisbon", one], ["albums", "rename", "Trips/Lisbon", "Lissabon"],
            ["albums", "delete", "Trips/Faro"],
        ] {
            let done = try await program.run(change)
            #expect(done.exitCode == 0, "\(change): \(done.complaints)")
        }
        let before = try await albums(program)
        let dry = try await program.run(again + ["--dry-run"])
        let made = try await program.run(again)
        for result in [dry, made] {
            #expect(try filled(result).added.isEmpty && filled(result).edit == nil, "\(result.text)")
            let told = try #require(try result.document()["albums"] as? [String: Any])
            #expect(told["left_out"] as? Int == 2, "the one taken out, and the deleted album's")
        }
        #expect(try await albums(program) == before)
        // What is new goes where the album is now.
        try photos.write(TestPicture.png(seed: 8), as: "Trips/Lisbon/8.png")
        #expect(try filled(try await program.run(again)).added == ["Lissabon": 1])
        #expect(try await albums(program)["Lissabon"] == 3)
        let text = try await program.run(["import", "--albums", "folders", photos.path])
        #expect((text.text + text.complaints).contains("2 photos left out"), "\(text.text)\(text.complaints)")

        let edits = try #require(try await program.run(["edits", "--json"]).document()["edits"] as? [[String: Any]])
        for edit in edits where ["delete_album", "remove_from_album"].contains(edit["kind"] as? String ?? "") {
            let undone = try await program.run(["edits", "undo", try #require(edit["id"] as? String)])
            #expect(undone.exitCode == 0, "\(undone.complaints)")
        }
        #expect(try filled(try await program.run(again)).added.isEmpty)
        let after = try await albums(program)
        #expect(after["Lissabon"] == 4 && after["Trips/Faro"] == 1)
    }

    @Test("Albums nested in a name that none has are renamed by it")
    func nested() async throws {
        let (program, photos) = (Program(home: try TestFolder()), try folder())
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        for name in ["Trips/Lisbon", "Trips/Faro/Beach", "Trips2"] {
            #expect(try await program.run(["albums", "create", name]).exitCode == 0)
        }
        let renamed = try await program.run(["albums", "rename", "trips", "Reisen"])
        #expect(renamed.exitCode == 0, "\(renamed.complaints)")
        #expect(try await albums(program).keys.sorted() == ["Reisen/Faro/Beach", "Reisen/Lisbon", "Trips2"])
        let edit = try #require(renamed.text.split(separator: " ").last).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await program.run(["edits", "undo", edit]).exitCode == 0)
        #expect(try await albums(program).keys.sorted() == ["Trips/Faro/Beach", "Trips/Lisbon", "Trips2"])
        let missing = try await program.run(["albums", "rename", "Trip", "Reisen"])
        #expect(missing.exitCode == 1 && missing.complaints.contains("no album"), "\(missing.complaints)")
    }

    @Test("A folder that can't be an album is told of, and hides no other")
    func refused() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 7), as: "Search/7.png")
        let long = (0..<3).map { _ in String(repeating: "x", count: 200) }.joined(separator: "/")
        try FileManager.default.createDirectory(
            atPath: photos.path + "/" + long, withIntermediateDirectories: true)
        try photos.write(TestPicture.png(seed: 8), as: long + "/8.png")
        try FileManager.default.createDirectory(
            atPath: photos.path + "/b\u{1b}[2J", withIntermediateDirectories: true)
        try photos.write(TestPicture.png(seed: 9), as: "b\u{1b}[2J/9.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await program.run(["albums", "create", "Search", "--search", "lisbon"]).exitCode == 0)

        let made = try await program.run(["import", "--json", "--albums", "folders", photos.path])
        #expect(made.exitCode == 2, "\(made.complaints)")
        let told = try #require(try made.document()["albums"] as? [String: Any])
        let refused = try #require(told["refused"] as? [[String: Any]])
        #expect(refused.count == 2)
        #expect(refused.contains { ($0["reason"] as? String)?.contains("saved search") == true })
        #expect(refused.contains { ($0["reason"] as? String)?.contains("602 bytes") == true })
        #expect(try await albums(program)["b\\x1b[2J"] == 1)
        #expect(try await albums(program)["Trips/Lisbon"] == 3)
    }
}

/// The last component of a path, without importing more than a test needs.
private struct FilePath {
    let lastComponent: String
    init(_ path: String) { lastComponent = URL(fileURLWithPath: path).lastPathComponent }
}
