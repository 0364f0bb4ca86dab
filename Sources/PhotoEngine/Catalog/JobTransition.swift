import Core

/// What claims and ends do to the jobs of one transaction: read in one statement, decided here, and written together.
struct JobTransition {
    private struct Known {
        var job: Job
        var worker: String?
        /// Unix microseconds.
        var leaseEnd: Int64?
        let photo: PhotoID?
        /// The photo as it was read.
        let standing: PhotoUpdate.Standing?
    }

    private let now: Int64
    private let catalog: SQLCatalog
    private var owner: SQLValue { catalog.ownerValue }
    private var known: [JobID: Known] = [:]
    /// By worker; the latest end of their leases stands for all, in Unix microseconds.
    private var started: [String: (jobs: [JobID], until: Int64)] = [:]
    /// Whose workers ended with them, before they were claimed anew.
    private var lost: [JobID] = []
    private var finished: [JobID] = []
    private var dead: [[SQLValue]] = []
    private var changed: Set<PhotoID> = []
    private var update = PhotoUpdate()
    private var counters = CounterChanges()

    init(of jobs: [JobID], at now: Int64, catalog: SQLCatalog, _ connection: any SQLConnection) throws {
        self.now = now
        self.catalog = catalog
        for list in KeyList.lists(jobs.map(SQLValue.id)) {
            // The state is no condition: the index of running jobs would be read, full of those that have ended.
            let rows = try connection.rows(
                """
                SELECT jobs.worker, jobs.lease_until, \(JobColumns.qualified), photos.id, \(PhotoUpdate.Standing.columns)
                FROM jobs LEFT JOIN photos ON photos.id = jobs.photo
                WHERE jobs.owner = ? AND jobs.id IN \(list.marks)
                """, [owner] + list.keys)
            for var row in rows {
                let worker = try row.optionalText()
                let leaseEnd = try row.optionalInt64()
                let job = try JobColumns.take(from: &row)
                let photo: PhotoID? = try row.optionalID()
                let standing = try photo.map { _ in try PhotoUpdate.Standing(&row) }
                known[job.id] = Known(
                    job: job, worker: worker, leaseEnd: leaseEnd, photo: photo, standing: standing)
            }
        }
    }

    /// In the order of the calls, as if each were a transaction of its own. A failure leaves the others as they are.
    mutating func perform(
        _ step: JobStep, _ connection: any SQLConnection
    ) throws -> Result<JobStep.Answer, EngineError> {
        switch step {
        case .claim(let job, let worker, let until):
            return .success(.claim(claim(job, worker, until)))
        case .end(let job, let worker, let processed):
            return try end(job, worker, processed, connection).map { .end(isApplied: $0) }
        }
    }

    private mutating func claim(_ id: JobID, _ worker: String, _ until: Int64) -> JobClaim {
        guard var found = known[id] else { return .unknown }
        if found.job.state.isFinished { return .finished(found.job) }
        let isExpired = found.job.state == .running
        if isExpired, let leaseEnd = found.leaseEnd, leaseEnd > now { return .held }
        if !isExpired, found.job.runAt > now { return .notDue(found.job.runAt) }
        defer { known[id] = found }
        guard found.job.workerDeaths + (isExpired ? 1 : 0) < JobPolicy.poisonLimit else {
            counters.moveJobs(from: found.job.state, to: .dead)
            found.job.workerDeaths += isExpired ? 1 : 0
            (found.job.state, found.job.finishedAt) = (.dead, now)
            let error = found.job.error ?? Job.poisonError
            found.job.error = error
            dead.append([
                .int(found.job.workerDeaths), .int(now), .string(error), .integer(ErrorFingerprint(error).number),
                .id(id),
            ])
            return .finished(found.job)
        }
        counters.moveJobs(from: found.job.state, to: .running)
        if isExpired { lost.append(id) }
        var others = started[worker] ?? ([], until)
        others.jobs.append(id)
        others.until = max(others.until, until)
        started[worker] = others
        found.job = found.job.claimed(by: worker, at: now)
        (found.worker, found.leaseEnd) = (worker, until)
        return .claimed(found.job)
    }

    private mutating func end(
        _ id: JobID, _ worker: String, _ processed: ProcessedPhoto, _ connection: any SQLConnection
    ) throws -> Result<Bool, EngineError> {
        guard var found = known[id], found.job.state == .running, found.worker == worker else { return .success(false) }
        if let photo = found.photo, var standing = found.standing {
            if !changed.insert(photo).inserted {
                // Changed by another job of this transaction since it was read.
                try update.write(to: connection, catalog, counters: &counters)
                standing = try PhotoUpdate.Standing(photo, connection: connection)
            }
            do {
                try update.apply(processed, to: photo, standing: standing, counters: &counters)
            } catch let error as EngineError {
                return .failure(error)
            }
        }
        counters.moveJobs(from: .running, to: .succeeded)
        (found.job.state, found.job.finishedAt, found.job.error) = (.succeeded, now, nil)
        (found.worker, found.leaseEnd) = (nil, nil)
        known[id] = found
        finished.append(id)
        return .success(true)
    }

    mutating func write(to connection: any SQLConnection) throws {
        try EarlierAttempts.addLost(lost, connection)
        for (worker, lease) in started {
            for list in KeyList.lists(lease.jobs.map(SQLValue.id)) {
                try connection.send(
                    JobClaim.statement(list),
                    [.string(worker), .string(worker), .int(lease.until), .int(now)] + list.keys)
            }
        }
        for list in KeyList.lists(finished.map(SQLValue.id)) {
            try connection.send(
                """
                UPDATE jobs SET state = 'succeeded', error = NULL, fingerprint = NULL, finished_at = ?, worker = NULL, lease_until = NULL
                WHERE id IN \(list.marks)
                """, [.int(now)] + list.keys)
        }
        try connection.send(
            """
            UPDATE jobs SET state = 'dead', worker_deaths = ?, finished_at = ?, worker = NULL, lease_until = NULL,
                error = ?, fingerprint = ?
            WHERE id = ?
            """, each: dead)
        try update.write(to: connection, catalog, counters: &counters)
        try counters.write(to: connection, owner: owner)
    }
}
