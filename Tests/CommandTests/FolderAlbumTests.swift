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
