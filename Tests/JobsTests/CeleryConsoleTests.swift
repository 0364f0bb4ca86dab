import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// The console on a real Redis.
@Suite("CeleryConsole", .serialized, .enabled(if: RedisService.isUsable, "\(RedisService.reason)"))
struct CeleryConsoleTests {
    let address: RedisAddress
    let broker: CeleryBroker
    let client: CeleryClient
    let console: CeleryConsole

    init() throws {
        address = try RedisService.address()
        broker = CeleryBroker(address, visibilitySeconds: 60)
        client = CeleryClient(address)
        console = CeleryConsole(address)
    }

    private func raw(_ command: RedisCommand) async throws -> RedisValue { try await broker.connection.send(command) }

    private func state(of queue: String) async throws -> QueueState? {
        try await console.queues().queues.first { $0.name == queue }
    }

    @Test("Queues are found by what lies in them and by who declared them, and counted as Redis counts")
    func queues() async throws {
        try await broker.bind(["declared"])
        _ = try await client.send("photo.add", calls: [[], [], []], queue: "high")
        try await client.send("photo.add", queue: "high", priority: 7)
        try await client.send("photo.add", queue: "other", eta: Date(timeIntervalSinceNow: 600))
        let taken = try await broker.pop(["high", "other"], count: 2).received
        #expect(taken.count == 2)
        _ = try await broker.pop(["other"], count: 1)
        _ = try await raw(RedisCommand("RPUSH", .text(address.keyPrefix + "somebody's list"), "no message"))
        _ = try await raw(RedisCommand("SET", .text(address.keyPrefix + "somebody's text"), "x"))
        let listing = try await console.queues()
        #expect(listing.isComplete)
        #expect(listing.queues.map(\.name) == ["declared", "high", "other"])
        let high = try #require(listing.queues.first { $0.name == "high" })
        #expect(high.waitingByPriority == [1, 0, 1, 0] && high.depth == 2)
        #expect(high.unacknowledged == 2 && high.scheduled == 0 && !high.isPaused)
        #expect((0..<60).contains(try #require(high.oldestSeconds)))
        let other = try #require(listing.queues.first { $0.name == "other" })
        #expect(other.depth == 0 && other.unacknowledged == 1 && other.scheduled == 1)
        #expect(listing.queues[0].isDeclared && listing.queues[0].depth == 0)
    }

    @Test("A queue without a name is listed, and one whose name is no text is listed, read, moved from and purged")
    func oddNames() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress("redis+socket://\(server.socket)?virtual_host=0")
        let (client, console) = (RedisConnection(address), CeleryConsole(address))
        defer { client.close() }
        defer { console.close() }
        let message = RedisArgument.bytes(
            CeleryMessage.make(task: "t", id: "a", queue: "x", origin: "o", now: Date()).raw)
        for name: RedisArgument in [.text(""), .bytes([0xFF, 0xFE]), .bytes([0xC3, 0x28, 0x41]), .text("ä")] {
            try await client.send(RedisCommand("LPUSH", name, message, message, message))
        }
        let listing = try await console.queues()
        #expect(listing.queues.map(\.name) == ["", #"\xc3(A"#, #"\xff\xfe"#, "ä"])
        #expect(listing.queues.map(\.depth) == [3, 3, 3, 3] && listing.unreadable == 2)
        for queue in listing.queues.map(\.name) {
            #expect(try await console.peek(queue, limit: 9).map(\.id) == ["a", "a", "a"], "\(queue)")
        }
        // A pass later; what is less urgent lies in a list of its own.
        let step = Array((CeleryKeys.standardSeparator + "3").utf8)
        try await client.send(RedisCommand("LPUSH", .bytes([0xFF, 0xFE] + step), message))
        let later = try await console.queues()
        #expect(later.unreadable == 3 && later.queues.map(\.depth) == [3, 3, 4, 3])
        let marked = try await console.mark(#"\xff\xfe"#)
        #expect(try await console.purge(#"\xff\xfe"#, upTo: marked).dropped == 4)
        #expect(try await client.send(RedisCommand("EXISTS", .bytes([0xFF, 0xFE]))).integer == 0)
        let moved = try await console.move(from: #"\xc3(A"#, to: "ä", withPoison: false) { _ in }
        #expect(moved.moved == 3)
        #expect(try await client.send(RedisCommand("LLEN", "ä")).integer == 6)
        await #expect(throws: EngineError.self) {
            try await console.move(from: "ä", to: #"\xff"#, withPoison: false) { _ in }
        }
    }

    @Test("Every name of bytes has one spelling, which names nothing else")
    func spellings() throws {
        var random = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            [0xFF], [0x80], [0xC3], [0xA4], [0xE2, 0x82], Array("ä".utf8), Array(#"\xff"#.utf8), Array(#"\x5c"#.utf8),
            Array(#"\"#.utf8), Array("x41".utf8), Array(#"\xFF"#.utf8), Array("mail".utf8),
        ]
        var names: [String: [UInt8]] = [:]
        for _ in 0..<5_000 {
            let name = (0..<Int.random(in: 0...4, using: &random)).flatMap { _ in pieces.randomElement(using: &random)!
            }
            let text = RedisName.text(name)
            #expect(RedisName.bytes(of: text) ?? Array(text.utf8) == name, "\(name)")
            #expect(names.updateValue(name, forKey: text).map { $0 == name } ?? true, "\(text)")
        }
        for plain in ["", "mail", #"C:\mail\x41"#, "ä\u{6}\u{16}3"] {
            #expect(RedisName.text(Array(plain.utf8)) == plain && RedisName.bytes(of: plain) == nil)
        }
    }

    @Test("Queues that are bound alike are all declared, and poison at the head of a queue hides it from nobody")
    func boundAlike() async throws {
        for queue in ["orders", "mail", "reports"] {
            _ = try await raw(
                RedisCommand(
                    "SADD", .text(broker.keys.binding(of: "celery")),
                    .text(broker.keys.member(routingKey: "celery", queue: queue))))
        }
        _ = try await client.send("shop.report", calls: [[], []], queue: "reports")
        try await client.send("shop.mail", queue: "undeclared")
        for queue in ["reports", "orders", "undeclared"] {
            _ = try await raw(RedisCommand("RPUSH", .text(broker.keys.list(of: queue, priority: 0)), "not json"))
        }
        let queues = try await console.queues().queues
        #expect(queues.map(\.name) == ["mail", "orders", "reports", "undeclared"])
        #expect(queues.map(\.depth) == [0, 1, 3, 2])
        #expect(queues.map(\.isDeclared) == [true, true, true, false])
        // A route of several queues does not tell which of them a delivery came from.
        _ = try await raw(
            RedisCommand(
                "HSET", .text(broker.keys.unacked), "tag",
                .bytes(Array(#"[{"headers":{"id":"t1"}}, "celery", "celery"]"#.utf8))))
        #expect(try await console.queuesOfDeliveries() == [:])
        let counted = try await console.queues().queues
        #expect(counted.reduce(0) { $0 + $1.unacknowledged } == 1)
    }

    @Test("A queue that empties goes, and one that comes is found, also among thousands of other keys")
    func changes() async throws {
        for start in stride(from: 0, to: 5_000, by: 500) {
            let pairs = (start..<(start + 500)).flatMap {
                [RedisArgument.text("\(address.keyPrefix)celery-task-meta-\($0)"), RedisArgument.text("{}")]
            }
            _ = try await raw(RedisCommand("MSET", pairs))
        }
        try await client.send("photo.add", queue: "first")
        #expect(try await console.queues().queues.map(\.name) == ["first"])
        _ = try await broker.purge("first")
        try await client.send("photo.add", queue: "second")
        try await wait("the new queue was not found") {
            try await console.queues().queues.map(\.name) == ["second"]
        }
        var cursor = "0"
        repeat {
            let page = try await raw(
                RedisCommand("SCAN", .text(cursor), "MATCH", "\(address.keyPrefix)celery-task-meta-*", "COUNT", "1000")
            ).array
            cursor = page[0].text ?? "0"
            let keys = page[1].array.compactMap(\.bytes)
            if !keys.isEmpty { _ = try await raw(RedisCommand("DEL", keys.map(RedisArgument.bytes))) }
        } while cursor != "0"
    }

    @Test("A look at what waits takes nothing, and marks what would end a Celery worker or be lost by it")
    func peek() async throws {
        let good = try await client.send("photo.add", arguments: [.integer(1)], queue: "high")
        func message(_ change: (inout JSONValue) -> Void) -> [UInt8] {
            var document =
                JSONValue(
                    parsing: CeleryMessage.make(task: "photo.add", id: "x", queue: "high", origin: "t", now: Date()).raw
                )
                ?? .null
            change(&document)
            return document.encoded
        }
        let bad: [([UInt8], String)] = [
            (Array("not JSON \u{1B}[31m".utf8), "not JSON"),
            (message { $0["content-type"] = .null }, "content-type"),
            (message { $0["properties"]["delivery_info"] = .null }, "has no delivery_info"),
            (message { $0["properties"]["delivery_tag"] = .null }, "delivery_tag is no text"),
            (message { $0["headers"] = .object([]) }, "names no task"),
            ([0xFF, 0x00, 0x80], "not JSON"),
        ]
        try await broker.push(bad.map { ($0.0, "high", 0) })
        let list = RedisArgument.text(broker.keys.list(of: "high", priority: 0))
        let before = try await raw(RedisCommand("LRANGE", list, "0", "-1"))
        let messages = try await console.peek("high", limit: 99)
        #expect(messages.map(\.id).first == good && messages[0].poison == nil && messages[0].arguments == "[1]")
        for (message, expected) in zip(messages.dropFirst(), bad) {
            #expect(
                message.poison?.description.contains(expected.1) == true,
                "\(expected.1): \(message.poison?.description ?? "none")")
        }
        #expect(messages.count == bad.count + 1)
        #expect(try await raw(RedisCommand("LRANGE", list, "0", "-1")) == before)
        #expect(try await console.peek("high", limit: 1).map(\.id) == [good])
        #expect(try await console.peek("nowhere", limit: 5) == [])
    }

    @Test("What came and went between two looks is told where messages tell it, and as at least that much elsewhere")
    func traffic() async throws {
        _ = try await client.send("photo.add", calls: Array(repeating: [], count: 20), queue: "busy")
        #expect(try await state(of: "busy")?.traffic == nil)
        var passed = try #require(try await state(of: "busy")?.traffic)
        #expect((passed.arrived, passed.left, passed.isAtLeast) == (0, 0, false) && passed.seconds > 0)
        _ = try await client.send("photo.add", calls: Array(repeating: [], count: 120), queue: "busy")
        #expect(try await broker.pop(["busy"], count: 5).received.count == 5)
        passed = try #require(try await state(of: "busy")?.traffic)
        #expect((passed.arrived, passed.left, passed.isAtLeast) == (120, 5, false))
        // One at another priority, whose list was empty: that no more passed there can't be known.
        try await client.send("photo.add", queue: "busy", priority: 9)
        passed = try #require(try await state(of: "busy")?.traffic)
        #expect((passed.arrived, passed.left, passed.isAtLeast) == (1, 0, true))
        passed = try #require(try await state(of: "busy")?.traffic)
        #expect((passed.arrived, passed.left, passed.isAtLeast) == (0, 0, false))
        // More than are looked through.
        _ = try await client.send("photo.add", calls: Array(repeating: [], count: 700), queue: "busy")
        passed = try #require(try await state(of: "busy")?.traffic)
        #expect(passed.arrived == 700 && passed.left == 0 && passed.isAtLeast)
        // All that was there went, and others came.
        _ = try await broker.purge("busy")
        _ = try await client.send("photo.add", calls: [[], []], queue: "busy")
        passed = try #require(try await state(of: "busy")?.traffic)
        #expect(passed.arrived == 2 && passed.left == 836 && passed.isAtLeast)
    }

    @Test("The sums of traffic hold whatever the script tells")
    func sums() {
        for (before, length, newer) in [
            (5, 5, 0), (5, 9, 4), (5, 2, 0), (5, 2, -3), (0, 4, -1), (9, 900, -501), (4, 6, 0),
        ] {
            let passed = CeleryConsole.traffic(from: before, to: length, newer: newer, seconds: 1)
            #expect(before + passed.arrived - passed.left == length && passed.arrived >= 0 && passed.left >= 0)
            #expect(passed.isAtLeast == (newer < 0))
        }
    }

    @Test("A dead letter is had by its id, with the traceback that its task's result has")
    func deadLetter() async throws {
        _ = try await client.send("photo.add", queue: "high")
        let received = try #require(try await broker.pop(["high"], count: 1).received.first)
        try await broker.bury(received, kind: .failed, reason: "ValueError: 17")
        let known = try #require(try await console.deadLetters(limit: 9).first)
        #expect(try await console.deadLetterCount() == 1)
        #expect(try await console.deadLetter(known.id) == known)
        #expect(try await console.deadLetter("nobody") == nil)
        _ = try await raw(
            RedisCommand(
                "SET", .text(address.keyPrefix + "celery-task-meta-one"),
                #"{"status":"FAILURE","traceback":"Traceback:\n  line","result":{}}"#))
        #expect(try await console.traceback(ofTask: "one") == "Traceback:\n  line")
        #expect(try await console.traceback(ofTask: "two") == nil)
        _ = try await raw(RedisCommand("DEL", .text(address.keyPrefix + "celery-task-meta-one")))
    }

    @Test("Messages move in their order and priorities, and a worker that dies with one gives it to its new queue")
    func move() async throws {
        let ids = try await client.send("photo.add", calls: Array(repeating: [], count: 1_203), queue: "old")
        let urgentLast = try await client.send("photo.add", queue: "old", priority: 9)
        let told = Mutex<[Int]>([])
        let moved = try await console.move(from: "old", to: "new", withPoison: false) { count in
            told.withLock { $0.append(count) }
        }
        #expect(moved == MoveOutcome(moved: 1_204, poison: 0) && told.withLock { $0 } == [500, 1_000, 1_203, 1_204])
        #expect(try await console.waiting(in: "old") == 0)
        #expect(try await console.waiting(in: "new") == 1_204)
        let messages = try await console.peek("new", limit: 2_000)
        #expect(messages.map(\.id) == ids + [urgentLast] && messages.last?.priority == 9)
        let hasty = CeleryBroker(address, visibilitySeconds: 0.1)
        let taken = try #require(try await hasty.pop(["new"], count: 1).received.first)
        #expect(try CeleryMessage(raw: taken.raw).id == ids[0])
        let key = JSONValue(parsing: taken.raw)?["properties"]["delivery_info"]["routing_key"]
        #expect(key == .string("new"))
        try await wait("it was not restored") { try await hasty.restoreExpired() == 1 }
        #expect(try await console.peek("new", limit: 1).map(\.id) == [ids[0]])
        await #expect(throws: EngineError.self) {
            try await console.move(from: "new", to: "new", withPoison: false) { _ in }
        }
    }

    @Test("What is moved while workers take it is nowhere lost and nowhere twice", .timeLimit(.minutes(5)))
    func moveBesideWorkers() async throws {
        let ids = try await client.send("photo.add", calls: Array(repeating: [], count: 3_000), queue: "old")
        async let moved = console.move(from: "old", to: "new", withPoison: false) { _ in }
        var taken: [String] = []
        while let one = try await broker.pop(["old"], count: 7).received.nonEmpty {
            taken += try one.map { try CeleryMessage(raw: $0.raw).id }
        }
        let count = try await moved.moved
        let there = try await console.peek("new", limit: 5_000).compactMap(\.id)
        #expect(there.count == count && taken.count + count == 3_000)
        #expect(Set(taken + there) == Set(ids) && there == ids.filter(Set(there).contains))
    }

    @Test(
        "Our workers leave a paused queue alone, also after a restart and when a message's time comes, until it is resumed",
        .timeLimit(.minutes(5)))
    func pause() async throws {
        let task = RecordingTask()
        func worker() -> CeleryWorker {
            var options = CeleryWorker.Options()
            options.queues = [("high", nil), ("low", nil)]
            return CeleryWorker(address, handlers: [task], options: options)
        }
        let first = worker()
        let running = Task { try await first.run() }
        try await wait("it is not online") { first.state.withLock { $0.isOnline } }
        let later = try await client.send(task.task, queue: "high", eta: Date(timeIntervalSinceNow: 1))
        try await wait("it was not scheduled") { first.state.withLock { $0.scheduled.count == 1 } }
        #expect(try await console.pause("high") == PauseOutcome(hasChanged: true, workers: [], unheard: []))
        #expect(try await console.pause("high").hasChanged == false)
        let waiting = try await client.send(task.task, queue: "high")
        let other = try await client.send(task.task, queue: "low")
        try await wait("the other queue stands still") { task.ran == [other] }
        try await wait("the message whose time came did not go back") {
            try await console.waiting(in: "high") == 2
        }
        first.drain()
        try await running.value
        let second = worker()
        let again = Task { try await second.run() }
        let third = try await client.send(task.task, queue: "low")
        try await wait("it took nothing of the other queue") { task.ran == [other, third] }
        #expect(try await state(of: "high")?.isPaused == true)
        #expect(try await console.waiting(in: "high") == 2)
        #expect(try await console.resume("high").hasChanged)
        try await wait("it did not go on") { Set(task.ran) == [other, third, waiting, later] }
        #expect(try await state(of: "high")?.isPaused == false)
        second.drain()
        try await again.value
    }

    @Test("Dead letters go back by the thousand, each once, and those that are gone are counted out")
    func revive() async throws {
        let ids = try await client.send("photo.add", calls: Array(repeating: [], count: 1_100), queue: "low")
        while let taken = try await broker.pop(["low"], count: 200).received.nonEmpty {
            for one in taken { try await broker.bury(one, kind: .failed, reason: "no luck") }
        }
        let letters = try await console.deadLetters(limit: 5_000)
        #expect(letters.count == 1_100)
        #expect(try await state(of: "low")?.dead == 1_100)
        #expect(try await console.revive(letters.map(\.id) + ["nobody's"]) == 1_100)
        #expect(try await console.revive(letters.map(\.id)) == 0)
        #expect(try await Set(console.peek("low", limit: 5_000).compactMap(\.id)) == Set(ids))
        #expect(try await console.deadLetters(limit: 9) == [])
    }

    @Test("A user who may only read sees all, changes nothing, and never sends KEYS; few commands look at many queues")
    func readOnly() async throws {
        let rule = DocumentedRule.words(of: "reader", in: "console.md", password: "look")
        #expect(rule.count > 10)
        let server = try RedisServer(["--user", "reader"] + rule)
        defer { server.stop() }
        let full = try RedisAddress(server.url)
        let admin = CeleryBroker(full, visibilitySeconds: 60)
        for number in 0..<100 {
            try await admin.push(
                [(Array(#"{"body":"","headers":{},"properties":{}}"#.utf8), "queue-\(number)", 0)])
        }
        let reader = CeleryConsole(try RedisAddress("redis+socket://reader:look@\(server.socket)?virtual_host=0"))
        #expect(try await reader.queues().queues.count { $0.name.hasPrefix("queue-") } == 100)
        #expect(try await reader.messages(of: nil) == 0)
        let mark = try await reader.mark("queue-1")
        await #expect { try await reader.purge("queue-1", upTo: mark) } throws: {
            ($0 as? EngineError)?.code == .permissionDenied
        }
        try await reader.probe()
        // What a worker loads as it connects.
        let working = CeleryDelivery(try RedisAddress("redis+socket://reader:look@\(server.socket)?virtual_host=0"))
        await #expect { try await working.probe() } throws: { error in
            let said = (error as? EngineError)?.description ?? ""
            return said.hasPrefix("the user may not use the command SCRIPT|LOAD (+script|load)")
                && !said.contains("NOPERM") && said.contains("ACL SETUSER")
        }
        working.close()
        await #expect { try await reader.pause("queue-1") } throws: { ($0 as? EngineError)?.code == .permissionDenied }
        await #expect { _ = try await reader.connection.send(RedisCommand("KEYS", "*")) } throws: {
            ($0 as? EngineError)?.code == .permissionDenied
        }
        let worker = CeleryWorker(full, handlers: [], options: CeleryWorker.Options(node: "w@test"))
        let running = Task { try await worker.run() }
        try await wait("its heart was not heard") {
            let seen = try await reader.workers(patience: .seconds(4))
            return seen.map(\.name) == ["w@test"] && seen[0].presence == .alive
        }
        worker.drain()
        try await running.value
        #expect(try await admin.depth(of: "queue-1").waiting == 1)
        // The worker has bound its queues, which is read by a script that the server then knows.
        _ = try await reader.queues()
        _ = try await admin.connection.send(RedisCommand("CONFIG", "RESETSTAT"))
        #expect(try await reader.queues().queues.count { $0.name.hasPrefix("queue-") } == 100)
        let statistics = try await admin.connection.send(RedisCommand("INFO", "commandstats")).text ?? ""
        #expect(!statistics.contains("cmdstat_keys:"))
        let calls = statistics.split(whereSeparator: \.isNewline).filter { line in
            line.hasPrefix("cmdstat_")
                && !["info", "config", "llen", "lindex", "lrange", "hscan", "smembers"].contains {
                    line.hasPrefix("cmdstat_\($0)")
                }
        }.compactMap { line in line.firstMatch(of: /calls=(\d+)/).flatMap { Int($0.1) } }.reduce(0, +)
        #expect((1...10).contains(calls), "\(statistics)")
    }
}

/// Notes which ids ran.
private final class RecordingTask: CeleryTaskHandler {
    let task = "photo.note"
    private let noted = Mutex<[String]>([])

    var ran: [String] { noted.withLock { $0 } }

    func perform(_ call: CeleryCall) async throws -> CeleryEnd {
        noted.withLock { $0.append(call.id) }
        return .outcome(.succeeded(.null))
    }
}

extension Array {
    fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
