internal import Core
internal import Foundation
internal import Synchronization

/// Performs what `RunnerState` asks for, from the first event to the last.
final class RunnerSession: Sendable {
    private let runner: JobRunner
    private let handlers: [JobKind: any JobHandler]
    private let delivery: any Delivery
    private let capacity: Int
    private let events: AsyncStream<RunnerState.Event>
    private let input: AsyncStream<RunnerState.Event>.Continuation
    private let jobs = Mutex<[JobID: Running]>([:])
    /// Until when nothing is begun, and how often in a row that was so.
    private let pause = Mutex<(until: ContinuousClock.Instant, count: Int)>((.now, 0))

    private struct Running {
        let job: Job
        var task: Task<Void, Never>?
    }

    init(runner: JobRunner, capacity: Int, handlers: [JobKind: any JobHandler], delivery: any Delivery) {
        self.runner = runner
        self.capacity = capacity
        self.handlers = handlers
        self.delivery = delivery
        (events, input) = AsyncStream.makeStream(of: RunnerState.Event.self)
    }

    func send(_ event: RunnerState.Event) {
        input.yield(event)
    }

    func run() async {
        let background = [
            Task { await listen() }, Task { await relay() }, Task { await keepLeases() },
        ]
        var alarm: Task<Void, Never>?
        var state = RunnerState(capacity: capacity)
        send(.announced(Set(QueueName.allCases)))
        for await event in events {
            for action in state.handle(event) {
                switch action {
                case .claim(let queue, let limit): Task { await claim(queue, limit: limit) }
                case .start(let ids): ids.forEach(start)
                case .release(let ids): try? await runner.catalog.release(ids, worker: runner.worker)
                case .findNextDue:
                    alarm?.cancel()
                    alarm = Task { await awaitNextDue() }
                case .cancelRunning: jobs.withLock { $0.values.forEach { $0.task?.cancel() } }
                case .finish: input.finish()
                }
            }
        }
        alarm?.cancel()
        for task in background { task.cancel() }
        for task in background { await task.value }
    }

    private func claim(_ queue: QueueName, limit: Int) async {
        guard pause.withLock({ $0.until <= .now }) else { return send(.claimFailed(queue)) }
        do {
            let claimed = try await runner.catalog.claim(
                queue: queue, worker: runner.worker, leaseSeconds: runner.leaseSeconds, limit: limit)
            jobs.withLock { jobs in
                for job in claimed { jobs[job.id] = Running(job: job, task: nil) }
            }
            send(.claimed(queue, asked: limit, jobs: claimed.map(\.id)))
        } catch {
            // A catalogue that is busy or gone is asked again by the relay's next look.
            send(.claimFailed(queue))
        }
    }

    private func start(_ id: JobID) {
        jobs.withLock { jobs in
            guard let job = jobs[id]?.job else { return }
            jobs[id]?.task = Task {
                await perform(job)
                self.jobs.withLock { _ = $0.removeValue(forKey: id) }
                send(.ended(id))
            }
        }
    }

    private func perform(_ job: Job) async {
        runner.emit(.started(job))
        let result: Result<JobResult, any Error>
        do {
            guard let handler = handlers[job.kind] else {
                throw EngineError(.unsupported, "no worker here runs jobs of the kind \(job.kind.rawValue)")
            }
            result = .success(try await handler.perform(job))
        } catch {
            result = .failure(error)
        }
        let isCancelled = Task.isCancelled
        // A task of its own: the call that ends the job must not be cancelled with the job.
        await Task { await end(job, with: result, isCancelled: isCancelled) }.value
    }

    private func end(_ job: Job, with result: Result<JobResult, any Error>, isCancelled: Bool) async {
        do {
            switch result {
            case .success(.processed(let processed)):
                let isApplied = try await patience.finish(
                    job.id, worker: runner.worker, processed: processed, in: runner.catalog)
                runner.emit(isApplied ? .succeeded(job) : .lost(job))
                pause.withLock { $0.count = 0 }
            case .failure(let error):
                let failure = JobFailure(error)
                if isCancelled || error is CancellationError {
                    try await runner.catalog.release([job.id], worker: runner.worker)
                } else if failure.error.isRefusalOfUs {
                    try await refuse(job, failure.error)
                } else {
                    try await fail(job, failure)
                }
            }
        } catch {
            let error = error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)
            runner.emit(.unrecorded(job, error))
        }
    }

    /// Nothing is the matter with the job. The next ones wait, as they would be refused, too.
    private func refuse(_ job: Job, _ error: EngineError) async throws {
        let wait = pause.withLock { pause -> Duration? in
            guard pause.until <= .now else { return nil }
            pause.count += 1
            let wait = Duration.seconds(JobPolicy.pauseSeconds(count: pause.count))
            pause.until = .now + wait
            return wait
        }
        try await patience { _ in try await runner.catalog.release([job.id], worker: runner.worker) }
        runner.emit(.refused(job, error))
        guard let wait else { return }
        Task {
            try? await Task.sleep(for: wait)
            send(.announced(Set(QueueName.allCases)))
        }
    }

    private var patience: CatalogPatience { CatalogPatience(seconds: runner.leaseSeconds, random: runner.random) }

    private func fail(_ job: Job, _ failure: JobFailure) async throws {
        let mayRetry = failure.mayRetry(attempts: job.attempts)
        let wait = JobPolicy.backoffSeconds(attempt: job.attempts, random: runner.random)
        let runAt = mayRetry ? runner.clock.microseconds + Int64(wait * 1_000_000) : nil
        let isApplied = try await patience { _ in
            try await runner.catalog.fail(
                job.id, worker: runner.worker, error: failure.error.description, runAt: runAt,
                unreadable: failure.isUnreadable && !mayRetry)
        }
        runner.emit(isApplied ? .failed(job, failure.error, retryAt: runAt) : .lost(job))
        if runAt != nil { send(.announced([job.kind.queue])) }
    }

    /// Turns messages into announcements. A message only says that there is something to claim.
    private func listen() async {
        while !Task.isCancelled {
            guard
                let received = try? await delivery.receive(from: QueueName.allCases, timeout: .seconds(30))
            else {
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            send(.announced([received.message.queue]))
            try? await delivery.acknowledge(received.tag)
        }
    }

    /// Announces jobs that nobody has announced: those of an interrupted run, of another process, and under expired leases.
    private func relay() async {
        var mark: Int64?
        var looks = 0
        while !Task.isCancelled {
            let now = try? await runner.catalog.changeMark()
            let isLeaseTime = looks % max(1, Int(runner.leaseSeconds / 4)) == 0
            if isLeaseTime { await endLeasesOfTheGone() }
            if now != mark || isLeaseTime {
                send(.announced(Set(QueueName.allCases)))
                mark = now
            }
            looks += 1
            try? await Task.sleep(for: .seconds(min(1, runner.leaseSeconds / 4)))
        }
    }

    /// Frees the jobs of processes that were killed on this machine, which need not wait for their leases to expire.
    private func endLeasesOfTheGone() async {
        let holders = (try? await runner.catalog.leaseHolders()) ?? []
        let gone = holders.filter { $0 != runner.worker && WorkerName($0)?.isGone == true }
        if !gone.isEmpty { _ = try? await runner.catalog.endLeases(of: gone) }
    }

    /// Sleeps until the next waiting job may run.
    private func awaitNextDue() async {
        var due: [(QueueName, Int64)] = []
        for queue in QueueName.allCases {
            if let moment = try? await runner.catalog.nextDue(queue: queue) { due.append((queue, moment)) }
        }
        guard let (queue, moment) = due.min(by: { $0.1 < $1.1 }) else { return }
        let wait = max(0.005, Double(moment - runner.clock.microseconds) / 1_000_000)
        guard (try? await Task.sleep(for: .seconds(wait))) != nil else { return }
        send(.announced([queue]))
    }

    /// Extends the leases of what runs; stops what another worker has.
    private func keepLeases() async {
        while (try? await Task.sleep(for: .seconds(runner.leaseSeconds / 3))) != nil {
            let ids = jobs.withLock { Array($0.keys) }
            guard !ids.isEmpty else { continue }
            let lost = try? await runner.catalog.extendLeases(
                ids, worker: runner.worker, leaseSeconds: runner.leaseSeconds)
            for id in lost ?? [] { jobs.withLock { $0[id]?.task?.cancel() } }
        }
    }
}
