import Core
import SystemPackage

extension CatalogContract {
    static let outboxCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A job is claimed by its id once, and says afterwards how it stands") { subject in
            let id = try await job(subject)
            guard case .claimed(let claimed) = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60) else {
                throw ContractViolation("a queued job was not claimed")
            }
            try requireEqual(claimed.attempts, 1, "the attempts")
            try requireEqual(claimed.state, .running, "the state")
            try requireEqual(try await subject.second.claim(id, worker: "b", leaseSeconds: 60), .held, "a second claim")
            try requireEqual(
                try await subject.stranger.claim(id, worker: "c", leaseSeconds: 60), .unknown, "a stranger's claim")
            subject.clock.advance(seconds: 61)
            guard case .claimed(let again) = try await subject.second.claim(id, worker: "b", leaseSeconds: 60) else {
                throw ContractViolation("a job under an expired lease was not claimed")
            }
            try requireEqual(again.workerDeaths, 1, "the deaths")
            let runAt = subject.clock.microseconds + 5_000_000
            _ = try await subject.second.fail(id, worker: "b", error: "later", runAt: runAt, unreadable: false)
            try requireEqual(
                try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60), .notDue(runAt), "an early claim")
            subject.clock.advance(seconds: 6)
            _ = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60)
            _ = try await subject.catalog.fail(id, worker: "a", error: "no", runAt: nil, unreadable: false)
            guard case .finished(let dead) = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60) else {
                throw ContractViolation("a dead job was claimed")
            }
            try requireEqual(dead.state, .dead, "the state")
            try await subject.catalog.requireSound()
        },
        ContractCase("A job that ends its workers goes dead at a claim by its id too") { subject in
            let id = try await job(subject)
            for _ in 0..<3 {
                guard case .claimed = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 1) else {
                    throw ContractViolation("it was not claimed")
                }
                subject.clock.advance(seconds: 2)
            }
            guard case .finished(let dead) = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 1) else {
                throw ContractViolation("it was claimed once too often")
            }
            try requireEqual(dead.state, .dead, "the state")
            try require(dead.error != nil, "it has no reason")
            try await subject.catalog.requireSound()
        },
        ContractCase("A relay takes each unannounced job once, and again when it was not started in time") { subject in
            _ = try await subject.catalog.record((0..<5).map { scanned($0) })
            let first = try await subject.catalog.takeUnpublished(olderThanSeconds: 60, limit: 3)
            let second = try await subject.second.takeUnpublished(olderThanSeconds: 60, limit: 9)
            try requireEqual(first.count, 3, "the first share")
            try requireEqual(second.count, 2, "the second share")
            try requireEqual(Set((first + second).map(\.id)).count, 5, "the jobs taken")
            try requireEqual(
                try await subject.stranger.takeUnpublished(olderThanSeconds: 0, limit: 9), [], "a stranger's share")
            try requireEqual(
                try await subject.catalog.takeUnpublished(olderThanSeconds: 60, limit: 9), [], "what is left")
            subject.clock.advance(seconds: 61)
            guard case .claimed = try await subject.catalog.claim(first[0].id, worker: "a", leaseSeconds: 600) else {
                throw ContractViolation("an announced job was not claimed")
            }
            try requireEqual(
                try await subject.catalog.takeUnpublished(olderThanSeconds: 60, limit: 9).count, 4,
                "those that nobody started")
            subject.clock.advance(seconds: 601)
            let expired = try await subject.catalog.takeUnpublished(olderThanSeconds: 60, limit: 9)
            try require(expired.contains { $0.id == first[0].id }, "one under an expired lease was not announced again")
        },
        ContractCase("A job that is given back, fails for now, or is retried by a person is announced anew") {
            subject in
            let id = try await job(subject)
            try requireEqual(try await announced(subject), 1, "at first")
            _ = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60)
            try requireEqual(try await announced(subject), 0, "while it runs")
            try await subject.catalog.release([id], worker: "a")
            try requireEqual(try await announced(subject), 1, "after its release")
            _ = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60)
            let runAt = subject.clock.microseconds + 5_000_000
            _ = try await subject.catalog.fail(id, worker: "a", error: "later", runAt: runAt, unreadable: false)
            try requireEqual(try await announced(subject), 0, "before it is due")
            subject.clock.advance(seconds: 6)
            try requireEqual(try await announced(subject), 1, "when it is due")
            _ = try await subject.catalog.claim(id, worker: "a", leaseSeconds: 60)
            _ = try await subject.catalog.fail(id, worker: "a", error: "no", runAt: nil, unreadable: false)
            try requireEqual(try await announced(subject), 0, "when it is dead")
            try requireEqual(try await subject.catalog.retry([id]), 1, "the jobs retried")
            try requireEqual(try await announced(subject), 1, "after its retry")
        },
        ContractCase("Waiting jobs can be cancelled, running and finished ones can't") { subject in
            _ = try await subject.catalog.record((0..<2).map { scanned($0) })
            let running = try await subject.catalog.claim(queue: .high, worker: "a", leaseSeconds: 60, limit: 1)[0].id
            let waiting = try await subject.catalog.jobs(state: .queued, after: nil, limit: 1)[0].id
            try requireEqual(try await subject.stranger.cancel([waiting]), 0, "what a stranger cancelled")
            try requireEqual(try await subject.catalog.cancel([running, waiting]), 1, "the jobs cancelled")
            try requireEqual(try await subject.catalog.jobCounts(), [.running: 1, .cancelled: 1], "the counts")
            try requireEqual(try await subject.catalog.cancel([waiting]), 0, "a second time")
            try requireEqual(
                try await subject.catalog.takeUnpublished(olderThanSeconds: 0, limit: 9), [], "what is announced")
            try await subject.catalog.requireSound()
        },
        ContractCase("Thousands of jobs are cancelled and retried at once, each by its own state") { subject in
            let catalog = subject.catalog
            let count = 5000
            for start in stride(from: 0, to: count, by: 1000) {
                _ = try await catalog.record((start..<start + 1000).map { scanned($0) })
            }
            let ids = try await catalog.jobs(state: .queued, after: nil, limit: count).map(\.id)
            try requireEqual(ids.count, count, "the jobs")
            // One of each state: done, dead, due later, running; a stranger's, and one that nobody knows.
            let taken = try await catalog.claim(queue: .high, worker: "w", leaseSeconds: 600, limit: 4)
            let number = try requirePresent(try await photoNumber(of: taken[0], in: catalog), "the photo of a job")
            _ = try await catalog.finish(taken[0].id, worker: "w", processed: processed(number))
            _ = try await catalog.fail(taken[1].id, worker: "w", error: "no", runAt: nil, unreadable: false)
            _ = try await catalog.fail(
                taken[2].id, worker: "w", error: "later", runAt: subject.clock.microseconds + 9, unreadable: false)
            _ = try await subject.stranger.record([scanned(1)])
            let theirs = try await subject.stranger.jobs(state: nil, after: nil, limit: 9).map(\.id)
            let all = ids + theirs + [JobID("01890a5d-ac96-774b-bcce-b302099a8057")!]

            try requireEqual(try await catalog.cancel(all), count - 3, "the jobs cancelled")
            try requireEqual(
                try await catalog.jobCounts(), [.succeeded: 1, .dead: 1, .running: 1, .cancelled: count - 3],
                "the counts")
            let cancelled = try await catalog.jobs(state: .cancelled, after: nil, limit: count)
            try require(cancelled.allSatisfy { $0.finishedAt == subject.clock.microseconds }, "each has its end")
            try requireEqual(try await catalog.cancel(all), 0, "a second time")

            subject.clock.advance(seconds: 1)
            try requireEqual(try await catalog.retry(all), count - 2, "the jobs retried")
            try requireEqual(
                try await catalog.jobCounts(), [.succeeded: 1, .running: 1, .queued: count - 2], "the counts at last")
            let queued = try await catalog.jobs(state: .queued, after: nil, limit: count)
            try require(
                queued.allSatisfy { job in
                    job.attempts == 0 && job.workerDeaths == 0 && job.error == nil && job.finishedAt == nil
                        && job.startedAt == nil && job.runAt == subject.clock.microseconds
                }, "each is as new")
            try requireEqual(try await catalog.retry(all), 0, "a second time")
            try requireEqual(try await subject.stranger.jobCounts(), [.queued: 1], "the stranger's jobs")
            try requireEqual(
                try await catalog.retry([]) + catalog.cancel([]), 0, "what becomes of none")
            try await catalog.requireSound()
        },
        ContractCase("Of a photo's jobs that are retried at once the dead one goes first, then the newest") { subject in
            let catalog = subject.catalog
            let photo = try await catalog.add(scanned(1))
            var made: [JobID] = []
            for round in 0..<4 {
                subject.clock.advance(seconds: 1)
                if round > 0 { _ = try await catalog.enqueueProcessing([photo]) }
                let id = try await catalog.jobs(state: .queued, after: nil, limit: 1)[0].id
                made.append(id)
                if round == 3 {
                    try requireEqual(try await catalog.cancel([id]), 1, "the job cancelled")
                } else {
                    _ = try await catalog.claimAll()
                    _ = try await catalog.fail(id, worker: "w", error: "no", runAt: nil, unreadable: false)
                }
            }
            try requireEqual(try await catalog.jobCounts(), [.dead: 3, .cancelled: 1], "the jobs")
            try requireEqual(try await catalog.retry(made + made), 1, "the jobs retried")
            try requireEqual(
                try await catalog.jobs(state: .queued, after: nil, limit: 9).map(\.id), [made[2]], "which one")
            try requireEqual(try await catalog.retry(made), 0, "beside one that waits")
            try requireEqual(try await catalog.cancel(made), 1, "the job cancelled again")
            try requireEqual(try await catalog.retry([made[3]]), 1, "a cancelled one alone")
            try await catalog.requireSound()
        },
    ]

    /// Which made-up file a job is about.
    private static func photoNumber(of job: Job, in catalog: any Catalog) async throws -> Int? {
        guard let id = job.photo, let photo = try await catalog.photo(id) else { return nil }
        return Int(photo.filename.prefix { $0 != "." })
    }

    private static func announced(_ subject: CatalogSubject) async throws -> Int {
        try await subject.catalog.takeUnpublished(olderThanSeconds: 3600, limit: 9).count
    }

    private static func job(_ subject: CatalogSubject) async throws -> JobID {
        _ = try await subject.catalog.record([scanned(1)])
        return try await subject.catalog.jobs(state: .queued, after: nil, limit: 1)[0].id
    }
}
