import Testing

@testable import Workflows

@Suite("TransferSlots")
struct TransferSlotsTests {
    @Test("Who waits and is cancelled ends at once, and takes no slot from the others", .timeLimit(.minutes(5)))
    func cancelled() async throws {
        let slots = TransferSlots(1)
        try await slots.take()
        let waiters = (0..<20).map { _ in Task { try await slots.take() } }
        let last = Task { try await slots.take() }
        for waiter in waiters {
            waiter.cancel()
            // While the only slot is taken.
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
        slots.give()
        try await last.value
        slots.give()
        try await slots.take()
    }
}
