import Foundation
import Testing

/// What a networked library costs, and what its budget keeps from being done.
@Suite("Costs", .serialized)
struct CostsTests {
    @Test("A library on a disk costs nothing, and its budget keeps nothing from being done")
    func embedded() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        var program = Program(home: home)
        program.environment["PHOTOTUI_BUDGET"] = "0.000001"
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let report = try await program.run(["costs", "--json"]).document()
        #expect(report["provider"] is NSNull && report["photos"] as? Int == 1 && report["forecast"] as? Double == 0)
        #expect(try await program.run(["costs", "--check"]).exitCode == 0)
        #expect(try await program.run(["costs", "--json", "--csv"]).exitCode == 64)
    }

    @Test(
        "Originals, what was measured, requests and the budget, from 80 % told and from 100 % heeded",
        .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence), .timeLimit(.minutes(3)))
    func networked() async throws {
        var profile = try NetworkedProfile()
        try await profile.migrate()
        profile.variables["PHOTOTUI_BROKER"] = "inline"
        var program = try profile.program()
        let pictures = (1...3).map { TestPicture.png(seed: $0) }
        let photos = try TestFolder()
        for (number, picture) in pictures.enumerated() { try photos.write(picture, as: "\(number).png") }
        let named = ["--profile", "test"]
        let imported = try await program.run(["import"] + named + [photos.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        #expect(imported.complaints.contains("3 photos of"))
        var report = try await program.run(["costs", "--json"] + named).document()
        #expect(report["provider"] as? String == "s3" && report["photos"] as? Int == 3)
        let tier = try #require((report["tiers"] as? [[String: Any]])?.first)
        #expect(tier["originals_bytes"] as? Int == pictures.reduce(0) { $0 + $1.count })
        #expect(tier["renditions_bytes"] is NSNull)
        let month = try #require(report["this_month"] as? [String: Any])
        let requests = try #require(month["requests"] as? [String: Int])
        // Three originals, three renditions of each.
        #expect(requests["write", default: 0] >= 12, "\(requests)")
        #expect(report["budget_state"] as? String == "none")
        let forecast = try #require(report["forecast"] as? Double)
        #expect(forecast > 0)

        let measured = try await program.run(["costs", "--measure", "--json"] + named).document()
        let full = try #require((measured["tiers"] as? [[String: Any]])?.first)
        #expect(try #require(full["renditions_bytes"] as? Int) > 0)

        report = try await program.run(["costs", "--json"] + named).document()
        let now = try #require(report["forecast"] as? Double)
        // Looking costs a little, too: a wide berth on both sides.
        program.environment["PHOTOTUI_BUDGET"] = "\(now * 100)"
        #expect(try await program.run(["costs", "--check"] + named).exitCode == 0)
        program.environment["PHOTOTUI_BUDGET"] = "\(now / 100)"
        let check = try await program.run(["costs", "--check"] + named)
        #expect(check.exitCode == 2 && check.text.contains("PHOTOTUI COSTS CRITICAL"), "\(check.text)")
        try photos.write(TestPicture.png(seed: 9), as: "9.png")
        let refused = try await program.run(["import"] + named + [photos.path])
        #expect(refused.exitCode == 1 && refused.complaints.contains("budget"), "\(refused.complaints)")
        #expect(refused.complaints.contains("--over-budget"))
        let bad = try TestFolder()
        try bad.write(TestPicture.png(seed: 7).prefix(30), as: "bad.png")
        #expect(try await program.run(["import", "--over-budget"] + named + [bad.path]).exitCode == 2)
        let dead = try await program.run(["jobs", "list", "--state", "dead", "--json"] + named).document()
        let id = try #require((dead["jobs"] as? [[String: Any]])?.first?["id"] as? String)
        for retry in [
            ["jobs", "retry", "--all-dead", "--yes"], ["jobs", "retry", "--all", "--yes"], ["jobs", "retry", id],
            ["dead", "retry", "--all", "--yes"], ["dead", "retry", id],
        ] {
            let kept = try await program.run(retry + named)
            #expect(kept.exitCode == 1 && kept.complaints.contains("--over-budget"), "\(retry): \(kept.complaints)")
            let journal = try await program.run(["journal", "--limit", "1"] + named)
            #expect(journal.text.contains("refused: the month's budget"), "\(retry): \(journal.text)")
        }
        // The price stands in the question, and is told where nobody is asked.
        let asked = try await program.run(["jobs", "retry", "--all-dead", "--over-budget"] + named)
        #expect(asked.exitCode == 1 && asked.complaints.contains("1 job will be queued again, for about <$0.01"))
        let told = try await program.run(["dead", "retry", "--all", "--over-budget", "--yes"] + named)
        #expect(told.exitCode == 0 && told.complaints.contains("queued again, for about <$0.01"), "\(told.complaints)")
        report = try await program.run(["costs", "--json"] + named).document()
        #expect(report["photos"] as? Int == 4 && report["budget_state"] as? String == "exhausted")
        let allowed = try await program.run(
            ["import", "--over-budget"] + named + [photos.path])
        #expect(allowed.exitCode == 0, "\(allowed.complaints)")
        #expect(try await program.run(["costs", "--json"] + named).document()["photos"] as? Int == 5)
    }
}
