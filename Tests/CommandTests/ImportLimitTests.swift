import Foundation
import Testing

/// `batch_files` and `file_megabytes`.
@Suite("import limits")
struct ImportLimitTests {
    private static let sums = ["imported", "known", "unsupported", "rejected", "waiting", "left"]

    private func sums(_ document: [String: Any]) throws -> [Int] {
        let found = try #require(document["found"] as? Int)
        let sums = try Self.sums.map { try #require(document[$0] as? Int, "\($0)") }
        #expect(sums.reduce(0, +) == found)
        return sums
    }

    private func reasons(_ document: [String: Any], _ outcome: String) throws -> [String: String] {
        let items = try #require(document["items"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: items.filter { $0["outcome"] as? String == outcome }.map {
                (
                    ($0["path"] as? String ?? "").split(separator: "/").last.map(String.init) ?? "",
                    $0["reason"] as? String ?? ""
                )
            })
    }

    /// Seven pictures, two more copies of the first, and a text.
    private func folder() throws -> TestFolder {
        let folder = try TestFolder()
        for seed in 1...7 { try folder.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        for name in ["1a.png", "1b.png"] { try folder.write(TestPicture.png(seed: 1), as: name) }
        try folder.write(Data("hello".utf8), as: "notes.txt")
        return folder
    }

    @Test("An import takes as many new photos as batch_files allows, and the next ones the rest")
    func batches() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        let program = Program(home: home, ["PHOTOTUI_BATCH_FILES": "3"])
        let preview = try await program.run(["import", "--dry-run", "--json", photos.path])
        #expect(preview.exitCode == 2, "\(preview.complaints)")
        #expect(try sums(try preview.document())[0] == 3)
        var imported = 0
        for (run, new) in [3, 3, 1].enumerated() {
            let result = try await program.run(["import", "--json", photos.path])
            let document = try result.document()
            let counts = try sums(document)
            #expect(counts[0] == new, "run \(run)")
            imported += new
            let exitCode: Int32 = counts[5] > 0 ? 2 : 0
            #expect(result.exitCode == exitCode, "\(result.complaints)")
            let left = try reasons(document, "left")
            #expect(left.count == counts[5])
            #expect(left.values.allSatisfy { $0.contains("batch_files") && $0.contains("3 new photos") }, "\(left)")
            let months = try await program.run(["months", "--json"]).document()
            #expect(months["total"] as? Int == imported)
        }
        let last = try await program.run(["import", "--json", photos.path]).document()
        #expect(try sums(last) == [0, 9, 1, 0, 0, 0])
        #expect(last["bytes_read"] as? Int == 0)
    }

    @Test("Copies of one photo take one place")
    func copies() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        for copy in 1...20 { try photos.write(TestPicture.png(seed: 1), as: "copy\(copy).png") }
        try photos.write(TestPicture.png(seed: 2), as: "other.png")
        let program = Program(home: home, ["PHOTOTUI_BATCH_FILES": "3"])
        for arguments in [["--dry-run"], ["--copy"]] {
            let result = try await program.run(["import", "--json", photos.path] + arguments)
            #expect(try sums(try result.document()) == [2, 19, 0, 0, 0, 0], "\(arguments)")
            #expect(result.exitCode == 0)
        }
    }

    @Test("A file larger than file_megabytes is rejected unread, and taken once the setting allows it")
    func size() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        try photos.write(TestPicture.png(seed: 9, width: 900, height: 800), as: "large.png")
        try photos.write(Data(count: 3_000_000), as: "film.mov")
        let limited = Program(home: home, ["PHOTOTUI_FILE_MEGABYTES": "2"])
        for arguments in [["--dry-run"], []] {
            let result = try await limited.run(["import", "--json", photos.path] + arguments)
            #expect(result.exitCode == 2)
            let document = try result.document()
            #expect(try sums(document) == [7, 2, 2, 1, 0, 0])
            let reason = try #require(try reasons(document, "rejected")["large.png"])
            #expect(
                reason.contains("2.2 MB") && reason.contains("file_megabytes") && reason.contains("2.0 MB"), "\(reason)"
            )
            #expect(try #require(document["bytes_read"] as? Int) < 2_000_000)
        }
        let text = try await limited.run(["import", photos.path]).text
        #expect(text.contains("file_megabytes"), "\(text)")
        let free = try await Program(home: home).run(["import", "--json", photos.path])
        #expect(try sums(try free.document()) == [1, 9, 2, 0, 0, 0])
    }

    @Test("A Takeout's archives and another library keep to the limits, too")
    func otherSources() async throws {
        let (home, place) = (try TestFolder(), try TestFolder())
        for seed in 1...5 { try place.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try place.write(TestPicture.png(seed: 9, width: 900, height: 800), as: "large.png")
        let zipped = try await Program(home: home).shell(
            "cd '\(place.path)' && mkdir -p 'Takeout/Google Photos/Photos from 2019' "
                + "&& cp *.png 'Takeout/Google Photos/Photos from 2019' && python3 -m zipfile -c takeout.zip Takeout")
        #expect(zipped.exitCode == 0, "\(zipped.complaints)")
        let limits = ["PHOTOTUI_BATCH_FILES": "2", "PHOTOTUI_FILE_MEGABYTES": "2"]
        let program = Program(home: home, limits)
        let dry = try await program.run(
            ["import", "takeout", "--dry-run", "--json", place.path + "/takeout.zip"])
        #expect(try sums(try dry.document()) == [2, 0, 0, 1, 0, 3], "\(dry.complaints)")
        for new in [2, 2, 1] {
            let result = try await program.run(["import", "takeout", "--json", place.path + "/takeout.zip"])
            let counts = try sums(try result.document())
            #expect(counts[0] == new && counts[3] == 1, "\(result.complaints)")
            #expect(result.exitCode == 2)
        }
        let unlimited = try await Program(home: home).run(["import", "takeout", "--json", place.path + "/takeout.zip"])
        #expect(try sums(try unlimited.document()) == [1, 5, 0, 0, 0, 0])

        let second = try TestFolder()
        let other = Program(home: second, limits)
        let from = ["import", "library", "--json", home.path + "/library"]
        #expect(try sums(try await other.run(from + ["--dry-run"]).document()) == [2, 0, 0, 1, 0, 3])
        for new in [2, 2, 1] {
            let counts = try sums(try await other.run(from).document())
            #expect(counts[0] == new && counts[3] == 1)
        }
    }

    @Test("A value that is no number is complained about")
    func misunderstood() async throws {
        let home = try TestFolder()
        let result = try await Program(home: home, ["PHOTOTUI_BATCH_FILES": "many"]).run(["config", "--json"])
        let problems = try #require(try result.document()["problems"] as? [[String: Any]])
        #expect(problems.contains { $0["place"] as? String == "PHOTOTUI_BATCH_FILES" })
    }

    @Test(
        "Uploads of other clients, and imports into a bucket, keep to the limits",
        .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
    func networked() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        var program = home.program
        program.environment["PHOTOTUI_FILE_MEGABYTES"] = "2"
        program.environment["PHOTOTUI_BATCH_FILES"] = "4"
        let digest = String(repeating: "ab", count: 32)
        func presign(_ bytes: Int) async throws -> Program.Result {
            try await program.run([
                "upload", "presign", "--profile", "inline", "--sha256", digest, "--bytes", "\(bytes)", "--name",
                "a.jpg",
            ])
        }
        let photos = try folder()
        for new in [4, 3] {
            let result = try await program.run(["import", "--json", "--profile", "inline", photos.path])
            #expect(try sums(try result.document())[0] == new, "\(result.complaints)")
        }
        let refused = try await presign(2_000_001)
        #expect(refused.exitCode == 1)
        #expect(refused.complaints.contains("file_megabytes"), "\(refused.complaints)")
        let allowed = try await presign(2_000_000)
        #expect(allowed.exitCode == 0, "\(allowed.complaints)")
    }
}
