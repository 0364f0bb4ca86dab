import Catalog
import Core
import Foundation
import Jobs
import Synchronization
import SystemPackage
import Testing

/// The runner against a real catalogue in memory, with handlers that do as each test says.
@Suite("JobRunner")
struct JobRunnerTests {
    private func runner(
        _ catalog: any Catalog, capacity: Int = 2, worker: String = "w", leaseSeconds: Double = 60,
        _ body: @escaping @Sendable (Job) async throws -> JobResult
    ) -> JobRunner {
        JobRunner(
            catalog: catalog, delivery: InlineDelivery(), handlers: [ClosureHandler(body)], capacity: capacity,
            worker: worker, leaseSeconds: leaseSeconds)
    }

    @Test("Every waiting job runs once, never more at a time than there are places", .timeLimit(.minutes(5)))
    func runsAll() async throws {
        let catalog = try await JobFixtures.catalog(photos: 40)
        let counts = Mutex((now: 0, most: 0, all: 0))
        let runner = runner(catalog, capacity: 3) { job in
            counts.withLock {
                $0.now += 1
                $0.all += 1
                $0.most = max($0.most, $0.now)
            }
            try await Task.sleep(for: .milliseconds(5))
            counts.withLock { $0.now -= 1 }
            return try await JobFixtures.processed(job, catalog)
        }
        try await runner.runUntilIdle()
        #expect(counts.withLock { $0.all } == 40)
        #expect((2...3).contains(counts.withLock { $0.most }))
        #expect(try await catalog.jobCounts()[.succeeded] == 40)
    }

    @Test("A job added while the runner waits is run without being asked for", .timeLimit(.minutes(5)))
    func noticesNewJobs() async throws {
        let catalog = try await JobFixtures.catalog(photos: 1)
        let runner = runner(catalog) { try await JobFixtures.processed($0, catalog) }
        let working = Task { try await runner.run() }
        try await wait { try await catalog.jobCounts()[.succeeded] == 1 }
        let time = CaptureTime(wallMicroseconds: 0, offsetMinutes: nil, source: .modified)
        let path = FilePath("/photos/late.jpg")
        _ = try await catalog.record([
            ScannedFile(
                path: path, fingerprint: FileFingerprint(byteCount: 1, modified: 1),
                content: .photo(
                    sha256: JobFixtures.digest(200), mediaType: .jpeg, provisional: time, original: .file(path)))
        ])
        try await wait { try await catalog.jobCounts()[.succeeded] == 2 }
        working.cancel()
        try await working.value
    }

    @Test(
        "Where a server refuses this process no job is harmed, and all run once it doesn't", .timeLimit(.minutes(5)))
    func refused() async throws {
        let catalog = try await JobFixtures.catalog(photos: 10)
        let isRefused = Mutex(true)
        let runs = Mutex(0)
        let runner = runner(catalog) { job in
            runs.withLock { $0 += 1 }
            if isRefused.withLock({ $0 }) {
                throw EngineError(.permissionDenied, "the key is wrong", cause: ServerRefusal())
            }
            return try await JobFixtures.processed(job, catalog)
        }
        let events = runner.events()
        let refusals = Mutex<[String]>([])
        let listening = Task {
            for await event in events {
                if case .refused(_, let error) = event { refusals.withLock { $0.append(error.description) } }
            }
        }
        let working = Task { try await runner.run() }
        try await wait { refusals.withLock { $0.count } >= 4 }
        // It pauses: jobs that end at once would have been tried by the thousand.
        #expect(runs.withLock { $0 } < 10)
        isRefused.withLock { $0 = false }
        try await wait { try await catalog.jobCounts() == [.succeeded: 10] }
        #expect(try await catalog.jobs(state: .succeeded, after: nil, limit: 10).allSatisfy { $0.attempts == 1 })
        #expect(refusals.withLock { $0.first } == "the key is wrong")
        working.cancel()
        try await working.value
        listening.cancel()
    }

    @Test("A stop gives running jobs back without counting an attempt", .timeLimit(.minutes(5)))
    func stops() async throws {
        let catalog = try await JobFixtures.catalog(photos: 5)
        let started = Mutex(0)
        let runner = runner(catalog) { _ in
            started.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(600))
            throw EngineError(.internal, "the sleep was not cut short")
        }
        let working = Task { try await runner.run() }
        try await wait { started.withLock { $0 } == 2 }
        let clock = ContinuousClock()
        let stop = clock.now
        working.cancel()
        try await working.value
        // Its jobs sleep for ten minutes.
        #expect(clock.now - stop < .seconds(30))
        #expect(try await catalog.jobCounts() == [.queued: 5])
        #expect(try await catalog.jobs(state: .queued, after: nil, limit: 9).allSatisfy { $0.attempts == 0 })
    }

    @Test("A passing fault is tried again; the picture's own fault is final and marks it", .timeLimit(.minutes(5)))
    func failures() async throws {
        let catalog = try await JobFixtures.catalog(photos: 2)
        let bad = try #require(try await catalog.photo(sha256: JobFixtures.digest(1))).id
        let attempts = Mutex(0)
        let runner = runner(catalog) { job in
            if job.photo == bad { throw JobFailure(EngineError(.corrupt, "no picture"), isUnreadable: true) }
            let attempt = attempts.withLock {
                $0 += 1
                return $0
            }
            guard attempt > 1 else { throw EngineError(.unavailable, "not now", isRetryable: true) }
            return try await JobFixtures.processed(job, catalog)
        }
        try await runner.runUntilIdle()
        #expect(attempts.withLock { $0 } == 2)
        #expect(try await catalog.jobCounts() == [.succeeded: 1, .dead: 1])
        #expect(try await catalog.photo(bad)?.status == .unreadable)
        #expect(try await catalog.photo(bad)?.problem == "no picture")
    }

    @Test("A server's outage leaves a job many more attempts than its own fault does, but not endlessly many")
    func outages() {
        let away = EngineError(.unavailable, "away", isRetryable: true)
        let own = JobFailure(away)
        let outage = JobFailure(away, isOutage: true)
        #expect(own.mayRetry(attempts: 7) && !own.mayRetry(attempts: 8))
        #expect(outage.mayRetry(attempts: 200) && !outage.mayRetry(attempts: 250))
        #expect(JobFailure(EngineError(.noSpace, "full")).mayRetry(attempts: 1))
        #expect(!JobFailure(EngineError(.corrupt, "never"), isOutage: true).mayRetry(attempts: 1))
    }

    @Test("Long jobs keep their leases, so that no other worker takes them", .timeLimit(.minutes(5)))
    func keepsLeases() async throws {
        let catalog = try await JobFixtures.catalog(photos: 1)
        let runs = Mutex(0)
        let body: @Sendable (Job) async throws -> JobResult = { job in
            runs.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(3))
            return try await JobFixtures.processed(job, catalog)
        }
        let first = runner(catalog, worker: "first", leaseSeconds: 1, body)
        let second = runner(catalog, worker: "second", leaseSeconds: 1, body)
        async let one: Void = first.runUntilIdle()
        async let two: Void = second.runUntilIdle()
        _ = try await (one, two)
        #expect(runs.withLock { $0 } == 1)
        #expect(try await catalog.jobCounts() == [.succeeded: 1])
    }

    @Test("The job of a process that was killed runs at once, not when its lease ends", .timeLimit(.minutes(5)))
    func takesOver() async throws {
        let catalog = try await JobFixtures.catalog(photos: 1)
        let mine = WorkerName.current()
        let killed = WorkerName(
            host: mine.host, namespace: mine.namespace, process: mine.process, start: mine.start - 1, serial: 1)
        _ = try await catalog.claim(queue: .high, worker: killed.description, leaseSeconds: 3600, limit: 1)
        let runner = runner(catalog, worker: mine.description) { try await JobFixtures.processed($0, catalog) }
        let clock = ContinuousClock()
        let taken = try await clock.measure { try await runner.runUntilIdle() }
        #expect(taken < .seconds(10))
        let job = try #require(try await catalog.jobs(state: nil, after: nil, limit: 1).first)
        #expect(job.state == .succeeded)
        #expect(job.workerDeaths == 1)
    }

    @Test("Two tasks may run one runner; it works until the last is cancelled", .timeLimit(.minutes(5)))
    func shared() async throws {
        let catalog = try await JobFixtures.catalog(photos: 0)
        let runner = runner(catalog) { try await JobFixtures.processed($0, catalog) }
        let one = Task { try await runner.run() }
        let two = Task { try await runner.run() }
        try await Task.sleep(for: .milliseconds(100))
        one.cancel()
        let time = CaptureTime(wallMicroseconds: 0, offsetMinutes: nil, source: .modified)
        _ = try await catalog.record([
            ScannedFile(
                path: FilePath("/p.jpg"), fingerprint: FileFingerprint(byteCount: 1, modified: 1),
                content: .photo(
                    sha256: JobFixtures.digest(1), mediaType: .jpeg, provisional: time,
                    original: .file(FilePath("/p.jpg"))))
        ])
        runner.announce()
        try await wait { try await catalog.jobCounts()[.succeeded] == 1 }
        two.cancel()
        try await two.value
        try await one.value
    }

    /// Waits up to half a minute for what is asked.
    private func wait(_ isTrue: () async throws -> Bool) async throws {
        for _ in 0..<1500 {
            if try await isTrue() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it did not come true")
    }
}
