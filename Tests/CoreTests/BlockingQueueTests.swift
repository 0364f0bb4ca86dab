import Core
import Glibc
import Testing

@Suite("Threads for blocking calls")
struct BlockingQueueTests {
    @Test("A task that prefers a queue's threads changes none for what it does there", arguments: [false, true])
    func inPlace(isSerial: Bool) async throws {
        let queue = BlockingQueue(label: "test", isSerial: isSerial)
        let task = Task(executorPreference: queue.executor) {
            var isSame: [Bool] = []
            for _ in 0..<100 {
                let outside = Self.thread()
                isSame.append(try await queue.run { Self.thread() } == outside)
            }
            return isSame
        }
        #expect(try await task.value.allSatisfy { $0 })
    }

    private static func thread() -> UInt { UInt(pthread_self()) }
}
