import App
import Core
import PhotoEngine
import Synchronization

extension EffectRunner {
    /// What a person changed, in the order it was asked for.
    struct Changes {
        var underway: [(request: RequestID, task: Task<Void, Never>)] = []
        var requests: Set<RequestID> = []
        /// Entries of the journal that are on their way.
        var entries = 0
    }

    /// Has it on record that something is not done, as far as that can be written anywhere.
    func record(_ refusal: ConsoleState.Refusal, _ console: Task<OpenConsole, any Error>) {
        changes.withLock { $0.entries += 1 }
        Task {
            await (try? console.value)?.refuse(
                refusal.action, on: refusal.subject, refusal.reason, reason: refusal.purpose)
            changes.withLock { $0.entries -= 1 }
        }
    }

    /// Performs a change behind those before it, so that the last one stands. It is answered whatever happens: nothing that
    /// somebody did is lost without a word.
    func change(_ request: RequestID, _ work: @escaping @Sendable (Library) async throws -> Message) {
        changeAlone(request) { [opening] in try await work(opening.value) }
    }

    /// As `change`, for what needs no library.
    func changeAlone(_ request: RequestID, _ work: @escaping @Sendable () async throws -> Message) {
        changes.withLock { changes in
            let before = changes.underway.last?.task
            let task = Task { [queue] in
                await before?.value
                do {
                    try Task.checkCancellation()
                    queue.post(try await work())
                } catch is CancellationError {
                    queue.post(.failed(request, Self.tookTooLong))
                } catch {
                    queue.post(.failed(request, EngineError(any: error)))
                }
                self.changes.withLock { changes in changes.underway.removeAll { $0.request == request } }
            }
            changes.underway.append((request, task))
            changes.requests.insert(request)
        }
    }

    /// Waits for the changes that are on their way, at most so long, and gives up those that take longer. What failed is in
    /// the queue, from which the app takes nothing any more.
    func endChanges(_ patience: Duration) async -> [EngineError] {
        if await !areChangesOver(within: .seconds(1)) {
            Console.note("phototui: saving what was changed…\n")
            if await !areChangesOver(within: patience) {
                for change in changes.withLock(\.underway) { change.task.cancel() }
                _ = await areChangesOver(within: patience)
            }
        }
        let (requests, underway) = changes.withLock { ($0.requests, $0.underway) }
        let failed = queue.takeAll().compactMap { event -> EngineError? in
            guard case .message(.failed(let request, let error)) = event, requests.contains(request) else { return nil }
            return error
        }
        return failed + underway.map { _ in Self.tookTooLong }
    }

    private func areChangesOver(within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while changes.withLock({ !$0.underway.isEmpty || $0.entries > 0 }) {
            if ContinuousClock.now >= end { return false }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    private static let tookTooLong = EngineError(
        .timedOut, "the library took too long over it", whatToDo: "see what it has, and change it again")
}
