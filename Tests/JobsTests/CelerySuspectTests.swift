import Core
import Foundation
import Testing

@testable import Jobs

/// Messages that end the workers that take them, on keys of their own.
@Suite(
    "Messages that end workers", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct CelerySuspectTests {
    private func expectEnd(of process: Process) async throws {
        try await wait("our worker was not ended") { !process.isRunning }
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
    }

    @Test(
        "The fourth worker sets aside a message that ended three, runs its neighbours, and tells its publisher",
        .timeLimit(.minutes(10)))
    func setAside() async throws {
        let peer = try CeleryPeer(visibilitySeconds: 1)
        let address = try RedisService.address(prefix: peer.prefix)
        let (client, broker) = (CeleryClient(address), CeleryBroker(address, visibilitySeconds: 1))
        let killer = try await peer.run("print(send('photo.kill').id)").trimmingCharacters(in: .newlines)
        let neighbour = try await client.send("photo.add", arguments: [.integer(40), .integer(2)], queue: "high")
        for worker in 1...3 {
            try await expectEnd(
                of: try await peer.startOurs(queues: "high", visibilitySeconds: 1, node: "w\(worker)@x"))
            #expect(try await broker.deadLetters(limit: 9).isEmpty)
        }
        let fourth = try await peer.startOurs(queues: "high", visibilitySeconds: 1, node: "w4@x")
        defer { kill(fourth.processIdentifier, SIGKILL) }
        #expect(try await client.result(of: neighbour, timeout: .seconds(30)) == .succeeded(.number("42")))
        let output = try await peer.run(
            """
            try:
                app.AsyncResult("\(killer)").get(timeout=60)
            except Exception as x:
                print(type(x).__module__, type(x).__name__, x)
            """)
        #expect(
            output.hasPrefix("billiard.exceptions WorkerLostError its worker ended 3 times while it had this message"))
        let letters = try await broker.deadLetters(limit: 9)
        #expect(letters.map(\.kind) == [.poison] && letters.first?.reason.hasPrefix("its worker ended 3 times") == true)
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 0))
        #expect(fourth.isRunning)
        // Who puts it back gives it a chance again.
        #expect(try await broker.revive([try #require(letters.first).id]) == 1)
        try await expectEnd(of: fourth)
        #expect(try await broker.deadLetters(limit: 9).isEmpty)
    }

    @Test("Celery runs a message that we counted and restored", .timeLimit(.minutes(10)))
    func celeryRunsCounted() async throws {
        let peer = try CeleryPeer()
        let address = try RedisService.address(prefix: peer.prefix)
        let (client, broker) = (CeleryClient(address), CeleryBroker(address, visibilitySeconds: 0.2))
        let id = try await client.send("python.add", arguments: [.integer(40), .integer(2)], queue: "python")
        _ = try await peer.run("send('python.add', 1, 2, queue='python', task_id='theirs')")
        for turn in 1...2 {
            for _ in 1...2 {
                let received = try #require(try await broker.pop(["python"], count: 1).received.first)
                #expect(received.workerDeaths == (turn == 1 ? nil : 1))
                if turn == 2 { #expect(try await broker.note(received, workerDeaths: 2)) }
            }
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await broker.restoreExpired() == 2)
        }
        #expect(
            try await broker.peek("python", limit: 9).allSatisfy {
                JSONValue(parsing: $0)?["properties"]["delivery_info"][CeleryMessage.workerDeathsMember] == .integer(2)
            })
        let python = try await peer.startWorker(queues: "python")
        defer { kill(python.processIdentifier, SIGKILL) }
        #expect(try await client.result(of: id, timeout: .seconds(30)) == .succeeded(.number("42")))
        #expect(try await client.result(of: "theirs", timeout: .seconds(30)) == .succeeded(.number("3")))
    }

    @Test("A message that was restored is taken alone, and once it is no longer ours it is not run")
    func alone() async throws {
        let address = try RedisService.address()
        let (client, broker) = (CeleryClient(address), CeleryBroker(address, visibilitySeconds: 60))
        let ids = try await client.send("photo.add", calls: [[], [], []], queue: "high")
        let first = try #require(try await broker.pop(["high"], count: 1).received.first)
        #expect(first.workerDeaths == nil)
        #expect(try await broker.giveBack(first, toEnd: true))
        try await client.send("photo.add", queue: "high")
        let popped = [
            try await broker.pop(["high"], count: 10).received, try await broker.pop(["high"], count: 10).received,
            try await broker.pop(["high"], count: 10).received,
        ]
        #expect(popped.map(\.count) == [2, 1, 1])
        #expect(popped[1].map(\.workerDeaths) == [0])
        let restored = try #require(popped[1].first)
        #expect(try CeleryMessage(raw: restored.raw).id == ids[0])
        #expect(try await broker.note(restored, workerDeaths: 1))
        try await broker.acknowledge([restored.tag])
        #expect(try await broker.note(restored, workerDeaths: 1) == false)
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 3))
    }
}
