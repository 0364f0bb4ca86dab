import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// A Redis that speaks TLS and knows one user, with the rights that docs/production.md names and no others.
@Suite("Rights on a broker", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct CeleryAccessTests {
    private static let password = "s3cret-of-this-test"

    private static let documented = DocumentedRule.words(of: "phototui", in: "production.md", password: password)

    private func server(_ rule: [String] = documented, _ options: [String] = []) throws -> RedisServer {
        try RedisServer(
            options + ["--user", "admin", "on", ">admin", "~*", "&*", "+@all", "--user", "phototui"] + rule
                + ["--user", "default", "off"])
    }

    private func admin(_ server: RedisServer) throws -> RedisConnection {
        RedisConnection(try RedisAddress("redis+socket://admin:admin@\(server.socket)?virtual_host=0"))
    }

    private func worker(_ address: RedisAddress) -> CeleryWorker {
        var options = CeleryWorker.Options(node: "ours@test")
        options.queues = [("high", nil), ("low", nil), ("batch", nil)]
        return CeleryWorker(address, handlers: TestTasks.all, options: options)
    }

    @Test("A task is sent again also by who may tell nobody of it")
    func untold() async throws {
        let server = try server(Self.documented + ["allkeys", "resetchannels"])
        defer { server.stop() }
        let console = CeleryConsole(
            try RedisAddress("redis+socket://phototui:\(Self.password)@\(server.socket)?virtual_host=0"))
        let call = RetryCall(
            task: "old", name: "shop.charge", queue: "work", arguments: Array("[1]".utf8), keywords: Array("{}".utf8),
            root: nil, parent: nil, before: nil)
        let outcome = try #require(try await console.send([call]).first)
        #expect(outcome.isSent && outcome.event?.queue == "work" && outcome.event?.id == outcome.sentAs)
        let admin = try admin(server)
        defer { admin.close() }
        #expect(try await admin.send(RedisCommand("LLEN", "work")).integer == 1)
    }

    @Test(
        "Over TLS and with the documented rights alone, worker, publisher, console and Celery's client do all they do",
        .timeLimit(.minutes(10)))
    func documentedRights() async throws {
        #expect(Self.documented.count > 20)
        let probe = try RedisServer()
        defer { probe.stop() }
        try await probe.makeCertificates()
        let server = try server(Self.documented, probe.tlsOptions())
        defer { server.stop() }
        let url =
            "rediss://phototui:\(Self.password)@localhost:\(probe.port)/0?ssl_cert_reqs=required"
            + "&ssl_ca_certs=\(probe.folder.path)/ca.crt"
        let address = try RedisAddress(url)
        let troubles = Mutex<[String]>([])
        var options = CeleryWorker.Options(node: "ours@test")
        options.queues = [("high", nil), ("low", nil)]
        let worker = CeleryWorker(
            address, handlers: TestTasks.all, options: options,
            report: { event in
                if case .troubled(let error) = event { troubles.withLock { $0.append(error.description) } }
            })
        let peer = try CeleryPeer(url: url, prefix: "")
        let running = Task { try await worker.run() }
        let output = try await peer.run(
            """
            print(send("photo.add", 40, 2).get(timeout=30))
            print(send("photo.flaky", queue="low").get(timeout=30))
            print(app.control.ping(timeout=2))
            app.control.revoke("an-id")
            try:
                send("photo.fail", queue="low").get(timeout=30)
            except Exception as x:
                print(type(x).__name__)
            """)
        #expect(output == "42\n1\n[{'ours@test': {'ok': 'pong'}}]\nPhototuiError\n")
        #expect(try await peer.celery(["status", "--timeout", "5"]).contains("ours@test: OK"))
        let delivery = CeleryDelivery(address)
        let message = DeliveryMessage(job: JobID(clock: SystemClock(), random: SystemRandom()), queue: .batch)
        try await delivery.publish([message, message, message])
        let received = try #require(try await delivery.receive(from: [.batch], timeout: .seconds(5)))
        try await delivery.extend(received.tag, by: .seconds(5))
        try await delivery.reject(received.tag, requeue: true)
        #expect(try await delivery.peek(.batch, limit: 9).count == 3)
        #expect(try await delivery.depth(of: .batch) == QueueDepth(waiting: 3, unacknowledged: 0))
        #expect(try await delivery.purge(.batch) == 3)
        worker.drain()
        try await running.value
        #expect(troubles.withLock { $0 } == [])
        let admin = try admin(server)
        let refusals = try await admin.send(RedisCommand("ACL", "LOG")).array
        #expect(refusals.isEmpty, "\(refusals.map { $0.array.compactMap(\.text) })")
    }

    @Test("With an operator's documented rights the console does all it does", .timeLimit(.minutes(8)))
    func documentedOperator() async throws {
        let rule = DocumentedRule.words(of: "operator", in: "console.md", password: Self.password)
        #expect(rule.count > 20)
        let server = try RedisServer(
            ["--user", "admin", "on", ">admin", "~*", "&*", "+@all", "--user", "operator"] + rule)
        defer { server.stop() }
        let all = "redis+socket://admin:admin@\(server.socket)?virtual_host=0"
        let peer = try CeleryPeer(url: all, prefix: "")
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let address = try RedisAddress("redis+socket://operator:\(Self.password)@\(server.socket)?virtual_host=0")
        let console = CeleryConsole(address)
        let client = CeleryClient(try RedisAddress(all))
        for _ in 0..<4 { _ = try await client.send("python.add", queue: "high") }
        let admin = try admin(server)
        defer { admin.close() }
        try await admin.send(RedisCommand("LPUSH", "high", "[]"))
        _ = try await peer.run("app.send_task('python.add', (1, 2), queue='python', countdown=900)")
        let deadline = ContinuousClock.now + .seconds(30)
        while try await console.unacknowledged(limit: 9).isEmpty, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }

        #expect(try await console.queues().queues.contains { $0.name == "high" && $0.depth == 5 })
        #expect(try await console.peek("high", limit: 9).count == 5)
        #expect(try await console.workers(patience: .seconds(4)).count == 1)
        #expect(try await console.consumers(patience: .seconds(4)) != nil)
        let inbox = BrokerInbox(console, longest: [:], words: [], patience: .seconds(4))
        #expect(Set(try await inbox.items().map(\.kind)) == [.poison, .unconsumed])
        #expect(try await console.mayChange())
        #expect(try await console.pause("python").workers.count == 1)
        _ = try await console.resume("python")
        #expect(try await console.quarantine("high") { _ in }.count == 1)
        #expect(try await console.deadLetterCount() == 1)
        let letters = try await console.deadLetters(limit: 9)
        #expect(try await console.forget(letters.map(\.id)) == 1)
        _ = try await console.revoke(["an-id"], signal: nil)
        _ = try await console.limitRate(of: "python.add", to: "7/m", worker: nil)
        _ = try await console.enableEvents(patience: .seconds(4))
        _ = try await console.queuesOfDeliveries()
        let call = RetryCall(
            task: "old", name: "python.add", queue: "high", arguments: Array("[1, 2]".utf8),
            keywords: Array("{}".utf8), root: nil, parent: nil, before: nil)
        #expect(try await console.send([call]).first?.isSent == true)
        _ = try await console.purge("high", upTo: try await console.mark("high"))
        #expect(try await console.waiting(in: "high") == 0)
        let rights = CeleryRights(address, keys: console.keys)
        #expect(try await rights.missing(for: rights.console(["high"])) == [])
        let refusals = try await admin.send(RedisCommand("ACL", "LOG")).array
        #expect(refusals.isEmpty, "\(refusals.map { $0.array.compactMap(\.text) })")
        await #expect(throws: EngineError.self) { try await console.connection.send(RedisCommand("FLUSHDB")) }
    }

    @Test(
        "A Celery worker does with the documented rights, and our client collects its result", .timeLimit(.minutes(8)))
    func celeryWorker() async throws {
        let server = try server()
        defer { server.stop() }
        let url = "redis+socket://phototui:\(Self.password)@\(server.socket)?virtual_host=0"
        let peer = try CeleryPeer(url: url, prefix: "")
        let python = try await peer.startWorker(queues: "high")
        defer { kill(python.processIdentifier, SIGKILL) }
        let client = CeleryClient(try RedisAddress(url))
        let sum = try await client.send("python.add", arguments: [.integer(40), .integer(2)], queue: "high")
        #expect(try await client.result(of: sum, timeout: .seconds(30)) == .succeeded(.number("42")))
        let admin = try admin(server)
        let refusals = try await admin.send(RedisCommand("ACL", "LOG")).array
        #expect(refusals.isEmpty, "\(refusals.map { $0.array.compactMap(\.text) })")
    }

    @Test(
        "A right that is missing is named, no secret is, and no message is lost",
        .timeLimit(.minutes(5)),
        arguments: [
            ("~unacked*", "unacked"), ("~high*", "high"), ("~phototui.*", "phototui.owners"),
            ("&/0.celeryev/", "/0.celeryev/worker.heartbeat"), ("+hset", "+hset"), ("+zadd", "+zadd"),
            ("+evalsha", "+evalsha"), ("+lindex", "+lindex"), ("+script|load", "script|load"), ("+publish", "+publish"),
        ])
    func narrow(_ right: String, _ name: String) async throws {
        let rule = Self.documented.filter { !$0.hasPrefix(right) }
        #expect(rule.count < Self.documented.count)
        let server = try server(rule)
        defer { server.stop() }
        let admin = try admin(server)
        let message = CeleryMessage.make(task: "photo.add", id: "kept", queue: "high", origin: "test", now: Date())
        try await admin.send(RedisCommand("LPUSH", "high", .bytes(message.raw)))
        let address = try RedisAddress("redis+socket://phototui:\(Self.password)@\(server.socket)?virtual_host=0")
        let worker = worker(address)
        let running = Task { try await worker.run() }
        let alarm = Task {
            try await Task.sleep(for: .seconds(10))
            worker.stop()
        }
        defer { alarm.cancel() }
        let error = await #expect(throws: EngineError.self) { try await running.value }
        #expect(error?.code == .permissionDenied)
        let text = (error?.description ?? "") + (error?.whatToDo ?? "")
        #expect(text.contains(name) && !text.contains("s3cret"), "\(text)")
        #expect(try await admin.send(RedisCommand("LLEN", "high")).integer == 1)
    }

    /// What Celery's own programs need besides, on the last line of the rule; `info` is asked for by itself, and `select` stands in a
    /// greeting.
    private static let othersNeed = [
        "+script|exists", "+brpop", "+psubscribe", "+punsubscribe", "+zrevrangebyscore", "+exists", "+mget", "+expire",
        "+watch", "+unwatch", "+info", "+select", "+lmove", "+hgetall", "+unsubscribe", "~celeryev.*",
        "&/0.celeryev/*", "&/0.celeryev/worker.*", "&/0.celeryev/task.*", "~_kombu.*",
    ]

    @Test("doctor tells of each documented right that is taken away, and changes nothing", .timeLimit(.minutes(5)))
    func examination() async throws {
        let server = try server()
        defer { server.stop() }
        let admin = try admin(server)
        let address = try RedisAddress("redis+socket://phototui:\(Self.password)@\(server.socket)?virtual_host=0")
        func rights(_ rule: [String]) async throws -> Finding? {
            try await admin.send(
                RedisCommand(
                    "ACL", [.text("SETUSER"), .text("phototui"), .text("reset")] + rule.map(RedisArgument.text)))
            let findings = await CeleryExamination(address, profile: "test", listenSeconds: 0).findings()
            return findings.first { $0.name == "rights" || $0.status == .fail }
        }
        #expect(try await rights(Self.documented)?.status == .ok)
        for right in Self.documented where "~&+".contains(right.prefix(1)) && !Self.othersNeed.contains(right) {
            let finding = try await rights(Self.documented.filter { $0 != right })
            #expect(finding?.status == .fail, "\(right)")
            let text = "\(finding?.value ?? "") \(finding?.whatToDo ?? "")"
            #expect(text.lowercased().contains(right.hasPrefix("+") ? right.dropFirst() : "a rule with"), "\(text)")
        }
        #expect(try await admin.send(RedisCommand("DBSIZE")).integer == 0)
    }

    @Test(
        "A worker at work whose user loses a right waits until it has it again, and says both once",
        .timeLimit(.minutes(5)), arguments: ["+evalsha", "~unacked*"])
    func lostRight(_ right: String) async throws {
        let server = try server()
        defer { server.stop() }
        let admin = try admin(server)
        func setUser(_ rule: [String]) async throws {
            try await admin.send(
                RedisCommand(
                    "ACL", [.text("SETUSER"), .text("phototui"), .text("reset")] + rule.map(RedisArgument.text)))
        }
        let address = try RedisAddress("redis+socket://phototui:\(Self.password)@\(server.socket)?virtual_host=0")
        try await admin.send(RedisCommand("PING"))
        let said = Mutex<[String]>([])
        var options = CeleryWorker.Options(node: "ours@test")
        options.queues = [("high", nil)]
        let worker = CeleryWorker(
            address, handlers: TestTasks.all, options: options,
            report: { event in
                switch event {
                case .unanswered(let error): said.withLock { $0.append("unanswered: \(error)") }
                case .answeredAgain: said.withLock { $0.append("answered") }
                default: break
                }
            })
        let running = Task { try await worker.run() }
        let client = CeleryClient(try RedisAddress("redis+socket://admin:admin@\(server.socket)?virtual_host=0"))
        func sum() async throws -> CeleryResult? {
            let id = try await client.send("photo.add", arguments: [.integer(40), .integer(2)], queue: "high")
            return try await client.result(of: id, timeout: .seconds(30))
        }
        #expect(try await sum() == .succeeded(.number("42")))
        try await setUser(Self.documented.filter { $0 != right })
        while said.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(20)) }
        try await Task.sleep(for: .seconds(1))
        try await setUser(Self.documented)
        #expect(try await sum() == .succeeded(.number("42")))
        worker.drain()
        try await running.value
        let told = said.withLock { $0 }
        #expect(told.count == 2 && told.last == "answered", "\(told)")
        let name = right.drop { !$0.isLetter }.prefix { $0.isLetter }
        #expect(told.first?.lowercased().contains(name) == true, "\(told)")
    }

    @Test("A server that is full and evicts nothing can still be emptied", .timeLimit(.minutes(5)))
    func full() async throws {
        let server = try RedisServer(["--maxmemory-policy", "noeviction"])
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let broker = CeleryBroker(address, visibilitySeconds: 60)
        let client = CeleryClient(address)
        _ = try await client.send("photo.add", calls: Array(repeating: [], count: 3), queue: "high")
        try await broker.connection.send(RedisCommand("CONFIG", "SET", "maxmemory", "1mb"))
        let refusal = await #expect(throws: EngineError.self) { try await client.send("photo.add", queue: "high") }
        #expect(refusal?.code == .noSpace)
        let taken = try await broker.pop(["high"], count: 9).received
        #expect(taken.count == 3)
        #expect(try await broker.acknowledge(taken.map(\.tag)) == 3)
    }
}
