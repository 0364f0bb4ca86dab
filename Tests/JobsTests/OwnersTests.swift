import Catalog
import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// Owners share a broker, whose messages say whose they are; a worker of one does the jobs of all.
@Suite("Owners on one broker", .serialized, .enabled(if: RedisServer.isInstalled, "needs redis-server"))
struct OwnersTests {
    private func owner(_ name: String, _ catalog: any Catalog) -> JobOwner {
        JobOwner(
            name, catalog: catalog, handlers: [ClosureHandler { try await JobFixtures.processed($0, catalog) }])
    }

    @Test(
        "One owner's worker finishes everybody's jobs, and sets aside only those of nobody it knows",
        .timeLimit(.minutes(8)))
    func sharedWorker() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let (ada, bob) = (
            try await JobFixtures.catalog(photos: 20), try await JobFixtures.catalog(photos: 30)
        )
        let bobs = owner("bob", bob)
        let owners = JobOwners(owner("ada", ada)) { $0 == "bob" ? bobs : nil }
        let delivery = CeleryDelivery(address)
        // Bob's import announces one half; the other half waits in his catalogue.
        let half = try await bob.takeUnpublished(olderThanSeconds: 0, limit: 15)
        try await delivery.publish(half.map { DeliveryMessage(job: $0.id, queue: .high, owner: "bob") })
        let task = OwnedJobTask(owners.own.handlers[0], owners: owners, worker: "w", leaseSeconds: 60)
        let worker = CeleryWorker(
            address, handlers: [task], options: CeleryWorker.Options(node: "w@test"),
            relay: OutboxRelay(owners: owners, delivery: delivery))
        let running = Task { try await worker.run() }
        try await wait("not all were done") {
            let (hers, his) = (try await ada.jobCounts(), try await bob.jobCounts())
            return hers == [.succeeded: 20] && his == [.succeeded: 30]
        }
        #expect(try await delivery.deadLetters(limit: 9) == [])

        let client = CeleryClient(address)
        // From Python: with the keyword, or, for the worker's own owner, without.
        for (photo, words) in [
            (try await bob.photos(after: nil, limit: 1)[0].id, [JSONMember("owner", .string("bob"))]),
            (try await ada.photos(after: nil, limit: 1)[0].id, []),
        ] {
            let id = try await client.send(
                "phototui.process_photo", keywords: [JSONMember("photo_id", .string(photo.description))] + words,
                queue: "high")
            guard case .succeeded? = try await client.result(of: id, timeout: .seconds(30)) else {
                Issue.record("it was not done")
                return
            }
        }
        let mallory = JobID(clock: SystemClock(), random: SystemRandom())
        try await delivery.publish(DeliveryMessage(job: mallory, queue: .high, owner: "mallory"))
        try await wait("it was not set aside") { try await delivery.deadLetters(limit: 9).count == 1 }
        let reason = try #require(try await delivery.deadLetters(limit: 9).first?.reason)
        #expect(reason.contains("the owner mallory, whom this worker's catalogue does not have"), "\(reason)")
        worker.drain()
        try await running.value
    }

    @Test(
        "A message in a name that nobody can have is set aside unasked, and one whose owner can't be asked for waits",
        .timeLimit(.minutes(5)))
    func forgedOwners() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let (ada, bob) = (try await JobFixtures.catalog(photos: 1), try await JobFixtures.catalog(photos: 1))
        let bobs = owner("bob", bob)
        let asked = Mutex<[String]>([])
        let isRefused = Mutex(true)
        let owners = JobOwners(owner("ada", ada)) { name in
            asked.withLock { $0.append(name) }
            if isRefused.withLock({ $0 }) { throw EngineError(.newerSchema, "the database is newer") }
            return name == "bob" ? bobs : nil
        }
        let delivery = CeleryDelivery(address)
        let task = OwnedJobTask(owners.own.handlers[0], owners: owners, worker: "w", leaseSeconds: 0.2)
        let said = Mutex<[String]>([])
        let worker = CeleryWorker(
            address, handlers: [task], options: CeleryWorker.Options(node: "w@test"),
            report: { event in
                if case .paused(let error) = event { said.withLock { $0.append(error.description) } }
            })
        let names = [
            "", "\u{1B}]0;owned\u{7}", "a\u{0}b", "../../originals", "' OR 1=1 --", "b\u{F6}b",
            String(repeating: "x", count: 1_000_000),
        ]
        for name in names {
            let job = JobID(clock: SystemClock(), random: SystemRandom())
            try await delivery.publish(DeliveryMessage(job: job, queue: .high, owner: name))
        }
        // One whose header is no text is for the worker's own, who has no such job.
        let client = CeleryClient(address)
        let nobody = JobID(clock: SystemClock(), random: SystemRandom())
        _ = try await client.send(
            "phototui.process_photo",
            keywords: [JSONMember("job_id", .string(nobody.description)), JSONMember("owner", .integer(7))],
            queue: "high")
        let running = Task { try await worker.run() }
        try await wait("not all were set aside") {
            try await delivery.deadLetters(limit: 99).count == names.count + 1
        }
        for letter in try await delivery.deadLetters(limit: 99) {
            #expect(letter.reason.utf8.count < 300, "\(letter.reason)")
            #expect(letter.reason.contains("the owner"), "\(letter.reason)")
        }
        #expect(asked.withLock { $0 } == [])
        #expect(try await delivery.messageCounts() == [:])

        #expect(try await OutboxRelay(catalog: bob, delivery: delivery, owner: "bob").publishDue() == 1)
        try await wait("it did not pause") { said.withLock { $0 } == ["the database is newer"] }
        #expect(try await bob.jobCounts() == [.queued: 1])
        isRefused.withLock { $0 = false }
        try await wait("it was not done") { try await bob.jobCounts() == [.succeeded: 1] }
        worker.drain()
        try await running.value
        #expect(try await delivery.deadLetters(limit: 99).count == names.count + 1)
    }

    @Test("An owner without jobs is not asked for some all the time, until there is a message")
    func idleOwners() async throws {
        let (ada, bob) = (try await JobFixtures.catalog(photos: 0), try await JobFixtures.catalog(photos: 1))
        let bobs = owner("bob", bob)
        let owners = JobOwners(owner("ada", ada)) { $0 == "bob" ? bobs : nil }
        #expect(owners.due.map(\.name) == ["ada"])
        let delivery = InlineDelivery()
        let relay = OutboxRelay(owners: owners, delivery: delivery)
        _ = try await owners.owner("bob")
        #expect(try await relay.publishDue() == 1)
        #expect(owners.due.map(\.name) == ["ada", "bob"])
        _ = try await bob.cancel(try await bob.jobs(state: .queued, after: nil, limit: 9).map(\.id))
        #expect(try await relay.publishDue() == 0)
        #expect(owners.due.map(\.name) == ["ada"])
        #expect(owners.known.map(\.name) == ["ada", "bob"])
        _ = try await owners.owner("bob")
        #expect(owners.due.map(\.name) == ["ada", "bob"])
    }

    @Test(
        "A worker that is new announces what waits for owners that others on the broker know, and forgets who is none",
        .timeLimit(.minutes(5)))
    func knownToOthers() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let (ada, bob) = (try await JobFixtures.catalog(photos: 1), try await JobFixtures.catalog(photos: 1))
        let delivery = CeleryDelivery(address)
        // An import of Bob's, whose message is lost with all that knew of him but the broker.
        #expect(try await OutboxRelay(catalog: bob, delivery: delivery, owner: "bob").publishDue() == 1)
        #expect(try await delivery.purge(.high) == 1)
        #expect(try await delivery.knownOwners(adding: ["mallory", "\u{1B}[2J"]).count == 3)
        let bobs = owner("bob", bob)
        let owners = JobOwners(owner("ada", ada)) { $0 == "bob" ? bobs : nil }
        let worker = CeleryWorker(
            address,
            handlers: [OwnedJobTask(owners.own.handlers[0], owners: owners, worker: "w", leaseSeconds: 60)],
            options: CeleryWorker.Options(node: "w@test"),
            relay: OutboxRelay(owners: owners, delivery: delivery, patienceSeconds: 1))
        let running = Task { try await worker.run() }
        try await wait("not all were done") {
            let (hers, his) = (try await ada.jobCounts(), try await bob.jobCounts())
            return hers == [.succeeded: 1] && his == [.succeeded: 1]
        }
        worker.drain()
        try await running.value
        #expect(try await delivery.knownOwners(adding: []).sorted() == ["ada", "bob"])
        #expect(try await delivery.deadLetters(limit: 9) == [])
    }

    @Test("A message of one owner that is lost is announced again, however many others have", .timeLimit(.minutes(5)))
    func lost() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let delivery = CeleryDelivery(try RedisAddress(server.url))
        let (ada, bob) = (
            try await JobFixtures.catalog(photos: 10), try await JobFixtures.catalog(photos: 1200)
        )
        let hers = OutboxRelay(catalog: ada, delivery: delivery, owner: "ada", patienceSeconds: 0.05)
        let his = OutboxRelay(catalog: bob, delivery: delivery, owner: "bob", patienceSeconds: 0.05)
        #expect(try await hers.publishDue() == 10)
        #expect(try await his.publishDue() == 1200)
        for _ in 0..<3 {
            let message = try #require(try await delivery.receive(from: [.high], timeout: .seconds(1)))
            #expect(message.message.owner == "ada")
            try await delivery.acknowledge(message.tag)
        }
        // One is at work, which is no loss.
        _ = try #require(try await delivery.receive(from: [.high], timeout: .seconds(1)))
        #expect(try await delivery.messageCounts() == ["ada": 7, "bob": 1200])
        // It counts whose messages there are as often as that is quick.
        try await wait("those that were lost were not announced again") {
            try await hers.publishDue() == 3
        }
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await hers.publishDue() == 0)
        #expect(try await his.publishDue() == 0)
    }

    @Test(
        "A worker that a server refuses pauses, says so once, and harms no job",
        .timeLimit(.minutes(15)))
    func refused() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let catalog = try await JobFixtures.catalog(photos: 12)
        let isRefused = Mutex(true)
        let runs = Mutex(0)
        let handler = ClosureHandler { job in
            runs.withLock { $0 += 1 }
            if isRefused.withLock({ $0 }) {
                throw EngineError(.permissionDenied, "the key is wrong", cause: ServerRefusal())
            }
            return try await JobFixtures.processed(job, catalog)
        }
        let said = Mutex<[String]>([])
        let report: @Sendable (CeleryWorker.Event) -> Void = { event in
            switch event {
            case .paused(let error): said.withLock { $0.append("paused: \(error)") }
            case .resumed: said.withLock { $0.append("resumed") }
            default: break
            }
        }
        let worker = CeleryWorker(
            address, handlers: [JobTask(handler, catalog: catalog, worker: "w")],
            options: CeleryWorker.Options(node: "w@test"),
            relay: OutboxRelay(catalog: catalog, delivery: CeleryDelivery(address)),
            report: report)
        let running = Task { try await worker.run() }
        try await wait("it did not try again") { runs.withLock { $0 } >= 4 }
        #expect(runs.withLock { $0 } < 12)
        try await wait("a job was harmed") { try await catalog.jobCounts() == [.queued: 12] }
        isRefused.withLock { $0 = false }
        // On a slow machine the pauses have become long.
        try await wait("not all were done", seconds: 90) { try await catalog.jobCounts() == [.succeeded: 12] }
        worker.drain()
        try await running.value
        #expect(said.withLock { $0 } == ["paused: the key is wrong", "resumed"])
        #expect(try await CeleryDelivery(address).deadLetters(limit: 9) == [])
        #expect(try await catalog.jobs(state: .succeeded, after: nil, limit: 12).allSatisfy { $0.attempts == 1 })
    }

    @Test("A relay says once that the catalogue is away, what it forbids, and that it is back", .timeLimit(.minutes(5)))
    func relayTroubles() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let distant = DistantCatalog(try await JobFixtures.catalog(photos: 1))
        let relay = OutboxRelay(catalog: distant, delivery: CeleryDelivery(try RedisAddress(server.url)))
        let said = Mutex<[String]>([])
        distant.refuseRelay(EngineError(.unavailable, "away", isRetryable: true))
        let running = Task { await relay.run { error in said.withLock { $0.append(error?.description ?? "back") } } }
        try await wait("nothing was said") { said.withLock { $0 } == ["away"] }
        // It looks each second.
        try await Task.sleep(for: .seconds(2.5))
        distant.refuseRelay(EngineError(.permissionDenied, "forbidden"))
        try await wait("the refusal was not said") { said.withLock { $0 } == ["away", "forbidden"] }
        distant.refuseRelay(nil)
        try await wait("its return was not said") { said.withLock { $0 } == ["away", "forbidden", "back"] }
        running.cancel()
        await running.value
    }
}
