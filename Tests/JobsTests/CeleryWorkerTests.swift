import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// Our worker against real Redis, without Celery beside it.
@Suite("CeleryWorker", .serialized, .enabled(if: RedisService.isUsable, "\(RedisService.reason)"))
struct CeleryWorkerTests {
    let address: RedisAddress
    let broker: CeleryBroker
    let client: CeleryClient

    init() throws {
        address = try RedisService.address()
        broker = CeleryBroker(address, visibilitySeconds: 60)
        client = CeleryClient(address)
    }

    func worker(
        concurrency: Int = 2, queues: [(String, Int?)] = [("high", nil), ("low", nil), ("batch", nil)],
        visibilitySeconds: Double = 60, _ handlers: [any CeleryTaskHandler] = TestTasks.all
    ) -> CeleryWorker {
        var options = CeleryWorker.Options()
        options.queues = queues.map { ($0.0, $0.1) }
        options.concurrency = concurrency
        options.visibilitySeconds = visibilitySeconds
        return CeleryWorker(address, handlers: handlers, options: options)
    }

    func beside(_ worker: CeleryWorker, _ body: () async throws -> Void) async throws {
        let running = Task { try await worker.run() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        worker.drain()
        try await running.value
        try result.get()
    }

    func expectResult(
        of id: String, within timeout: Duration, _ expected: CeleryResult?, _ client: CeleryClient? = nil
    ) async throws {
        let result = try await (client ?? self.client).result(of: id, timeout: timeout)
        #expect(result == expected)
    }

    private func push(_ text: String, queue: String = "high") async throws {
        try await broker.push([(Array(text.utf8), queue, 0)])
    }

    @Test(
        "Poison and unknown tasks are kept with their reasons, byte for byte, and what is behind them runs",
        .timeLimit(.minutes(5)))
    func quarantine() async throws {
        let poison = [
            "", "not JSON", "[]", "{}", #"{"headers":{"task":"a","id":"b"}}"#, "\u{0}\u{1}",
            String(repeating: "{\"a\":", count: 3000),
            #"{"body":"?","content-type":"application/json","headers":{"task":"photo.add","id":"x"},"properties":{"delivery_info":{},"body_encoding":"base64"}}"#,
        ]
        for text in poison { try await push(text) }
        try await broker.push([([0xFF, 0xFE, 0x00], "high", 0)])
        let unknown = try await client.send("photo.unheard_of", arguments: [.string("kept")], queue: "high")
        let good = try await client.send("photo.add", arguments: [.integer(1), .integer(2)], queue: "high")
        try await beside(worker()) {
            try await expectResult(of: good, within: .seconds(20), .succeeded(.number("3")))
            try await expectResult(
                of: unknown, within: .seconds(20), .failed(type: "NotRegistered", message: "photo.unheard_of"))
            try await wait("not all were set aside") {
                try await broker.deadLetters(limit: 99).count == poison.count + 2
            }
        }
        let letters = try await broker.deadLetters(limit: 99)
        #expect(Set(letters.map { $0.raw }).isSuperset(of: poison.map { Array($0.utf8) }))
        #expect(letters.contains { $0.raw == [0xFF, 0xFE, 0x00] })
        #expect(letters.allSatisfy { !$0.reason.isEmpty && $0.queue == "high" && $0.at > 1_700_000_000 })
        let letter = try #require(letters.first { $0.kind == .unknown })
        #expect(letter.reason == "no worker here knows the task photo.unheard_of")
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 0))
        // Where a worker knows it, it can be had back.
        #expect(try await broker.revive([letter.id]) == 1)
        #expect(try await broker.revive([letter.id]) == 0)
        let late = CeleryClosureTask("photo.unheard_of") { call in call.arguments[0] }
        try await beside(worker([late])) {
            try await wait("it did not run") {
                try await client.result(of: unknown, timeout: .seconds(5)) == .succeeded(.string("kept"))
            }
        }
        let poisonous = try #require(letters.first { $0.kind == .poison })
        #expect(try await broker.forget([poisonous.id]) == 1)
        #expect(try await broker.forget([poisonous.id]) == 0)
    }

    @Test(
        "A drain finishes what runs, takes nothing more, and gives back what waits for its time",
        .timeLimit(.minutes(5)))
    func drain() async throws {
        let worker = worker(concurrency: 1)
        let running = Task { try await worker.run() }
        let first = try await client.send("photo.sleep", arguments: [.number("1.5")], queue: "high")
        try await wait("it did not start") { worker.state.withLock { $0.running.count == 1 } }
        let second = try await client.send("photo.add", queue: "high")
        worker.drain()
        try await running.value
        try await expectResult(of: first, within: .seconds(1), .succeeded(.number("1.5")))
        try await expectResult(of: second, within: .milliseconds(100), nil)
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 1, unacknowledged: 0))
    }

    @Test("A stop ends what runs and gives it back", .timeLimit(.minutes(5)))
    func stop() async throws {
        let worker = worker()
        let running = Task { try await worker.run() }
        _ = try await client.send("photo.sleep", arguments: [.integer(100)], queue: "high")
        _ = try await client.send("photo.add", queue: "low", eta: Date(timeIntervalSinceNow: 100))
        try await wait("they were not taken") {
            worker.state.withLock { $0.running.count == 1 && $0.scheduled.count == 1 }
        }
        let clock = ContinuousClock()
        let taken = try await clock.measure {
            worker.stop()
            try await running.value
        }
        #expect(taken < .seconds(3))
        for queue in ["high", "low"] {
            #expect(try await broker.depth(of: queue) == QueueDepth(waiting: 1, unacknowledged: 0))
        }
    }

    @Test("A queue's own limit holds while another queue's tasks run", .timeLimit(.minutes(5)))
    func limits() async throws {
        let counts = Mutex((now: ["high": 0, "batch": 0], most: ["high": 0, "batch": 0]))
        let task = CeleryClosureTask("count") { call in
            counts.withLock {
                $0.now[call.queue]! += 1
                $0.most[call.queue] = max($0.most[call.queue]!, $0.now[call.queue]!)
            }
            try await Task.sleep(for: .milliseconds(20))
            counts.withLock { $0.now[call.queue]! -= 1 }
            return .null
        }
        let ids =
            try await client.send("count", calls: Array(repeating: [], count: 30), queue: "batch")
            + client.send("count", calls: Array(repeating: [], count: 30), queue: "high")
        try await beside(worker(concurrency: 4, queues: [("high", nil), ("batch", 1)], [task])) {
            for id in ids { try await expectResult(of: id, within: .seconds(20), .succeeded(.null)) }
        }
        #expect(counts.withLock { $0.most["batch"] } == 1)
        #expect((3...4).contains(counts.withLock { $0.most["high"]! }))
    }

    @Test("The more urgent queue and priority go first", .timeLimit(.minutes(5)))
    func priorities() async throws {
        for (queue, priority) in [("batch", 0), ("high", 9), ("high", 3), ("low", 0), ("high", 0), ("high", 6)] {
            try await client.send(
                "note", arguments: [.string("\(queue)\(priority)")], queue: queue, priority: priority)
        }
        let order = Mutex<[String]>([])
        let task = CeleryClosureTask("note") { call in
            order.withLock { $0.append(call.arguments[0].string ?? "") }
            return .null
        }
        try await beside(worker(concurrency: 1, [task])) {
            try await wait("not all ran") { order.withLock { $0.count } == 6 }
        }
        #expect(order.withLock { $0 } == ["high0", "high3", "high6", "high9", "low0", "batch0"])
    }

    @Test("A held task is extended, so that even a hasty worker beside it does not restore it", .timeLimit(.minutes(5)))
    func extended() async throws {
        let runs = Mutex(0)
        let task = CeleryClosureTask("long") { _ in
            runs.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(5))
            return .null
        }
        let id = try await client.send("long", queue: "high")
        let one = worker(visibilitySeconds: 2, [task])
        let two = worker(visibilitySeconds: 2, [task])
        try await beside(one) {
            try await beside(two) {
                try await expectResult(of: id, within: .seconds(20), .succeeded(.null))
            }
        }
        #expect(runs.withLock { $0 } == 1)
    }

    @Test("A message that was restored and acknowledged late is not lost", .timeLimit(.minutes(5)))
    func staleAcknowledgement() async throws {
        try await client.send("photo.add", queue: "high")
        let hasty = CeleryBroker(address, visibilitySeconds: 0.2)
        let first = try #require(try await hasty.pop(["high"], count: 1).received.first)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await hasty.restoreExpired() == 1)
        let second = try #require(try await hasty.pop(["high"], count: 1).received.first)
        #expect(try await hasty.acknowledge([first.tag]) == 0)
        #expect(try await hasty.depth(of: "high").unacknowledged == 1)
        #expect(try CeleryMessage(raw: second.raw).isRedelivered)
        #expect(try CeleryMessage(raw: second.raw).id == CeleryMessage(raw: first.raw).id)
        #expect(try await hasty.extend([first.tag, second.tag], seconds: 60) == [first.tag])
        #expect(try await hasty.acknowledge([second.tag]) == 1)
    }

    @Test("A failing task is tried again with longer pauses, then kept as a dead letter", .timeLimit(.minutes(5)))
    func retries() async throws {
        let seen = Mutex<[Int]>([])
        let task = CeleryClosureTask("flaky") { call in
            seen.withLock { $0.append(call.message.retries) }
            if call.message.retries < 2 { throw EngineError(.unavailable, "not yet", isRetryable: true) }
            throw EngineError(.corrupt, "never")
        }
        let id = try await client.send("flaky", queue: "low")
        try await beside(worker([task])) {
            try await expectResult(of: id, within: .seconds(30), .failed(type: "PhototuiError", message: "never"))
        }
        #expect(seen.withLock { $0 } == [0, 1, 2])
        let letter = try #require(try await broker.deadLetters(limit: 9).first)
        #expect(letter.kind == .failed && letter.reason == "never" && letter.queue == "low")
    }

    @Test("What was taken ahead of a long task goes to a worker that has a place", .timeLimit(.minutes(5)))
    func takenAhead() async throws {
        _ = try await client.send("photo.add", calls: Array(repeating: [.integer(1)], count: 60), queue: "high")
        let long = try await client.send("photo.sleep", arguments: [.integer(6)], queue: "high")
        let behind = try await client.send("photo.add", calls: Array(repeating: [.integer(1)], count: 8), queue: "high")
        let busy = worker(concurrency: 1)
        try await beside(busy) {
            try await wait("the long task did not start") {
                busy.state.withLock { $0.running.values.contains { $0.call.id == long } }
            }
            let start = ContinuousClock.now
            try await beside(worker(concurrency: 1)) {
                for id in behind { try await expectResult(of: id, within: .seconds(10), .succeeded(.integer(2))) }
            }
            #expect(ContinuousClock.now - start < .seconds(5))
        }
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 0))
    }

    @Test("A worker outlives a broker that is flushed, frozen, killed and started again", .timeLimit(.minutes(8)))
    func survives() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let client = CeleryClient(address)
        var options = CeleryWorker.Options()
        options.queues = [("high", nil)]
        let worker = CeleryWorker(address, handlers: TestTasks.all, options: options)
        try await beside(worker) {
            for turn in 0..<4 {
                let id = try await client.send("photo.add", arguments: [.integer(turn), .integer(1)], queue: "high")
                try await expectResult(of: id, within: .seconds(30), .succeeded(.integer(turn + 1)), client)
                switch turn {
                case 0:
                    let flushed = RedisConnection(address)
                    try await flushed.send(RedisCommand("FLUSHALL"))
                    try await flushed.send(RedisCommand("SCRIPT", "FLUSH"))
                case 1:
                    server.signal(SIGSTOP)
                    try await Task.sleep(for: .seconds(1))
                    server.signal(SIGCONT)
                default:
                    try await server.end()
                    try await Task.sleep(for: .milliseconds(500))
                    try server.start()
                }
            }
        }
    }
}
