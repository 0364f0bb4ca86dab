import Foundation
import Testing

/// `owners`, and what a quota keeps out.
@Suite("owners")
struct OwnerCommandTests {
    private func folder(_ seeds: ClosedRange<Int>) throws -> TestFolder {
        let folder = try TestFolder()
        for seed in seeds { try folder.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        return folder
    }

    private func sums(_ document: [String: Any]) -> [Int?] {
        ["imported", "known", "rejected", "left"].map { document[$0] as? Int }
    }

    @Test(
        "A library in a folder keeps to its quota; what was left out comes in once it is raised",
        arguments: [[], ["--copy"]])
    func embedded(_ more: [String]) async throws {
        let (home, photos) = (try TestFolder(), try folder(1...6))
        let program = Program(home: home)
        #expect(try await program.run(["owners"]).exitCode == 1)
        _ = try await program.run(["import", photos.path + "/1.png"] + more)
        let set = try await program.run([
            "owners", "quota", "--photos", "4", "--reason", "a small \u{1B}[31mdisk", "--json",
        ])
        #expect(set.exitCode == 0, "\(set.complaints)")
        #expect(try set.document()["most_photos"] as? Int == 4)
        #expect(try set.document()["state"] as? String == "ok")
        let dry = try await program.run(["import", "--dry-run", "--json", photos.path] + more).document()
        #expect(sums(dry) == [3, 1, 0, 2])
        let result = try await program.run(["import", "--json", photos.path] + more)
        #expect(result.exitCode == 2)
        let document = try result.document()
        #expect(sums(document) == [3, 1, 0, 2])
        let quota = try #require(document["quota"] as? [String: Any])
        #expect(quota["state"] as? String == "full")
        let items = try #require(document["items"] as? [[String: Any]])
        let reasons = items.filter { $0["outcome"] as? String == "left" }.compactMap { $0["reason"] as? String }
        #expect(reasons.allSatisfy { $0.contains("4 of 4 photos") && $0.contains("owners quota") }, "\(reasons)")
        if !more.isEmpty {
            // Nothing was copied in that has no row.
            let originals = try await program.shell("find '\(home.path)/library/objects/originals' -type f | wc -l")
            #expect(originals.text.trimmingCharacters(in: .whitespacesAndNewlines) == "4")
        }

        let listed = try await program.run(["owners", "list", "--json"]).document()
        let owner = try #require((listed["owners"] as? [[String: Any]])?.first)
        #expect(owner["photos"] as? Int == 4 && owner["share"] as? Double == 1)
        let text = try await program.run(["import", photos.path] + more).text
        #expect(text.contains("Of the quota are taken: 4 of 4 photos, 100 %"), "\(text)")
        #expect(try await program.run(["doctor"]).text.contains("quota: 4 of 4 photos, 100 %"))
        #expect(try await program.run(["costs"]).text.contains("4 of 4 photos, 100 %"))
        let costs = try await program.run(["costs", "--json"]).document()
        #expect((costs["quota"] as? [String: Any])?["state"] as? String == "full")

        #expect(try await program.run(["owners", "quota", "--photos", "none", "--reason", "b"]).exitCode == 0)
        let rest = try await program.run(["import", "--json", photos.path] + more).document()
        #expect(sums(rest) == [2, 4, 0, 0])
        let journal = try await program.run(["journal"])
        #expect(journal.text.contains("set quota") && journal.text.contains("4 photos: a small"), "\(journal.text)")
        #expect(!journal.text.contains("\u{1B}"))
    }

    @Test("What can't be a quota is wrong usage")
    func usage() async throws {
        let program = Program(home: try TestFolder())
        for arguments in [
            ["--photos", "5"], ["--reason", "a"], ["--photos", "-1", "--reason", "a"],
            ["--bytes", "50 apples", "--reason", "a"],
            ["--bytes", "5GB", "--reason", " "],
        ] {
            #expect(try await program.run(["owners", "quota"] + arguments).exitCode == 64, "\(arguments)")
        }
    }

    @Test(
        "In a database only the role that owns the schema sets quotas, imports keep to them, and uploads are refused unsent",
        .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
    func networked() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        let (program, photos) = (home.program, try folder(1...5))
        var admin = program
        admin.environment["PHOTOTUI_DATABASE_PASSWORD"] = try #require(
            NetworkedHome.environment["PHOTOTUI_TEST_POSTGRES_OWNER"]?.firstMatch(of: /password=(\S+)/)?.1
        ).description
        let place = ["--profile", "inline"]
        _ = try await program.run(["import", photos.path + "/1.png"] + place)
        let config = try String(contentsOfFile: try #require(program.environment["PHOTOTUI_CONFIG"]), encoding: .utf8)
        let ada = try #require(config.firstMatch(of: /owner = "(o[^"]+)"/)?.1).description
        let bytes = try Data(contentsOf: URL(fileURLWithPath: photos.path + "/1.png")).count
        let set = ["owners", "quota", ada, "--bytes", "\(bytes * 3)B", "--reason", "r"] + place
        let refused = try await program.run(set)
        #expect(refused.exitCode == 1, "\(refused.text)")
        let allowed = try await admin.run(set)
        #expect(allowed.exitCode == 0, "\(allowed.complaints)")
        let listed = try await admin.run(["owners", "--json"] + place).document()
        let owners = try #require(listed["owners"] as? [[String: Any]])
        #expect(owners.contains { $0["owner"] as? String == ada && $0["most_bytes"] as? Int == bytes * 3 })

        let imported = try await program.run(["import", "--json", photos.path] + place)
        #expect(sums(try imported.document()) == [2, 1, 0, 2], "\(imported.complaints)")
        let presigned = try await program.run(
            ["upload", "presign", "--sha256", String(repeating: "ab", count: 32), "--bytes", "9", "--name", "a.jpg"]
                + place)
        #expect(presigned.exitCode == 1)
        #expect(presigned.complaints.contains("owners quota"), "\(presigned.complaints)")
        let doctor = try await program.run(["doctor", "--json"] + place).document()
        let checks = try #require(doctor["checks"] as? [[String: Any]])
        let quota = try #require(checks.first { $0["name"] as? String == "quota" })
        #expect(quota["status"] as? String == "warn" && (quota["value"] as? String)?.contains("100 %") == true)
    }
}
