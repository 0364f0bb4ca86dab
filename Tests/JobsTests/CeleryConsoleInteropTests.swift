import Core
import Foundation
import Testing

@testable import Jobs

/// The console beside real Celery workers: what it tells is what Celery's own tools tell, and what it does they see.
@Suite("CeleryConsole and Celery", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct CeleryConsoleInteropTests {
    @Test(
        "Workers are told as `celery inspect` tells them; one that is frozen is silent, one that is told to end ends",
        .timeLimit(.minutes(3)))
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
        "A Celery worker leaves a queue that is paused and comes back to it when it is resumed, as its own tools see it",
        .timeLimit(.minutes(3)))
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
        "What is moved to another queue is run by the Celery worker of that one, with its arguments",
        .timeLimit(.minutes(3)))
    func move() async throws {
        let peer = try CeleryPeer()
        let console = CeleryConsole(try RedisService.address(prefix: peer.prefix))
        _ = try await peer.run("send('python.echo', 1.0, {}, 'ü\\x1b', 10**40, queue='high', task_id='moved')")
        #expect(try await console.move(from: "high", to: "python") { _ in } == 1)
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        let result = try await peer.run(
            "from celery.result import AsyncResult; print(ascii(AsyncResult('moved', app=app).get(timeout=30)))")
        #expect(result == "[1.0, {}, '\\xfc\\x1b', \(1)\(String(repeating: "0", count: 40))]\n")
    }
}
