import Core
import Foundation
import PhotoEngine
import Testing

/// A profile with a broker, by whole processes: `phototui import` hands over, `phototui worker` processes, and Redis may
/// forget everything in between.
@Suite("Workers of a networked library", .serialized, .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
struct NetworkedWorkerTests {
    @Test("An import hands its photos to workers, and a flushed Redis loses none", .timeLimit(.minutes(10)))
    func handsOver() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<16 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let imported = try await home.program.run(["import", "--profile", "test", "--json", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let report = try imported.document()
        #expect(report["imported"] as? Int == 16 && report["handed_over"] as? Int == 16)
        #expect(report["broker_problem"] is NSNull)
        #expect(try await home.jobs() == ["queued": 16])
        #expect(try await home.redis("LLEN", "high") == "16")

        #expect(try await home.redis("FLUSHALL") == "OK")
        let worker = try home.startWorker()
        try await home.wait("nothing was done") { try await home.jobs()["succeeded", default: 0] >= 2 }
        #expect(try await home.redis("FLUSHALL") == "OK")
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 16] }
        try await home.expectRenditions(16)
        try await home.drain(worker)

        // A second import finds all of it known, and hands nothing over.
        let again = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(again.exitCode == 0 && !again.text.contains("handed to workers"), "\(again.text)")
    }

    @Test(
        "A decoder of another version makes no job dead: its worker does not begin, or waits until it fits",
        .timeLimit(.minutes(10)))
    func otherDecoder() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let (place, photos) = (try TestFolder(), try TestFolder())
        for seed in 0..<12 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        // As while an update has replaced one of both.
        let decoder = """
            #!/bin/sh
            test -e '\(place.path)/old' || exec '\(Program.folder)/phototui-decoder'
            exec /usr/bin/python3 -c '
            import json, socket, struct
            peer = socket.socket(fileno=3)
            head = peer.recv(8, socket.MSG_WAITALL)
            peer.recv(struct.unpack("<II", head)[0], socket.MSG_WAITALL)
            text = json.dumps({"described": {"_0": {"libraries": [], "isRefusedFiles": True}}}).encode()
            peer.sendall(struct.pack("<II", len(text), 0) + text)
            peer.recv(1)
            '
            """
        try place.write(Data(decoder.utf8), as: "decoder")
        try place.write(Data(), as: "old")
        var program = home.program
        program.environment["PHOTOTUI_DECODER"] = place.path + "/decoder"
        #expect(try await program.shell("chmod 755 '\(place.path)/decoder'").exitCode == 0)
        let imported = try await program.run(["import", "--profile", "test", photos.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let refused = try await program.run(["worker", "--profile", "test"])
        #expect(refused.exitCode == 1 && refused.complaints.contains("of another version (older)"))
        for command in [["health", "--profile", "test", "--check"], ["doctor", "--profile", "test"]] {
            let told = try await program.run(command)
            #expect(told.exitCode != 0 && told.text.contains("of another version (older)"), "\(told.text)")
        }

        // One that fits as the worker begins, and is another once its first has died.
        try FileManager.default.removeItem(atPath: place.path + "/old")
        let worker = try home.launch(
            Program.folder + "/phototui", ["worker", "--profile", "test", "--concurrency", "4"],
            environment: program.environment)
        try await home.wait("it does not work") { try await home.jobs()["succeeded", default: 0] >= 1 }
        try place.write(Data(), as: "old")
        _ = try await program.shell("pkill -KILL -P \(worker.processIdentifier)")
        for seed in 20..<32 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        #expect(try await program.run(["import", "--profile", "test", photos.path]).exitCode == 0)
        try await home.wait("nothing was refused") { home.log().contains("of another version") }
        try await Task.sleep(for: .seconds(4))
        let during = try await home.jobs()
        #expect(during["dead"] == nil && during["queued", default: 0] + during["retrying", default: 0] > 0, "\(during)")
        try FileManager.default.removeItem(atPath: place.path + "/old")
        try await home.wait("it did not go on") { try await home.jobs() == ["succeeded": 24] }
        try await home.drain(worker)
    }

    @Test("--wait waits for the workers, and tells what they could not read", .timeLimit(.minutes(10)))
    func waits() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<4 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try pictures.write(TestPicture.png(seed: 9).prefix(20), as: "broken.png")
        let worker = try home.startWorker()
        let imported = try await home.program.run(["import", "--profile", "test", "--wait", "--json", pictures.path])
        #expect(imported.exitCode == 2, "\(imported.complaints)")
        let report = try imported.document()
        #expect(report["imported"] as? Int == 4 && report["rejected"] as? Int == 1)
        #expect(try await home.jobs()["succeeded"] == 4)
        try await home.expectRenditions(4)
        try await home.drain(worker)
    }

    @Test("With the broker away an import succeeds, and the next relay announces its photos", .timeLimit(.minutes(10)))
    func brokerAway() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let imported = try await home.program.run(["import", "--profile", "test", "--json", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let report = try imported.document()
        #expect(report["imported"] as? Int == 3 && report["handed_over"] as? Int == 0)
        let problem = try #require(report["broker_problem"] as? String)
        #expect(problem.contains(home.redisSocket) && !problem.contains(NetworkedHome.password))
        #expect(try await home.jobs() == ["queued": 3])

        // A worker that waits for the broker has nothing to finish.
        let followed = try home.follow(["jobs", "list", "--follow", "--json", "--profile", "test"])
        defer { kill(followed.process.processIdentifier, SIGKILL) }
        func states() -> [String] {
            followed.lines().compactMap { line in
                let document = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return document?["state"] as? String
            }
        }
        try await home.wait("nothing was listed") { states() == ["queued", "queued", "queued"] }
        let early = try home.startWorker()
        try await home.wait("it did not wait") { home.log().contains(home.redisSocket) }
        kill(early.processIdentifier, SIGTERM)
        try await home.wait("it did not end") { !early.isRunning }
        #expect(early.terminationReason == .exit && early.terminationStatus == 0, "\(home.log())")

        let listed = try await home.program.run(["jobs", "list", "--profile", "test", "--json"]).document()
        let ids = try #require(listed["jobs"] as? [[String: Any]]).compactMap { $0["id"] as? String }
        let cancelled = try await home.program.run(["jobs", "cancel", "--profile", "test", ids[0], ids[1]])
        #expect(cancelled.exitCode == 0 && cancelled.text == "2 cancelled\n", "\(cancelled.complaints)")
        try await home.wait("it was not followed") { states().suffix(2) == ["cancelled", "cancelled"] }
        let twice = try await home.program.run(["jobs", "cancel", "--profile", "test", ids[0]])
        #expect(twice.exitCode == 2 && twice.complaints.contains("it is cancelled"))
        #expect(try await home.jobs() == ["queued": 1, "cancelled": 2])
        let retried = try await home.program.run(["jobs", "retry", "--profile", "test", ids[0], ids[1]])
        #expect(retried.exitCode == 0, "\(retried.complaints)")
        // Of each deed its beginning and its end, of a refused one, too.
        #expect(try await home.journal() == ["retry job": 4, "cancel jobs": 4])

        try home.startRedis()
        try pictures.write(TestPicture.png(seed: 3), as: "3.png")
        let next = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(
            next.exitCode == 0 && next.text.contains("4 photos handed to workers, 3 of them from before\n"),
            "\(next.text)")
        #expect(try await home.redis("LLEN", "high") == "4")
        let worker = try home.startWorker()
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 4] }
        try await home.drain(worker)
    }

    @Test(
        "A library's dead jobs are dead letters: grouped by their errors with whose they are, and queued again as one",
        .timeLimit(.minutes(10)))
    func deadJobs() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        #expect(try await home.program.run(["import", "--profile", "test", pictures.path]).exitCode == 0)
        // Nobody works, and a monitor hears of it.
        let check = try await home.program.run(["health", "--profile", "test", "--check"])
        #expect(
            check.exitCode == 1 && check.text.contains("workers: 0 workers answered; nobody consumes"),
            "\(check.text)")
        let configuration = Configuration.load(environment: home.program.environment)
        let profile = try #require(configuration.profiles["test"])
        let library = try await Library.open(
            profile, configuration: configuration, environment: home.program.environment, unknownOwner: .refused)
        let claimed = try await library.catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 3)
        for (number, job) in claimed.enumerated() {
            let error = number < 2 ? "shard \(number) is gone" : "disk full"
            #expect(try await library.catalog.fail(job.id, worker: "w", error: error, runAt: nil, unreadable: false))
        }
        await library.close()
        let groups = try #require(
            try await home.program.run(["dead", "list", "--group", "--profile", "test", "--json"]).document()["groups"]
                as? [[String: Any]])
        #expect(groups.map { $0["error"] as? String } == ["shard N is gone", "disk full"])
        #expect(groups.map { $0["count"] as? Int } == [2, 1])
        #expect(
            groups.allSatisfy { $0["source"] as? String == "job" && $0["owners"] as? [String] == [profile.owner] },
            "\(groups)")
        let group = try #require(groups[0]["group"] as? String)
        let deleted = try await home.program.run(["dead", "delete", "--group", group, "--yes", "--profile", "test"])
        #expect(
            deleted.exitCode == 1 && deleted.complaints.contains("jobs stay in the catalogue"), "\(deleted.complaints)")
        let retried = try await home.program.run(["dead", "retry", "--group", group, "--yes", "--profile", "test"])
        #expect(retried.exitCode == 0 && retried.text == "2 dead jobs queued again\n", "\(retried.complaints)")
        #expect(try await home.jobs() == ["queued": 2, "dead": 1])
        // What touches many asks, and says how many.
        let unasked = try await home.program.run(["jobs", "retry", "--all-dead", "--profile", "test"])
        #expect(
            unasked.exitCode == 1 && unasked.complaints.contains("1 job will be queued again"), "\(unasked.complaints)")
        let all = try await home.program.run(["jobs", "retry", "--all-dead", "--yes", "--profile", "test"])
        #expect(all.exitCode == 0 && all.text == "1 queued again\n")
        #expect(try await home.jobs() == ["queued": 3])
        // Each before it was done, and behind it; and what nobody agreed to.
        #expect(try await home.journal()["retry dead jobs"] == 5)
    }

    @Test("One owner's worker does the jobs of both, each in its owner's own catalogue", .timeLimit(.minutes(10)))
    func twoOwners() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let (hers, his) = (try TestFolder(), try TestFolder())
        for seed in 0..<3 { try hers.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        // One picture is both's.
        for seed in 2..<6 { try his.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let ada = try await home.program.run(["import", "--profile", "test", hers.path])
        let bob = try await home.program.run(["import", "--profile", "other", his.path])
        #expect(ada.exitCode == 0 && bob.exitCode == 0, "\(ada.complaints)\(bob.complaints)")
        #expect(try await home.redis("LLEN", "high") == "7")
        // By filter, too, and nothing of the other's.
        let other = try #require(Configuration.load(environment: home.program.environment).profiles["other"]).owner
        func listed(_ more: [String]) async throws -> Set<String> {
            let words = ["jobs", "list", "--profile", "test", "--state", "queued", "--json"]
            let jobs = try await home.program.run(words + more).document()["jobs"] as? [[String: Any]]
            return Set((jobs ?? []).compactMap { $0["id"] as? String })
        }
        let (adas, bobs) = (try await listed([]), try await listed(["--owner", other]))
        #expect(adas.count == 3 && bobs.count == 4 && adas.isDisjoint(with: bobs))
        let first = try #require(bobs.sorted().first)
        let cancelled = try await home.program.run(["jobs", "cancel", "--profile", "test", first])
        #expect(cancelled.exitCode == 2 && cancelled.complaints.contains("no job has this id"))
        #expect(try await listed(["--owner", other]) == bobs)
        let worker = try home.startWorker()
        try await home.wait("hers were not done") { try await home.jobs() == ["succeeded": 3] }
        try await home.wait("his were not done") { try await home.jobs(of: "other") == ["succeeded": 4] }
        #expect(try await home.redis("HLEN", "phototui.dead") == "0", "\(home.log())")
        try await home.expectRenditions(3)
        try await home.expectRenditions(4, of: "other")

        // A message with endless names is told of in a line.
        let id = String(repeating: "x", count: 1_000_000)
        let message = """
            {"body":"W1tdLHt9LHt9XQ==","content-type":"application/json","content-encoding":"utf-8",\
            "headers":{"task":"phototui.process_photo","id":"\(id)"},\
            "properties":{"delivery_info":{},"body_encoding":"base64"}}
            """
        try hers.write(Data(message.utf8), as: "message.json")
        #expect(try await home.redis("LPUSH", "high", file: hers.path + "/message.json") == "1")
        try await home.wait("it was not set aside") { try await home.redis("HLEN", "phototui.dead") == "1" }
        try await home.wait("nothing was said") { home.log().contains("names neither a job nor a photo") }
        #expect(home.log().utf8.count < 20_000)

        // Foreign text is escaped, and once.
        let hostile = message.replacing(id, with: "strange").replacing("application/json", with: #"a\u001b[2Jb\\c"#)
        try hers.write(Data(hostile.utf8), as: "message.json")
        #expect(try await home.redis("LPUSH", "high", file: hers.path + "/message.json") == "1")
        try await home.wait("nothing was said") { home.log().contains("only JSON") }
        let dead = try await home.program.run(["dead", "--profile", "test", "--json"]).document()
        let letters = try #require(dead["dead"] as? [[String: Any]])
        #expect(letters.map { $0["task_id"] as? String } == ["strange", id])
        let strange = try #require(letters.first)
        #expect(strange["kind"] as? String == "unknown" && strange["queue"] as? String == "high")
        let table = try await home.program.run(["dead", "--profile", "test"])
        #expect(table.text.contains(#"a\x1b[2Jb\\c"#) && !table.text.utf8.contains(0x1b))
        let letter = try #require(strange["id"] as? String)
        let none = try await home.program.run(["dead", "retry", "--profile", "test", letter, "no such", "--yes"])
        #expect(none.exitCode == 1 && none.text.isEmpty && none.complaints.contains("no such"))
        let revived = try await home.program.run(["dead", "retry", "--profile", "test", letter])
        #expect(revived.exitCode == 0 && revived.text == "1 dead letter retried\n", "\(revived.complaints)")
        #expect(home.log().contains(#"the message's body is a\x1b[2Jb\\c, and only JSON"#), "\(home.log())")
        try await home.drain(worker)
    }

    @Test(
        "A storage that refuses the key ends a worker at its start and an import, and harms no job",
        .timeLimit(.minutes(10)))
    func wrongKey() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        try pictures.write(TestPicture.png(seed: 1), as: "1.png")
        let imported = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(imported.text.contains("1 photo handed to workers\n"), "\(imported.text)")

        var locked = home.program
        locked.environment["PHOTOTUI_STORAGE_SECRET_KEY"] = "wrong"
        let worker = try await locked.run(["worker", "--profile", "test"])
        #expect(worker.exitCode == 1 && worker.complaints.contains("SignatureDoesNotMatch"), "\(worker.complaints)")
        #expect(worker.complaints.contains("check the access key"), "\(worker.complaints)")

        // A profile of the same owner without a broker: this import runs the job itself.
        let inline = try await locked.run(["import", "--profile", "inline", pictures.path])
        #expect(inline.exitCode == 1 && inline.complaints.contains("SignatureDoesNotMatch"), "\(inline.complaints)")
        #expect(try await home.jobs() == ["queued": 1])
        #expect(try await home.redis("HLEN", "phototui.dead") == "0")
        let mended = try await home.program.run(["import", "--profile", "inline", pictures.path])
        #expect(mended.exitCode == 0, "\(mended.complaints)")
        #expect(try await home.jobs() == ["succeeded": 1])
    }

    @Test(
        "A worker that starts before its database waits for it and says so, and an import says what is missing",
        .timeLimit(.minutes(10)))
    func databaseAway() async throws {
        let home = try await NetworkedHome(isDatabaseAway: true)
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let early = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(early.exitCode == 1)
        #expect(
            early.complaints.contains("Postgres at \(home.databaseFolder)")
                && early.complaints.contains("can't be reached")
                && early.complaints.contains("see whether the server runs"), "\(early.complaints)")
        let worker = try home.startWorker(["--health", home.databaseFolder + "/health"])
        try await home.wait("it did not wait twice") {
            try #require(worker.isRunning, "\(home.log())")
            return home.log().components(separatedBy: "can't be reached").count > 2
                && home.log().contains("trying again in")
        }
        let live = try await home.program.shell(
            "curl --silent --unix-socket \(home.databaseFolder)/health --write-out '%{http_code}' http://x/health/live")
        #expect(live.text.hasSuffix("200"), "\(live.text)")

        try await home.connectDatabase()
        let imported = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 3] }
        // Away while it works: said once, and once when it is back.
        try home.disconnectDatabase()
        try await home.wait("it did not say so") { home.log().contains("no jobs are found meanwhile: Postgres at") }
        try await Task.sleep(for: .seconds(3))
        try await home.connectDatabase()
        try await home.wait("it did not say so") { home.log().contains("the catalogue answers again") }
        #expect(home.log().components(separatedBy: "no jobs are found meanwhile").count == 2, "\(home.log())")
        try await home.drain(worker)

        // One that waits ends as soon as it is told to.
        try home.disconnectDatabase()
        let waiting = try home.startWorker()
        let before = home.log()
        try await home.wait("it did not wait") { home.log() != before }
        kill(waiting.processIdentifier, SIGTERM)
        try await home.wait("it did not end") { !waiting.isRunning }
        #expect(waiting.terminationReason == .exit && waiting.terminationStatus == 0, "\(home.log())")
    }
}
