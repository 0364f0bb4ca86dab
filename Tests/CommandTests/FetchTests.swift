import Core
import Foundation
import PhotoEngine
import SystemPackage
import Testing

@Suite("fetch")
struct FetchTests {
    /// A home with two photos imported in place, and a folder to fetch into.
    private func prepared(copies: Bool = false) async throws -> (Program, photos: TestFolder, target: TestFolder) {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 2), as: "b.png")
        #expect(try await program.run(["import"] + (copies ? ["--copy"] : []) + [photos.path]).exitCode == 0)
        return (program, photos, try TestFolder())
    }

    private func bytes(_ folder: TestFolder, _ name: String) -> Data? {
        FileManager.default.contents(atPath: folder.path + "/" + name)
    }

    @Test(
        "Originals are written under their names, byte for byte, and a second time are left alone",
        arguments: [false, true])
    func fetches(copies: Bool) async throws {
        let (program, photos, target) = try await prepared(copies: copies)
        if copies { try FileManager.default.removeItem(atPath: photos.path + "/b.png") }
        let names = [photos.path + "/a.png", photos.path + "/b.png"]
        let first = try await program.run(["fetch", "--json", "--output", target.path] + names)
        #expect(first.exitCode == 0, "\(first.complaints)")
        #expect(bytes(target, "a.png") == TestPicture.png(seed: 1))
        #expect(bytes(target, "b.png") == TestPicture.png(seed: 2))
        let outcomes = try #require(first.document()["photos"] as? [[String: Any]])
        #expect(outcomes.map { $0["outcome"] as? String } == ["fetched", "fetched"])
        #expect(outcomes.first?["path"] as? String == target.path + "/a.png")
        #expect(outcomes.first?["bytes"] as? Int == TestPicture.png(seed: 1).count)
        let second = try await program.run(["fetch", "--json", "--output", target.path] + names)
        let again = try #require(second.document()["photos"] as? [[String: Any]])
        #expect(second.exitCode == 0 && again.map { $0["outcome"] as? String } == ["present", "present"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).sorted() == ["a.png", "b.png"])
    }

    @Test("Another file is replaced with --force alone; one photo may be given a name")
    func conflict() async throws {
        let (program, photos, target) = try await prepared()
        try target.write(Data("mine".utf8), as: "a.png")
        let refused = try await program.run([
            "fetch", "-o", target.path, photos.path + "/a.png", photos.path + "/b.png",
        ])
        #expect(refused.exitCode == 2 && refused.complaints.contains("--force"), "\(refused.complaints)")
        #expect(bytes(target, "a.png") == Data("mine".utf8))
        #expect(bytes(target, "b.png") == TestPicture.png(seed: 2))
        #expect(try await program.run(["fetch", "-o", target.path, "--force", photos.path + "/a.png"]).exitCode == 0)
        #expect(bytes(target, "a.png") == TestPicture.png(seed: 1))
        #expect(try await program.run(["fetch", "-o", target.path + "/c.png", photos.path + "/a.png"]).exitCode == 0)
        #expect(bytes(target, "c.png") == TestPicture.png(seed: 1))
        #expect(try await program.run(["fetch", "no-such-photo"]).exitCode == 1)
        #expect(try await program.run(["fetch"]).exitCode == 64)
    }

    @Test("What is no longer what was imported is not handed out, and leaves nothing behind")
    func changed() async throws {
        let (program, photos, target) = try await prepared()
        try photos.write(TestPicture.png(seed: 3), as: "a.png")
        let refused = try await program.run(["fetch", "-o", target.path, photos.path + "/a.png"])
        #expect(refused.exitCode == 1 && refused.complaints.contains("no longer"), "\(refused.complaints)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == [])
    }
}
