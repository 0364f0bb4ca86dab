import Core

/// What a worker of many places asks for one by one and all the time: claims and ends of single jobs, and their photos.
struct JobGroups: Sendable {
    /// Claims and ends go together: a worker ends one job as it claims the next.
    let steps: GroupCommit<JobStep, JobStep.Answer>
    let photos: GroupCommit<PhotoID, Photo?>

    init(executor: (any TaskExecutor)?) {
        steps = GroupCommit(executor: executor)
        photos = GroupCommit(executor: executor)
    }
}

enum JobStep: Sendable {
    /// `until` in Unix microseconds.
    case claim(JobID, worker: String, until: Int64)
    case end(JobID, worker: String, processed: ProcessedPhoto)

    enum Answer: Sendable {
        case claim(JobClaim)
        case end(isApplied: Bool)
    }

    var job: JobID {
        switch self {
        case .claim(let job, _, _), .end(let job, _, _): job
        }
    }
}

extension SQLCatalog {
    func claim(_ job: JobID, worker: String, leaseSeconds: Double) async throws -> JobClaim {
        let step = JobStep.claim(job, worker: worker, until: leaseEnd(leaseSeconds))
        guard case .claim(let claim) = try await perform(step) else { preconditionFailure("an end for a claim") }
        return claim
    }

    func finish(_ job: JobID, worker: String, processed: ProcessedPhoto) async throws -> Bool {
        let step = JobStep.end(job, worker: worker, processed: processed)
        guard case .end(let isApplied) = try await perform(step) else { preconditionFailure("a claim for an end") }
        return isApplied
    }

    private func perform(_ step: JobStep) async throws -> JobStep.Answer {
        try await groups.steps.submit(step) { [self] steps in
            let now = clock.microseconds
            return try await database.write(.soon) { [self] connection in
                var transition = try JobTransition(of: steps.map(\.job), at: now, catalog: self, connection)
                let answers = try steps.map { try transition.perform($0, connection) }
                try transition.write(to: connection)
                return answers
            }
        }
    }
}
