import Foundation
import Programs
import Testing

/// `import library`.
@Suite("Another library")
struct LibraryImportTests {
    private struct Places {
        let home: TestFolder
        let photos: TestFolder
        let program: Program
        var old: [String] { ["--library", home.path + "/old"] }

        func path(_ number: Int) -> String { "\(photos.path)/\(number).png" }
    }

    /// A library of five photos, two of them copied in, with all that a person does with photos.
    private func places() async throws -> Places {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let places = Places(home: home, photos: photos, program: Program(home: home))
        for seed in 1...5 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        func run(_ arguments: [String]) async throws {
            let result = try await places.program.run(arguments)
            #expect(result.exitCode == 0, "\(arguments): \(result.complaints)")
        }
        let old = places.old
        try await run(["import"] + old + (1...3).map(places.path))
        try await run(["import", "--copy"] + old + (4...5).map(places.path))
        for number in 4...5 { try FileManager.default.removeItem(atPath: places.path(number)) }
        try await run(["rate"] + old + ["4", places.path(1)])
        try await run(["caption"] + old + [places.path(1), "--text", "of the old\u{1b}[2J"])
        try await run(["caption"] + old + [places.path(4), "--text", "of the copy"])
        try await run(["favourite"] + old + [places.path(2)])
        try await run(["archive"] + old + [places.path(5)])
        try await run(["tags", "add"] + old + ["sea", places.path(1), places.path(4)])
        try await run(["albums", "add"] + old + ["Trips/Lisbon", places.path(4), places.path(1), "--create"])
        try await run(["albums", "create"] + old + ["Best", "--search", "rating:>=4"])
        try await run(["duplicates", "stack"] + old + [places.path(1), places.path(2)])
        try await run(["duplicates", "not-duplicate"] + old + [places.path(2), places.path(3)])
        return places
    }

    private func show(_ places: Places, _ number: Int, _ options: [String] = []) async throws -> [String: Any] {
        let shown = try await places.program.run(["show", "--json", places.path(number)] + options)
        return try #require(try? shown.document(), "\(shown.complaints)")
    }

    /// All that the catalogue of the old library holds, as text.
    private func dump(_ places: Places) async throws -> String {
        let result = try await places.program.shell("sqlite3 '\(places.home.path)/old/catalog.sqlite' .dump")
        #expect(result.exitCode == 0, "\(result.complaints)")
        return result.text
    }

    @Test("Photos come with everything known of them, once, and the other library stays as it was")
    func everything() async throws {
        let places = try await places()
        let before = try await dump(places)
        let command = ["import", "library", "--json", places.home.path + "/old"]
        let dry = try await places.program.run(command + ["--dry-run"])
        #expect(try dry.document()["imported"] as? Int == 5, "\(dry.complaints)")
        #expect(!FileManager.default.fileExists(atPath: places.home.path + "/library/catalog.sqlite"))
        let made = try await places.program.run(command)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let document = try made.document()
        #expect(document["imported"] as? Int == 5)
        let told = try #require(document["library"] as? [String: Any])
        #expect((told["conflicts"] as? [Any])?.isEmpty == true, "\(told)")
        #expect(
            told["marks"] as? [String: Int]
                == ["archived": 1, "caption": 2, "favourite": 1, "rating": 1, "tags": 2], "\(told)")
        #expect(told["stacks"] as? Int == 1 && told["decisions"] as? Int == 1 && told["saved_searches"] as? Int == 1)

        // Of each photo both libraries say the same, but for what is each one's own.
        for number in 1...5 {
            var (here, there) = (try await show(places, number), try await show(places, number, places.old))
            // A copy lies in its own library.
            for own in ["id", "jobs", "imported_at"] + (number > 3 ? ["original", "path"] : []) {
                here[own] = nil
                there[own] = nil
            }
            #expect(here as NSDictionary == there as NSDictionary, "\(number)")
        }
        for listing in [["albums", "--json"], ["tags", "--json"]] {
            func names(_ options: [String]) async throws -> [String] {
                let document = try await places.program.run(listing + options).document()
                let items = (document["albums"] ?? document["tags"]) as? [[String: Any]]
                return (items ?? []).map { "\($0["name"] ?? "") \($0["photo_count"] ?? "")" }
            }
            #expect(try await names([]) == names(places.old))
        }
        #expect(try await dump(places) == before)
        let fetched = try await places.program.run(["fetch", places.path(4), "-o", places.home.path + "/out.png"])
        #expect(fetched.exitCode == 0, "\(fetched.complaints)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: places.home.path + "/out.png")) == TestPicture.png(seed: 4))

        let again = try await places.program.run(command)
        let second = try again.document()
        #expect(second["imported"] as? Int == 0 && second["bytes_read"] as? Int == 0)
        let nothing = try #require(second["library"] as? [String: Any])
        #expect((nothing["marks"] as? [String: Int])?.isEmpty == true && nothing["stacks"] as? Int == 0)
        #expect(nothing["decisions"] as? Int == 0 && (nothing["conflicts"] as? [Any])?.isEmpty == true, "\(nothing)")
    }

    @Test("What differs here is told and stays, also what was taken back here")
    func conflicts() async throws {
        let places = try await places()
        func run(_ arguments: [String]) async throws -> Program.Result {
            let result = try await places.program.run(arguments)
            #expect([0, 2].contains(result.exitCode), "\(arguments): \(result.complaints)")
            return result
        }
        _ = try await run(["import", places.path(1)])
        _ = try await run(["rate", "2", places.path(1)])
        let named = try await run(["caption", places.path(1), "--text", "here", "--json"]).document()
        let edit = try #require((named["edit"] as? [String: Any])?["id"] as? String)
        _ = try await run(["edits", "undo", edit])
        _ = try await run(["albums", "create", "best"])
        let made = try await run(["import", "library", "--json", places.home.path + "/old"])
        let told = try #require(try made.document()["library"] as? [String: Any])
        let conflicts = try #require(told["conflicts"] as? [[String: String]])
        #expect(
            Set(conflicts.map { "\($0["what"] ?? ""): \($0["here"] ?? ""), \($0["there"] ?? "")" })
                == ["rating: 2, 4", "caption: none, of the old\u{1b}[2J", "album: an album, rating:>=4"], "\(conflicts)"
        )
        let shown = try await show(places, 1)
        #expect(shown["rating"] as? Int == 2 && shown["caption"] == nil || shown["caption"] is NSNull)
        let text = try await run(["import", "library", places.home.path + "/old"]).text
        #expect(text.contains("differs") && !text.contains("\u{1b}[2J"))
    }

    @Test("Tags and album photos that were taken away here do not come back, and are told")
    func takenAway() async throws {
        let places = try await places()
        func run(_ arguments: [String]) async throws -> Program.Result {
            let result = try await places.program.run(arguments)
            #expect(result.exitCode == 0, "\(arguments): \(result.complaints)")
            return result
        }
        let again = ["import", "library", "--json", places.home.path + "/old"]
        _ = try await run(again)
        _ = try await run(["tags", "remove", "sea", places.path(1)])
        _ = try await run(["tags", "rename", "sea", "Meer"])
        _ = try await run(["albums", "remove", "Trips/Lisbon", places.path(1)])
        _ = try await run(["albums", "delete", "Best"])
        let second = try await run(again).document()
        func albums() async throws -> [String: Int] {
            let listed = try #require(try await run(["albums", "--json"]).document()["albums"] as? [[String: Any]])
            return Dictionary(
                uniqueKeysWithValues: listed.map { ($0["name"] as? String ?? "", $0["photo_count"] as? Int ?? -1) })
        }
        #expect(try await albums() == ["Trips/Lisbon": 1])
        #expect(try await show(places, 1)["photo_tags"] as? [String] == [])
        let tags = try #require(try await run(["tags", "--json"]).document()["tags"] as? [[String: Any]])
        #expect(tags.compactMap { $0["name"] as? String } == ["Meer"], "no second name beside it")
        let report = try #require(second["library"] as? [String: Any])
        let conflicts = try #require(report["conflicts"] as? [[String: Any]])
        #expect(conflicts.contains { $0["what"] as? String == "tag" && $0["subject"] as? String == "1.png" })
        #expect(conflicts.contains { $0["what"] as? String == "album" && $0["subject"] as? String == "Best" })
    }

    @Test("A library that isn't one, or is this one, is refused")
    func refused() async throws {
        let places = try await places()
        for (name, words) in [(places.photos.path, "there is no library"), (places.home.path + "/old", "import into")] {
            let result = try await places.program.run(["import", "library", name] + places.old)
            #expect(result.exitCode == 1 && result.complaints.contains(words), "\(result.complaints)")
        }
        #expect(try await places.program.run(["import", "library"]).exitCode == 64)
        #expect(try await places.program.run(["import", "library", "a", "b"]).exitCode == 64)
    }
}
