import Foundation
import Programs
import Testing

/// `import --stacks`, with what cameras write into their files.
@Suite("Stacks of an import")
struct ImportStacksTests {
    @Test("A burst is one stack by time, names tell nothing, and one that was taken apart stays so")
    func burst() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        for seed in 1...6 { try photos.write(TestPicture.png(seed: seed), as: "IMG_000\(seed).png") }
        // 1, 2 and 3 within a second, 4 much later, 5 by another camera, 6 without any.
        let moments = ["12:00:00", "12:00:01", "12:00:02", "12:30:00", "12:00:01"]
        for (index, moment) in moments.enumerated() {
            let made = try await program.shell(
                "exiftool -q -overwrite_original -EXIF:Make=Test -EXIF:Model=\(index == 4 ? "B" : "A") "
                    + "-EXIF:DateTimeOriginal='2024:07:01 \(moment)' '\(photos.path)/IMG_000\(index + 1).png'")
            #expect(made.exitCode == 0, "\(made.complaints)")
        }
        let result = try await program.run(["import", "--json", "--stacks", photos.path])
        #expect(result.exitCode == 0, "\(result.complaints)")
        let stacks = try #require(try result.document()["stacks"] as? [String: Int])
        #expect(stacks["burst"] == 1 && stacks.values.reduce(0, +) == 1, "\(stacks)")
        let listed = try #require(
            try await program.run(["duplicates", "stacks", "--json"]).document()["stacks"] as? [[String: Any]])
        let members = try #require(listed.first?["photos"] as? [[String: Any]]).compactMap { $0["path"] as? String }
        #expect(Set(members) == Set((1...3).map { "\(photos.path)/IMG_000\($0).png" }))

        func again() async throws -> Int {
            let result = try await program.run(["import", "--json", "--stacks", photos.path])
            return try #require(try result.document()["stacks"] as? [String: Int]).values.reduce(0, +)
        }
        #expect(try await again() == 0)
        let id = try #require(listed.first?["id"] as? String)
        #expect(try await program.run(["duplicates", "undo", id]).exitCode == 0)
        #expect(try await again() == 0)
    }
}
