import Core

/// What a worker of many places asks for one by one and all the time: claims and ends of single jobs, and their photos.
struct JobGroups: Sendable {
    struct Claim: Sendable {
        let job: JobID
        let worker: String
        /// Unix microseconds.
        let until: Int64
    }

    struct End: Sendable {
        let job: JobID
        let worker: String
        let processed: ProcessedPhoto
    }

    let claims = GroupCommit<Claim, JobClaim>()
    let ends = GroupCommit<End, Bool>()
    let photos = GroupCommit<PhotoID, Photo?>()
}

extension SQLCatalog {
    func claim(_ job: JobID, worker: String, leaseSeconds: Double) async throws -> JobClaim {
        let claim = JobGroups.Claim(job: job, worker: worker, until: leaseEnd(leaseSeconds))
        return try await groups.claims.submit(claim) { [self] in try await perform($0) }
    }

    func finish(_ job: JobID, worker: String, processed: ProcessedPhoto) async throws -> Bool {
        let end = JobGroups.End(job: job, worker: worker, processed: processed)
        return try await groups.ends.submit(end) { [self] in try await perform($0) }
    }

    private func perform(_ claims: [JobGroups.Claim]) async throws -> [Result<JobClaim, EngineError>] {
        let now = clock.microseconds
        return try await database.write(.soon) { [ownerValue] connection in
            var counters = CounterChanges()
            var started: [String: [JobID]] = [:]
            var dead: [[SQLValue]] = []
            var taken: Set<JobID> = []
            var found: [JobID: (leaseEnd: Int64?, job: Job)] = [:]
            for list in KeyList.lists(claims.map { .id($0.job) }) {
                let rows = try connection.rows(
                    "SELECT lease_until, \(JobColumns.all) FROM jobs WHERE owner = ? AND id IN \(list.marks)",
                    [ownerValue] + list.keys)
                for var row in rows {
                    let leaseEnd = try row.optionalInt64()
                    let job = try JobColumns.job(row)
                    found[job.id] = (leaseEnd, job)
                }
            }
            let answers: [JobClaim] = claims.map { claim in
                guard let (leaseEnd, known) = found[claim.job] else { return .unknown }
                var job = known
                if job.state.isFinished { return .finished(job) }
                let isExpired = job.state == .running
                if isExpired, let leaseEnd, leaseEnd > now { return .held }
                if !isExpired, job.runAt > now { return .notDue(job.runAt) }
                // Asked for twice at once.
                guard taken.insert(job.id).inserted else { return .held }
                guard job.workerDeaths + (isExpired ? 1 : 0) < JobPolicy.poisonLimit else {
                    counters.moveJobs(from: job.state, to: .dead)
                    job.workerDeaths += isExpired ? 1 : 0
                    (job.state, job.finishedAt) = (.dead, now)
                    job.error = job.error ?? "its worker ended \(JobPolicy.poisonLimit) times"
                    dead.append([.int(job.workerDeaths), .int(now), .string(job.error), .id(job.id)])
                    return .finished(job)
                }
                counters.moveJobs(from: job.state, to: .running)
                started[claim.worker, default: []].append(job.id)
                return .claimed(job.claimed(at: now))
            }
            let until = SQLValue.int(claims.map(\.until).max())
            for (worker, jobs) in started {
                for list in KeyList.lists(jobs.map(SQLValue.id)) {
                    try connection.send(JobClaim.statement(list), [.string(worker), until, .int(now)] + list.keys)
                }
            }
            try connection.send(
                """
                UPDATE jobs SET state = 'dead', worker_deaths = ?, finished_at = ?, worker = NULL, lease_until = NULL,
                    error = ?
                WHERE id = ?
                """, each: dead)
            try counters.write(to: connection, owner: ownerValue)
            return answers.map { .success($0) }
        }
    }

    private func perform(_ ends: [JobGroups.End]) async throws -> [Result<Bool, EngineError>] {
        let now = SQLValue.int(clock.microseconds)
        return try await database.write(.soon) { [ownerValue] connection in
            var counters = CounterChanges()
            var update = PhotoUpdate()
            var finished: [JobID] = []
            var photos: Set<PhotoID> = []
            var held: [JobID: (worker: String, row: SQLRow)] = [:]
            for list in KeyList.lists(ends.map { .id($0.job) }) {
                // The state is no condition: the index of running jobs would be read, full of those that have ended.
                let rows = try connection.rows(
                    """
                    SELECT jobs.id, jobs.state, jobs.worker, photos.id, \(PhotoUpdate.Standing.columns)
                    FROM jobs LEFT JOIN photos ON photos.id = jobs.photo
                    WHERE jobs.owner = ? AND jobs.id IN \(list.marks)
                    """, [ownerValue] + list.keys)
                for var row in rows {
                    let id: JobID = try row.id()
                    let state: JobState = try row.choice()
                    let worker = try row.optionalText()
                    if state == .running, let worker { held[id] = (worker, row) }
                }
            }
            let answers: [Result<Bool, EngineError>] = try ends.map { end in
                guard let (worker, rest) = held[end.job], worker == end.worker, !finished.contains(end.job) else {
                    return .success(false)
                }
                var row = rest
                if let photo: PhotoID = try row.optionalID() {
                    var standing = try PhotoUpdate.Standing(&row)
                    if !photos.insert(photo).inserted {
                        // Changed by another job of this group since it was read.
                        try update.write(to: connection)
                        standing = try PhotoUpdate.Standing(photo, connection: connection)
                    }
                    do {
                        try update.apply(end.processed, to: photo, standing: standing, counters: &counters)
                    } catch let error as EngineError {
                        return .failure(error)
                    }
                }
                counters.moveJobs(from: .running, to: .succeeded)
                finished.append(end.job)
                return .success(true)
            }
            for list in KeyList.lists(finished.map(SQLValue.id)) {
                try connection.send(
                    """
                    UPDATE jobs SET state = 'succeeded', error = NULL, finished_at = ?, worker = NULL, lease_until = NULL
                    WHERE id IN \(list.marks)
                    """, [now] + list.keys)
            }
            try update.write(to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return answers
        }
    }
}
