internal import Core
internal import Jobs
internal import Synchronization
internal import SystemPackage

extension ImportRun {
    /// Whether photos are processed when this run ends.
    var awaitsProcessing: Bool { importer.relay == nil || request.awaitsWorkers }

    /// Indexes, while this process runs the jobs.
    func process(_ roots: [FilePath]) async throws {
        let runner = importer.runner
        let events = runner.events()
        let listening = Task { await listen(to: events) }
        defer { listening.cancel() }
        let working = Task { try await runner.run() }
        do {
            try await index(roots)
            // What is in the store can't be processed while the store is away.
            if isStoreAway { return await end(working) }
            try await awaitProcessing()
            // Jobs that kills of earlier runs have brought near the limit may have passed it in this one: the person who
            // imports gives them one more round. One that ends its worker by itself ends this process, too.
            if try await revive(poisonedOnly: true) > 0 { try await awaitProcessing() }
        } catch {
            await end(working)
            throw error
        }
        await end(working)
    }

    private var isStoreAway: Bool { importer.uploader?.absence != nil }

    private func end(_ working: Task<Void, any Error>) async {
        working.cancel()
        _ = await working.result
    }

    func listen(to events: AsyncStream<JobEvent>) async {
        for await event in events {
            switch event {
            case .started(let job): started.withLock { $0 = job.photo }
            case .failed(_, let error, _) where error.code == .noSpace, .unrecorded(_, let error),
                .refused(_, let error):
                obstacle.withLock { $0 = error }
            default: break
            }
        }
    }

    /// Indexes, while a relay tells workers elsewhere what there is to process.
    func handOver(_ roots: [FilePath], to relay: OutboxRelay) async throws {
        tally.handedOver(0, earlier: 0, problem: nil)
        let announcing = Announcing(relay, since: startedAt) { [tally] count, earlier, problem in
            tally.handedOver(count, earlier: earlier, problem: problem)
        }
        let work = Task { await announcing.run() }
        defer { work.cancel() }
        try await index(roots)
        announcing.finish()
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        try Task.checkCancellation()
        // Another relay may have been faster: what no row waits for any more has been handed over all the same.
        let added = expected.withLock { $0.added }
        let (count, earlier, problem) = announcing.outcome
        if problem == nil { tally.handedOver(max(count, added + earlier), earlier: earlier, problem: nil) }
        guard request.awaitsWorkers, !isStoreAway else { return }
        let relaying = Task { await relay.run() }
        defer { relaying.cancel() }
        try await awaitProcessing()
    }
}

/// Announces jobs while they come, and once more when all have come.
private final class Announcing: Sendable {
    private struct State {
        var count = 0
        var earlier = 0
        var problem: String?
        var isLast = false
    }

    private let relay: OutboxRelay
    private let startedAt: Int64
    private let state = Mutex(State())
    private let note: @Sendable (Int, Int, String?) -> Void
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ relay: OutboxRelay, since startedAt: Int64, note: @escaping @Sendable (Int, Int, String?) -> Void) {
        self.relay = relay
        self.startedAt = startedAt
        self.note = note
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// What was announced, how much of it had waited before, and why the last attempt announced nothing.
    var outcome: (count: Int, earlier: Int, problem: String?) {
        state.withLock { ($0.count, $0.earlier, $0.problem) }
    }

    /// Everything has come.
    func finish() {
        state.withLock { $0.isLast = true }
        wake.yield()
    }

    func run() async {
        let alarm = Task { [wake] in
            while (try? await Task.sleep(for: .seconds(1))) != nil { wake.yield() }
        }
        defer { alarm.cancel() }
        for await _ in wakes {
            let isLast = state.withLock { $0.isLast }
            let result: Result<(all: Int, earlier: Int), any Error>
            do {
                result = .success(try await relay.publishDue(since: startedAt))
            } catch {
                result = .failure(error)
            }
            if Task.isCancelled { return }
            let isEnd = state.withLock { state in
                switch result {
                case .success(let count):
                    state.count += count.all
                    state.earlier += count.earlier
                    state.problem = nil
                case .failure(let error):
                    state.problem = (error as? EngineError)?.description ?? "\(error)"
                    // A broker that has just been waited for in vain is not waited for again.
                    return state.isLast
                }
                return isLast
            }
            let (count, earlier, problem) = outcome
            note(count, earlier, problem)
            if isEnd { return }
        }
    }
}
