import Core

extension CatalogContract {
    static let deadJobCases: [ContractCase<CatalogSubject>] = [
        ContractCase("Dead jobs are grouped by what their errors have in common, whatever they died of") { subject in
            let catalog = subject.catalog
            _ = try await catalog.record((0..<8).map { scanned($0) })
            let jobs = try await catalog.claimAll()
            let errors = [
                "no space left: 12 bytes", "no space left: 7 bytes", "user 4 not found", "no space left: 99 bytes",
            ]
            for (job, error) in zip(jobs, errors) {
                subject.clock.advance(seconds: 10)
                // One that may run again is none of them.
                let due: Int64? = error.hasPrefix("user") ? subject.clock.microseconds : nil
                _ = try await catalog.fail(job.id, worker: "w", error: error, runAt: due, unreadable: false)
            }
            // The others' worker dies, and so do those that take them next.
            for _ in 0..<JobPolicy.poisonLimit {
                subject.clock.advance(seconds: 61)
                _ = try await catalog.claim(queue: .high, worker: "next", leaseSeconds: 60, limit: 99)
            }
            // By name, as a message does.
            subject.clock.advance(seconds: 61)
            _ = try await catalog.claim(jobs[2].id, worker: "next", leaseSeconds: 60)
            let dead = try await catalog.jobs(state: .dead, after: nil, limit: 99)
            let groups = try await catalog.deadGroups()
            try requireEqual(groups.reduce(0) { $0 + $1.count }, dead.count, "the dead jobs")
            for group in groups {
                let members = try await catalog.deadJobs(in: group.key, after: nil, limit: 99)
                try requireEqual(members.count, group.count, "the members of \(group)")
                let prints = Set(members.map { ErrorFingerprint($0.error ?? "").number })
                try requireEqual(prints, [group.key.fingerprint ?? 0], "what they have in common")
                let moments = members.compactMap(\.finishedAt).map { Double($0) / 1e6 }
                try requireEqual(group.firstAt, moments.min() ?? 0, "the first")
                try requireEqual(group.lastAt, moments.max() ?? 0, "the last")
                try requireEqual(group.error, members.first?.error, "the last one's error")
                try requireEqual(moments, moments.sorted(by: >), "the order")
            }
            let full = try requirePresent(groups.first { $0.error?.hasPrefix("no space") == true }, "a group")
            try requireEqual(full.count, 3, "the jobs without space")
            try requireEqual(full.error, "no space left: 99 bytes", "the last one's error")
            try requireEqual(full.key.task, JobKind.processPhoto.rawValue, "the kind")
            let gone = try requirePresent(
                groups.first { $0.error?.hasPrefix("its worker") == true }, "those of dead workers")
            try require(gone.count >= 4, "those of dead workers")

            // In pages, each once, also where some died at the same moment.
            var paged: [JobID] = []
            var place: FailurePlace?
            while true {
                let page = try await catalog.deadJobs(in: nil, after: place, limit: 2)
                paged += page.map(\.id)
                guard let last = page.last else { break }
                place = FailurePlace(at: Double(last.finishedAt ?? 0) / 1e6, id: last.id.description)
            }
            try requireEqual(paged.sorted(), dead.map(\.id).sorted(), "the pages")
            let first = try requirePresent(
                try await catalog.deadJobs(in: nil, after: nil, limit: 1).first, "the latest")
            let at = Double(first.finishedAt ?? 0) / 1e6
            try requireEqual(
                try await catalog.deadJobs(in: nil, after: .before(at), limit: 99).count, dead.count,
                "in front of a moment")
            try require(
                try await catalog.deadJobs(in: nil, after: .behind(at), limit: 99).allSatisfy {
                    $0.finishedAt != first.finishedAt
                },
                "behind a moment")

            try requireEqual(
                try await catalog.retry(try await catalog.deadJobs(in: full.key, after: nil, limit: 99).map(\.id)), 3,
                "the group retried")
            try requireEqual(
                try await catalog.deadGroups().contains { $0.key == full.key }, false, "the group afterwards")
            try await catalog.requireSound()
        },
        ContractCase("A group of dead jobs tells when its first died, also when that one was retried") { subject in
            let catalog = subject.catalog
            _ = try await catalog.record((0..<3).map { scanned($0) })
            func die(_ job: JobID) async throws -> Double {
                subject.clock.advance(seconds: 10)
                _ = try await catalog.fail(
                    job, worker: "w", error: "no space left: \(job) bytes", runAt: nil, unreadable: false)
                return Double(subject.clock.microseconds) / 1e6
            }
            func group() async throws -> FailureGroup? {
                let groups = try await catalog.deadGroups()
                try require(groups.count < 2, "more groups than one: \(groups)")
                return groups.first
            }
            var jobs = try await catalog.claimAll().map(\.id)
            var moments: [Double] = []
            for job in jobs { moments.append(try await die(job)) }
            try requireEqual(try await group()?.firstAt, moments[0], "the first")
            try requireEqual(try await catalog.retry([jobs[0], jobs[1]]), 2, "retried")
            let rest = try requirePresent(try await group(), "the group")
            try requireEqual(rest.count, 1, "what is left of it")
            try requireEqual(rest.firstAt, moments[0], "the first, of what is left")
            try requireEqual(rest.lastAt, moments[2], "the last")

            // Empty meanwhile; a later one that is retried is none that died earlier.
            try requireEqual(try await catalog.retry([jobs[2]]), 1, "the last of them")
            try requireEqual(try await group(), nil, "an empty group")
            jobs = try await catalog.claimAll().map(\.id)
            let again = try await die(jobs[0])
            let returned = try requirePresent(try await group(), "the group again")
            try requireEqual(returned.firstAt, moments[0], "the first, of a group that came again")
            try requireEqual(returned.lastAt, again, "the last of it")

            // Another error of the same kind and queue, or another's, has a first of its own.
            subject.clock.advance(seconds: 10)
            _ = try await catalog.retry([jobs[0]])
            let other = try await catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1)[0].id
            _ = try await catalog.fail(other, worker: "w", error: "user not found", runAt: nil, unreadable: false)
            try requireEqual(
                try await group()?.firstAt, Double(subject.clock.microseconds) / 1e6, "the first of another group")
            try await catalog.requireSound()
        },
        ContractCase("Each attempt of a job is kept: who began it when, how it ended, and why") { subject in
            let catalog = subject.catalog
            _ = try await catalog.record([scanned(1)])
            func begin(_ worker: String) async throws -> Job {
                try requirePresent(
                    try await catalog.claim(queue: .high, worker: worker, leaseSeconds: 60, limit: 1).first, "a job")
            }
            let added = subject.clock.microseconds
            subject.clock.advance(seconds: 3)
            let job = try await begin("a")
            try requireEqual(job.waitsSince, added, "since when it waits")
            try requireEqual(
                try await catalog.attempts(of: job.id).map(\.outcome), [.running], "the attempts of one that runs")
            var moments = [subject.clock.microseconds]
            subject.clock.advance(seconds: 2)
            _ = try await catalog.fail(
                job.id, worker: "a", error: "first", runAt: subject.clock.microseconds, unreadable: false)
            moments.append(subject.clock.microseconds)
            // Its worker ends with the second; the third is given back, and is none.
            subject.clock.advance(seconds: 1)
            moments.append(try await begin("b").startedAt ?? 0)
            subject.clock.advance(seconds: 61)
            _ = try await begin("c")
            try await catalog.release([job.id], worker: "c")
            subject.clock.advance(seconds: 1)
            moments.append(try await begin("d").startedAt ?? 0)
            subject.clock.advance(seconds: 4)
            _ = try await catalog.fail(job.id, worker: "d", error: "last", runAt: nil, unreadable: false)
            moments.append(subject.clock.microseconds)
            let expected = [
                JobAttempt(
                    number: 1, worker: "a", startedAt: moments[0], endedAt: moments[1], error: "first", isRunning: false
                ),
                JobAttempt(
                    number: 2, worker: "b", startedAt: moments[2], endedAt: nil, error: nil, isRunning: false),
                JobAttempt(
                    number: 3, worker: "d", startedAt: moments[3], endedAt: moments[4], error: "last", isRunning: false),
            ]
            try requireEqual(expected.map(\.outcome), [.failed, .lost, .failed], "the outcomes")
            try requireEqual(try await catalog.attempts(of: job.id), expected, "the attempts of a dead one")

            // Behind a retry they go on; it waits from then on.
            subject.clock.advance(seconds: 600)
            let queuedAgain = subject.clock.microseconds
            try requireEqual(try await catalog.retry([job.id]), 1, "the retried")
            try requireEqual(try await catalog.retry([job.id]), 0, "the retried twice")
            try requireEqual(try await catalog.attempts(of: job.id), expected, "the attempts of one that waits")
            subject.clock.advance(seconds: 1)
            guard case .claimed(let again) = try await catalog.claim(job.id, worker: "e", leaseSeconds: 60) else {
                return try require(false, "it was not claimed")
            }
            try requireEqual(again.waitsSince, queuedAgain, "since when it waits again")
            subject.clock.advance(seconds: 61)
            // By name, as a message does.
            _ = try await catalog.claim(job.id, worker: "f", leaseSeconds: 60)
            let all = try await catalog.attempts(of: job.id)
            try requireEqual(Array(all.prefix(3)), expected, "the attempts before")
            try requireEqual(all.map(\.number), [1, 2, 3, 4, 5], "the numbers")
            try requireEqual(all.suffix(2).map(\.outcome), [.lost, .running], "the attempts since")
            try requireEqual(all.suffix(2).map(\.worker), ["e", "f"], "the workers since")
            for _ in 0..<30 {
                _ = try await catalog.fail(
                    job.id, worker: "f", error: "x", runAt: subject.clock.microseconds, unreadable: false)
                _ = try await catalog.claim(job.id, worker: "f", leaseSeconds: 60)
            }
            try requireEqual(
                try await catalog.attempts(of: job.id).map(\.number), Array(15...35), "the latest that are kept")
            try await catalog.requireSound()
        },
        ContractCase("Jobs are sorted, and found by who claimed them last") { subject in
            let catalog = subject.catalog
            _ = try await catalog.record((0..<6).map { scanned($0) })
            // Each waits, runs and ends as long as no other.
            let seconds: [(wait: Double, run: Double)] = [(10, 5), (1, 50), (30, 1), (2, 20)]
            var jobs: [Job] = []
            for (index, span) in seconds.enumerated() {
                subject.clock.advance(seconds: span.wait)
                let worker = "host\(index % 2)/pid:[1]/4\(index)/9/f"
                let job = try requirePresent(
                    try await catalog.claim(queue: .high, worker: worker, leaseSeconds: 600, limit: 1).first, "a job")
                try requireEqual(job.worker, worker, "who claimed it")
                subject.clock.advance(seconds: span.run)
                _ = try await catalog.fail(job.id, worker: worker, error: "e", runAt: nil, unreadable: false)
                jobs.append(try requirePresent(try await catalog.job(job.id), "the job"))
            }
            try requireEqual(jobs.map(\.worker), (0..<4).map { "host\($0 % 2)/pid:[1]/4\($0)/9/f" }, "who ran them")
            func ids(_ change: (inout JobFilter) -> Void, after: JobID? = nil) async throws -> [JobID] {
                var filter = JobFilter(states: [.dead])
                change(&filter)
                return try await catalog.jobs(filter, after: after, limit: 99).map(\.id)
            }
            func sorted(_ value: (Job) -> Int64) -> [JobID] {
                jobs.sorted { (value($0), $0.id) > (value($1), $1.id) }.map(\.id)
            }
            try requireEqual(try await ids { $0.order = .oldest }, jobs.map(\.id).sorted(), "the oldest first")
            try requireEqual(
                try await ids({ $0.order = .oldest }, after: jobs.map(\.id).sorted()[1]),
                Array(jobs.map(\.id).sorted()[2...]), "a page of them")
            try requireEqual(
                try await ids { $0.order = .runtime }, sorted { ($0.finishedAt ?? 0) - ($0.startedAt ?? 0) },
                "by run time")
            try requireEqual(
                try await ids { $0.order = .wait }, sorted { ($0.startedAt ?? 0) - $0.createdAt }, "by wait")
            try requireEqual(try await ids { $0.order = .ended }, sorted { $0.finishedAt ?? 0 }, "by their end")
            try requireEqual(
                try await ids {
                    ($0.order, $0.errorPattern) = (.ended, "e")
                }, sorted { $0.finishedAt ?? 0 }, "by their end, of an error")
            var all = JobFilter()
            all.order = .retries
            let tries = try await catalog.jobs(all, after: nil, limit: 99).map(\.attempts)
            try requireEqual(tries, tries.sorted(by: >), "by attempts")
            try requireEqual(tries.count, 6, "all of them")

            for (patterns, found) in [
                (["host0/*"], [0, 2]), (["host1/pid:[1]/41/9/f"], [1]), (["nobody", "host?/*/43/*/*"], [3]),
                (["HOST0/*"], []),
                (["host[01]/*"], [0, 1, 2, 3]), (["host."], []), (["host[^0]/*"], [1, 3]),
            ] {
                try requireEqual(
                    Set(try await ids { $0.workers = patterns }), Set(found.map { jobs[$0].id }), "of \(patterns)")
            }
        },
    ]
}
