import Foundation
import Testing

/// What happened to a photo, as a person and a script meet it.
@Suite("A photo's story on the command line")
struct StoryTests {
    private func withPhotos(_ names: [String], _ body: (Program, TestFolder) async throws -> Void) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        for (index, name) in names.enumerated() { try photos.write(TestPicture.png(seed: index + 1), as: name) }
        let program = Program(home: home)
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await body(program, photos)
    }

    @Test("Each attempt of a photo's jobs is told, with what it failed by")
    func attempts() async throws {
        let photos = try TestFolder()
        let whole = TestPicture.png(seed: 1)
        try photos.write(whole.prefix(40), as: "cut.png")
        let program = Program(home: try TestFolder())
        #expect(try await program.run(["import", photos.path]).exitCode == 2)
        #expect(try await program.run(["dead", "retry", "--all", "--yes"]).exitCode == 0)
        _ = try await program.run(["import", photos.path])
        let story = try await program.run(["why", photos.path + "/cut.png", "--json"]).document()
        let told = try #require(story["events"] as? [[String: Any]]).filter { $0["kind"] as? String == "job" }
            .compactMap { $0["text"] as? String }
        try #require(told.count == 5, "\(told)")
        #expect(told[0] == "process photo queued" && told[1].hasPrefix("process photo began, attempt 1 by "))
        #expect(told[2].hasPrefix("process photo attempt 1 failed: "), "\(told)")
        #expect(told[3].hasPrefix("process photo began, attempt 2 by "))
        #expect(told[4].hasPrefix("process photo dead: "))
    }

    @Test("A photo's story has all that was done with it in order of time, and names that are safe to show")
    func why() async throws {
        try await withPhotos(["IMG_20240712_120000.png", "b\u{1b}[31m.png"]) { program, photos in
            let path = photos.path + "/IMG_20240712_120000.png"
            #expect(try await program.run(["rate", "4", path, "--reason", "the best"]).exitCode == 0)
            #expect(try await program.run(["albums", "add", "Trips/\u{202e}Lisbon", path, "--create"]).exitCode == 0)
            let edits = try #require(
                try await program.run(["edits", "--json"]).document()["edits"] as? [[String: Any]])
            let rated = try #require(edits.first { $0["kind"] as? String == "rate" }?["id"] as? String)
            #expect(try await program.run(["edits", "undo", rated]).exitCode == 0)
            let story = try await program.run(["why", path, "--json"]).document()
            let events = try #require(story["events"] as? [[String: Any]])
            #expect(
                events.compactMap { $0["kind"] as? String } == [
                    "taken", "written", "imported", "job", "job", "job", "edited", "edited", "undone",
                ], "\(events)")
            let moments = events.compactMap { $0["at"] as? String }
            #expect(moments.count == events.count && moments == moments.sorted())
            let rate = try #require(events.first { $0["text"] as? String == "rate 4" })
            #expect(rate["reason"] as? String == "the best" && rate["subject"] as? String == rated)
            let now = try #require(story["now"] as? [[String: Any]])
            #expect(now.count { $0["name"] as? String == "rendition" } == 3)
            #expect(now.allSatisfy { ($0["value"] as? String)?.contains("not made") == false })
            #expect(now.contains { $0["name"] as? String == "file" && $0["value"] as? String == path })
            let text = try await program.run(["why", path]).text
            #expect(text.contains("add to album Trips/\\u{202e}Lisbon") && !text.contains("\u{202e}"), "\(text)")
            let other = try await program.run(["why", photos.path + "/b\u{1b}[31m.png"])
            #expect(other.exitCode == 0 && !other.text.contains("\u{1b}") && other.text.contains("b\\x1b[31m.png"))
            #expect(try await program.run(["why", "ffffffff"]).exitCode == 1)
        }
    }

    @Test(
        "Of an original in a bucket that keeps versions each is told",
        .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
    func versions() async throws {
        var profile = try NetworkedProfile()
        let variable = NetworkedProfile.variable
        let bucket = "v\(UUID().uuidString.lowercased())"
        let storage = try #require(profile.keys["storage"])
        profile.keys["storage"] = storage.replacing(try variable("S3_BUCKET"), with: bucket)
        try await profile.migrate()
        let program = try profile.program()
        let url = "\(try variable("S3_ENDPOINT"))/\(bucket)"
        let signed =
            "curl -sSf --aws-sigv4 aws:amz:\(try variable("S3_REGION")):s3 --user "
            + "\(try variable("S3_ACCESS_KEY")):\(try variable("S3_SECRET_KEY")) -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'"
        let made = try await program.shell(
            """
            \(signed) -X PUT '\(url)' && \(signed) -X PUT '\(url)?versioning=' \
                -d '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
            """)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let photos = try TestFolder()
        let picture = TestPicture.png(seed: 7)
        try photos.write(picture, as: "a.png")
        let (place, path) = (["--profile", "test"], photos.path + "/a.png")
        var inline = program
        inline.environment["PHOTOTUI_BROKER"] = nil
        #expect(try await inline.run(["import", path] + place).exitCode == 0)
        func told() async throws -> [String: [String]] {
            let story = try await inline.run(["why", path, "--json"] + place).document()
            let now = try #require(story["now"] as? [[String: String]])
            return Dictionary(grouping: now, by: { $0["name"] ?? "" }).mapValues { $0.compactMap { $0["value"] } }
        }
        let once = try await told()
        #expect(once["version"]?.count == 1 && once["version"]?.first?.hasSuffix(", the latest") == true, "\(once)")
        let key = try #require(once["original"]?.first?.split(separator: ",").first)
        let again = try await program.shell("\(signed) -T '\(path)' '\(url)/\(key)'")
        #expect(again.exitCode == 0, "\(again.complaints)")
        let twice = try #require(try await told()["version"])
        #expect(
            twice.count == 2 && twice[0].hasSuffix(", the latest") && !twice[1].hasSuffix(", the latest"), "\(twice)")
        let listed = try await program.shell(
            "\(signed) '\(url)?prefix=\(key.replacing("/", with: "%2F"))&versions=' | grep -o '<VersionId>[^<]*' | cut -c12-"
        ).text
        let ids = listed.split(separator: "\n").map(String.init)
        #expect(Set(twice.compactMap { $0.split(separator: ",").first.map(String.init) }) == Set(ids), "\(listed)")
    }
}
