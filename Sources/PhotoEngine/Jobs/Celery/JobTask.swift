public import Core
internal import Foundation
internal import Synchronization

/// Runs a library's jobs of one kind as the Celery task `phototui.<kind>`.
///
/// The keyword `job_id` (else the task's id) names the job; or `photo_id` names a photo, for which a job is added where it has
/// none unfinished: how Python enqueues work. The row decides: a message for a job that is finished, or held by another
/// worker, changes nothing.
public struct JobTask: CeleryTaskHandler {
    public var task: String { CeleryTaskName.of(handler.kind) }
    public var countsWorkerDeaths: Bool { true }
    private let handler: any JobHandler
    private let catalog: any JobCatalog
    private let worker: String
    private let leaseSeconds: Double
    private let clock: any EngineClock
    private let random: any RandomSource
    private let patience: CatalogPatience
    private let leases: LeaseKeeper
    /// Whose jobs these are; nil where there is only one.
    private let owner: String?

    /// `worker` names this process in the catalogue, and is different for each.
    public init(
        _ handler: any JobHandler, catalog: any JobCatalog, owner: String? = nil, worker: String,
        leaseSeconds: Double = JobPolicy.leaseSeconds, clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) {
        self.handler = handler
        self.catalog = catalog
        self.worker = worker
        self.owner = owner
        self.leaseSeconds = leaseSeconds
        self.clock = clock
        self.random = random
        patience = CatalogPatience(seconds: leaseSeconds, random: random)
        leases = LeaseKeeper(catalog, worker: worker, seconds: leaseSeconds)
    }

    public func perform(_ call: CeleryCall) async throws -> CeleryEnd {
        try await Self.keepingMessage { try await run(try await claimed(by: call), of: call) }
    }

    public func reserve(_ call: CeleryCall) async -> CeleryReservation? {
        let result: Result<Claimed, any Error>
        do {
            result = .success(try await claimed(by: call))
        } catch {
            result = .failure(error)
        }
        return CeleryReservation {
            try await Self.keepingMessage { try await run(try result.get(), of: call) }
        } giveBack: {
            guard case .success((_, .claimed(let job))?) = result else { return }
            leases.letGo(job.id)
            // A task of its own, as who gives back may have been cancelled. A lease that nobody keeps runs out.
            await Task { try? await catalog.release([job.id], worker: worker) }.value
        }
    }

    private static func keepingMessage(_ body: () async throws -> CeleryEnd) async throws -> CeleryEnd {
        do {
            return try await body()
        } catch let error as EngineError {
            return .outcome(try keeping(error))
        }
    }

    /// What becomes of a message whose catalogue could not be told anything: it waits in its queue, whole, rather than as one
    /// more retry.
    private static func keeping(_ error: EngineError) throws -> CeleryOutcome {
        if error.isRetryable { return .givenBack }
        if error.isRefusalOfUs { return .refused(error, isAnnounced: false) }
        throw error
    }

    /// nil where the call names no job.
    private typealias Claimed = (job: JobID, claim: JobClaim)?

    private func claimed(by call: CeleryCall) async throws -> Claimed {
        guard let id = try await patience({ _ in try await job(of: call) }) else { return nil }
        return (id, try await patience { try await claim(id, mayStand: $0) })
    }

    private func run(_ claimed: Claimed, of call: CeleryCall) async throws -> CeleryEnd {
        guard let (id, claim) = claimed else {
            let error = EngineError(
                .notFound, "the message names neither a job nor a photo of this library",
                whatToDo: "send job_id or photo_id as a keyword argument, and the owner where that is another")
            return .outcome(.failed(error, isRecorded: false))
        }
        switch claim {
        case .claimed(let job): return try await run(job, isAwaited: isAwaited(call, id))
        case .finished(let job) where job.state == .cancelled: return .outcome(.revoked)
        case .finished(let job) where job.state == .dead:
            return .outcome(.failed(EngineError(.internal, job.error ?? "the job is dead"), isRecorded: true))
        case .finished(let job): return .outcome(.succeeded(Self.result(job)))
        case .held, .notDue:
            return .outcome(isAwaited(call, id) ? Self.heldElsewhere : .dropped)
        case .unknown:
            let library = owner.map { "the owner \($0)" } ?? "this library"
            return .outcome(
                .failed(EngineError(.notFound, "no job of \(library) has the id \(id)"), isRecorded: false))
        }
    }

    /// Claims a job. A claim of this process that nobody heard of is undone first: no other worker could take the job before
    /// its lease has run out.
    private func claim(_ id: JobID, mayStand: Bool) async throws -> JobClaim {
        var claim = try await catalog.claim(id, worker: worker, leaseSeconds: leaseSeconds)
        if mayStand, case .held = claim, !leases.contains(id) {
            try await catalog.release([id], worker: worker)
            claim = try await catalog.claim(id, worker: worker, leaseSeconds: leaseSeconds)
        }
        if case .claimed(let job) = claim { leases.hold(job.id) }
        return claim
    }

    /// Whether somebody waits for this very message to end, or something follows it: the catalogue's relay announces a job
    /// under the job's own id, and then the job's end is enough.
    private func isAwaited(_ call: CeleryCall, _ id: JobID) -> Bool {
        call.id != id.description || !call.message.links.isEmpty
    }

    private func job(of call: CeleryCall) async throws -> JobID? {
        if let text = call["photo_id"].string {
            guard let photo = PhotoID(text) else { return nil }
            // A message that comes again has its job already, which may have ended meanwhile.
            if call.message.retries == 0 { _ = try await catalog.enqueueProcessing([photo]) }
            return try await catalog.jobs(of: photo, limit: 10).first { $0.kind == handler.kind }?.id
        }
        return JobID(call["job_id"].string ?? call.id)
    }

    private func run(_ job: Job, isAwaited: Bool) async throws -> CeleryEnd {
        // Immediate: where the work waits for nothing, no thread is changed for it.
        let work = Task.immediate { try await handler.perform(job) }
        leases.hold(job.id) { work.cancel() }
        var result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        if case .failure = result, leases.isLost(job.id) { result = .failure(LeaseLost()) }
        let isCancelled = Task.isCancelled
        let record: @Sendable () async throws -> CeleryOutcome = { [result] in
            defer { leases.letGo(job.id) }
            let outcome = try await end(job, with: result, isCancelled: isCancelled)
            return isAwaited ? Self.told(outcome) : outcome
        }
        guard case .success = result else {
            // A task of its own: the call that ends the job must not be cancelled with the job.
            return .outcome(try await Task { try await record() }.value)
        }
        return .unrecorded {
            do {
                return try await record()
            } catch let error as EngineError {
                return try Self.keeping(error)
            }
        }
    }

    /// What somebody hears who waits for this very message.
    private static func told(_ outcome: CeleryOutcome) -> CeleryOutcome {
        switch outcome {
        case .retried(let error, let seconds, _): .retried(error, seconds: seconds, isAnnounced: false)
        case .refused(let error, _): .refused(error, isAnnounced: false)
        case .dropped: heldElsewhere
        default: outcome
        }
    }

    private static let heldElsewhere = CeleryOutcome.retried(
        EngineError(.unavailable, "another worker has the job", isRetryable: true), seconds: 1, isAnnounced: false)

    private struct LeaseLost: Error {}

    private func end(
        _ job: Job, with result: Result<JobResult, any Error>, isCancelled: Bool
    ) async throws -> CeleryOutcome {
        switch result {
        case .success(.processed(let processed)):
            let isApplied = try await patience.finish(job.id, worker: worker, processed: processed, in: catalog)
            guard isApplied else { return .dropped }
            var done = job
            done.state = .succeeded
            return .succeeded(Self.result(done))
        case .failure(is LeaseLost): return .dropped
        case .failure(let error):
            if isCancelled || error is CancellationError {
                try await patience { _ in try await catalog.release([job.id], worker: worker) }
                return .givenBack
            }
            let failure = JobFailure(error)
            if failure.error.isRefusalOfUs {
                try await patience { _ in try await catalog.release([job.id], worker: worker) }
                return .refused(failure.error, isAnnounced: true)
            }
            return try await fail(job, failure)
        }
    }

    private func fail(_ job: Job, _ failure: JobFailure) async throws -> CeleryOutcome {
        let mayRetry = failure.mayRetry(attempts: job.attempts)
        let wait = JobPolicy.backoffSeconds(attempt: job.attempts, random: random)
        let runAt = mayRetry ? clock.microseconds + Int64(wait * 1_000_000) : nil
        let isApplied = try await patience { _ in
            try await catalog.fail(
                job.id, worker: worker, error: failure.error.description, runAt: runAt,
                unreadable: failure.isUnreadable && !mayRetry)
        }
        guard isApplied else { return .dropped }
        return mayRetry
            ? .retried(failure.error, seconds: wait, isAnnounced: true) : .failed(failure.error, isRecorded: true)
    }

    private static func result(_ job: Job) -> JSONValue {
        .members([
            "job_id": .string(job.id.description), "kind": .string(job.kind.rawValue),
            "photo_id": .text(job.photo?.description), "state": .string(job.state.rawValue),
        ])
    }
}
