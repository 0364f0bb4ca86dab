import Core
import Foundation
import Testing

@testable import Jobs

/// The console beside real Celery workers: what it tells is what Celery's own tools tell, and what it does they see.
@Suite("CeleryConsole and Celery", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct CeleryConsoleInteropTests {
    @Test(
        "Workers are told as `celery inspect` tells them; one that is frozen is silent, one that is told to end ends",
        .timeLimit(.minutes(10)))
    func workers() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "low,python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let ours = try await peer.startOurs(queues: "high")
        defer { kill(ours.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        let id = try await peer.run("print(send('photo.sleep', 25, queue='low').id)")
            .trimmingCharacters(in: .newlines)
        try await wait("Celery did not begin") {
            try await console.workers(patience: .seconds(5)).contains { $0.active.map(\.id) == [id] }
        }
        let told = try await console.workers(patience: .seconds(8))
        let inspected = try await peer.run(
            """
            i = app.control.inspect(timeout=3)
            stats, queues = i.stats(), i.active_queues()
            print(json.dumps({n: [s["pid"], s["pool"]["max-concurrency"], [q["name"] for q in queues[n]]]
                              for n, s in stats.items()}))
            """)
        let expected = try #require(
            JSONValue(parsing: Array(inspected.trimmingCharacters(in: .newlines).utf8))?.members)
        #expect(Set(told.map(\.name)) == Set(expected.map(\.name)) && told.count == 2)
        for worker in told {
            let facts = try #require(expected.first { $0.name == worker.name }?.value.array)
            #expect(worker.processID == facts[0].integer && worker.concurrency == facts[1].integer)
            #expect(Set(worker.queues) == Set((facts[2].array ?? []).compactMap(\.string)))
            #expect(worker.presence == .alive && abs(worker.clockSkewSeconds ?? 99) < 5)
        }
        let celerys = try #require(told.first { $0.software?.hasPrefix("py-celery 5") == true })
        #expect(celerys.active.map(\.id) == [id] && celerys.active.map(\.task) == ["photo.sleep"])
        #expect((0...60).contains(celerys.active[0].seconds ?? -1))
        let mine = try #require(told.first { $0.software?.hasPrefix("phototui") == true })

        kill(ours.processIdentifier, SIGSTOP)
        let frozen = try await console.workers(patience: .seconds(3))
        // A last beat of its heart may have been on its way.
        #expect(frozen.filter { $0.presence == .alive }.map(\.name) == [celerys.name])
        kill(ours.processIdentifier, SIGCONT)
        #expect(try await console.shutDown(worker: mine.name))
        try await wait("it did not end") { !ours.isRunning }
        #expect(try await console.shutDown(worker: mine.name) == false)
    }

    @Test(
        "Queues that Celery declares without an exchange of their own are all declared here", .timeLimit(.minutes(10)))
    func plainQueues() async throws {
        let peer = try CeleryPeer()
        _ = try await peer.run(
            """
            app.conf.task_queues = [Queue("orders"), Queue("mail"), Queue("reports")]
            with app.connection_for_write() as connection:
                for queue in app.amqp.queues.values():
                    queue(connection.default_channel).declare()
            for _ in range(6):
                app.send_task("shop.report", queue="reports")
            """)
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        let queues = try await console.queues().queues
        #expect(queues.map(\.name) == ["mail", "orders", "reports"] && queues.map(\.depth) == [0, 0, 6])
        #expect(!queues.map(\.isDeclared).contains(false))
    }

    @Test(
        "Priorities set up as Celery's documentation has it are one queue, to see and to act on",
        .timeLimit(.minutes(10)))
    func documentedPriorities() async throws {
        let peer = try CeleryPeer()
        _ = try await peer.run(
            """
            app.conf.broker_transport_options.update(
                priority_steps=list(range(10)), sep=":", queue_order_strategy="priority")
            app.conf.task_queues = [Queue("celery"), Queue("other:1")]
            with app.connection_for_write() as connection:
                for queue in app.amqp.queues.values():
                    queue(connection.default_channel).declare()
            for priority in range(10):
                for _ in range(3):
                    app.send_task("shop.report", queue="celery", priority=priority)
            app.send_task("shop.report", queue="other:1")
            """)
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        // Also who acts at once, without a look.
        #expect(try await console.waiting(in: "celery") == 30)
        let queues = try await console.queues().queues
        #expect(queues.map(\.name) == ["celery", "other:1"] && queues.map(\.depth) == [30, 1])
        #expect(
            queues[0].waitingByPriority == Array(repeating: 3, count: 10) && queues[0].prioritySteps == Array(0..<10))
        #expect(try await console.peek("celery", limit: 99).map(\.priority) == (0..<30).map { $0 / 3 })
        let moved = try await console.move(from: "celery", to: "other:1", withPoison: false) { _ in }
        #expect(moved.moved == 30)
        let purged = try await console.purge("other:1", upTo: try await console.mark("other:1"))
        #expect(purged.dropped == 31)
        // Or it is told by the address.
        let named = try RedisAddress("redis://localhost/0?sep=%3A&priority_steps=0,2,4")
        #expect(named.separator == ":" && named.prioritySteps == [0, 2, 4])
        #expect(throws: EngineError.self) { try RedisAddress("redis://localhost/0?priority_steps=0,x") }
    }

    @Test(
        "A Celery worker leaves a queue that is paused and comes back to it when it is resumed, as its own tools see it",
        .timeLimit(.minutes(10)))
    func pause() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "low,python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        let consumed =
            "print(sorted(q['name'] for q in list(app.control.inspect(timeout=3).active_queues().values())[0]))"
        // It says that it is ready a little before it listens.
        try await wait("the worker is not heard") { try await console.workers(patience: .seconds(3)).count == 1 }
        let outcome = try await console.pause("low")
        #expect(outcome.hasChanged && outcome.workers.count == 1 && outcome.unheard == [])
        #expect(try await peer.run(consumed) == "['python']\n")
        _ = try await peer.run("print(send('python.add', 1, 2, queue='low').id)")
        #expect(try await peer.run("print(send('python.add', 40, 2, queue='python').get(timeout=30))") == "42\n")
        #expect(try await console.waiting(in: "low") == 1)
        #expect(try await console.resume("low").workers == outcome.workers)
        #expect(try await peer.run(consumed) == "['low', 'python']\n")
        try await wait("it was not run") { try await console.waiting(in: "low") == 0 }
    }

    @Test(
        "A Celery worker that starts while a queue is paused is found by the inbox, whose command has it leave the queue",
        .timeLimit(.minutes(10)))
    func pauseUnheeded() async throws {
        let peer = try CeleryPeer()
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        #expect(try await console.pause("low").hasChanged)
        let ours = try await peer.startOurs(queues: "low")
        defer { kill(ours.processIdentifier, SIGKILL) }
        func items() async throws -> [InboxItem] {
            try await BrokerInbox(console, longest: [:], words: ["--broker", "x"], patience: .seconds(4)).items()
        }
        // Ours heeds it by itself.
        try await wait("our worker is not heard") { try await console.workers(patience: .seconds(3)).count == 1 }
        #expect(try await items().contains { $0.kind == .pauseUnheeded } == false)
        let python = try await peer.startWorker(queues: "low,python")
        defer { kill(python.processIdentifier, SIGKILL) }
        try await wait("the worker is not heard") { try await console.workers(patience: .seconds(3)).count == 2 }
        let item = try #require(try await items().first { $0.kind == .pauseUnheeded })
        #expect(item.subject == "low" && item.explanation.contains("python@") && !item.explanation.contains("ours@"))
        #expect(item.command == ["phototui", "queues", "pause", "--broker", "x", "low"])
        let outcome = try await console.pause("low")
        #expect(outcome.hasChanged == false && outcome.workers.count == 1)
        let consumed =
            "print([q['name'] for n, a in app.control.inspect(timeout=3).active_queues().items() if 'python' in n for q in a])"
        #expect(try await peer.run(consumed) == "['python']\n")
        #expect(try await items().contains { $0.kind == .pauseUnheeded } == false)
        #expect(try await console.resume("low").workers == outcome.workers)
    }

    @Test("0 takes a rate limit away, as Celery's own tools see it", .timeLimit(.minutes(10)))
    func noLimit() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        try await wait("the worker is not heard") { try await console.workers(patience: .seconds(3)).count == 1 }
        #expect(try await console.limitRate(of: "python.add", to: "1/h", worker: nil).workers.count == 1)
        #expect(try await console.limitRate(of: "python.add", to: "0", worker: nil).workers.count == 1)
        let sums = "print([r.get(timeout=30) for r in [send('python.add', n, 1, queue='python') for n in range(5)]])"
        #expect(try await peer.run(sums) == "[1, 2, 3, 4, 5]\n")
    }

    @Test(
        "What is moved to another queue is run by the Celery worker of that one, with its arguments",
        .timeLimit(.minutes(10)))
    func move() async throws {
        let peer = try CeleryPeer()
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        _ = try await peer.run("send('python.echo', 1.0, {}, 'ü\\x1b', 10**40, queue='high', task_id='moved')")
        #expect(try await console.move(from: "high", to: "python", withPoison: false) { _ in }.moved == 1)
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let result = try await peer.run(
            "from celery.result import AsyncResult; print(ascii(AsyncResult('moved', app=app).get(timeout=30)))")
        #expect(result == "[1.0, {}, '\\xfc\\x1b', \(1)\(String(repeating: "0", count: 40))]\n")
    }

    @Test(
        "What is revoked, and a rate that is limited, Celery's own tools see; the task is not run",
        .timeLimit(.minutes(10)))
    func control() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let ours = try await peer.startOurs(queues: "high")
        defer { kill(ours.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        try await wait("not both listen") {
            try await console.workers(patience: .seconds(4)).count(where: \.hasAnswered) == 2
        }
        let revoked = try await console.revoke(["gone"], signal: nil)
        #expect(revoked.workers.count == 2 && revoked.refusals.isEmpty && revoked.silent == 0, "\(revoked)")
        let seen = try await peer.run(
            "print(sorted(app.control.inspect(timeout=3).revoked().values()))")
        #expect(seen == "[['gone'], ['gone']]\n")
        for queue in ["python", "high"] {
            let state = try await peer.run(
                """
                r = send('\(queue == "high" ? "photo" : "python").add', 1, 2, queue='\(queue)', task_id='gone')
                r.get(timeout=30, propagate=False)
                print(r.state); r.forget()
                """)
            #expect(state == "REVOKED\n")
        }
        // What runs is stopped only where that is asked for.
        let sleeping = try await peer.run("print(send('photo.sleep', 60, queue='python').id)")
            .trimmingCharacters(in: .newlines)
        try await wait("it did not begin") {
            try await console.workers(patience: .seconds(5)).contains { $0.active.map(\.id) == [sleeping] }
        }
        _ = try await console.revoke([sleeping], signal: "SIGTERM")
        try await wait("it was not stopped") {
            try await console.workers(patience: .seconds(5)).allSatisfy { $0.active.isEmpty }
        }
        let limited = try await console.limitRate(of: "python.add", to: "7/m", worker: nil)
        #expect(limited.workers.count == 1 && limited.workers[0].hasPrefix("python@"))
        #expect(limited.refusals.map(\.worker) == ["ours@test"])
        let unknown = try await console.limitRate(of: "no.such", to: "7/m", worker: limited.workers[0])
        #expect(unknown.workers.isEmpty && unknown.refusals.count == 1)
    }

    @Test(
        "The inbox tells of a queue that no worker consumes, and of a visibility timeout that a task outlasts",
        .timeLimit(.minutes(10)))
    func inbox() async throws {
        let peer = try CeleryPeer(visibilitySeconds: 3)
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        func items(longest: [String: Double] = [:]) async throws -> [InboxItem] {
            try await BrokerInbox(console, longest: longest, words: ["--broker", "x"], patience: .seconds(4)).items()
        }
        // Its heart may not be heard at once.
        try await wait("a worker that begins is not well") { try await items().isEmpty }
        #expect(try await items(longest: ["python.slow": 2.5]).map(\.kind) == [])
        #expect(try await items(longest: ["python.slow": 30]).map(\.kind) == [.visibility])
        _ = try await peer.run("send('python.add', 1, 2, queue='batch')")
        let found = try await items()
        #expect(found.map(\.kind) == [.unconsumed] && found[0].subject == "batch" && found[0].count == 1)
        // The other worker would throw it away, had it no such task.
        #expect(found[0].command == [] && found[0].advice?.contains("throw away what they don't") == true)
        _ = try await peer.run("send('photo.sleep', 15, queue='python')")
        try await wait("the task that outlasts it was not told", seconds: 20) {
            try await items().contains { $0.kind == .visibility && $0.explanation.contains("photo.sleep") }
        }
    }

    @Test(
        "The inbox tells of tasks that are held until later than the visibility timeout", .timeLimit(.minutes(10)))
    func scheduled() async throws {
        let peer = try CeleryPeer(visibilitySeconds: 20)
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        func items() async throws -> [InboxItem] {
            try await BrokerInbox(console, longest: [:], words: ["--broker", "x"], patience: .seconds(4)).items()
        }
        func hold(_ seconds: Int) async throws {
            let held = try await console.unacknowledged(limit: 9).count
            _ = try await peer.run("app.send_task('python.add', (1, 2), queue='python', countdown=\(seconds))")
            try await wait("it is not held") { try await console.unacknowledged(limit: 9).count == held + 1 }
        }
        try await wait("a worker that begins is not well") { try await items().isEmpty }
        try await hold(15)
        #expect(try await items().map(\.kind) == [])
        try await hold(600)
        let found = try await items()
        #expect(found.map(\.kind) == [.visibility] && found.first?.count == 1, "\(found)")
        #expect(found.first?.explanation.contains("python.add for 5") == true, "\(found)")
        #expect(found.first?.advice?.contains("visibility_timeout") == true)
    }

    @Test("A worker that has just begun is alive before its heart was heard", .timeLimit(.minutes(10)))
    func begun() async throws {
        let peer = try CeleryPeer()
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        var found: [WorkerState] = []
        try await wait("it does not answer") {
            found = try await console.workers(patience: .milliseconds(100))
            return found.first?.hasAnswered == true
        }
        #expect(found.map(\.presence) == [.alive], "\(found)")
    }

    @Test(
        "A queue in which messages wait for nobody is told, also once poison has ended its worker",
        .timeLimit(.minutes(10)))
    func left() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        func left() async throws -> [String: QueueConsumption?] {
            let consumers = try #require(try await console.consumers(patience: .seconds(4)))
            let queues = try await console.queues().told(consumers).queues
            return Dictionary(queues.filter(\.isLeft).map { ($0.name, $0.consumption) }) { $1 }
        }
        try await wait("the worker is not heard") { try await console.workers(patience: .seconds(3)).count == 1 }
        #expect(try await left() == [:])
        _ = try await peer.run("send('python.add', 1, 2, queue='batch')")
        #expect(try await left() == ["batch": .nobody])
        _ = try await console.pause("batch")
        #expect(try await left() == [:])
        // Without a content type it ends the worker, which says goodbye.
        let client = RedisConnection(console.address)
        defer { client.close() }
        let list = CeleryKeys(prefix: peer.prefix, database: client.address.database).list(of: "python", priority: 0)
        try await client.send(RedisCommand("LPUSH", .text(list), "no JSON"))
        try await wait("the worker did not end", seconds: 60) { !python.isRunning }
        _ = try await peer.run("send('python.add', 1, 2, queue='python')")
        #expect(try await left() == ["python": .nobody])
        let url = RedisService.url + (RedisService.url.contains("?") ? "&" : "?") + "global_keyprefix=\(peer.prefix)"
        let told = try await peer.launchAndRead(
            CeleryPeer.programs + "/phototui", ["queues", "list", "--json", "--broker", url])
        let queues = JSONValue(parsing: Array(told.utf8))?["queues"].array ?? []
        let consumed = Dictionary(queues.map { ($0["name"].string ?? "", $0["consumed"]) }) { $1 }
        #expect(consumed["python"] == .bool(false), "\(told)")
        let items = try await BrokerInbox(console, longest: [:], words: [], patience: .seconds(4)).items()
        let alone = try #require(items.first { $0.kind == .noWorker })
        #expect(alone.explanation.contains("python"), "\(alone)")
    }
}
