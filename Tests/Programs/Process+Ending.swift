public import Foundation

/// Tests run on the few threads that Swift shares among all tasks: none of them may wait for a program there, or other tests stand
/// still meanwhile and judge the machine.
extension Process {
    /// Starts the program, and returns when it has ended. Throws where it can't be started.
    public func runToEnd() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            terminationHandler = { _ in continuation.resume() }
            do {
                try run()
            } catch {
                terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }

    /// Returns when the program, which was started before, has ended.
    public func end() async throws {
        while isRunning { try await Task.sleep(for: .milliseconds(20)) }
    }
}
