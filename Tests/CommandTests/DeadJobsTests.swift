import Foundation
import Testing

/// A library's dead jobs as dead letters, wherever its catalogue is.
@Suite("Dead jobs", .serialized)
struct DeadJobsTests {
    /// Two whole pictures, and three that are cut after their first bytes.
    private func pictures() throws -> TestFolder {
        let folder = try TestFolder()
        for seed in 0..<5 {
            let picture = TestPicture.png(seed: seed)
            try folder.write(seed < 2 ? picture : picture.prefix(20 + seed), as: "\(seed).png")
        }
        return folder
    }

    private func rows(_ result: Program.Result, _ name: String) throws -> [[String: Any]] {
        try #require(try result.document()[name] as? [[String: Any]], "\(result.text)\(result.complaints)")
    }

    @Test(
        "They are grouped without a broker, too, listed in pages, and retried by their group; jobs are sorted and found by worker"
    )
    func embedded() async throws {
        let home = try TestFolder()
        let folder = try pictures()
        let program = Program(home: home)
        #expect(try await program.run(["import", folder.path]).exitCode == 2)
        let groups = try rows(await program.run(["dead", "list", "--group", "--json"]), "groups")
        try #require(groups.count == 1 && groups[0]["count"] as? Int == 3 && groups[0]["source"] as? String == "job")
        #expect(groups[0]["task"] as? String == "process_photo" && groups[0]["queue"] as? String == "high")
        let text = try await program.run(["dead", "list", "--group"])
        #expect(text.complaints == "1 group of 3 dead jobs\n", "\(text.complaints)")

        var seen: [String] = []
        var next: String?
        repeat {
            let page = try await program.run(
                ["dead", "--json", "--limit", "2"] + (next.map { ["--after", $0] } ?? []))
            seen += try rows(page, "dead").compactMap { $0["id"] as? String }
            next = try page.document()["next"] as? String
        } while next != nil
        let dead = try rows(await program.run(["jobs", "list", "--state", "dead", "--json"]), "jobs")
        try #require(seen.count == 3 && Set(seen) == Set(dead.compactMap { $0["id"] as? String }))
        let shown = try await program.run(["dead", "show", seen[0]])
        #expect(shown.text.contains("process_photo") && shown.text.contains("worker"))
        let deleted = try await program.run(["dead", "delete", "--all", "--yes"])
        #expect(deleted.exitCode == 1 && deleted.complaints.contains("no messages that could be dropped"))

        let sorted = try rows(await program.run(["jobs", "list", "--sort", "oldest", "--json"]), "jobs")
        let ids = sorted.compactMap { $0["id"] as? String }
        try #require(ids.count == 5 && ids == ids.sorted())
        let worker = try #require(sorted[0]["worker"] as? String)
        let parts = worker.split(separator: "/")
        for pattern in [worker, "\(parts[0])/\(parts[2])", String(parts[0]), "*/\(parts[2])"] {
            let found = try rows(await program.run(["jobs", "list", "--worker", pattern, "--json"]), "jobs")
            #expect(found.count == 5, "\(pattern)")
        }
        #expect(try rows(await program.run(["jobs", "list", "--worker", "nobody", "--json"]), "jobs").isEmpty)
        #expect(try await program.run(["jobs", "list"]).text.contains("\(parts[0])/\(parts[2])"))

        let group = try #require(groups[0]["group"] as? String)
        let unasked = try await program.run(["dead", "retry", "--group", group])
        #expect(unasked.exitCode == 1 && unasked.complaints.contains("3 dead jobs will be queued again"))
        let retried = try await program.run(["dead", "retry", "--group", String(group.prefix(8)), "--yes", "--json"])
        #expect(try retried.document()["jobs"] as? Int == 3 && retried.exitCode == 0, "\(retried.complaints)")
        #expect(try rows(await program.run(["dead", "list", "--group", "--json"]), "groups").isEmpty)
        #expect(try rows(await program.run(["jobs", "list", "--state", "queued", "--json"]), "jobs").count == 3)
    }

    @Test(
        "Those of a profile stand beside the broker's, with whose they are; a catalogue that is away hides none of the broker's",
        .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence), .timeLimit(.minutes(10)))
    func networked() async throws {
        let home = try await NetworkedHome(isDatabaseAway: true)
        defer { home.stop() }
        try await home.connectDatabase()
        try home.startRedis()
        let folder = try pictures()
        let worker = try home.startWorker()
        let imported = try await home.program.run(["import", "--profile", "test", "--wait", folder.path])
        #expect(imported.exitCode == 2, "\(imported.complaints)")
        for number in 0..<2 {
            _ = try await home.redis("HSET", "phototui.dead", "l\(number)", "no JSON")
            _ = try await home.redis(
                "HSET", "phototui.dead.reasons", "l\(number)",
                #"{"queue":"work","kind":"unknown","at":"1700000000","reason":"no task \#(number) here"}"#)
        }
        let listed = try await home.program.run(["dead", "list", "--group", "--json", "--profile", "test"])
        let groups = try rows(listed, "groups")
        #expect(groups.map { $0["source"] as? String } == ["job", "letter"])
        try #require(groups.map { $0["count"] as? Int } == [3, 2])
        let owners = try #require(groups[0]["owners"] as? [String])
        try #require(owners.count == 1)
        let text = try await home.program.run(["dead", "list", "--group", "--profile", "test"])
        #expect(text.text.contains(owners[0]) && text.complaints.contains("2 groups of 2 dead letters and 3 dead jobs"))
        #expect(text.complaints.contains("phototui jobs watch --profile test"))
        let jobs = try rows(await home.program.run(["dead", "--of", "job", "--json", "--profile", "test"]), "dead")
        #expect(jobs.count == 3 && jobs.allSatisfy { $0["owner"] as? String == owners[0] })

        let retried = try await home.program.run([
            "dead", "retry", "--all", "--yes", "--reason", "mended", "--profile", "test",
        ])
        #expect(retried.exitCode == 0, "\(retried.complaints)")
        #expect(retried.text == "2 dead letters retried\n3 dead jobs queued again\n")
        #expect(try await home.journal()["retry dead jobs"] == 2)
        #expect(try await home.redis("LLEN", "work") == "2")
        try await home.drain(worker)

        _ = try await home.redis("HSET", "phototui.dead", "l", "no JSON")
        _ = try await home.redis(
            "HSET", "phototui.dead.reasons", "l", #"{"queue":"work","kind":"unknown","at":"1700000000","reason":"r"}"#)
        try home.disconnectDatabase()
        let away = try await home.program.run(["dead", "list", "--profile", "test", "--json"])
        #expect(try rows(away, "dead").map { $0["id"] as? String } == ["l"])
        #expect(away.exitCode == 2 && away.complaints.contains("the library's dead jobs are not among them"))
    }
}
