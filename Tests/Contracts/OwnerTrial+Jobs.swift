import Core

extension OwnerTrial {
    /// Questions first; the changes begin with those that need nobody's place in the order.
    static let jobs: [OwnerTrial] = [
        OwnerTrial("job(_:)") { own, other in
            for id in other.jobs { try requireEqual(try await own.catalog.job(id), nil, "the other's job") }
        } use: { own in
            for (id, photo) in zip(own.jobs, own.photos) {
                try requireEqual(try await own.catalog.job(id)?.photo, photo, "the job's photo")
            }
        },
        OwnerTrial("jobs(state:after:limit:)") { own, other in
            for id in other.jobs {
                let page = try await own.catalog.jobs(state: nil, after: id, limit: 99)
                try requireOwn(page.map(\.id), of: own.jobs, "a page behind the other's job")
            }
        } use: { own in
            try requireEqual(
                Set(try await own.catalog.jobs(state: nil, after: nil, limit: 99).map(\.id)), Set(own.jobs), "the jobs")
            for (state, job) in zip([JobState.succeeded, .retrying, .running, .dead, .queued], own.jobs) {
                let found = try await own.catalog.jobs(state: state, after: nil, limit: 99)
                try requireEqual(found.map(\.id), [job], "the jobs \(state)")
            }
        },
        OwnerTrial("jobs(_:after:limit:looked:)") { own, other in
            for id in other.jobs {
                let page = try await own.catalog.jobs(JobFilter(), after: id, limit: 99)
                try requireOwn(page.map(\.id), of: own.jobs, "a page behind the other's job")
            }
            for photo in other.photos {
                var filter = JobFilter()
                filter.photo = photo
                try requireEqual(try await own.catalog.jobs(filter, after: nil, limit: 9), [], "the other's photo")
            }
        } use: { own in
            let dead = try await own.catalog.jobs(JobFilter(states: [.dead]), after: nil, limit: 99)
            try requireEqual(dead.map(\.id), [own.jobs[3]], "the dead job")
        },
        OwnerTrial("attempts(of:)") { own, other in
            for id in other.jobs {
                try requireEqual(try await own.catalog.attempts(of: id), [], "the other's attempts")
            }
        } use: { own in
            // The retrying, the running, and the dead one.
            for id in own.jobs[1...3] {
                try requireEqual(try await own.catalog.attempts(of: id).map(\.number), [1], "the attempts")
            }
        },
        OwnerTrial("deadGroups()") { own in
            let groups = try await own.catalog.deadGroups()
            try requireEqual(groups.map(\.count), [1], "the groups")
        },
        OwnerTrial("deadJobs(in:after:limit:)") { own, other in
            for group in try await other.catalog.deadGroups() {
                let found = try await own.catalog.deadJobs(in: group.key, after: nil, limit: 9)
                try requireOwn(found.map(\.id), of: own.jobs, "the other's group")
            }
            let page = try await own.catalog.deadJobs(in: nil, after: .before(1e12), limit: 9)
            try requireOwn(page.map(\.id), of: own.jobs, "all that are dead")
        } use: { own in
            let dead = try await own.catalog.deadJobs(in: nil, after: nil, limit: 9)
            try requireEqual(dead.map(\.id), [own.jobs[3]], "the dead job")
        },
        OwnerTrial("jobs(of:limit:)") { own, other in
            for photo in other.photos {
                try requireEqual(try await own.catalog.jobs(of: photo, limit: 9), [], "the other's jobs")
            }
        } use: { own in
            for (job, photo) in zip(own.jobs, own.photos) {
                try requireEqual(try await own.catalog.jobs(of: photo, limit: 9).map(\.id), [job], "the photo's jobs")
            }
        },
        OwnerTrial("jobCounts()") { own in
            try requireEqual(
                try await own.catalog.jobCounts(), [.succeeded: 1, .retrying: 1, .running: 1, .dead: 1, .queued: 1],
                "the counts")
        },
        OwnerTrial("leaseHolders()") { own in
            try requireEqual(try await own.catalog.leaseHolders(), [own.worker], "the holders")
        },
        OwnerTrial("takeUnpublished(olderThanSeconds:limit:)") { own in
            let taken = try await own.catalog.takeUnpublished(olderThanSeconds: 60, limit: 99)
            try requireEqual(taken.map(\.id), [own.jobs[4]], "what is announced")
        },
        OwnerTrial("enqueueProcessing(_:)") { own, other in
            try requireEqual(try await own.catalog.enqueueProcessing(other.photos), 0, "the other's photos")
        } use: { own in
            try requireEqual(try await own.catalog.enqueueProcessing(Array(own.photos.prefix(2))), 1, "the jobs added")
        },
        OwnerTrial("claim(queue:worker:leaseSeconds:limit:)") { own in
            let taken = try await own.catalog.claim(queue: .high, worker: own.worker, leaseSeconds: 600, limit: 99)
            try requireEqual(
                Set(taken.compactMap(\.photo)), [own.photos[0], own.photos[4]], "the photos of what was taken")
            try requireEqual(taken.count, 2, "the jobs taken")
        },
        OwnerTrial("nextDue(queue:)") { own in
            try requireEqual(try await own.catalog.nextDue(queue: .high), own.due, "the next moment")
        },
        OwnerTrial("release(_:worker:)") { own, other in
            try await own.catalog.release(other.jobs, worker: other.worker)
        } use: { own in
            try await own.catalog.release([own.jobs[4]], worker: own.worker)
            try requireEqual(try await own.catalog.job(own.jobs[4])?.state, .queued, "the state")
        },
        OwnerTrial("claim(_:worker:leaseSeconds:)") { own, other in
            for id in other.jobs {
                let claim = try await own.catalog.claim(id, worker: other.worker, leaseSeconds: 60)
                try requireEqual(claim, .unknown, "a claim of the other's job")
            }
        } use: { own in
            guard case .claimed = try await own.catalog.claim(own.jobs[4], worker: own.worker, leaseSeconds: 600) else {
                throw ContractViolation("the own job was not claimed")
            }
        },
        OwnerTrial("extendLeases(_:worker:leaseSeconds:)") { own, other in
            try requireEqual(
                try await own.catalog.extendLeases(other.jobs, worker: other.worker, leaseSeconds: 60), other.jobs,
                "the leases that are not held")
        } use: { own in
            try requireEqual(
                try await own.catalog.extendLeases([own.jobs[4]], worker: own.worker, leaseSeconds: 900), [],
                "the leases lost")
        },
        OwnerTrial("finish(_:worker:processed:)") { own, other in
            try requireEqual(
                try await own.catalog.finish(other.jobs[2], worker: other.worker, processed: processed(3)), false,
                "the end of the other's job")
        } use: { own in
            try requireEqual(
                try await own.catalog.finish(own.jobs[4], worker: own.worker, processed: processed(own.number)), true,
                "the end")
            try requireEqual(try await own.catalog.photo(own.photos[4])?.status, .ready, "the photo's status")
        },
        OwnerTrial("fail(_:worker:error:runAt:unreadable:)") { own, other in
            try requireEqual(
                try await own.catalog.fail(
                    other.jobs[2], worker: other.worker, error: "", runAt: nil, unreadable: true),
                false, "the failure of the other's job")
        } use: { own in
            let job = try requirePresent(try await own.catalog.jobs(of: own.photos[0], limit: 1).first, "the new job")
            try requireEqual(
                try await own.catalog.fail(job.id, worker: own.worker, error: "no", runAt: nil, unreadable: true), true,
                "the failure")
            try requireEqual(try await own.catalog.photo(own.photos[0])?.status, .unreadable, "the photo's status")
        },
        OwnerTrial("endLeases(of:)") { own, other in
            try requireEqual(try await own.catalog.endLeases(of: [other.worker]), 0, "the other's leases")
        } use: { own in
            try requireEqual(try await own.catalog.endLeases(of: [own.worker]), 1, "the leases")
        },
        OwnerTrial("cancel(_:)") { own, other in
            try requireEqual(try await own.catalog.cancel(other.jobs), 0, "the other's jobs")
        } use: { own in
            try requireEqual(try await own.catalog.cancel(own.jobs), 1, "the jobs")
        },
        OwnerTrial("retry(_:)") { own, other in
            try requireEqual(try await own.catalog.retry(other.jobs), 0, "the other's jobs")
        } use: { own in
            try requireEqual(try await own.catalog.retry(own.jobs), 2, "the dead and the cancelled one")
        },
    ]
}
