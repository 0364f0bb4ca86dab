import Foundation
import Testing

/// `tiers`, on a server that keeps the class of an object.
@Suite("tiers")
struct TiersTests {
    private static let warm = ["PHOTOTUI_TIER_WARM_CLASS": "STANDARD_IA", "PHOTOTUI_TIER_COLD_CLASS": "GLACIER"]

    /// What the server itself says of each original: its class, and how many have it.
    private func classes(_ program: Program) async throws -> [String: Int] {
        func variable(_ name: String) throws -> String {
            try #require(NetworkedHome.environment["PHOTOTUI_TEST_S3_\(name)"])
        }
        let config = try String(contentsOfFile: try #require(program.environment["PHOTOTUI_CONFIG"]), encoding: .utf8)
        let owner = try #require(config.firstMatch(of: /owner = "(o[^"]+)"/)?.1)
        let bucket = "\(try variable("ENDPOINT"))/\(try variable("BUCKET"))"
        let signed =
            "curl -sS --aws-sigv4 aws:amz:\(try variable("REGION")):s3 "
            + "--user \(try variable("ACCESS_KEY")):\(try variable("SECRET_KEY")) "
            + "-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'"
        let answer = try await program.shell(
            """
            \(signed) '\(bucket)?list-type=2&prefix=originals%2F\(owner)%2F' | grep -o '<Key>[^<]*' | cut -c6- | while read key; do
                \(signed) -I "\(bucket)/$key" | tr -d '\\r' | grep -i '^x-amz-storage-class' || echo 'x: STANDARD'
            done
            """)
        return Dictionary(
            answer.text.split(separator: "\n").map { (String($0.split(separator: " ").last ?? ""), 1) },
            uniquingKeysWith: +)
    }

    private func tier(_ document: [String: Any], _ name: String) throws -> [String: Any] {
        let tiers = try #require(document["tiers"] as? [[String: Any]])
        return try #require(tiers.first { $0["name"] as? String == name })
    }

    @Test(
        "Originals go to the tier that their age asks for, once, at a price that is told first, and can be read there",
        .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
    func moves() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        var program = home.program
        program.environment.merge(Self.warm) { $1 }
        let (place, photos) = (["--profile", "inline"], try TestFolder())
        for seed in 1...3 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        #expect(try await program.run(["import", photos.path] + place).exitCode == 0)
        let young = try await program.run(["tiers", "--json"] + place).document()
        #expect(young["to_move"] as? Int == 0)
        #expect(try tier(young, "hot")["photos"] as? Int == 3 && tier(young, "cold")["class"] as? String == "GLACIER")
        #expect(try await program.run(["tiers", "move"] + place).text.contains("Every original is in its tier"))

        program.environment["PHOTOTUI_TIER_WARM_DAYS"] = "0"
        let before = try await program.run(["tiers", "--json"] + place).document()
        #expect(try before["to_move"] as? Int == 3 && tier(before, "warm")["due_photos"] as? Int == 3)
        // S3's list: 10 dollars for a million moves.
        let price = try #require(before["price"] as? Double)
        #expect(abs(price - 3e-5) < 1e-9)
        let bytes = try #require(try tier(before, "hot")["bytes"] as? Int)
        let saved = try #require(before["saved_monthly"] as? Double)
        #expect(abs(saved - Double(bytes) / 1_073_741_824 * (0.023 - 0.0125)) < 1e-12)
        let asked = try await program.run(["tiers", "move"] + place)
        #expect(asked.exitCode == 1 && asked.complaints.contains("3 originals"), "\(asked.complaints)")
        #expect(asked.complaints.contains("for about <$0.01"), "\(asked.complaints)")
        #expect(
            try await program.run(["tiers", "move", "--dry-run", "--json"] + place).document()["moved"] as? Int == 0)
        #expect(try await classes(program) == ["STANDARD": 3])
        var poor = program
        poor.environment["PHOTOTUI_BUDGET"] = "0.0000000001"
        let refused = try await poor.run(["tiers", "move", "--yes"] + place)
        #expect(refused.exitCode == 1 && refused.complaints.contains("--over-budget"), "\(refused.complaints)")
        #expect(try await classes(program) == ["STANDARD": 3])

        let moved = try await program.run(["tiers", "move", "--yes", "--reason", "old", "--json"] + place)
        #expect(moved.exitCode == 0, "\(moved.complaints)")
        #expect(try moved.document()["moved"] as? Int == 3)
        #expect(try await classes(program) == ["STANDARD_IA": 3])
        let journal = try await program.run(["journal", "--limit", "1"] + place).text
        #expect(journal.contains("move tiers") && journal.contains("3 photos") && journal.contains("old"), "\(journal)")
        let costs = try await program.run(["costs", "--json"] + place).document()
        #expect((costs["classes"] as? [String: Int])?["STANDARD_IA"] == bytes)
        #expect(
            try await program.run(["tiers", "move", "--yes"] + place).text.contains("Every original is in its tier"))

        // A year later, also of one whose move was not remembered: what is there already is not copied again.
        program.environment["PHOTOTUI_TIER_COLD_DAYS"] = "0"
        #expect(try await program.run(["tiers", "move", "--yes"] + place).exitCode == 0)
        #expect(try await classes(program) == ["GLACIER": 3])
        let out = try TestFolder()
        let listed = try await program.run(["photos", "--json"] + place).document()
        let id = try #require((listed["photos"] as? [[String: Any]])?.first?["id"] as? String)
        #expect(try await program.run(["fetch", id, "-o", out.path + "/"] + place).exitCode == 0)
        // With other rules nothing goes back.
        program.environment["PHOTOTUI_TIER_WARM_DAYS"] = "300"
        program.environment["PHOTOTUI_TIER_COLD_DAYS"] = "3000"
        #expect(try await program.run(["tiers", "--json"] + place).document()["to_move"] as? Int == 0)
    }

    @Test(
        "Where there is nowhere to move to, that is said", .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
    func nowhere() async throws {
        let (folder, photos) = (try TestFolder(), try TestFolder())
        try photos.write(TestPicture.png(seed: 1), as: "1.png")
        let embedded = Program(home: folder)
        _ = try await embedded.run(["import", photos.path])
        #expect(try await embedded.run(["tiers"]).text.contains("a library in a folder has no tiers"))
        let refused = try await embedded.run(["tiers", "move", "--yes"])
        #expect(refused.exitCode == 1 && refused.complaints.contains("no tiers"))
        let home = try await NetworkedHome()
        defer { home.stop() }
        _ = try await home.program.run(["import", photos.path, "--profile", "inline"])
        let own = try await home.program.run(["tiers", "move", "--yes", "--profile", "inline"])
        #expect(own.exitCode == 1 && own.complaints.contains("tier_warm_class"), "\(own.complaints)")
        var misspelt = home.program
        misspelt.environment["PHOTOTUI_TIER_WARM_CLASS"] = "warm; please"
        #expect(try await misspelt.run(["tiers", "--profile", "inline"]).complaints.contains("no storage class"))
    }
}
