import Core
import Foundation
import Testing

/// `phototui queues`, `dead`, `workers` and `journal`, on a Redis with messages that redis-cli put there.
@Suite(
    "console commands", .serialized, .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
struct ConsoleCommandTests {
    /// A broker of its own on the tests' Redis, without a library.
    private struct Place {
        let program: Program
        let home: TestFolder
        let prefix = "test-\(UUID().uuidString.prefix(8)):"
        let url: String

        init() throws {
            home = try TestFolder()
            let redis = try NetworkedProfile.variable("REDIS")
            url = redis + (redis.contains("?") ? "&" : "?") + "global_keyprefix=\(prefix)"
            program = Program(home: home, ["PHOTOTUI_BROKER": url])
        }

        /// By Redis' own client.
        func redis(_ command: String, _ arguments: String...) async throws -> String {
            let path = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "?" }
            let words = ([command] + arguments).map { "'\($0)'" }.joined(separator: " ")
            let result = try await program.shell("redis-cli -s '\(path)' \(words)")
            #expect(result.exitCode == 0, "\(result.complaints)")
            return result.text
        }

        func message(_ id: String, task: String = "t.add") -> String {
            """
            {"body":"W1sxXSx7fSx7fV0=","content-encoding":"utf-8","content-type":"application/json","headers":{"task":"\(task)","id":"\(id)"},"properties":{"delivery_info":{"exchange":"","routing_key":"work"},"body_encoding":"base64","delivery_tag":"\(id)"}}
            """
        }

        func run(_ arguments: String...) async throws -> Program.Result { try await program.run(arguments) }
    }

    @Test("A broker without a library is listed, peeked into, moved and purged, and the journal tells of it")
    func queues() async throws {
        let place = try Place()
        for id in ["one", "two", "three"] {
            _ = try await place.redis("LPUSH", place.prefix + "work", place.message(id))
        }
        let listed = try await place.run("queues", "--json")
        #expect(listed.exitCode == 0, "\(listed.complaints)")
        let queues = try #require(try listed.document()["queues"] as? [[String: Any]])
        #expect(queues.map { $0["name"] as? String } == ["work"] && queues[0]["depth"] as? Int == 3)
        #expect(queues[0]["paused"] as? Bool == false && queues[0]["dead"] as? Int == 0)
        let peeked = try #require(
            try await place.run("queues", "peek", "work", "--limit", "2", "--json").document()["messages"]
                as? [[String: Any]])
        #expect(peeked.map { $0["id"] as? String } == ["one", "two"] && peeked[0]["args"] as? String == "[1]")

        let unasked = try await place.run("queues", "purge", "work")
        #expect(
            unasked.exitCode == 1 && unasked.complaints.contains("3 messages") && unasked.complaints.contains("--yes"))
        #expect(try await place.redis("LLEN", place.prefix + "work") == "3\n")
        let moved = try await place.run("queues", "move", "work", "--to", "later", "--create", "--yes", "--json")
        #expect(try moved.document()["moved"] as? Int == 3)
        #expect(try await place.redis("LLEN", place.prefix + "later") == "3\n")
        #expect(try await place.run("queues", "pause", "later", "--reason", "a try").exitCode == 0)
        #expect(try await place.run("queues").text.contains("paused"))
        let dropped = try await place.run("queues", "purge", "later", "--yes", "--reason", "too \u{1B}[31mmany")
        #expect(dropped.exitCode == 0 && dropped.text.contains("3 messages of later dropped"))
        #expect(try await place.redis("EXISTS", place.prefix + "later") == "0\n")

        let journal = try await place.run("journal", "--broker", place.url, "--json")
        let entries = try #require(try journal.document()["entries"] as? [[String: Any]])
        let outcomes = entries.reversed().map { "\($0["action"] ?? "") \($0["outcome"] ?? "")" }
        #expect(outcomes.count == 8)
        #expect(outcomes[1].hasPrefix("purge queue refused: nobody agreed"))
        #expect(outcomes[3].hasPrefix("move queue 3 moved") && outcomes[7].hasPrefix("purge queue 3 dropped"))
        #expect(outcomes[5].contains("(a try)"))
        let shown = try await place.run("journal", "--broker", place.url).text
        #expect(shown.contains("many") && !shown.contains("\u{1B}"))
    }

    @Test("A name that no queue has is refused with those like it, unless it is wanted; the refusal is on record")
    func typos() async throws {
        let place = try Place()
        _ = try await place.redis("LPUSH", place.prefix + "work", place.message("one"))
        for words in [
            ["queues", "pause", "wrok"], ["queues", "resume", "wrok"], ["queues", "purge", "wrok", "--yes"],
            ["queues", "move", "wrok", "--to", "work", "--yes"], ["queues", "move", "work", "--to", "wrk", "--yes"],
            ["queues", "quarantine", "wrok"], ["queues", "peek", "wrok"], ["queues", "peek", "wrok", "--json"],
        ] {
            let refused = try await place.program.run(words)
            #expect(refused.exitCode == 1, "\(words)")
            #expect(
                refused.complaints.contains("there is no queue w") && refused.complaints.contains("perhaps work"),
                "\(words): \(refused.complaints)")
        }
        #expect(try await place.redis("LLEN", place.prefix + "work") == "1\n")
        #expect(try await place.redis("SCARD", place.prefix + "phototui.paused") == "0\n")
        let journal = try await place.run("journal", "--broker", place.url)
        #expect(journal.text.components(separatedBy: "failed: there is no queue").count == 7, "\(journal.text)")
        #expect(try await place.run("queues", "pause", "wrok", "--force").exitCode == 0)
        #expect(try await place.run("queues", "resume", "wrok").exitCode == 0)
        let moved = try await place.run("queues", "move", "work", "--to", "wrk", "--create", "--yes")
        #expect(moved.exitCode == 0 && moved.text == "1 message moved from work to wrk\n")
    }

    @Test("Each list is CSV with the fields of its JSON, and is looked at again and again")
    func lists() async throws {
        let place = try Place()
        _ = try await place.redis("LPUSH", place.prefix + "work", place.message("one"))
        _ = try await place.redis("LPUSH", place.prefix + "a,\"b\"", place.message("two"))
        _ = try await place.redis("HSET", place.prefix + "phototui.dead", "l", "no JSON")
        _ = try await place.redis(
            "HSET", place.prefix + "phototui.dead.reasons", "l",
            #"{"queue":"work","kind":"unknown","at":"1700000000","reason":"=cmd()"}"#)
        _ = try await place.run("queues", "pause", "work")
        for (words, name) in [
            (["queues"], "queues"), (["dead"], "dead"), (["dead", "list", "--group"], "groups"),
            (["workers", "--wait", "0.3"], "workers"), (["inbox", "--wait", "0.3"], "items"),
            (["journal", "--broker", place.url], "entries"), (["health", "--broker", place.url], "dependencies"),
        ] {
            let document = try await place.program.run(words + ["--json"]).document()
            let items = try #require(document[name] as? [[String: Any]])
            let csv = try await place.program.run(words + ["--csv"]).text
            let lines = csv.components(separatedBy: "\r\n").dropLast()
            #expect(lines.count == (items.isEmpty ? 0 : items.count + 1), "\(words): \(csv)")
            #expect(items.isEmpty || Set(lines[0].components(separatedBy: ",")) == Set(items[0].keys), "\(words)")
            // A look takes what it takes; two of them are there by then.
            let watched = try await place.program.shell(
                "timeout -s INT 5 phototui \(words.map { "'\($0)'" }.joined(separator: " ")) --watch --json")
            let looks = watched.text.split(separator: "\n")
            #expect(looks.count >= 2, "\(words): \(watched.complaints)")
            for look in looks {
                let found = try #require(
                    JSONSerialization.jsonObject(with: Data(look.utf8)) as? [String: Any], "\(look)")
                #expect(found[name] is [[String: Any]])
            }
        }
        let queues = try await place.run("queues", "--csv").text
        #expect(queues.contains("\r\n\"a,\"\"b\"\"\",1,"), "\(queues)")
        #expect(try await place.run("dead", "--csv").text.contains("'=cmd()"))
        for wrong in [["--csv", "--json"], ["--csv", "--watch"], ["--watch", "--interval", "0"]] {
            #expect(try await place.program.run(["queues"] + wrong).exitCode == 64)
        }
    }

    @Test("Poison is peeked at as it lies there, left behind by a move, and set aside by the inbox's own command")
    func poison() async throws {
        let place = try Place()
        let bad = #"{"body":5,"headers":7,"properties":{},"note":"\u001b[31m"}"#
        _ = try await place.redis("LPUSH", place.prefix + "my work", bad)
        _ = try await place.redis("LPUSH", place.prefix + "my work", place.message("two"))
        let peeked = try await place.run("queues", "peek", "my work", "--raw")
        #expect(peeked.text.contains("poison: it has no delivery_tag") && !peeked.text.contains("\u{1B}[31m"))
        #expect(peeked.text.contains(#"{"body":5,"headers":7,"#))
        let document = try await place.run("queues", "peek", "my work", "--json").document()
        let messages = try #require(document["messages"] as? [[String: Any]])
        let raw = try #require(messages[0]["message_base64"] as? String)
        #expect(Data(base64Encoded: raw).map { String(decoding: $0, as: UTF8.self) } == bad)
        #expect(messages[1]["message_base64"] is NSNull && messages[1]["poison"] is NSNull)
        let found = try await place.run("inbox", "--wait", "0.3", "--json")
        let items = try #require(try found.document()["items"] as? [[String: Any]])
        let item = try #require(items.first { $0["kind"] as? String == "poison" })
        #expect(item["command"] as? String == "phototui queues quarantine 'my work'")
        let moved = try await place.run("queues", "move", "my work", "--to", "other", "--create", "--yes")
        #expect(moved.exitCode == 2 && moved.complaints.contains("1 stayed: poison"))
        let command = try #require(item["command"] as? String)
        let unasked = try await place.program.shell(command)
        #expect(unasked.exitCode == 1 && unasked.complaints.contains("add --yes to do it"), "\(unasked.complaints)")
        let mended = try await place.program.shell(command + " --yes")
        #expect(mended.exitCode == 0 && mended.text.contains("1 message of my work set aside"), "\(mended.complaints)")
        #expect(try await place.redis("EXISTS", place.prefix + "my work") == "0\n")
        let dead = try await place.run("dead", "list", "--kind", "poison", "--json").document()
        #expect(dead["total"] as? Int == 1)
    }

    @Test("What can't be done to a broker that is away is on record; the cause is told before the place")
    func away() async throws {
        let place = try Place()
        let url = "redis://127.0.0.1:1/0"
        for words in [
            ["queues", "purge", "work", "--yes"], ["queues", "move", "work", "--to", "other", "--yes"],
            ["dead", "delete", "--all", "--yes"], ["queues", "pause", "work"],
        ] {
            let failed = try await place.program.run(words + ["--broker", url])
            #expect(failed.exitCode == 1, "\(words)")
            #expect(
                failed.complaints.contains("phototui: Connection refused: Redis at \(url)"),
                "\(words): \(failed.complaints)")
        }
        let journal = try await place.run("journal", "--broker", url, "--json")
        let entries = try #require(try journal.document()["entries"] as? [[String: Any]])
        let failed = entries.filter { ($0["outcome"] as? String)?.hasPrefix("failed: Connection refused") == true }
        #expect(
            Set(failed.compactMap { $0["action"] as? String }) == [
                "purge queue", "move queue", "delete dead", "pause queue",
            ])
    }

    @Test("What Celery keeps no message of is told where somebody looks for it, with commands that the shell takes")
    func elsewhere() async throws {
        let place = try Place()
        let broker = place.url + "&x='y z"
        let dead = try await place.run("dead", "list")
        #expect(dead.complaints.contains("only while somebody watches: phototui jobs watch"), "\(dead.complaints)")
        let named = try await place.program.run(["dead", "list", "--broker", place.url])
        #expect(named.complaints.contains("phototui jobs watch --broker '"), "\(named.complaints)")
        let retry = try await place.program.run(["jobs", "retry", "some-id", "--broker", place.url])
        #expect(retry.exitCode == 1 && retry.complaints.contains("nobody has watched"), "\(retry.complaints)")
        #expect(retry.complaints.contains("phototui jobs watch --broker '"))
        let unknown = try await place.program.run(["jobs", "show", "some-id", "--broker", broker])
        #expect(unknown.exitCode == 1 && !unknown.complaints.contains("--broker \(broker)"), "\(unknown.complaints)")
    }

    @Test("Dead letters are grouped by what they have in common; a group goes back at once, but not poison")
    func dead() async throws {
        let place = try Place()
        for (number, reason) in ["user 17 not found", "user 4 not found", "disk full"].enumerated() {
            let id = "dead-\(number)"
            _ = try await place.redis("HSET", place.prefix + "phototui.dead", id, place.message(id))
            _ = try await place.redis(
                "HSET", place.prefix + "phototui.dead.reasons", id,
                #"{"queue":"work","kind":"failed","at":"17\#(number)0000000","reason":"\#(reason)"}"#)
        }
        _ = try await place.redis("HSET", place.prefix + "phototui.dead", "bad", "no JSON")
        _ = try await place.redis(
            "HSET", place.prefix + "phototui.dead.reasons", "bad",
            #"{"queue":"work","kind":"poison","at":"1700000000","reason":"the message is not JSON"}"#)
        let groups = try #require(
            try await place.run("dead", "list", "--group", "--json").document()["groups"] as? [[String: Any]])
        #expect(groups.count == 3 && groups[0]["count"] as? Int == 2)
        #expect(groups[0]["error"] as? String == "user N not found")
        let group = try #require(groups[0]["group"] as? String)
        #expect(try await place.run("dead", "retry", "--group", group).exitCode == 1)
        let retried = try await place.run("dead", "retry", "--group", group, "--yes", "--json")
        #expect(try retried.document()["retried"] as? Int == 2)
        #expect(try await place.redis("LLEN", place.prefix + "work") == "2\n")
        let poison = try await place.run("dead", "retry", "bad")
        #expect(poison.exitCode == 1 && poison.complaints.contains("--poison"))
        #expect(try await place.run("dead", "show", "bad").text.contains("not JSON"))
        #expect(try await place.run("dead", "delete", "--all", "--yes").exitCode == 0)
        #expect(try await place.run("dead", "--json").document()["total"] as? Int == 0)
        #expect(try await place.run("dead", "show", "bad").exitCode == 1)
    }

    @Test(
        "What is done to a profile's broker is in the profile's journal, a refusal too; a catalogue that is away is told"
    )
    func profile() async throws {
        var profile = try NetworkedProfile()
        try await profile.migrate()
        let program = try profile.program()
        #expect(try await program.run(["queues", "pause", "batch", "--profile", "test"]).exitCode == 0)
        let listed = try await program.run(["queues", "--profile", "test", "--json"])
        let queues = try #require(try listed.document()["queues"] as? [[String: Any]])
        #expect(queues.map { $0["name"] as? String } == ["batch", "high", "low"])
        #expect(queues[0]["paused"] as? Bool == true)
        let same = try await program.run(["queues", "move", "high", "--to", "high", "--profile", "test"])
        #expect(same.exitCode == 1)
        let journal = try await program.run(["journal", "--profile", "test", "--json"])
        let entries = try #require(try journal.document()["entries"] as? [[String: Any]])
        let outcomes = entries.map { "\($0["action"] ?? "") \($0["outcome"] ?? "")" }
        #expect(outcomes.contains { $0.hasPrefix("pause queue done") }, "\(outcomes)")
        #expect(outcomes.contains { $0.hasPrefix("move queue failed") }, "\(outcomes)")
        #expect(try await program.run(["queues", "resume", "batch", "--profile", "test"]).exitCode == 0)

        profile.keys["database"] = "host=127.0.0.1 port=1 dbname=phototui user=phototui_app"
        let away = try await profile.program().run(["queues", "pause", "batch", "--profile", "test"])
        #expect(away.exitCode == 0 && away.complaints.contains("journal"), "\(away.complaints)")
        let broker = try #require(profile.variables["PHOTOTUI_BROKER"])
        let kept = try await profile.program().run(["journal", "--broker", broker])
        #expect(kept.text.contains("pause queue"))
    }

    @Test("What somebody tries who may only read the catalogue is on record, and health finds nothing wrong with that")
    func readers() async throws {
        var profile = try NetworkedProfile()
        try await profile.migrate()
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "1.png")
        #expect(try await profile.program().run(["import", "--profile", "test", photos.path]).exitCode == 0)
        let direct = try NetworkedProfile.variable("POSTGRES")
        let address = ["host", "port", "dbname", "user"].map { "\($0)=\(NetworkedProfile.word($0, of: direct))" }
        profile.keys["database"] = address.joined(separator: " ") + " options='-c default_transaction_read_only=on'"
        profile.keys["database_owner"] = nil
        profile.variables["PHOTOTUI_DATABASE_PASSWORD"] = NetworkedProfile.word("password", of: direct)
        let program = try profile.program()
        let retried = try await program.run([
            "jobs", "retry", "--all-dead", "--profile", "test", "--yes", "--reason", "deploy (42) was bad",
        ])
        let paused = try await program.run(["queues", "pause", "batch", "--profile", "test"])
        #expect(paused.complaints.contains("journal is kept on this machine"), "\(paused.complaints)")
        let journal = try await program.run(["journal", "--profile", "test", "--json"])
        #expect(journal.exitCode == 0, "\(journal.complaints)\(retried.complaints)")
        let entries = try #require(try journal.document()["entries"] as? [[String: Any]], "\(journal.complaints)")
        #expect(entries.contains { $0["action"] as? String == "pause queue" }, "\(entries)")
        #expect(retried.exitCode != 0 || retried.text.contains("0"), "\(retried.text)")
        let ids = Set(entries.compactMap { $0["action_id"] as? String })
        #expect(!ids.isEmpty && ids.allSatisfy { $0.count == 8 })
        for (options, word) in [([], "CRITICAL - database: "), (["--read-only"], "WARNING - workers: ")] {
            // A job waits, and no worker is there.
            let health = try await program.run(["health", "--profile", "test", "--check"] + options)
            #expect(health.text.hasPrefix("PHOTOTUI \(word)"), "\(health.text)")
        }
    }

    @Test("Where PHOTOTUI_BROKER names a broker and there is no library, health and the journal are the broker's")
    func variable() async throws {
        let place = try Place()
        let check = try await place.run("health", "--check")
        #expect(check.exitCode == 0 && check.text.hasPrefix("PHOTOTUI OK"), "\(check.text)")
        #expect(!check.text.contains("database"))
        #expect(try await place.run("queues", "pause", "work", "--force", "--reason", "ticket 7").exitCode == 0)
        let journal = try await place.run("journal")
        #expect(journal.exitCode == 0 && journal.text.contains("pause queue"), "\(journal.text)\(journal.complaints)")
        // One that is named is missed, and so is one that is there and broken.
        let named = try await place.run("health", "--check", "--library", place.home.path + "/none")
        #expect(named.exitCode == 2 && named.text.contains("database: there is no library"), "\(named.text)")
        let broken = "mkdir -p '\(place.home.path)/library' && echo no > '\(place.home.path)/library/catalog.sqlite'"
        #expect(try await place.program.shell(broken).exitCode == 0)
        #expect(try await place.run("health", "--check").exitCode == 2)
        #expect(try await place.run("journal").exitCode == 1)
    }

    @Test("A broker that is away, and none at all, are told with what to do")
    func absent() async throws {
        let place = try Place()
        let away = try await place.run("queues", "--broker", "redis://127.0.0.1:1/0")
        #expect(away.exitCode == 1 && away.complaints.contains("127.0.0.1:1") && away.text.isEmpty)
        var none = place.program
        none.environment["PHOTOTUI_BROKER"] = nil
        let refused = try await none.run(["workers"])
        #expect(refused.exitCode == 1 && refused.complaints.contains("--broker"))
        let nobody = try await place.run("workers", "--wait", "0.3")
        #expect(nobody.exitCode == 0 && nobody.complaints.contains("no worker is heard"))
    }
}
