import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// Held against Celery's own programs, each test on keys of its own.
@Suite(
    "Celery itself accepts our worker", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct CeleryInteropTests {
    private func worker(
        _ peer: CeleryPeer, node: String = "ours@test", queues: [String] = ["high", "low", "batch"],
        concurrency: Int = 2, visibilitySeconds: Double = 3600
    ) throws -> CeleryWorker {
        var options = CeleryWorker.Options(node: node)
        options.queues = queues.map { ($0, nil) }
        options.concurrency = concurrency
        options.visibilitySeconds = visibilitySeconds
        options.version = "test"
        return CeleryWorker(
            try RedisService.address(prefix: peer.prefix), handlers: TestTasks.all, options: options)
    }

    /// Runs `body` beside a worker that is drained afterwards.
    private func beside(_ worker: CeleryWorker, _ body: () async throws -> Void) async throws {
        let running = Task { try await worker.run() }
        let result: Result<Void, any Error>
        do {
            try await Task.sleep(for: .milliseconds(300))
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        worker.drain()
        try await running.value
        try result.get()
    }

    @Test(
        "Celery publishes, our worker runs, and AsyncResult reads results, failures and retries",
        .timeLimit(.minutes(10)))
    func celeryPublishes() async throws {
        let peer = try CeleryPeer()
        try await beside(worker(peer)) {
            let output = try await peer.run(
                """
                r = send("photo.add", 40, 2)
                print(r.get(timeout=20), r.status)
                print(json.dumps(send("photo.echo", "é\\n", [1.0, None], {}, kwargs={"a": {"b": 2**70}}).get(timeout=20)))
                f = send("photo.fail", queue="low")
                try:
                    f.get(timeout=20)
                except Exception as x:
                    print(type(x).__name__, x, f.status, f.successful(), f.date_done is not None)
                print(send("photo.flaky", queue="batch").get(timeout=30))
                started = time.time()
                print(send("photo.add", 1, 1, countdown=2).get(timeout=20), 1.9 < time.time() - started < 6)
                for p in (9, 6, 3, 0, 5):
                    print(send("photo.add", p, 1, priority=p).get(timeout=20))
                e = send("photo.add", 1, 1, expires=-5)
                try:
                    e.get(timeout=20)
                except Exception as x:
                    print(type(x).__name__)
                s = app.signature("photo.add", args=(1, 2)).set(queue="high", exchange="high", routing_key="high")
                from celery import group
                print(group(s, s, s).apply_async().get(timeout=20))
                """)
            #expect(
                output == """
                    42 SUCCESS
                    [["\\u00e9\\n", [1.0, null], {}], {"a": {"b": 1180591620717411303424}}]
                    PhototuiError it fails as it was asked to FAILURE False True
                    1
                    2 True
                    10
                    7
                    4
                    1
                    6
                    TaskRevokedError
                    [3, 3, 3]

                    """)
        }
        let broker = CeleryBroker(try RedisService.address(prefix: peer.prefix), visibilitySeconds: 60)
        for queue in ["high", "low", "batch"] {
            #expect(try await broker.depth(of: queue) == QueueDepth(waiting: 0, unacknowledged: 0))
        }
        // What failed for good is kept.
        #expect(try await broker.deadLetters(limit: 9).map(\.kind) == [.failed])
    }

    @Test("Python names the owner of a photo by a keyword or a header, which a retry keeps", .timeLimit(.minutes(8)))
    func namesOwners() async throws {
        let peer = try CeleryPeer()
        let (ada, bob) = (try await JobFixtures.catalog(photos: 1), try await JobFixtures.catalog(photos: 2))
        let runs = Mutex<[PhotoID]>([])
        func owner(_ name: String, _ catalog: any Catalog) -> JobOwner {
            let handler = ClosureHandler { job in
                let photo = try #require(job.photo)
                let run = runs.withLock { runs in
                    runs.append(photo)
                    return runs.count { $0 == photo }
                }
                if run == 1 { throw EngineError(.unavailable, "not yet", isRetryable: true) }
                return try await JobFixtures.processed(job, catalog)
            }
            return JobOwner(name, catalog: catalog, handlers: [handler])
        }
        let bobs = owner("bob", bob)
        let owners = JobOwners(owner("ada", ada)) { $0 == "bob" ? bobs : nil }
        var options = CeleryWorker.Options(node: "ours@test")
        options.queues = [("high", nil)]
        let worker = CeleryWorker(
            try RedisService.address(prefix: peer.prefix),
            handlers: [OwnedJobTask(owners.own.handlers[0], owners: owners, worker: "w", leaseSeconds: 60)],
            options: options)
        let photos = try await bob.photos(after: nil, limit: 2).map(\.id.description)
        let hers = try await ada.photos(after: nil, limit: 1)[0].id.description
        try await beside(worker) {
            let output = try await peer.run(
                """
                name = "phototui.process_photo"
                sent = [
                    send(name, kwargs={"photo_id": sys.argv[1], "owner": "bob"}),
                    send(name, kwargs={"photo_id": sys.argv[2]}, headers={"phototui_owner": "bob"}),
                    send(name, kwargs={"photo_id": sys.argv[3]}),
                ]
                for result in sent: print(result.get(timeout=40)["state"])
                """, arguments: [photos[0], photos[1], hers])
            #expect(output == "succeeded\nsucceeded\nsucceeded\n")
        }
        #expect(runs.withLock { $0.count } == 6)
        #expect(try await ada.jobCounts() == [.succeeded: 1])
        #expect(try await bob.jobCounts() == [.succeeded: 2])
    }

    @Test("We publish, a Celery worker runs it on its own queue, and we collect the result", .timeLimit(.minutes(8)))
    func celeryRuns() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
        let sum = try await client.send("python.add", arguments: [.integer(40), .integer(2)], queue: "python")
        #expect(try await client.result(of: sum, timeout: .seconds(20)) == .succeeded(.number("42")))
        let failure = try await client.send("python.fail", queue: "python")
        #expect(
            try await client.result(of: failure, timeout: .seconds(20))
                == .failed(type: "ValueError", message: "as asked"))
        let named = try await client.send(
            "python.add", keywords: [JSONMember("a", .string("x")), JSONMember("b", .string("y"))], queue: "python",
            priority: 9)
        #expect(try await client.result(of: named, timeout: .seconds(20)) == .succeeded(.string("xy")))
        #expect(try await client.result(of: "no such task", timeout: .milliseconds(300)) == nil)
    }

    @Test("celery inspect, status and control show our worker and reach it", .timeLimit(.minutes(15)))
    func inspection() async throws {
        let peer = try CeleryPeer()
        let worker = try worker(peer, concurrency: 3)
        try await beside(worker) {
            let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
            // Longer than Celery's commands take, on any machine; it is ended by them.
            let busy = try await client.send("photo.sleep", arguments: [.integer(600)], queue: "low")
            let later = try await client.send("photo.add", queue: "low", eta: Date(timeIntervalSinceNow: 600))
            try await wait("the task did not start") {
                worker.state.withLock { $0.running.count == 1 && $0.scheduled.count == 1 }
            }
            let status = try await peer.celery(["status", "--timeout", "5"])
            #expect(status.contains("ours@test: OK") && status.contains("1 node online"))
            for (method, words) in [
                ("ping", ["pong"]), ("active", [busy, "photo.sleep", "low"]), ("scheduled", [later]),
                ("registered", ["photo.add", "photo.flaky"]), ("active_queues", ["high", "low", "batch"]),
                ("stats", ["phototui", "max-concurrency", "rusage"]), ("reserved", ["ours@test"]),
                ("conf", ["task_acks_late"]), ("report", ["phototui test"]), ("clock", ["clock"]),
                ("query_task", [busy, "active"]),
            ] {
                let output = try await peer.celery(
                    ["inspect", method] + (method == "query_task" ? [busy] : []))
                for word in words { #expect(output.contains(word), "celery inspect \(method): \(output)") }
            }
            _ = try await peer.celery(["inspect", "ping", "-d", "ours@test"])
            // Another's name is not answered to, and then celery itself fails.
            await #expect(throws: EngineError.self) {
                _ = try await peer.celery(["inspect", "ping", "-d", "theirs@test", "-t", "1"])
            }
            _ = try await peer.celery(["control", "revoke", later])
            #expect(try await peer.celery(["inspect", "revoked"]).contains(later))
            _ = try await peer.celery(["control", "terminate", "SIGTERM", busy])
            #expect(try await client.result(of: busy, timeout: .seconds(20)) == .revoked)
            #expect(try await peer.run("print(app.AsyncResult('\(busy)').status)") == "REVOKED\n")
        }
    }

    @Test("Celery's event receiver sees our worker and each task's life", .timeLimit(.minutes(8)))
    func eventStream() async throws {
        let peer = try CeleryPeer()
        let seen = Mutex("")
        let listening = Task {
            let output = try await peer.run(
                """
                from celery.events.state import State
                state = State()
                end = time.time() + 12
                def handle(e):
                    state.event(e)
                with app.connection() as c:
                    r = app.events.Receiver(c, handlers={"*": handle})
                    print("listening", file=sys.stderr)
                    while time.time() < end:
                        try:
                            for _ in r.itercapture(limit=None, timeout=2, wakeup=True):
                                if time.time() > end: break
                        except Exception as x:
                            pass
                for t in sorted(state.tasks.values(), key=lambda t: t.name):
                    print(t.name, t.state, t.worker.hostname, t.args, t.kwargs, t.result if t.succeeded else "", t.runtime is not None)
                for w in state.workers.values():
                    print(w.hostname, w.sw_ident, w.status_string, w.processed is not None, len(w.heartbeats) > 0)
                """)
            seen.withLock { $0 = output }
        }
        try await Task.sleep(for: .seconds(3))
        try await beside(worker(peer)) {
            let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
            let ids = [
                try await client.send("photo.add", arguments: [.integer(1), .integer(2)], queue: "high"),
                try await client.send("photo.fail", queue: "high"),
            ]
            for id in ids { #expect(try await client.result(of: id, timeout: .seconds(20)) != nil) }
            try await listening.value
        }
        let text = seen.withLock { $0 }
        #expect(text.contains("photo.add SUCCESS ours@test (1, 2) {} 3 True"), "\(text)")
        #expect(text.contains("photo.fail FAILURE ours@test () {}"), "\(text)")
        #expect(text.contains("ours@test phototui ONLINE True True"), "\(text)")
    }

    @Test("Flower lists our worker and its tasks", .timeLimit(.minutes(8)))
    func flower() async throws {
        let peer = try CeleryPeer()
        let port = Int.random(in: 20_000...29_999)
        let (process, output) = try peer.launch(
            try #require(CeleryPeer.python),
            ["-m", "celery", "-A", "peer", "flower", "--port=\(port)", "--address=127.0.0.1"])
        defer { kill(process.processIdentifier, SIGKILL) }
        func get(_ path: String) async throws -> String {
            guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { return "" }
            let fetched = try await peer.launchAndRead("/usr/bin/curl", ["-s", "--max-time", "8", url.absoluteString])
            return fetched
        }
        try await beside(worker(peer)) {
            try await wait("Flower did not start: \((try? String(contentsOf: output, encoding: .utf8)) ?? "")") {
                try await get("/healthcheck").contains("OK")
            }
            let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
            try await wait("Flower does not list the task") {
                // It may not listen yet when it answers its first question.
                let id = try await client.send("photo.add", arguments: [.integer(20), .integer(1)], queue: "high")
                _ = try await client.result(of: id, timeout: .seconds(20))
                try await Task.sleep(for: .seconds(1))
                let tasks = try await get("/api/tasks")
                return tasks.contains(id) && tasks.contains("SUCCESS") && tasks.contains("ours@test")
            }
            try await wait("Flower does not list the worker") {
                let workers = try await get("/api/workers?refresh=1")
                return workers.contains("ours@test") && workers.contains("active_queues") && workers.contains("batch")
            }
        }
    }

    @Test("A Celery worker restores what ours died with", .timeLimit(.minutes(10)))
    func celeryRestoresOurs() async throws {
        let peer = try CeleryPeer(visibilitySeconds: 3)
        let ours = try await peer.startOurs(queues: "high", visibilitySeconds: 3)
        let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
        let id = try await client.send("photo.sleep", arguments: [.integer(3)], queue: "high")
        let broker = CeleryBroker(try RedisService.address(prefix: peer.prefix), visibilitySeconds: 3)
        try await wait("our worker did not take it") { try await broker.depth(of: "high").unacknowledged == 1 }
        kill(ours.processIdentifier, SIGKILL)
        while ours.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 1))
        try await Task.sleep(for: .seconds(4))
        let python = try await peer.startWorker(queues: "high")
        defer { kill(python.processIdentifier, SIGKILL) }
        #expect(
            try await client.result(of: id, timeout: .seconds(240)) == .succeeded(.string("python slept")))
    }

    @Test("Our worker restores what a Celery worker died with", .timeLimit(.minutes(10)))
    func oursRestoresCelerys() async throws {
        let peer = try CeleryPeer(visibilitySeconds: 3)
        let python = try await peer.startWorker(queues: "high")
        _ = try await peer.run("print(send('photo.sleep', 30, task_id='restored').id)")
        let broker = CeleryBroker(try RedisService.address(prefix: peer.prefix), visibilitySeconds: 3)
        try await wait("Celery did not take it") { try await broker.unacknowledged(limit: 9).count == 1 }
        kill(python.processIdentifier, SIGKILL)
        while python.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        // Its child, too, would go on sleeping.
        let worker = try worker(peer, visibilitySeconds: 3)
        let running = Task { try await worker.run() }
        try await wait("our worker did not restore it") {
            worker.state.withLock { $0.running.values.contains { $0.call.id == "restored" } }
        }
        let held = worker.state.withLock { Array($0.running.values) }
        #expect(held.first?.call.message.isRedelivered == true)
        worker.stop()
        try await running.value
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 1, unacknowledged: 0))
    }

    @Test("A Celery worker and ours share one queue, and each task runs once", .timeLimit(.minutes(10)))
    func share() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "high")
        defer { kill(python.processIdentifier, SIGKILL) }
        try await beside(worker(peer)) {
            let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
            let ids = try await client.send(
                "photo.sleep", calls: Array(repeating: [.number("0.01")], count: 200), queue: "high")
            var python = 0
            var ours = 0
            for id in ids {
                switch try await client.result(of: id, timeout: .seconds(60)) {
                case .succeeded(.string): python += 1
                case .succeeded(.number): ours += 1
                case let other: Issue.record("\(String(describing: other))")
                }
            }
            #expect(python + ours == 200)
            #expect(python > 0 && ours > 0)
        }
        #expect(
            try await CeleryBroker(RedisService.address(prefix: peer.prefix), visibilitySeconds: 60)
                .depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 0))
    }
}

/// Small tasks, as the peer's own worker has them, too.
enum TestTasks {
    static let all: [any CeleryTaskHandler] = [
        CeleryClosureTask("photo.add") { call in
            .integer((call.arguments.first?.integer ?? 0) + (call.arguments.last?.integer ?? 0))
        },
        CeleryClosureTask("photo.echo") { call in .array([.array(call.arguments), .object(call.message.keywords)]) },
        CeleryClosureTask("photo.sleep") { call in
            try await Task.sleep(for: .seconds(call.arguments.first?.real ?? 1))
            return call.arguments.first ?? .null
        },
        CeleryClosureTask("photo.fail") { _ in throw EngineError(.corrupt, "it fails as it was asked to") },
        CeleryClosureTask("photo.flaky") { call in
            guard call.message.retries > 0 else { throw EngineError(.unavailable, "not yet", isRetryable: true) }
            return .integer(call.message.retries)
        },
    ]
}
