import Core
import Foundation
import PhotoEngine
import SystemPackage
import Testing

@Suite("show")
struct ShowTests {
    private func lines(_ text: String) -> [String: String] {
        Dictionary(
            text.split(separator: "\n").map { line in
                let end = line.range(of: "  ")?.lowerBound ?? line.endIndex
                return (String(line[..<end]), line[end...].trimmingCharacters(in: .whitespaces))
            }
        ) { "\($0) | \($1)" }
    }

    @Test("A photo's jobs, its favourite mark and all its places are shown, as text and as JSON")
    func everything() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 1), as: "b.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let plain = try await program.run(["show", photos.path + "/a.png"])
        // Either may have been read first.
        let places = ["path", "also at"].compactMap { lines(plain.text)[$0] }
        #expect(places.sorted() == [photos.path + "/a.png", photos.path + "/b.png"])
        #expect(lines(plain.text)["favourite"] == nil)
        #expect(
            lines(plain.text)["job"]?.hasPrefix("process_photo succeeded, 1 attempt, at 2") == true, "\(plain.text)")

        let library = try await Library.open(
            FilePath(home.path + "/library"), configuration: Configuration.load(environment: [:]))
        let id = try #require(PhotoID(lines(plain.text)["id"] ?? ""))
        _ = try await library.catalog.edit(EditRequest(.favourite(true), photos: [id], actor: "ana"))
        _ = try await library.catalog.enqueueProcessing([id])
        await library.close()
        let marked = try await program.run(["show", id.description])
        #expect(lines(marked.text)["favourite"] == "yes")
        #expect(lines(marked.text)["job"]?.hasPrefix("process_photo queued, 0 attempts") == true, "\(marked.text)")
        let document = try await program.run(["show", "--json", id.description]).document()
        #expect(document["favourite"] as? Bool == true)
        let jobs = try #require(document["jobs"] as? [[String: Any]])
        #expect(jobs.map { $0["state"] as? String } == ["queued", "succeeded"])
        #expect(jobs.map { $0["attempts"] as? Int } == [0, 1])
        #expect(jobs.allSatisfy { $0["photo_id"] as? String == id.description && $0["error"] is NSNull })
    }

    @Test("A picture that can't be decoded shows why its job died")
    func dead() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1).prefix(40), as: "cut.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 2)
        let shown = try await lines(program.run(["show", photos.path + "/cut.png"]).text)
        let problem = try #require(shown["problem"])
        #expect(shown["job"]?.hasPrefix("process_photo dead, 1 attempt") == true, "\(shown)")
        #expect(shown["job"]?.hasSuffix(": " + problem) == true, "\(shown)")
    }

    @Test("What happened to the original since is told at the moment of asking")
    func presence() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        let path = photos.path + "/a.png"
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        func original() async throws -> [String: Any] {
            try #require(try await program.run(["show", "--json", path]).document()["original"] as? [String: Any])
        }
        #expect(try await original()["kind"] as? String == "in_place")
        #expect(try await original()["present"] as? Bool == true)
        #expect(try await original()["changed"] as? Bool == false)
        try photos.write(TestPicture.png(seed: 2, width: 40), as: "a.png")
        #expect(try await lines(program.run(["show", path]).text)["path"] == path + " (changed since it was imported)")
        #expect(try await original()["changed"] as? Bool == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await lines(program.run(["show", path]).text)["path"] == path + " (not there now)")
        #expect(try await original()["present"] as? Bool == false)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(try await original()["present"] as? Bool == false)
    }

    @Test("A copied photo shows where its copy is, and where it came from")
    func copied() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        let path = photos.path + "/IMG_20240703_120000.png"
        try photos.write(TestPicture.png(seed: 1), as: "IMG_20240703_120000.png")
        #expect(try await program.run(["import", "--copy", photos.path]).exitCode == 0)
        try FileManager.default.removeItem(atPath: path)
        let shown = try await lines(program.run(["show", path]).text)
        let copy = try #require(shown["copy"])
        #expect(copy.hasPrefix(home.path + "/library/objects/originals/2024/2024-07-03/"), "\(shown)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == TestPicture.png(seed: 1))
        #expect(shown["copied from"] == path + " (not there now)")
        let document = try await program.run(["show", "--json", path]).document()
        let original = try #require(document["original"] as? [String: Any])
        #expect(original["kind"] as? String == "copy")
        #expect(original["path"] as? String == copy)
        #expect(original["present"] as? Bool == true)
        let files = try #require(document["files"] as? [[String: Any]])
        #expect(files.map { $0["path"] as? String } == [path])
        #expect(files.map { $0["present"] as? Bool } == [false])
        try FileManager.default.removeItem(atPath: copy)
        #expect(try await lines(program.run(["show", path]).text)["copy"] == copy + " (not there now)")
    }
}
