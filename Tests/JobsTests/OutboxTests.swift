import Catalog
import Core
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import Jobs

/// The catalogue is the truth: whatever happens to a broker, each job's effect is applied once.
@Suite("Jobs of a catalogue through a broker", .serialized, .enabled(if: RedisServer.isInstalled, "needs redis-server"))
struct OutboxTests {
    private func worker(
        _ address: RedisAddress, _ catalog: any Catalog, name: String = "w", leaseSeconds: Double = 60,
        patienceSeconds: Double = 60, _ body: @escaping @Sendable (Job) async throws -> JobResult
    ) -> CeleryWorker {
        var options = CeleryWorker.Options(node: "\(name)@test")
        options.concurrency = 4
        let task = JobTask(ClosureHandler(body), catalog: catalog, worker: name, leaseSeconds: leaseSeconds)
        let relay = OutboxRelay(
            catalog: catalog, delivery: CeleryDelivery(address), patienceSeconds: patienceSeconds)
        return CeleryWorker(
            address, handlers: [task], options: options, relay: relay,
            cancelJobs: { ids in _ = try? await catalog.cancel(ids.compactMap { JobID($0) }) })
    }

    @Test("Every job of the catalogue is published, run and finished once", .timeLimit(.minutes(8)))
    func runsAll() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 300)
        let runs = Mutex<[JobID: Int]>([:])
        let worker = worker(address, catalog) { job in
            runs.withLock { $0[job.id, default: 0] += 1 }
            return try await JobFixtures.processed(job, catalog)
        }
        let running = Task { try await worker.run() }
        try await wait("not all were done") { try await catalog.jobCounts() == [.succeeded: 300] }
        worker.drain()
        try await running.value
        #expect(runs.withLock { $0.count == 300 && $0.values.allSatisfy { $0 == 1 } })
        #expect(try await CeleryDelivery(address).depth(of: .high) == QueueDepth(waiting: 0, unacknowledged: 0))
        let client = CeleryClient(address)
        let job = try await catalog.jobs(state: .succeeded, after: nil, limit: 1)[0]
        guard case .succeeded(let result)? = try await client.result(of: job.id.description, timeout: .seconds(1))
        else {
            Issue.record("the job has no result")
            return
        }
        #expect(result["photo_id"].string == job.photo?.description)
    }

    @Test("A flushed broker loses nothing", .timeLimit(.minutes(8)))
    func flushed() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 200)
        let applied = Mutex(0)
        let worker = worker(address, catalog) { job in
            try await Task.sleep(for: .milliseconds(20))
            applied.withLock { $0 += 1 }
            return try await JobFixtures.processed(job, catalog)
        }
        let running = Task { try await worker.run() }
        let connection = RedisConnection(address)
        for share in [20, 60] {
            try await wait("too little was done") { applied.withLock { $0 } >= share }
            try await connection.send(RedisCommand("FLUSHALL"))
        }
        try await wait("not all were done", seconds: 60) { try await catalog.jobCounts() == [.succeeded: 200] }
        worker.drain()
        try await running.value
        #expect(try await catalog.check() == [])
    }

    @Test("What a broker loses without becoming empty is published again in time", .timeLimit(.minutes(8)))
    func lostMessage() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 10)
        let delivery = CeleryDelivery(address)
        #expect(try await OutboxRelay(catalog: catalog, delivery: delivery).publishDue() == 10)
        for _ in 0..<4 {
            let lost = try #require(try await delivery.receive(from: [.high], timeout: .seconds(1)))
            try await delivery.acknowledge(lost.tag)
        }
        let worker = worker(address, catalog, patienceSeconds: 2) { try await JobFixtures.processed($0, catalog) }
        let running = Task { try await worker.run() }
        try await wait("not all were done") { try await catalog.jobCounts() == [.succeeded: 10] }
        worker.drain()
        try await running.value
    }

    @Test("However long jobs wait, the broker gets no second message for them", .timeLimit(.minutes(5)))
    func backlog() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let catalog = try await JobFixtures.catalog(photos: 30)
        let delivery = CeleryDelivery(try RedisAddress(server.url))
        let relay = OutboxRelay(catalog: catalog, delivery: delivery, patienceSeconds: 0.01)
        #expect(try await relay.publishDue() == 30)
        // One is at work.
        _ = try #require(try await delivery.receive(from: [.high], timeout: .seconds(1)))
        for _ in 0..<3 {
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await relay.publishDue() == 0)
        }
        let lost = try #require(try await delivery.receive(from: [.high], timeout: .seconds(1)))
        try await delivery.acknowledge(lost.tag)
        #expect(try await relay.publishDue() == 1)
    }

    @Test("A message for a finished job, a second one, and one for no job change nothing", .timeLimit(.minutes(5)))
    func repeated() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 1)
        let runs = Mutex(0)
        let worker = worker(address, catalog) { job in
            runs.withLock { $0 += 1 }
            try await Task.sleep(for: .milliseconds(300))
            return try await JobFixtures.processed(job, catalog)
        }
        let job = try await catalog.jobs(state: .queued, after: nil, limit: 1)[0]
        let delivery = CeleryDelivery(address)
        for _ in 0..<5 { try await delivery.publish(DeliveryMessage(job: job.id, queue: .high)) }
        let running = Task { try await worker.run() }
        try await wait("it was not done") { try await catalog.jobCounts() == [.succeeded: 1] }
        for _ in 0..<5 { try await delivery.publish(DeliveryMessage(job: job.id, queue: .high)) }
        let unknown = JobID(clock: SystemClock(), random: SystemRandom())
        try await delivery.publish(DeliveryMessage(job: unknown, queue: .high))
        try await wait("messages are left") {
            try await delivery.depth(of: .high) == QueueDepth(waiting: 0, unacknowledged: 0)
        }
        try await wait("the unknown job's message was not kept") { try await delivery.deadLetters(limit: 9).count == 1 }
        worker.drain()
        try await running.value
        #expect(runs.withLock { $0 } == 1)
        guard case .failed = try await CeleryClient(address).result(of: unknown.description, timeout: .seconds(1))
        else {
            Issue.record("an unknown job has no failure")
            return
        }
    }

    @Test(
        "Who enqueues a photo hears of its end, even where another worker has the job when the message comes",
        .timeLimit(.minutes(5)))
    func heldElsewhere() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 1)
        let held = try #require(
            try await catalog.claim(queue: .high, worker: "other", leaseSeconds: 60, limit: 1).first)
        let photo = try #require(held.photo).description
        var options = CeleryWorker.Options(node: "w@test")
        options.queues = [("high", nil)]
        let task = JobTask(
            ClosureHandler { try await JobFixtures.processed($0, catalog) }, catalog: catalog, worker: "w")
        let worker = CeleryWorker(address, handlers: [task], options: options)
        let running = Task { try await worker.run() }
        let client = CeleryClient(address)
        let id = try await client.send(
            "phototui.process_photo", keywords: [JSONMember("photo_id", .string(photo))], queue: "high")
        #expect(try await client.result(of: id, timeout: .milliseconds(700)) == nil)
        guard case .processed(let processed) = try await JobFixtures.processed(held, catalog) else { return }
        #expect(try await catalog.finish(held.id, worker: "other", processed: processed))
        guard case .succeeded(let result)? = try await client.result(of: id, timeout: .seconds(30)) else {
            Issue.record("nobody was told")
            return
        }
        #expect(result["job_id"].string == held.id.description)
        worker.drain()
        try await running.value
    }

    @Test("A failing job is tried again when it is due, and dead in the end", .timeLimit(.minutes(8)))
    func failures() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 2)
        let first = try await catalog.jobs(state: .queued, after: nil, limit: 2)[0].id
        let worker = worker(address, catalog) { job in
            if job.attempts < 3 { throw EngineError(.unavailable, "not yet", isRetryable: true) }
            if job.id == first { throw EngineError(.corrupt, "never") }
            return try await JobFixtures.processed(job, catalog)
        }
        let running = Task { try await worker.run() }
        try await wait("they did not end", seconds: 60) {
            try await catalog.jobCounts() == [.succeeded: 1, .dead: 1]
        }
        worker.drain()
        try await running.value
        #expect(try await catalog.job(first)?.error == "never")
        #expect(
            try await CeleryClient(address).result(of: first.description, timeout: .seconds(1))
                == .failed(type: "PhototuiError", message: "never"))
        // The catalogue keeps it; a second record in the broker would only have to be cleaned up.
        #expect(try await CeleryDelivery(address).deadLetters(limit: 9) == [])
    }

    @Test(
        "Calls whose answer is lost, and a catalogue that is away, cost a job nothing", .timeLimit(.minutes(8)),
        arguments: DistantCatalog.losses)
    func lostAnswers(_ losses: [DistantCatalog.Loss?]) async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 1)
        let distant = DistantCatalog(catalog)
        distant.lose(losses)
        var options = CeleryWorker.Options(node: "w@test")
        options.concurrency = 4
        let task = JobTask(
            ClosureHandler { try await JobFixtures.processed($0, catalog) }, catalog: distant, worker: "w")
        let relay = OutboxRelay(catalog: catalog, delivery: CeleryDelivery(address))
        let worker = CeleryWorker(address, handlers: [task], options: options, relay: relay)
        let job = try await catalog.jobs(state: .queued, after: nil, limit: 1)[0].id
        let running = Task { try await worker.run() }
        // Long before its lease would have run out.
        let result = try await CeleryClient(address).result(of: job.description, timeout: .seconds(30))
        worker.drain()
        try await running.value
        guard case .succeeded = result else {
            Issue.record("the job ended otherwise: \(String(describing: result))")
            return
        }
        let done = try #require(try await catalog.job(job))
        #expect(done.state == .succeeded && done.attempts == 1 && done.workerDeaths == 0)
        #expect(try await CeleryDelivery(address).deadLetters(limit: 9) == [])
    }

    @Test("Messages wait, whole and without a retry, while the catalogue is away", .timeLimit(.minutes(8)))
    func catalogAway() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 20)
        let distant = DistantCatalog(catalog)
        distant.setAway(true)
        let task = JobTask(
            ClosureHandler { try await JobFixtures.processed($0, catalog) }, catalog: distant, worker: "w",
            leaseSeconds: 0.2)
        let worker = CeleryWorker(address, handlers: [task], options: CeleryWorker.Options(node: "w@test"))
        let delivery = CeleryDelivery(address)
        #expect(try await OutboxRelay(catalog: catalog, delivery: delivery).publishDue() == 20)
        let running = Task { try await worker.run() }
        // Longer than all retries of a task that can't be tried again in place would take.
        try await Task.sleep(for: .seconds(3))
        let depth = try await delivery.depth(of: .high)
        #expect(depth.waiting + depth.unacknowledged == 20)
        distant.setAway(false)
        try await wait("not all were done") { try await catalog.jobCounts() == [.succeeded: 20] }
        worker.drain()
        try await running.value
        #expect(try await delivery.deadLetters(limit: 9) == [])
        #expect(try await catalog.jobs(state: .succeeded, after: nil, limit: 20).allSatisfy { $0.attempts == 1 })
    }

    @Test(
        "Messages wait, whole and without a retry, while the catalogue refuses the worker, which says so once",
        .timeLimit(.minutes(8)))
    func catalogRefuses() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 20)
        let distant = DistantCatalog(catalog)
        distant.refuse(EngineError(.permissionDenied, "the login was refused", cause: ServerRefusal()))
        let task = JobTask(
            ClosureHandler { try await JobFixtures.processed($0, catalog) }, catalog: distant, worker: "w",
            leaseSeconds: 0.2)
        let said = Mutex<[String]>([])
        let worker = CeleryWorker(
            address, handlers: [task], options: CeleryWorker.Options(node: "w@test"),
            report: { event in
                switch event {
                case .paused(let error): said.withLock { $0.append("paused: \(error)") }
                case .resumed: said.withLock { $0.append("resumed") }
                case .ended(_, .failed(let error, _), _): said.withLock { $0.append("failed: \(error)") }
                default: break
                }
            })
        let delivery = CeleryDelivery(address)
        #expect(try await OutboxRelay(catalog: catalog, delivery: delivery).publishDue() == 20)
        let client = CeleryClient(address)
        let photo = try await catalog.photos(after: nil, limit: 1)[0].id
        let asked = try await client.send(
            "phototui.process_photo", keywords: [JSONMember("photo_id", .string(photo.description))], queue: "high")
        let running = Task { try await worker.run() }
        // Longer than all retries of a task that can't be tried again in place would take.
        try await Task.sleep(for: .seconds(3))
        let depth = try await delivery.depth(of: .high)
        #expect(depth.waiting + depth.unacknowledged == 21)
        distant.refuse(nil)
        try await wait("not all were done") { try await catalog.jobCounts() == [.succeeded: 20] }
        guard case .succeeded? = try await client.result(of: asked, timeout: .seconds(30)) else {
            Issue.record("who asked for a photo heard nothing")
            return
        }
        worker.drain()
        try await running.value
        #expect(said.withLock { $0 } == ["paused: the login was refused", "resumed"])
        #expect(try await delivery.deadLetters(limit: 9) == [])
        #expect(try await catalog.jobs(state: .succeeded, after: nil, limit: 20).allSatisfy { $0.attempts == 1 })
    }

    @Test("What is made is recorded once the catalogue no longer refuses the worker", .timeLimit(.minutes(5)))
    func refusedEnd() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 1)
        let distant = DistantCatalog(catalog)
        let runs = Mutex(0)
        let handler = ClosureHandler { job in
            runs.withLock { $0 += 1 }
            distant.refuse(EngineError(.permissionDenied, "the login was refused", cause: ServerRefusal()))
            Task {
                try await Task.sleep(for: .seconds(1))
                distant.refuse(nil)
            }
            return try await JobFixtures.processed(job, catalog)
        }
        let worker = CeleryWorker(
            address, handlers: [JobTask(handler, catalog: distant, worker: "w")],
            options: CeleryWorker.Options(node: "w@test"))
        let delivery = CeleryDelivery(address)
        #expect(try await OutboxRelay(catalog: catalog, delivery: delivery).publishDue() == 1)
        let running = Task { try await worker.run() }
        try await wait("it was not recorded") { try await catalog.jobCounts() == [.succeeded: 1] }
        worker.drain()
        try await running.value
        #expect(runs.withLock { $0 } == 1)
        #expect(try await delivery.deadLetters(limit: 9) == [])
    }

    @Test("A job whose worker froze is finished by another, and the late effect is dropped", .timeLimit(.minutes(8)))
    func frozenWorker() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 1)
        let job = try await catalog.jobs(state: .queued, after: nil, limit: 1)[0].id
        guard case .claimed = try await catalog.claim(job, worker: "frozen", leaseSeconds: 2) else {
            Issue.record("it was not claimed")
            return
        }
        let worker = worker(address, catalog, name: "other", patienceSeconds: 1) {
            try await JobFixtures.processed($0, catalog)
        }
        let running = Task { try await worker.run() }
        try await wait("it was not finished") { try await catalog.jobCounts() == [.succeeded: 1] }
        let done = try #require(try await catalog.job(job))
        let late = try await JobFixtures.processed(done, catalog)
        guard case .processed(let processed) = late else { return }
        #expect(try await catalog.finish(job, worker: "frozen", processed: processed) == false)
        worker.drain()
        try await running.value
        #expect(try await catalog.job(job)?.workerDeaths == 1)
    }

    @Test(
        "Stopping gives jobs back without counting an attempt; revoking a waiting one cancels it",
        .timeLimit(.minutes(8)))
    func stopping() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 2)
        let worker = worker(address, catalog) { job in
            try await Task.sleep(for: .seconds(100))
            return try await JobFixtures.processed(job, catalog)
        }
        let running = Task { try await worker.run() }
        try await wait("they did not start") { try await catalog.jobCounts() == [.running: 2] }
        worker.stop()
        try await running.value
        #expect(try await catalog.jobCounts() == [.queued: 2])
        #expect(try await catalog.jobs(state: nil, after: nil, limit: 9).allSatisfy { $0.attempts == 0 })
        #expect(try await CeleryDelivery(address).depth(of: .high) == QueueDepth(waiting: 2, unacknowledged: 0))
        let one = try await catalog.jobs(state: .queued, after: nil, limit: 1)[0].id
        #expect(try await catalog.cancel([one]) == 1)
        let next = self.worker(address, catalog, name: "next") { try await JobFixtures.processed($0, catalog) }
        let again = Task { try await next.run() }
        try await wait("the other was not done") { try await catalog.jobCounts() == [.succeeded: 1, .cancelled: 1] }
        try await wait("a message is left") {
            try await CeleryDelivery(address).depth(of: .high) == QueueDepth(waiting: 0, unacknowledged: 0)
        }
        next.drain()
        try await again.value
        #expect(try await CeleryClient(address).result(of: one.description, timeout: .seconds(1)) == .revoked)
    }
}
