import Core
import Synchronization

/// Lets changes that are asked for at the same time share a transaction: what comes while one is under way goes into the next,
/// all together. A lone change waits for nothing.
///
/// A group that is refused is tried one by one, so that no change fails for another's fault.
final class GroupCommit<Request: Sendable, Answer: Sendable>: Sendable {
    typealias Outcome = Result<Answer, EngineError>

    private let limit: Int
    private let state = Mutex(State())

    private struct State {
        var waiting: [(request: Request, continuation: CheckedContinuation<Answer, any Error>)] = []
        var isWorking = false
    }

    /// At most `limit` changes go into one transaction.
    init(limit: Int = 64) {
        self.limit = limit
    }

    /// `perform` makes the changes of a group in one transaction: an outcome for each, in their order, or an error where none
    /// of them stands. It is not cancelled with the caller, whose change may stand beside others.
    func submit(
        _ request: Request, perform: @escaping @Sendable ([Request]) async throws -> [Outcome]
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let begins = state.withLock { state in
                state.waiting.append((request, continuation))
                defer { state.isWorking = true }
                return !state.isWorking
            }
            if begins { Task { await work(perform) } }
        }
    }

    private func work(_ perform: @Sendable ([Request]) async throws -> [Outcome]) async {
        while true {
            let group = state.withLock { state in
                let group = Array(state.waiting.prefix(limit))
                state.waiting.removeFirst(group.count)
                state.isWorking = !group.isEmpty
                return group
            }
            if group.isEmpty { return }
            do {
                let outcomes = try await perform(group.map(\.request))
                for (member, outcome) in zip(group, outcomes) { member.continuation.resume(with: outcome.widened) }
            } catch  where group.count > 1 && (error as? EngineError)?.isRetryable != true {
                for (request, continuation) in group {
                    do {
                        let outcome = try await perform([request])[0]
                        continuation.resume(with: outcome.widened)
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            } catch {
                for member in group { member.continuation.resume(throwing: error) }
            }
        }
    }
}

extension Result where Failure == EngineError {
    fileprivate var widened: Result<Success, any Error> { mapError { $0 } }
}
