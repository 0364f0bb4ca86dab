import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// How tasks end and whether the next begins: while ends are recorded, while the worker ends, and whatever numbers are sent.
extension CeleryWorkerTests {
    @Test(
        "A task whose end is not recorded yet leaves its place to the next, and is held until it is",
        .timeLimit(.minutes(5)))
    func recording() async throws {
        let task = SlowlyRecorded()
        let worker = worker(concurrency: 1, [task])
        var sent: [String] = []
        let most = CeleryWorkerState.mostAhead
        for _ in 0..<most + 3 { sent.append(try await client.send(task.task, queue: "high")) }
        try await beside(worker) {
            // Also where this fails: the worker ends only once all is recorded.
            defer { task.letThrough() }
            try await wait("the others did not run") { task.counts.begun == most }
            // No more than can be recorded, and none of them forgotten.
            try await Task.sleep(for: .milliseconds(300))
            #expect(task.counts.begun == most)
            #expect(worker.state.withLock { $0.heldTags.count } >= most)
            worker.drain()
            try await Task.sleep(for: .milliseconds(300))
            #expect(!worker.state.withLock { $0.plan() == .finished })
        }
        #expect(task.counts.begun == most && task.counts.recorded == most)
        try await beside(self.worker([task])) {
            for id in sent { try await expectResult(of: id, within: .seconds(20), .succeeded(.null)) }
        }
        #expect(task.counts.begun == most + 3 && task.counts.recorded == most + 3)
    }

    @Test("Numbers beyond any count, in messages and in what is broadcast, end no worker", .timeLimit(.minutes(5)))
    func hugeNumbers() async throws {
        let far: JSONValue = .members([
            "task": .string("photo.echo"), "args": .array([]), "kwargs": .object([]),
            "options": .members([
                "countdown": .number("1e300"), "expires": .number("-1e300"), "queue": .string("elsewhere"),
            ]),
        ])
        let links: JSONValue = .members([
            "callbacks": .null, "errbacks": .array([far]), "chain": .null, "chord": .null,
        ])
        for (task, embedded) in [("photo.fail", links), ("photo.away", nil)] {
            let message = CeleryMessage.make(
                task: task, id: UUID().uuidString, queue: "high", retries: .max, origin: "test", now: Date(),
                embedded: embedded)
            try await broker.push([(message.raw, "high", 0)])
        }
        let away = CeleryClosureTask("photo.away") { _ in throw EngineError(.unavailable, "away", isRetryable: true) }
        let worker = worker(TestTasks.all + [away])
        try await beside(worker) {
            try await wait("what follows a failure was not published") {
                try await broker.depth(of: "elsewhere").waiting == 1
            }
            for (method, number, places) in [
                ("pool_grow", Int.max, 256), ("pool_shrink", .min, 256), ("pool_shrink", .max, 1),
            ] {
                try await broadcast(method, ["n": .integer(number)], clock: .max)
                try await wait("\(method) was not heeded") { worker.state.withLock { $0.concurrency } == places }
            }
            let good = try await client.send("photo.add", arguments: [.integer(1), .integer(2)], queue: "high")
            try await expectResult(of: good, within: .seconds(20), .succeeded(.number("3")))
        }
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 0, unacknowledged: 0))
    }

    private func broadcast(_ method: String, _ arguments: KeyValuePairs<String, JSONValue>, clock: Int) async throws {
        let body: JSONValue = .members([
            "method": .string(method), "arguments": .object(arguments.map { JSONMember($0.key, $0.value) }),
            "destination": .null,
        ])
        let envelope: JSONValue = .members([
            "body": .string(Data(body.encoded).base64EncodedString()), "content-type": .string("application/json"),
            "content-encoding": .string("utf-8"), "headers": .members(["clock": .integer(clock)]),
            "properties": .members(["body_encoding": .string("base64")]),
        ])
        try await broker.connection.send(
            RedisCommand("PUBLISH", .text(broker.keys.controlChannel), .bytes(envelope.encoded)))
    }

    @Test("A worker that is ending begins nothing more, and gives back what would have begun", .timeLimit(.minutes(5)))
    func drains() async throws {
        let begun = Mutex(0)
        let later = CeleryClosureTask("photo.later") { _ in
            begun.withLock { $0 += 1 }
            return .null
        }
        let worker = worker(TestTasks.all + [later])
        let message = CeleryMessage.make(
            task: later.task, id: UUID().uuidString, queue: "high", eta: Date(timeIntervalSinceNow: 1.5),
            origin: "test",
            now: Date())
        try await broker.push([(message.raw, "high", 0)])
        let long = try await client.send("photo.sleep", arguments: [.real(3)], queue: "high")
        try await beside(worker) {
            try await wait("neither was taken") {
                worker.state.withLock { $0.scheduled.count == 1 && $0.running.count == 1 }
            }
            worker.drain()
        }
        #expect(begun.withLock { $0 } == 0)
        try await expectResult(of: long, within: .seconds(5), .succeeded(.number("3.0")))
        #expect(try await broker.depth(of: "high") == QueueDepth(waiting: 1, unacknowledged: 0))
        try await beside(self.worker([later])) {
            try await wait("it did not run later") { begun.withLock { $0 } == 1 }
        }
    }
}

/// Its work is nothing; its end is recorded once it is let through.
private final class SlowlyRecorded: CeleryTaskHandler {
    let task = "photo.slowly_recorded"
    private let state = Mutex((begun: 0, recorded: 0, isOpen: false))

    var counts: (begun: Int, recorded: Int) { state.withLock { ($0.begun, $0.recorded) } }

    func letThrough() { state.withLock { $0.isOpen = true } }

    func perform(_ call: CeleryCall) async throws -> CeleryEnd {
        state.withLock { $0.begun += 1 }
        return .unrecorded { [self] in
            while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(10)) }
            state.withLock { $0.recorded += 1 }
            return .succeeded(.null)
        }
    }
}
