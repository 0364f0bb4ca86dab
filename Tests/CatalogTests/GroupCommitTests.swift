import Core
import Synchronization
import Testing

@testable import Catalog

@Suite("GroupCommit")
struct GroupCommitTests {
    /// Answers each number with its double once it is let go; keeps the groups it was given.
    private final class Doubling: Sendable {
        let groups = Mutex<[[Int]]>([])
        private let gate = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

        func perform(_ numbers: [Int]) async throws -> [Result<Int, EngineError>] {
            groups.withLock { $0.append(numbers) }
            await withCheckedContinuation { continuation in
                let isOpen = gate.withLock { gate in
                    if !gate.isOpen { gate.waiting.append(continuation) }
                    return gate.isOpen
                }
                if isOpen { continuation.resume() }
            }
            return numbers.map { .success(2 * $0) }
        }

        func letGo() {
            let waiting = gate.withLock { gate in
                defer { gate = (true, []) }
                return gate.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    @Test("What is asked while a group is under way goes together into the next", .timeLimit(.minutes(5)))
    func groups() async throws {
        let (commit, doubling) = (GroupCommit<Int, Int>(), Doubling())
        let first = Task { try await commit.submit(1) { try await doubling.perform($0) } }
        while doubling.groups.withLock(\.isEmpty) { await Task.yield() }
        let others = (2...9).map { number in
            Task { try await commit.submit(number) { try await doubling.perform($0) } }
        }
        try await Task.sleep(for: .milliseconds(200))
        doubling.letGo()
        #expect(try await first.value == 2)
        for (number, other) in zip(2...9, others) { #expect(try await other.value == 2 * number) }
        #expect(doubling.groups.withLock { $0.map(\.count).reduce(0, +) } == 9)
        #expect(doubling.groups.withLock(\.count) < 9)
    }

    @Test("Who only asks and is cancelled waits no longer, and the others get their answers", .timeLimit(.minutes(5)))
    func cancelled() async throws {
        let (commit, doubling) = (GroupCommit<Int, Int>(), Doubling())
        let first = Task { try await commit.submit(1, isOnlyAsking: true) { try await doubling.perform($0) } }
        while doubling.groups.withLock(\.isEmpty) { await Task.yield() }
        let waiting = Task { try await commit.submit(2, isOnlyAsking: true) { try await doubling.perform($0) } }
        let other = Task { try await commit.submit(3, isOnlyAsking: true) { try await doubling.perform($0) } }
        first.cancel()
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        await #expect(throws: CancellationError.self) { try await waiting.value }
        doubling.letGo()
        #expect(try await other.value == 6)
    }
}
