import Core
import Foundation
import PhotoEngine
import SystemPackage
import Testing

/// `phototui inbox`, and what mends what it finds.
@Suite("inbox", .serialized, .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
struct InboxTests {
    private func items(_ result: Program.Result) throws -> [String: [String: Any]] {
        let items = try #require(try result.document()["items"] as? [[String: Any]])
        return Dictionary(items.map { ($0["kind"] as? String ?? "", $0) }) { $1 }
    }

    @Test(
        "A broker's messages nobody consumes, pauses, dead letters and forgotten deliveries are told, until they are mended"
    )
    func broker() async throws {
        let home = try TestFolder()
        let redis = try NetworkedProfile.variable("REDIS")
        let prefix = "test-\(UUID().uuidString.prefix(8)):"
        let url = redis + (redis.contains("?") ? "&" : "?") + "global_keyprefix=\(prefix)"
        let program = Program(home: home, ["PHOTOTUI_BROKER": url])
        func command(_ words: String...) async throws {
            let path = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "?" }
            let line = words.map { "'\($0)'" }.joined(separator: " ")
            let done = try await program.shell("redis-cli -s '\(path)' \(line)")
            #expect(done.exitCode == 0, "\(done.complaints)")
        }
        let message = """
            {"body":"W1sxXSx7fSx7fV0=","content-encoding":"utf-8","content-type":"application/json","headers":{"task":"t.x","id":"1"},"properties":{"delivery_info":{"exchange":"","routing_key":"work"},"body_encoding":"base64","delivery_tag":"1"}}
            """
        let empty = try await program.run(["inbox", "--wait", "0.3", "--json"])
        let none = try items(empty)
        #expect(empty.exitCode == 0 && none.isEmpty, "\(empty.text)")

        try await command("LPUSH", prefix + "work", message)
        try await command("LPUSH", prefix + "held", message)
        try await command("SADD", prefix + "phototui.paused", "held")
        try await command("HSET", prefix + "phototui.dead", "d", message)
        try await command(
            "HSET", prefix + "phototui.dead.reasons", "d",
            #"{"queue":"work","kind":"failed","at":"1700000000","reason":"disk full"}"#)
        try await command("ZADD", prefix + "unacked_index", "1700000000", "1")
        let found = try await program.run(["inbox", "--wait", "0.3", "--json"])
        #expect(found.exitCode == 2)
        let told = try items(found)
        #expect(Set(told.keys) == ["no_worker", "paused", "dead_letters", "forgotten_deliveries"], "\(found.text)")
        #expect(told["no_worker"]?["count"] as? Int == 2 && told["dead_letters"]?["count"] as? Int == 1)
        #expect(told["forgotten_deliveries"]?["count"] as? Int == 1)
        #expect(told["paused"]?["command"] as? String == "phototui queues resume held")
        let text = try await program.run(["inbox", "--wait", "0.3"])
        #expect(text.exitCode == 2 && text.text.contains("disk full") == false && text.text.contains("is paused"))

        // A command in an advice is one to be typed, and one letter is the only copy of what it holds.
        try await command("RENAME", prefix + "work", prefix + "a'\"'\"'; touch x")
        let quoted = try await program.run(["inbox", "--wait", "0.3"])
        #expect(quoted.text.contains(#"-Q $'a\x27; touch x'"#), "\(quoted.text)")
        let unasked = try await program.run(["dead", "delete", "d"])
        #expect(unasked.exitCode != 0 && unasked.complaints.contains("--yes"), "\(unasked.complaints)")
        #expect(try await program.run(["dead", "list"]).text.contains("disk full"))

        let named = url.replacingOccurrences(of: "redis+socket://", with: "redis+socket://default:s3cret@")
        let secret = try await Program(home: home).run(["inbox", "--wait", "0.3", "--json", "--broker", named])
        #expect(!secret.text.contains("s3cret") && !secret.complaints.contains("s3cret"), "\(secret.text)")

        // What it says mends it does.
        for kind in ["paused", "dead_letters"] {
            let line = try #require(told[kind]?["command"] as? String)
            #expect(try await program.shell(line).exitCode == 0, "\(line)")
        }
        #expect(try items(try await program.run(["inbox", "--wait", "0.3", "--json"]))["paused"] == nil)

        let away = try await program.run(["inbox", "--broker", "redis://127.0.0.1:1/0", "--json"])
        let unknown = try items(away)
        #expect(away.exitCode == 1 && unknown.keys.contains("unknown"))
    }

    @Test("Photos that were never processed and have no job are found, and processed by the command that is told")
    func unprocessed() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 2), as: "b.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await program.run(["inbox", "--thorough", "--json"]).exitCode == 0)
        // As a job's row that was lost with a crash of somebody else's making.
        let script = """
            import sqlite3
            file = sqlite3.connect("\(home.path)/library/catalog.sqlite")
            id = file.execute("SELECT id FROM photos LIMIT 1").fetchone()[0]
            file.execute("DELETE FROM jobs WHERE photo = ?", (id,))
            file.execute("UPDATE photos SET status = 'queued' WHERE id = ?", (id,))
            file.commit()
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: home.path + "/lose.py"))
        let lost = try await program.shell("python3 '\(home.path)/lose.py'")
        #expect(lost.exitCode == 0, "\(lost.complaints)")
        #expect(try await program.run(["inbox", "--json"]).exitCode == 0)
        let found = try await program.run(["inbox", "--thorough", "--json"])
        #expect(found.exitCode == 2)
        let item = try #require(try items(found)["unprocessed_photos"])
        #expect(item["count"] as? Int == 1)
        let line = try #require(item["command"] as? String)
        #expect(line == "phototui jobs retry --unprocessed")
        let mended = try await program.shell(line + " --yes")
        #expect(mended.text == "1 queued again\n", "\(mended.complaints)")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await program.run(["inbox", "--thorough", "--json"]).exitCode == 0)
    }

    @Test("Jobs that wait for long and have no message are forgotten; those with one, or of a moment ago, are not")
    func waiting() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let library = try await Library.open(
            FilePath(home.path + "/library"), configuration: Configuration.load(environment: [:]))
        let photo = try #require(try await library.catalog.photos(after: nil, limit: 1).first)
        #expect(try await library.catalog.enqueueProcessing([photo.id]) == 1)
        let now = Int64(Date().timeIntervalSince1970 * 1e6)
        func kinds(at moment: Int64, messages: Int?) async throws -> [InboxItem.Kind] {
            try await LibraryInbox(library, words: ["--profile", "x"], isThorough: false, now: moment)
                .items(messages: messages).map(\.kind)
        }
        #expect(try await kinds(at: now, messages: 0) == [])
        let later = now + 200_000_000
        #expect(try await kinds(at: later, messages: 1) == [])
        #expect(try await kinds(at: later, messages: nil) == [])
        let items = try await LibraryInbox(library, words: ["--profile", "x"], isThorough: false, now: later)
            .items(messages: 0)
        #expect(items.map(\.kind) == [.forgottenJobs] && items[0].count == 1)
        #expect(items[0].command == ["phototui", "jobs", "announce", "--profile", "x"])
        // An upload that nobody confirmed.
        let other = UploadContent(
            sha256: try #require(SHA256Digest(String(repeating: "ab", count: 32))), byteCount: ByteCount(5),
            mediaType: .jpeg, filename: "x\u{1B}[31m.jpg", provisional: photo.captureTime)
        let id = UploadID(clock: SystemClock(), random: SystemRandom())
        let key = ObjectKey("originals/x")
        guard case .begun = try await library.catalog.beginUpload(id, of: other, at: key) else {
            Issue.record("not begun")
            return
        }
        #expect(try await kinds(at: later, messages: 1) == [])
        #expect(try await kinds(at: now + 3_700_000_000, messages: 1) == [.unconfirmedUploads])
        await library.close()
    }

    @Test("A job that the broker forgot a moment ago is left to workers and imports")
    func forgotten() async throws {
        let profile = try NetworkedProfile()
        try await profile.migrate()
        let program = try profile.program()
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await program.run(["import", photos.path, "--profile", "test", "--json"]).exitCode == 0)
        let early = try await program.run(["inbox", "--profile", "test", "--wait", "0.3", "--json"])
        let kinds = try items(early).keys
        #expect(
            early.exitCode == 2 && kinds.contains("no_worker") && !kinds.contains("forgotten_jobs"), "\(early.text)")
        let purged = try await program.run(["queues", "purge", "high", "--yes", "--profile", "test", "--json"])
        #expect(try purged.document()["dropped"] as? Int == 1)
        // It waits for less than two minutes: workers and imports would announce it by themselves.
        let soon = try await program.run(["inbox", "--profile", "test", "--wait", "0.3", "--json"])
        #expect(try items(soon)["forgotten_jobs"] == nil)
    }
}
