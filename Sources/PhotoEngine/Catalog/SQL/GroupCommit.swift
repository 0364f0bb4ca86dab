import Core
import Glibc
import Synchronization

/// Lets requests that are made at the same time share a transaction: what comes while one is under way goes into the next,
/// all together. A lone request waits for nothing.
///
/// A group that is refused is tried one by one, so that no request fails for another's fault.
final class GroupCommit<Request: Sendable, Answer: Sendable>: Sendable {
    typealias Outcome = Result<Answer, EngineError>

    private let limit: Int
    private let executor: (any TaskExecutor)?
    private let state = Mutex(State())

    private struct State {
        var waiting: [(id: UInt64, request: Request)] = []
        var continuations: [UInt64: CheckedContinuation<Answer, any Error>] = [:]
        var lastID: UInt64 = 0
        var isWorking = false
    }

    /// At most `limit` requests go into one transaction, which is made on `executor`.
    init(limit: Int = 64, executor: (any TaskExecutor)? = nil) {
        self.limit = limit
        self.executor = executor
    }

    /// `perform` answers a group in one transaction: an outcome for each request, in their order, or an error where there is
    /// none for any of them. It is not cancelled with the caller, beside whose change others may stand; a caller who only
    /// asks, and so `isOnlyAsking`, need not wait for it then.
    func submit(
        _ request: Request, isOnlyAsking: Bool = false,
        perform: @escaping @Sendable ([Request]) async throws -> [Outcome]
    ) async throws -> Answer {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let begins: Bool? = state.withLock { state in
                    if isOnlyAsking, Task.isCancelled { return nil }
                    state.waiting.append((id, request))
                    state.continuations[id] = continuation
                    defer { state.isWorking = true }
                    return !state.isWorking
                }
                guard let begins else { return continuation.resume(throwing: CancellationError()) }
                if begins { Task(executorPreference: executor) { await self.work(perform) } }
            }
        } onCancel: {
            if isOnlyAsking { answer(id, .failure(CancellationError())) }
        }
    }

    private func answer(_ id: UInt64, _ outcome: Result<Answer, any Error>) {
        state.withLock { $0.continuations.removeValue(forKey: id) }?.resume(with: outcome)
    }

    private func work(_ perform: @Sendable ([Request]) async throws -> [Outcome]) async {
        while true {
            // Those who were woken by one answer ask at one moment, and shall not be told apart by it.
            if executor == nil { await Task.yield() } else { sched_yield() }
            let group = state.withLock { state in
                let group = Array(state.waiting.prefix(limit))
                state.waiting.removeFirst(group.count)
                state.isWorking = !group.isEmpty
                return group
            }
            if group.isEmpty { return }
            do {
                let outcomes = try await perform(group.map(\.request))
                for (member, outcome) in zip(group, outcomes) { answer(member.id, outcome.widened) }
            } catch  where group.count > 1 && (error as? EngineError)?.isRetryable != true {
                for (id, request) in group {
                    do {
                        answer(id, try await perform([request])[0].widened)
                    } catch {
                        answer(id, .failure(error))
                    }
                }
            } catch {
                for member in group { answer(member.id, .failure(error)) }
            }
        }
    }
}

extension Result where Failure == EngineError {
    fileprivate var widened: Result<Success, any Error> { mapError { $0 } }
}
