import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// What a Python client lets follow our tasks, with a Celery worker for the Python half.
@Suite("What follows a task", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct CeleryLinkTests {
    @Test("Chains, links and error links go on from Python to us and back", .timeLimit(.minutes(10)))
    func goesOn() async throws {
        let peer = try CeleryPeer()
        let python = try await peer.startWorker(queues: "python,celery")
        defer { kill(python.processIdentifier, SIGKILL) }
        var options = CeleryWorker.Options(node: "ours@test")
        options.queues = [("high", nil), ("low", nil)]
        let address = try RedisService.address(prefix: peer.prefix)
        let worker = CeleryWorker(address, handlers: TestTasks.all, options: options)
        let running = Task { try await worker.run() }
        let output = try await peer.run(
            """
            from celery import chain, group
            def sig(name, *args, queue="high", immutable=False, **options):
                return app.signature(name, args=args, immutable=immutable).set(queue=queue, **options)
            def py(name, *args, **options):
                return sig(name, *args, queue="python", **options)
            def outcome(result):
                try:
                    return result.get(timeout=40)
                except Exception as x:
                    return type(x).__name__, str(x)[:40]

            last = chain(py("python.add", 1, 2), sig("photo.add", 10), py("python.add", 5)).apply_async()
            print("chain", outcome(last), last.parent.get(), last.parent.parent.get())
            first = chain(sig("photo.add", 1, 2), sig("photo.add", 10), sig("photo.echo", 1.0, 2**70)).apply_async()
            print("ours", outcome(first))
            last = chain(sig("photo.add", 1, 2), py("python.ids")).apply_async()
            root, parent, value = outcome(last)
            print("ids", root == last.parent.id, parent == last.parent.id, value)
            print("children", last.parent.children[0].id == last.id)
            print("immutable", outcome(chain(sig("photo.add", 1, 2), py("python.echo", 7, immutable=True)).apply_async()))
            sig("photo.add", 1, 2).apply_async(
                link=[py("python.add", 100, task_id="one"), py("python.echo", "x", task_id="two", countdown=1)])
            print("links", outcome(app.AsyncResult("one")), outcome(app.AsyncResult("two")))
            sig("photo.add", 1, 2).apply_async(link=app.signature("python.echo").set(task_id="queueless"))
            print("queueless", outcome(app.AsyncResult("queueless")))
            sig("photo.flaky", queue="low").apply_async(link=py("python.echo", task_id="after retry"))
            print("retry", outcome(app.AsyncResult("after retry")))
            failed = sig("photo.fail").apply_async(link=py("python.echo", task_id="never"),
                                                   link_error=py("python.echo", task_id="error"))
            print("error", outcome(failed), outcome(app.AsyncResult("error")) == [failed.id])
            last = chain(sig("photo.fail"), py("python.add", 5), py("python.add", 5)).apply_async()
            print("failed", outcome(last), outcome(last.parent))
            print("never", app.AsyncResult("never").state)
            sig("photo.add", 1, 2).apply_async(link=group(py("python.echo"), py("python.echo")))
            """)
        #expect(
            output == """
                chain 18 13 3
                ours [[13, 1.0, 1180591620717411303424], {}]
                ids True True 3
                children True
                immutable [7]
                links 103 [3, 'x']
                queueless [3]
                retry [1]
                error ('PhototuiError', 'it fails as it was asked to') True
                failed ('PhototuiError', 'it fails as it was asked to') ('PhototuiError', 'it fails as it was asked to')
                never PENDING

                """)
        let broker = CeleryBroker(address, visibilitySeconds: 60)
        try await wait("the group was not set aside") {
            try await broker.deadLetters(limit: 9).contains { $0.kind == .unknown && $0.reason.contains("a group") }
        }
        worker.drain()
        try await running.value
        for queue in ["high", "low", "python"] {
            #expect(try await broker.depth(of: queue) == QueueDepth(waiting: 0, unacknowledged: 0))
        }
    }

    @Test("A worker that starts learns what was revoked from Celery's workers and ours", .timeLimit(.minutes(10)))
    func mingles() async throws {
        let peer = try CeleryPeer()
        let address = try RedisService.address(prefix: peer.prefix)
        func worker(_ node: String) -> CeleryWorker {
            var options = CeleryWorker.Options(node: node)
            options.queues = [("high", nil)]
            return CeleryWorker(address, handlers: TestTasks.all, options: options)
        }
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        _ = try await peer.celery(["control", "revoke", "from-celery"])
        let first = worker("first@test")
        let firstRun = Task { try await first.run() }
        try await wait("it did not learn from Celery") { first.state.withLock { $0.revoked.contains("from-celery") } }
        _ = try await peer.celery(["control", "revoke", "-d", "first@test", "from-first"])
        kill(python.processIdentifier, SIGKILL)
        let second = worker("second@test")
        let secondRun = Task { try await second.run() }
        try await wait("it did not learn from ours") {
            second.state.withLock { $0.revoked.contains("from-celery") && $0.revoked.contains("from-first") }
        }
        // And a Celery worker learns from ours.
        let other = try await peer.startWorker(queues: "python")
        defer { kill(other.processIdentifier, SIGKILL) }
        let told = try await peer.run("print(app.control.inspect(timeout=3).revoked())")
        let answers = told.components(separatedBy: "from-first").count
        #expect(answers == 4, "\(told)")
        let client = CeleryClient(address)
        let message = CeleryMessage.make(
            task: "photo.add", id: "from-first", queue: "high", origin: "test", now: Date())
        try await CeleryBroker(address, visibilitySeconds: 60).push([(message.raw, "high", 0)])
        #expect(try await client.result(of: "from-first", timeout: .seconds(20)) == .revoked)
        for (worker, run) in [(first, firstRun), (second, secondRun)] {
            worker.drain()
            try await run.value
        }
    }
}
