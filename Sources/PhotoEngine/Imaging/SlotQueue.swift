internal import Foundation

/// Hands out a fixed number of slots, each with the decoder that last served it, if it lives: urgent requests first, then
/// in the order they came.
final class SlotQueue: @unchecked Sendable {
    // SAFETY: every variable is guarded by `lock`; continuations are resumed once, outside it.
    private let lock = NSLock()
    private var free: Int
    private var idle: [DecoderProcess] = []
    private var waiting: [Waiter] = []
    private var nextTicket = 0

    private struct Waiter {
        let ticket: Int
        let isUrgent: Bool
        let continuation: CheckedContinuation<DecoderProcess?, any Error>
    }

    init(count: Int) {
        free = count
    }

    /// Waits for a slot; gives its warm decoder, or nil when one has to be started. Throws `CancellationError`.
    func take(isUrgent: Bool) async throws -> DecoderProcess? {
        let ticket = lock.withLock {
            nextTicket += 1
            return nextTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<DecoderProcess?, any Error>? = lock.withLock {
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if free > 0 {
                        free -= 1
                        return .success(idle.popLast())
                    }
                    let waiter = Waiter(ticket: ticket, isUrgent: isUrgent, continuation: continuation)
                    let place = isUrgent ? waiting.firstIndex { !$0.isUrgent } ?? waiting.count : waiting.count
                    waiting.insert(waiter, at: place)
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = lock.withLock {
                waiting.firstIndex { $0.ticket == ticket }.map { waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Returns a slot, with its decoder if that lives.
    func giveBack(_ process: DecoderProcess?) {
        let next: Waiter? = lock.withLock {
            guard !waiting.isEmpty else {
                free += 1
                if let process { idle.append(process) }
                return nil
            }
            return waiting.removeFirst()
        }
        next?.continuation.resume(returning: process)
    }

    func dropIdle() {
        let dropped = lock.withLock {
            defer { idle = [] }
            return idle
        }
        _ = dropped
    }
}
