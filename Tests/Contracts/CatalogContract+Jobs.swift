import Core
import SystemPackage

extension CatalogContract {
    static let jobCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A claim takes the oldest jobs that may run, each once") { subject in
            _ = try await subject.catalog.record((0..<5).map { scanned($0) })
            let first = try await subject.catalog.claim(queue: .high, worker: "a", leaseSeconds: 60, limit: 2)
            let second = try await subject.catalog.claim(queue: .high, worker: "b", leaseSeconds: 60, limit: 9)
            try requireEqual(first.count, 2, "the first claim")
            try requireEqual(second.count, 3, "the second claim")
            try requireEqual((first + second).map(\.id), (first + second).map(\.id).sorted(), "the order")
            try require(
                (first + second).allSatisfy { $0.state == .running && $0.attempts == 1 && $0.workerDeaths == 0 },
                "each runs for the first time")
            try requireEqual(try await subject.catalog.claimAll().count, 0, "what is left")
            for queue in [QueueName.low, .batch] {
                let claimed = try await subject.catalog.claim(queue: queue, worker: "c", leaseSeconds: 1, limit: 9)
                try requireEqual(claimed, [], "the jobs of \(queue)")
            }
            try requireEqual(try await subject.catalog.jobCounts(), [.running: 5], "the counts")
        },
        ContractCase("The leases of a worker that is gone can be ended early, and no others") { subject in
            _ = try await subject.catalog.record((0..<3).map { scanned($0) })
            _ = try await subject.catalog.claim(queue: .high, worker: "gone", leaseSeconds: 60, limit: 2)
            let kept = try await subject.catalog.claim(queue: .high, worker: "alive", leaseSeconds: 60, limit: 2)
            try requireEqual(kept.count, 1, "the other worker's jobs")
            try requireEqual(try await subject.catalog.leaseHolders(), ["alive", "gone"], "the holders")
            try requireEqual(try await subject.catalog.claimAll().count, 0, "what may be claimed before")
            try requireEqual(try await subject.stranger.endLeases(of: ["gone"]), 0, "what a stranger freed")
            try requireEqual(try await subject.catalog.endLeases(of: ["gone", "unknown"]), 2, "the jobs freed")
            let taken = try await subject.catalog.claimAll(worker: "next")
            try requireEqual(taken.map(\.workerDeaths), [1, 1], "the deaths")
            try requireEqual(try await subject.catalog.leaseHolders(), ["alive", "next"], "the holders now")
            try requireEqual(
                try await subject.catalog.extendLeases([taken[0].id], worker: "gone", leaseSeconds: 60),
                [taken[0].id], "what the gone worker has lost")
            try await subject.catalog.requireSound()
        },
        ContractCase("Claims that race never share a job") { subject in
            _ = try await subject.catalog.record((0..<200).map { scanned($0) })
            let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for worker in 0..<4 {
                    let catalog = worker.isMultiple(of: 2) ? subject.catalog : subject.second
                    group.addTask {
                        var mine: [JobID] = []
                        while true {
                            let jobs = try await catalog.claim(
                                queue: .high, worker: "w\(worker)", leaseSeconds: 60, limit: 3)
                            if jobs.isEmpty { return mine }
                            mine += jobs.map(\.id)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try requireEqual(claimed.count, 200, "the claims")
            try requireEqual(Set(claimed).count, 200, "the jobs claimed")
            try await subject.catalog.requireSound()
        },
        ContractCase("A finished job applies its photo once, and only for the worker that holds it") { subject in
            let id = try await subject.catalog.add(scanned(1))
            let job = try await subject.catalog.claimAll(worker: "a")[0]
            try requireEqual(
                try await subject.catalog.finish(job.id, worker: "b", processed: processed(1)), false,
                "another worker's end")
            try requireEqual(try await subject.catalog.photo(id)?.status, .queued, "the status")
            let changed = processed(1) { $0.captureTime = time(2020, 2, source: .exif) }
            try requireEqual(
                try await subject.catalog.finish(job.id, worker: "a", processed: changed), true, "the worker's end")
            try requireEqual(
                try await subject.catalog.finish(job.id, worker: "a", processed: processed(1)), false, "a second end")
            try requireEqual(
                try await subject.catalog.months(),
                [MonthCount(month: Month(year: 2020, month: 2)!, count: 1)], "the months")
            let done = try await subject.catalog.job(job.id)
            try requireEqual(done?.state, .succeeded, "the state")
            try requireEqual(done?.finishedAt, subject.clock.microseconds, "the end")
            try await subject.catalog.requireSound()
        },
        ContractCase("A result for other bytes than those recorded is refused and changes nothing") { subject in
            let id = try await subject.catalog.add(scanned(1))
            let job = try await subject.catalog.claimAll()[0]
            do {
                _ = try await subject.catalog.finish(job.id, worker: "w", processed: processed(2))
                throw ContractViolation("other bytes were accepted")
            } catch let error as EngineError {
                try requireEqual(error.code, .conflict, "the error")
            }
            try requireEqual(try await subject.catalog.photo(id)?.status, .queued, "the photo's status")
            try requireEqual(try await subject.catalog.job(job.id)?.state, .running, "the job's state")
            try await subject.catalog.requireSound()
        },
        ContractCase("A failed job waits until it is due, then runs again") { subject in
            _ = try await subject.catalog.add(scanned(1))
            let job = try await subject.catalog.claimAll()[0]
            let due = subject.clock.microseconds + 5_000_000
            try requireEqual(
                try await subject.catalog.fail(job.id, worker: "x", error: "no", runAt: due, unreadable: false), false,
                "another worker's failure")
            try requireEqual(
                try await subject.catalog.fail(job.id, worker: "w", error: "disk", runAt: due, unreadable: false), true,
                "the failure")
            try requireEqual(try await subject.catalog.nextDue(queue: .high), due, "the next moment")
            try requireEqual(try await subject.catalog.claimAll().count, 0, "claims before it is due")
            try requireEqual(try await subject.catalog.job(job.id)?.error, "disk", "the error")
            subject.clock.advance(seconds: 5)
            let again = try await subject.catalog.claimAll()
            try requireEqual(again.map(\.attempts), [2], "the attempts")
            try requireEqual(again.map(\.workerDeaths), [0], "the deaths")
            try requireEqual(try await subject.catalog.nextDue(queue: .high), nil, "the next moment when none waits")
        },
        ContractCase("An unreadable photo leaves the timeline with its reason, and comes back when it can be read") {
            subject in
            let id = try await subject.catalog.add(scanned(1))
            _ = try await subject.catalog.record([scanned(1, path: "/photos/copy.jpg")])
            let job = try await subject.catalog.claimAll()[0]
            let reason = "the decoder crashed"
            _ = try await subject.catalog.fail(job.id, worker: "w", error: reason, runAt: nil, unreadable: true)
            try requireEqual(try await subject.catalog.ids(TimelineQuery(limit: 9)), [], "the timeline")
            try requireEqual(try await subject.catalog.months(), [], "the months")
            let photo = try await subject.catalog.photo(id)
            try requireEqual(photo?.status, .unreadable, "the status")
            try requireEqual(photo?.problem, reason, "the problem")
            try requireEqual(
                try await subject.catalog.files(of: id).map(\.outcome),
                [.rejected(reason: reason), .rejected(reason: reason)], "the files")
            _ = try await subject.catalog.record([scanned(1, path: "/photos/third.jpg")])
            try requireEqual(
                try await subject.catalog.file(at: "/photos/third.jpg")?.outcome, .rejected(reason: reason),
                "a third copy")
            try requireEqual(try await subject.catalog.jobCounts(), [.dead: 1], "the counts")
            try requireEqual(try await subject.catalog.statistics().unreadable, 1, "the unreadable photos")
            try await subject.catalog.requireSound()

            try requireEqual(try await subject.catalog.retry([job.id, job.id]), 1, "the jobs retried")
            let again = try await subject.catalog.claimAll()[0]
            try requireEqual(again.attempts, 1, "the attempts after a retry")
            _ = try await subject.catalog.finish(again.id, worker: "w", processed: processed(1))
            try requireEqual(try await subject.catalog.ids(TimelineQuery(limit: 9)), [id], "the timeline at last")
            try requireEqual(
                try await subject.catalog.files(of: id).map(\.outcome), [.photo, .photo, .photo], "the files at last")
            try await subject.catalog.requireSound()
        },
        ContractCase("A job whose worker dies runs again, and is dead at the limit") { subject in
            _ = try await subject.catalog.add(scanned(1))
            for deaths in 0..<JobPolicy.poisonLimit {
                let jobs = try await subject.catalog.claimAll(worker: "w\(deaths)")
                try requireEqual(jobs.map(\.workerDeaths), [deaths], "the deaths")
                try requireEqual(try await subject.catalog.claimAll().count, 0, "claims under a lease")
                subject.clock.advance(seconds: 61)
            }
            try requireEqual(try await subject.catalog.claimAll().count, 0, "claims at the limit")
            let dead = try await subject.catalog.jobs(state: .dead, after: nil, limit: 9)
            try requireEqual(dead.map(\.workerDeaths), [JobPolicy.poisonLimit], "the deaths")
            try require(dead[0].error != nil, "the evidence is kept")
            try requireEqual(try await subject.catalog.jobCounts(), [.dead: 1], "the counts")
            try await subject.catalog.requireSound()
        },
        ContractCase("A lease is kept by extending it, and lost to whoever takes it when it expires") { subject in
            _ = try await subject.catalog.record([scanned(1), scanned(2)])
            let jobs = try await subject.catalog.claimAll(worker: "a").map(\.id)
            subject.clock.advance(seconds: 50)
            try requireEqual(
                try await subject.catalog.extendLeases(jobs, worker: "a", leaseSeconds: 60), [], "the leases lost")
            subject.clock.advance(seconds: 50)
            try requireEqual(try await subject.second.claimAll(worker: "b").count, 0, "claims under an extended lease")
            subject.clock.advance(seconds: 11)
            let taken = try await subject.second.claim(queue: .high, worker: "b", leaseSeconds: 60, limit: 1).map(\.id)
            try requireEqual(taken.count, 1, "claims after the lease")
            try requireEqual(
                try await subject.catalog.extendLeases(jobs, worker: "a", leaseSeconds: 60), taken,
                "the leases lost to b")
            try requireEqual(
                try await subject.catalog.fail(taken[0], worker: "a", error: "late", runAt: nil, unreadable: true),
                false,
                "a failure after the lease")
        },
        ContractCase("A released job is as it was before it was claimed") { subject in
            _ = try await subject.catalog.add(scanned(1))
            let before = try await subject.catalog.jobs(state: nil, after: nil, limit: 9)
            let job = try await subject.catalog.claimAll()[0]
            try await subject.catalog.release([job.id], worker: "another")
            try requireEqual(
                try await subject.catalog.job(job.id)?.state, .running, "the state after another's release")
            try await subject.catalog.release([job.id], worker: "w")
            try requireEqual(try await subject.catalog.jobs(state: nil, after: nil, limit: 9), before, "the jobs")
            _ = try await subject.catalog.claimAll()
            _ = try await subject.catalog.fail(
                job.id, worker: "w", error: "disk", runAt: subject.clock.microseconds, unreadable: false)
            let retrying = try await subject.catalog.job(job.id)
            _ = try await subject.catalog.claimAll()
            try await subject.catalog.release([job.id], worker: "w")
            try requireEqual(try await subject.catalog.job(job.id), retrying, "the job that was retrying")
            try await subject.catalog.requireSound()
        },
        ContractCase("Jobs claimed and finished at the same time each have their own outcome") { subject in
            let catalog = subject.catalog
            _ = try await catalog.record((0..<24).map { scanned($0) })
            let waiting = try await catalog.jobs(state: .queued, after: nil, limit: 99).sorted { $0.id < $1.id }
            let claims = try await withThrowingTaskGroup(of: JobClaim.self) { group in
                // Each twice, and one that nobody knows.
                for job in waiting + waiting {
                    group.addTask { try await catalog.claim(job.id, worker: "w", leaseSeconds: 60) }
                }
                group.addTask {
                    try await catalog.claim(
                        JobID("01890a5d-ac96-774b-bcce-b302099a8057")!, worker: "w", leaseSeconds: 60)
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let taken = claims.compactMap { claim in
                if case .claimed(let job) = claim { job } else { nil }
            }
            try requireEqual(Set(taken.map(\.id)), Set(waiting.map(\.id)), "the jobs taken")
            try requireEqual(taken.count, 24, "how often they were taken")
            try requireEqual(claims.count { $0 == .held }, 24, "second claims")
            try requireEqual(claims.count { $0 == .unknown }, 1, "unknown jobs")
            for job in taken {
                try requireEqual(try await catalog.job(job.id), job, "the job as it was handed over")
            }
            // Twice again, and the first with the pixels of another picture.
            let outcomes = await withTaskGroup(of: (Int, Result<Bool, any Error>).self) { group in
                for number in Array(0..<24) + Array(0..<24) {
                    group.addTask {
                        do {
                            return (
                                number,
                                .success(
                                    try await catalog.finish(
                                        waiting[number].id, worker: "w", processed: processed(max(1, number))))
                            )
                        } catch {
                            return (number, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for (number, outcome) in outcomes where number == 0 {
                guard case .failure(let error as EngineError) = outcome, error.code == .conflict else {
                    throw ContractViolation("other pixels were taken: \(outcome)")
                }
            }
            let ended = outcomes.filter { (try? $0.1.get()) == true }.map(\.0)
            try requireEqual(ended.sorted(), Array(1..<24), "the jobs that ended, each once")
            try requireEqual(try await catalog.job(waiting[0].id)?.state, .running, "the job of other pixels")
            try await catalog.requireSound()
        },
        ContractCase("Jobs that end while others are claimed each have their own outcome") { subject in
            let catalog = subject.catalog
            _ = try await catalog.record((0..<12).map { scanned($0) })
            let jobs = try await catalog.jobs(state: .queued, after: nil, limit: 99).sorted { $0.id < $1.id }
            for job in jobs[..<6] { _ = try await catalog.claim(job.id, worker: "w", leaseSeconds: 60) }
            // Another worker's, which is not ours to end.
            _ = try await catalog.claim(jobs[6].id, worker: "v", leaseSeconds: 60)
            async let ends = withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<7 {
                    group.addTask {
                        try await catalog.finish(jobs[number].id, worker: "w", processed: processed(number))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            async let claims = withThrowingTaskGroup(of: JobClaim.self) { group in
                for job in jobs {
                    group.addTask { try await catalog.claim(job.id, worker: "w", leaseSeconds: 60) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let (ended, claimed) = try await (ends, claims)
            try requireEqual(ended.count { $0 }, 6, "the jobs that ended")
            let taken = claimed.compactMap { claim in if case .claimed(let job) = claim { job.id } else { nil } }
            try requireEqual(Set(taken), Set(jobs[7...].map(\.id)), "the jobs taken")
            // A job that is asked for as it ends is held still, or finished: never unknown, and never taken again.
            try requireEqual(
                claimed.count { claim in
                    switch claim {
                    case .held: true
                    case .finished(let job): job.state == .succeeded && job.finishedAt != nil
                    default: false
                    }
                }, 7, "the jobs not taken")
            for job in jobs {
                let stored = try await catalog.job(job.id)
                let expected: JobState = job.id < jobs[6].id ? .succeeded : .running
                try requireEqual(stored?.state, expected, "a job's state")
                if case .finished(let told)? = claimed.first(where: { claim in
                    if case .finished(let told) = claim { told.id == job.id } else { false }
                }) {
                    try requireEqual(told, stored, "the finished job as it was told")
                }
            }
            try await catalog.requireSound()
        },
        ContractCase("A photo has at most one unfinished job") { subject in
            let id = try await subject.catalog.addProcessed(1)
            let unknown = PhotoID("01890a5d-ac96-774b-bcce-b302099a8057")!
            try requireEqual(try await subject.catalog.enqueueProcessing([id, id, unknown]), 1, "the jobs added")
            try requireEqual(try await subject.catalog.enqueueProcessing([id]), 0, "the jobs added again")
            let job = try await subject.catalog.claimAll()[0]
            _ = try await subject.catalog.fail(job.id, worker: "w", error: "no", runAt: nil, unreadable: false)
            try requireEqual(try await subject.catalog.enqueueProcessing([id]), 1, "the jobs added after a failure")
            try requireEqual(try await subject.catalog.retry([job.id]), 0, "dead jobs retried beside a waiting one")
            try await subject.catalog.requireSound()
        },
        ContractCase("Jobs are listed newest first, by state and in pages") { subject in
            _ = try await subject.catalog.record((0..<9).map { scanned($0) })
            let claimed = try await subject.catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 4)
            for (index, job) in claimed.enumerated() {
                let number = index
                _ = try await subject.catalog.finish(job.id, worker: "w", processed: processed(number))
            }
            let all = try await subject.catalog.jobs(state: nil, after: nil, limit: 99)
            try requireEqual(all.map(\.id), all.map(\.id).sorted(by: >), "the order")
            try requireEqual(all.count, 9, "the jobs")
            for state in JobState.allCases {
                let expected = all.filter { $0.state == state }
                try requireEqual(
                    try await subject.catalog.jobs(state: state, after: nil, limit: 99), expected, "the jobs \(state)")
            }
            try requireEqual(
                try await subject.catalog.jobs(state: nil, after: all[3].id, limit: 2), Array(all[4..<6]), "a page")
        },
        ContractCase("Jobs are found by state, kind, queue, photo, error and time, in pages") { subject in
            _ = try await subject.catalog.record((0..<6).map { scanned($0) })
            let began = subject.clock.microseconds
            subject.clock.advance(seconds: 100)
            let claimed = try await subject.catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 4)
            for (index, job) in claimed.enumerated() {
                _ = try await subject.catalog.fail(
                    job.id, worker: "w", error: "user \(index) [x] not found", runAt: nil, unreadable: false)
            }
            let all = try await subject.catalog.jobs(state: nil, after: nil, limit: 99)
            let dead = all.filter { $0.state == .dead }
            func find(_ change: (inout JobFilter) -> Void) async throws -> [JobID] {
                var filter = JobFilter()
                change(&filter)
                return try await subject.catalog.jobs(filter, after: nil, limit: 99).map(\.id)
            }
            try requireEqual(try await find { _ in }, all.map(\.id), "all")
            try requireEqual(try await find { $0.states = [.dead] }, dead.map(\.id), "the dead")
            try requireEqual(try await find { $0.states = [.dead, .queued] }, all.map(\.id), "two states")
            try requireEqual(try await find { $0.kinds = [.processPhoto] }, all.map(\.id), "a kind")
            try requireEqual(try await find { $0.kinds = [] }, [], "no kind")
            try requireEqual(try await find { $0.queues = [.low] }, [], "another queue")
            try requireEqual(try await find { $0.photo = all[2].photo }, [all[2].id], "a photo")
            try requireEqual(try await find { $0.errorPattern = #"user [12] \[x\]"# }.count, 2, "an error")
            try requireEqual(try await find { $0.errorPattern = "nobody" }, [], "no error")
            try requireEqual(try await find { $0.since = began + 1 }, dead.map(\.id), "what changed since")
            try requireEqual(
                try await find { $0.until = began + 1 }, all.filter { $0.state == .queued }.map(\.id), "and before")
            var filter = JobFilter(states: [.dead])
            filter.errorPattern = "not found"
            let first = try await subject.catalog.jobs(filter, after: nil, limit: 3)
            let rest = try await subject.catalog.jobs(filter, after: first.last?.id, limit: 3)
            try requireEqual((first + rest).map(\.id), dead.map(\.id), "two pages")
            try requireEqual(try await subject.stranger.jobs(JobFilter(), after: nil, limit: 9), [], "a stranger's")
            var code: EngineError.Code?
            do {
                _ = try await find { $0.errorPattern = "(" }
            } catch let error as EngineError {
                code = error.code
            }
            try requireEqual(code, .invalidInput, "what a pattern that is none ends with")
        },
        ContractCase("An error is found among more than are looked through at a time, as long as the job has it") {
            subject in
            let count = 2_100
            for start in stride(from: 0, to: count, by: 700) {
                _ = try await subject.catalog.record((start..<(start + 700)).map { scanned($0) })
            }
            var failed: [JobID] = []
            while failed.count < count {
                let claimed = try await subject.catalog.claim(queue: .high, worker: "w", leaseSeconds: 600, limit: 500)
                for job in claimed {
                    _ = try await subject.catalog.fail(
                        job.id, worker: "w", error: "User \(failed.count) of 100% \"x\" was not_found", runAt: nil,
                        unreadable: false)
                    failed.append(job.id)
                }
            }
            func find(_ pattern: String, limit: Int = 99, after: JobID? = nil) async throws -> [JobID] {
                var filter = JobFilter()
                filter.errorPattern = pattern
                return try await subject.catalog.jobs(filter, after: after, limit: limit).map(\.id)
            }
            // Claimed in the order of their ids: the first is the last that is looked at.
            for number in [0, 7, 49] {
                try requireEqual(try await find("(?i)user \(number) of"), [failed[number]], "number \(number)")
            }
            try requireEqual(try await find("(?i)USER 7 OF 100% \"X\" WAS NOT_FOUND"), [failed[7]], "in capitals")
            try requireEqual(try await find("User 7 of.*nobody"), [], "what only begins so")
            try requireEqual(
                try await find("not.found", limit: 2), [failed[count - 1], failed[count - 2]], "the newest")
            try requireEqual(
                try await find("User [01] of 100"), [failed[1], failed[0]], "two, far from the newest")
            try requireEqual(try await find("User [01] of 100", after: failed[1]), [failed[0]], "behind one")
            var dead = JobFilter(states: [.cancelled])
            dead.errorPattern = "User 7 of"
            try requireEqual(try await subject.catalog.jobs(dead, after: nil, limit: 9), [], "in another state")
            // What has no error any more, another, or is another's.
            try requireEqual(try await subject.catalog.retry([failed[7]]), 1, "retried")
            try requireEqual(try await find("User 7 of"), [], "one without an error")
            let again = try await subject.catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1)
            try requireEqual(again.map(\.id), [failed[7]], "claimed again")
            _ = try await subject.catalog.fail(
                failed[7], worker: "w", error: "disk 7 full", runAt: nil, unreadable: false)
            try requireEqual(try await find("User 7 of"), [], "by its error of before")
            try requireEqual(try await find("disk 7 full"), [failed[7]], "by its new error")
            var pattern = JobFilter()
            pattern.errorPattern = "disk 7 full"
            try requireEqual(try await subject.stranger.jobs(pattern, after: nil, limit: 9), [], "a stranger's")
        },
        ContractCase("Jobs are found by their errors in every order, from where a page ended") { subject in
            for number in 0..<6 { _ = try await subject.catalog.add(scanned(number)) }
            let claimed = try await subject.catalog.claimAll().sorted { $0.id < $1.id }
            for (place, job) in claimed.enumerated() {
                subject.clock.advance(seconds: place == 2 ? 50 : 1)
                _ = try await subject.catalog.fail(
                    job.id, worker: "w", error: place == 4 ? "connection reset" : "the connection was refused",
                    runAt: nil, unreadable: false)
            }
            func find(
                _ pattern: String, _ order: TaskFilter.Order, after: Int? = nil, limit: Int = 99
            ) async throws -> [Int?] {
                var filter = JobFilter()
                (filter.errorPattern, filter.order) = (pattern, order)
                let found = try await subject.catalog.jobs(filter, after: after.map { claimed[$0].id }, limit: limit)
                return found.map { job in claimed.firstIndex { $0.id == job.id } }
            }
            // Found by an index of what they hold, and, without any text of their own, by reading them all.
            for pattern in ["was refused", "r.*(d$|used)"] {
                try requireEqual(try await find(pattern, .newest), [5, 3, 2, 1, 0], "the newest, \(pattern)")
                try requireEqual(try await find(pattern, .newest, after: 3, limit: 1), [2], "behind one, \(pattern)")
                try requireEqual(try await find(pattern, .oldest, limit: 2), [0, 1], "the oldest, \(pattern)")
                try requireEqual(
                    try await find(pattern, .oldest, after: 2), [3, 5], "the oldest behind one, \(pattern)")
                for order in [TaskFilter.Order.runtime, .ended] {
                    try requireEqual(try await find(pattern, order, limit: 3), [5, 3, 2], "the longest, \(pattern)")
                }
                try requireEqual(try await find(pattern, .wait, limit: 4), [5, 3, 2, 1], "by waits, \(pattern)")
                try requireEqual(try await find(pattern, .retries), [5, 3, 2, 1, 0], "by attempts, \(pattern)")
                try requireEqual(try await find(pattern, .newest, limit: 0), [], "none, \(pattern)")
            }
            try requireEqual(try await find("connection refused", .newest), [], "words that no error has together")
        },
        ContractCase("A photo's jobs are listed newest first, and only its own") { subject in
            let id = try await subject.catalog.add(scanned(1))
            _ = try await subject.catalog.add(scanned(2))
            let first = try await subject.catalog.jobs(of: id, limit: 9)
            try requireEqual(first.map(\.photo), [id], "the jobs")
            for job in try await subject.catalog.claimAll() {
                _ = try await subject.catalog.fail(job.id, worker: "w", error: "no", runAt: nil, unreadable: false)
            }
            subject.clock.advance(seconds: 1)
            _ = try await subject.catalog.enqueueProcessing([id])
            let both = try await subject.catalog.jobs(of: id, limit: 9)
            try requireEqual(both.map(\.state), [.queued, .dead], "the states")
            try requireEqual(both.map(\.error), [nil, "no"], "the errors")
            try requireEqual(both.last?.id, first.first?.id, "the older one")
            try requireEqual(try await subject.catalog.jobs(of: id, limit: 1), [both[0]], "the newest")
            try requireEqual(try await subject.stranger.jobs(of: id, limit: 9), [], "what a stranger sees")
        },
    ]
}
