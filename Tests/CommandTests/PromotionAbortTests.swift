import Foundation
import PhotoEngine
import Programs
import SystemPackage
import Testing
import Workflows

/// What a promotion is refused for, and giving one up.
extension PromotionTests {
    /// A promotion that was cut when so many photos were sent.
    private func begin(_ place: Place, until count: Int) async throws {
        let promotion = try promotion(place)
        let (reached, continuation) = AsyncStream<Void>.makeStream()
        let running = Task {
            try await promotion.run { progress in
                if case .objects(let tally) = progress, tally.photos >= count { continuation.yield() }
            }
        }
        for await _ in reached {
            running.cancel()
            break
        }
        await #expect(throws: (any Error).self) { try await running.value }
    }

    /// The owner's originals in the bucket, as curl lists them.
    private func originals(_ place: Place) async throws -> Int {
        func word(_ name: String) throws -> String { try NetworkedProfile.variable("S3_" + name) }
        let owner = try #require(place.profile.keys["owner"])
        let listed = try await place.program.shell(
            "curl -sSf --aws-sigv4 aws:amz:\(try word("REGION")):s3 "
                + "--user \(try word("ACCESS_KEY")):\(try word("SECRET_KEY")) "
                + "-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "
                + "'\(try word("ENDPOINT"))/\(try word("BUCKET"))?list-type=2&prefix=originals%2F\(owner)%2F'")
        #expect(listed.exitCode == 0, "\(listed.complaints)")
        return listed.text.ranges(of: "<Key>").count
    }

    @Test("Given up, what was brought is gone, the journal tells, and it can be begun anew")
    func aborted() async throws {
        let place = try await place()
        for seed in 10...40 { try place.photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try await place.run(["import"] + place.old + [place.photos.path])
        let before = try await dump(place)
        let nothing = try await place.run(["promote", "--to", "test", "--abort"] + place.old, exits: 1)
        #expect(nothing.complaints.contains("no promotion of this library"), "\(nothing.complaints)")

        try await begin(place, until: 12)
        let sent = try await originals(place)
        #expect(sent >= 12)
        // While another works, it is not taken apart.
        let locked = try await place.program.shell(
            "flock '\(place.folder)' '\(Program.folder)/phototui' promote --to test --abort --library '\(place.folder)'"
        )
        #expect(locked.exitCode == 1 && locked.complaints.contains("another process promotes"), "\(locked.complaints)")
        #expect(try await originals(place) == sent)

        let report = try await place.promote(["--abort"])
        #expect(report["outcome"] as? String == "aborted")
        #expect((report["objects"] as? [String: Any])?["removed"] as? Int == sent)
        #expect(try await originals(place) == 0)
        #expect(try await dump(place) == before)
        let journal = try await place.run(["journal"] + place.networked).text
        #expect(journal.contains("give up promotion") && journal.contains("\(sent) objects removed"), "\(journal)")
        try await place.run(["promote", "--to", "test", "--abort"] + place.old, exits: 1)

        #expect(try await place.promote()["outcome"] as? String == "promoted")
        let verified = try await place.promote(["--verify"])
        #expect((verified["differences"] as? [Any])?.isEmpty == true && verified["fault_count"] as? Int == 0)
        let finished = try await place.run(["promote", "--to", "test", "--abort"] + place.old, exits: 1)
        #expect(finished.complaints.contains("no promotion of this library"))
        #expect(try await place.promote(["--verify"])["fault_count"] as? Int == 0)
    }

    @Test("Given up on the way back, the folder is as before, but for what is somebody else's in it")
    func abortedBack() async throws {
        let place = try await place()
        _ = try await place.promote()
        let back = place.profile.home.path + "/back"
        // Its first original is damaged in the bucket: the promotion stays unfinished.
        for number in 1...3 { try FileManager.default.removeItem(atPath: place.path(number)) }
        let configuration = Configuration.load(environment: place.program.environment)
        let promotion = try Promotion(
            PromotionRequest(
                from: .profile(try #require(configuration.profiles["test"])), to: .folder(FilePath(back)),
                mode: .promote,
                leavesMissing: false, actor: "a"), configuration: configuration,
            environment: place.program.environment)
        let (reached, continuation) = AsyncStream<Void>.makeStream()
        let running = Task {
            try await promotion.run { progress in
                if case .objects(let tally) = progress, tally.photos >= 2 { continuation.yield() }
            }
        }
        for await _ in reached {
            running.cancel()
            break
        }
        await #expect(throws: (any Error).self) { try await running.value }
        try Data("mine".utf8).write(to: URL(fileURLWithPath: back + "/objects/note.txt"))
        let report = try await place.run(["promote", "--json", "--to", back, "--abort"] + place.networked).document()
        #expect(report["outcome"] as? String == "aborted")
        let left = try await place.program.shell("cd '\(back)' && find . -type f").text
        #expect(left == "./objects/note.txt\n", "\(left)")
        try await place.run(["promote", "--to", back, "--abort"] + place.networked, exits: 1)
        try await place.run(["promote", "--to", back] + place.networked)
    }

    @Test("A quota or a budget that has no room for the library is told before anything is sent")
    func refusedForRoom() async throws {
        let place = try await place()
        let owner = try #require(place.profile.keys["owner"])
        var admin = place.program
        admin.environment["PHOTOTUI_DATABASE_PASSWORD"] = NetworkedProfile.word(
            "password", of: try NetworkedProfile.variable("POSTGRES_OWNER"))
        // An owner who has nothing but a quota.
        let psql = NetworkedProfile.environment["PHOTOTUI_TEST_POSTGRES_PROGRAMS"].map { $0 + "/psql" } ?? "psql"
        let made = try await place.program.shell(
            """
            '\(psql)' -Xq -v ON_ERROR_STOP=1 '\(try NetworkedProfile.variable("POSTGRES_OWNER"))' \
                -c "SELECT set_config('phototui.owner_name', '\(owner)', false)" \
                -c "INSERT INTO owners VALUES (decode(md5('\(owner)'), 'hex'), '\(owner)', 0)"
            """)
        #expect(made.exitCode == 0, "\(made.complaints)")
        func quota(_ more: [String]) async throws {
            let set = try await admin.run(["owners", "quota", owner, "--reason", "r"] + more + place.networked)
            #expect(set.exitCode == 0, "\(set.complaints)")
        }
        try await quota(["--photos", "5"])
        let planned = try await place.promote(["--dry-run"])
        #expect((planned["obstacles"] as? [String])?.first?.contains("6 of 5 photos") == true, "\(planned)")
        let refused = try await place.run(["promote", "--to", "test"] + place.old, exits: 1)
        #expect(refused.complaints.contains("6 of 5 photos"), "\(refused.complaints)")
        #expect(try await originals(place) == 0)

        try await quota(["--photos", "7"])
        var poor = place.program
        poor.environment["PHOTOTUI_BUDGET"] = "0.0000001"
        let dear = try await poor.run(["promote", "--to", "test"] + place.old)
        #expect(dear.exitCode == 1 && dear.complaints.contains("--over-budget"), "\(dear.complaints)")
        #expect(try await originals(place) == 0)
        let paid = try await poor.run(["promote", "--to", "test", "--over-budget"] + place.old)
        #expect(paid.exitCode == 0, "\(paid.complaints)")
        #expect((try await place.promote(["--verify"])["differences"] as? [Any])?.isEmpty == true)

        // The quota is the library's now, and so is what the journal says of it.
        for seed in 50...51 { try place.photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let imported = try await place.program.run(
            ["import", "--json", place.path(50), place.path(51)] + place.networked)
        #expect(try imported.document()["imported"] as? Int == 1, "\(imported.text)")
        #expect(try await place.run(["journal"] + place.networked).text.contains("7 photos: r"))
    }
}
