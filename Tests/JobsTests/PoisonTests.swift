import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// What a message does to a Celery worker: the marks of the console beside a worker that takes it.
@Suite("Poison", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct PoisonTests {
    private static func message(_ change: (inout JSONValue) -> Void) -> [UInt8] {
        let made = CeleryMessage.make(
            task: "python.add", id: CeleryID.make(), arguments: [.integer(1), .integer(2)], queue: "python",
            origin: "t", now: Date())
        var document = JSONValue(parsing: made.raw) ?? .null
        change(&document)
        return document.encoded
    }

    private static func body(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }

    /// Messages by what is wrong with them.
    private static let cases: [(name: String, raw: [UInt8])] = [
        ("good", message { _ in }), ("not JSON", Array("not JSON".utf8)), ("list", Array("[]".utf8)),
        ("numbers", Array(#"{"body":5,"headers":7}"#.utf8)),
        ("numbers in an envelope", message { ($0["body"], $0["headers"]) = (.integer(5), .integer(7)) }),
        ("bad base64", message { $0["body"] = .string("!!!not base64") }),
        ("base64 with breaks", message { $0["body"] = .string("W1sxLDJdLCB7fSwg\ne31d") }),
        ("body not JSON", message { $0["body"] = body("{nope") }),
        ("body of two", message { $0["body"] = body("[[],{}]") }),
        ("body of text", message { $0["body"] = body(#""abc""#) }),
        ("what follows a number", message { $0["body"] = body("[[],{},5]") }),
        ("keywords a list", message { $0["body"] = body("[[],[1],{}]") }),
        ("no body", message { $0["body"] = .null }),
        ("pickle", message { $0["content-type"] = .string("application/x-python-serialize") }),
        ("no content-type", message { $0["content-type"] = .null }),
        ("no headers", message { $0["headers"] = .null }),
        ("no id", message { $0["headers"] = .members(["task": .string("python.add")]) }),
        ("id of none", message { $0["headers"]["id"] = .null }),
        ("task a list", message { $0["headers"]["task"] = .array([]) }),
        ("task of none", message { $0["headers"]["task"] = .null }),
        ("eta of text", message { $0["headers"]["eta"] = .string("garbage") }),
        ("eta of zero", message { $0["headers"]["eta"] = .integer(0) }),
        ("eta in month 13", message { $0["headers"]["eta"] = .string("2020-13-01T00:00:00") }),
        ("eta of a day", message { $0["headers"]["eta"] = .string("2020-01-01") }),
        ("expires a number", message { $0["headers"]["expires"] = .integer(5) }),
        ("expires of nothing", message { $0["headers"]["expires"] = .string("") }),
        ("timelimit", message { $0["headers"]["timelimit"] = .integer(5) }),
        ("no properties", message { $0 = .object(($0.members ?? []).filter { $0.name != "properties" }) }),
        ("no delivery_info", message { $0["properties"]["delivery_info"] = .null }),
        ("delivery_info a number", message { $0["properties"]["delivery_info"] = .integer(5) }),
        ("delivery_tag of none", message { $0["properties"]["delivery_tag"] = .null }),
    ]

    /// Takes each message with a worker of its own, and behind it one that any worker runs.
    private static let judge = """
        import base64, subprocess
        from concurrent.futures import ThreadPoolExecutor
        import redis
        store = redis.Redis.from_url(url.replace("redis+socket", "unix").split("?")[0] if "socket" in url else url)

        def judge(number, raw):
            own = f"{prefix}{number}:"
            log = open(f"log-{number}", "w+")
            environment = dict(os.environ, PEER_PREFIX=own)
            def start():
                return subprocess.Popen([sys.executable, "-m", "celery", "-A", "peer", "--no-color", "worker", "-Q", "python",
                    "-P", "threads", "-c", "1", "--loglevel", "info", "-n", f"w{number}@x", "--without-gossip", "--without-mingle"],
                    env=environment, stdout=log, stderr=log)
            good = "good-" + str(number)
            store.lpush(own + "python", raw)
            store.lpush(own + "python", json.dumps({"body": base64.b64encode(b"[[1,2],{},{}]").decode(),
                "content-encoding": "utf-8", "content-type": "application/json", "headers": {"task": "python.add", "id": good},
                "properties": {"delivery_info": {"exchange": "", "routing_key": "python"}, "delivery_tag": good,
                               "body_encoding": "base64"}}))
            def result(id):
                found = store.get(own + "celery-task-meta-" + id)
                return found and json.loads(found)["status"]
            process = start()
            end = time.time() + 40
            while time.time() < end and process.poll() is None and not result(good):
                text = open(log.name).read()
                if " ready." in text:
                    end = min(end, time.time() + 10)
                if text.count("Connection to broker lost") > 2:
                    break
                time.sleep(0.1)
            time.sleep(0.5)
            verdict = "stalls" if "Connection to broker lost" in open(log.name).read() else "kept"
            if process.poll() is not None:
                verdict = "endsAgain" if store.llen(own + "python") == 2 else "ends"
            elif result(good):
                text = open(log.name).read()
                try:
                    id = json.loads(raw)["headers"]["id"]
                except Exception:
                    id = None
                runs = isinstance(id, str) and result(id)
                verdict = ("runs" if runs else "refused" if "Refusing to deserialize" in text
                           else "lost" if "Connection to broker lost" in text else "dropped")
            process.kill()
            process.wait()
            for key in store.scan_iter(own + "*"):
                store.delete(key)
            return verdict

        messages = [base64.b64decode(line) for line in open("messages")]
        with ThreadPoolExecutor(3) as pool:
            print("\\n".join(pool.map(judge, range(len(messages)), messages)))
        """

    @Test(
        "Each kind of poison does to a Celery worker what its mark says, and no mark is on what one runs",
        .timeLimit(.minutes(5)))
    func marks() async throws {
        let peer = try CeleryPeer()
        let lines = Self.cases.map { Data($0.raw).base64EncodedString() }.joined(separator: "\n")
        try Data(lines.utf8).write(to: peer.folder.appendingPathComponent("messages"))
        let verdicts = try await peer.run(Self.judge).split(separator: "\n").map(String.init)
        #expect(verdicts.count == Self.cases.count)
        for ((name, raw), verdict) in zip(Self.cases, verdicts) {
            let marked = Poison.found(in: raw, JSONValue(parsing: raw)).map { "\($0.effect)" } ?? "runs"
            #expect(marked == verdict, "\(name): Celery's worker \(verdict), the mark says \(marked)")
        }
    }

    @Test("Base64 is read as Python reads it")
    func base64() {
        for (text, expected) in [
            ("YWJj", "abc"), ("YWI=", "ab"), ("YQ==", "a"), ("YQ", nil), ("Y", nil), ("YW\nJj", "abc"),
            ("YQ==YWJj", "a"),
            ("!!!", ""), ("", ""), ("YQ=", nil), ("Y===", nil), ("YW=Jj", "abc"),
        ] as [(String, String?)] {
            #expect(Poison.pythonBase64(text).map { String(decoding: $0, as: UTF8.self) } == expected, "\(text)")
        }
    }

    // What is done about it

    private func place() throws -> (RedisAddress, CeleryBroker, CeleryConsole) {
        let address = try RedisService.address()
        return (address, CeleryBroker(address, visibilitySeconds: 60), CeleryConsole(address))
    }

    @Test("Poison stays when a queue is moved, and goes to the dead letters byte for byte when it is set aside")
    func quarantine() async throws {
        let (_, broker, console) = try place()
        let bad = Self.message { $0["content-type"] = .null }
        let good = (0..<700).map { _ in Self.message { _ in } }
        for (index, raw) in good.enumerated() {
            if index % 100 == 0 { try await broker.push([(bad, "python", 0)]) }
            try await broker.push([(raw, "python", 0)])
        }
        try await broker.push([(bad, "python", 9)])
        let moved = try await console.move(from: "python", to: "other", withPoison: false) { _ in }
        #expect(moved == MoveOutcome(moved: 700, poison: 8))
        let ids = try good.map { try CeleryMessage(raw: $0).id }
        #expect(try await console.peek("other", limit: 2_000).map(\.id) == ids)
        #expect(try await console.peek("python", limit: 99).map(\.raw) == Array(repeating: bad, count: 8))
        try await broker.push([(good[0], "python", 0)])
        let found = try await console.quarantine("python") { _ in }
        #expect(found.count == 8 && Set(found) == [Poison("it has no content-type", .endsAgain)])
        #expect(try await console.peek("python", limit: 99).map(\.raw) == [good[0]])
        let letters = try await console.deadLetters(limit: 99)
        #expect(
            letters.count == 8 && letters.allSatisfy { $0.raw == bad && $0.kind == .poison && $0.queue == "python" })
        #expect(try await console.move(from: "other", to: "python", withPoison: true) { _ in }.moved == 700)
        _ = try await console.forget(letters.map(\.id))
        _ = try await (broker.purge("python"), broker.purge("other"))
    }

    @Test("The inbox tells of poison with what sets it aside, and has nothing but that moved to other workers")
    func inbox() async throws {
        let (_, broker, console) = try place()
        try await broker.push([
            (Self.message { $0["content-type"] = .null }, "odd queue", 0),
            (Self.message { $0["body"] = .string("!!!not base64") }, "odd queue", 0),
            (Self.message { _ in }, "odd queue", 0),
        ])
        let worker = CeleryWorker(console.address, handlers: [], options: CeleryWorker.Options(node: "w@test"))
        let running = Task { try await worker.run() }
        try await wait("it is not online") { worker.state.withLock { $0.isOnline } }
        let items = try await BrokerInbox(console, longest: [:], words: ["--broker", "x"], patience: .seconds(4))
            .items()
        let poison = try #require(items.first)
        #expect(poison.kind == .poison && poison.count == 2 && poison.subject == "odd queue")
        #expect(poison.command == ["phototui", "queues", "quarantine", "--broker", "x", "odd queue"])
        #expect(poison.explanation.contains("no content-type") && poison.explanation.contains("base64"))
        #expect(poison.advice?.contains("phototui queues peek --broker x 'odd queue' --raw") == true)
        let unconsumed = try #require(items.first { $0.kind == .unconsumed })
        #expect(unconsumed.explanation.contains("2 of them, at least, are poison"))
        #expect(unconsumed.advice?.contains("poison aside first") == true)
        _ = try await console.quarantine("odd queue") { _ in }
        let after = try await BrokerInbox(console, longest: [:], words: [], patience: .seconds(4)).items()
        #expect(!after.contains { $0.kind == .poison } && after.contains { $0.kind == .unconsumed })
        // One that was heard a moment ago is silent, not gone, and may be who consumes it.
        let now = Date().timeIntervalSince1970
        let seen = [
            SeenWorker(name: "hung@shop", heardAt: now - 20), SeenWorker(name: "old@shop", heardAt: now - 100),
            SeenWorker(name: "left@shop", heardAt: now - 5, leftAt: now - 4),
        ]
        let doubted = try await BrokerInbox(
            console, longest: [:], past: BrokerPast(seen: seen), words: [], patience: .seconds(4)
        ).items()
        let silent = doubted.filter { $0.kind == .silentWorker }
        #expect(silent.map(\.subject) == ["hung@shop"] && silent[0].explanation.contains("neither answers nor beats"))
        let perhaps = doubted.first { $0.kind == .unconsumed }?.explanation
        #expect(perhaps?.contains("(hung@shop, of whom that is not known, may)") == true, "\(perhaps ?? "")")
        worker.drain()
        try await running.value
        let alone = try await BrokerInbox(
            console, longest: [:], past: BrokerPast(seen: seen), words: [], patience: .milliseconds(300)
        ).items()
        #expect(Set(alone.map(\.kind)) == [.noWorker, .silentWorker, .deadLetters], "\(alone)")
        #expect(alone.first { $0.kind == .noWorker }?.explanation.contains("now (hung@shop a moment ago)") == true)
        _ = try await console.forget(console.deadLetters(limit: 9).map(\.id))
        _ = try await broker.purge("odd queue")
    }

    @Test("Of a message of many megabytes the ends are read: its size, its headers and the first of its raw text")
    func large() async throws {
        let (_, broker, console) = try place()
        let raw = Self.message {
            $0["body"] = Self.body(#"[[""# + String(repeating: "x", count: 3 << 20) + #""],{},{}]"#)
        }
        try await broker.push([(raw, "python", 0), (Self.message { _ in }, "python", 0)])
        let messages = try await console.peek("python", limit: 5)
        #expect(messages.count == 2 && messages[0].byteCount == raw.count && !messages[0].isWhole)
        #expect(messages[0].task == "python.add" && messages[0].id != nil && messages[0].poison == nil)
        #expect(raw.starts(with: messages[0].raw) && (1_000...16 << 10).contains(messages[0].raw.count))
        #expect(messages[1].isWhole && messages[1].arguments == "[1,2]")
        #expect(try await console.move(from: "python", to: "other", withPoison: false) { _ in }.moved == 2)
        #expect(try await console.peek("other", limit: 1).first?.byteCount ?? 0 > 3 << 20)
        _ = try await broker.purge("other")
    }

    @Test("A purge drops what waited when it was marked, whatever was taken and came meanwhile")
    func purge() async throws {
        let (_, broker, console) = try place()
        func push(_ count: Int, _ priority: Int = 0) async throws {
            for _ in 0..<count { try await broker.push([(Self.message { _ in }, "python", priority)]) }
        }
        try await push(20)
        try await push(3, 9)
        let mark = try await console.mark("python")
        #expect(mark.count == 23)
        #expect(try await broker.pop(["python"], count: 5).received.count == 5)
        try await push(7)
        let newest = try await console.peek("python", limit: 99).filter { $0.priority == 0 }.suffix(7).map(\.id)
        #expect(try await console.purge("python", upTo: mark) == PurgeOutcome(dropped: 18, arrived: 7))
        #expect(try await console.peek("python", limit: 99).map(\.id) == newest)
        // All that was marked is gone.
        let second = try await console.mark("python")
        #expect(try await broker.pop(["python"], count: 7).received.count == 7)
        try await push(2)
        #expect(try await console.purge("python", upTo: second) == PurgeOutcome(dropped: 0, arrived: 2))
        #expect(try await console.purge("python", upTo: console.mark("python")) == PurgeOutcome(dropped: 2, arrived: 0))
        #expect(try await console.purge("python", upTo: console.mark("python")) == PurgeOutcome(dropped: 0, arrived: 0))
        _ = try await broker.connection.send(
            RedisCommand("DEL", .text(broker.keys.unacked), .text(broker.keys.unackedIndex)))
    }
}
