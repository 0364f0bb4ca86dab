import Core
import Foundation
import Glibc
import Synchronization

/// Asks a person on the terminal, a line for each answer.
final class QuestionLine: Sendable {
    private let queue = BlockingQueue(label: "phototui.question", isSerial: true)
    private let unread = Mutex<[UInt8]>([])

    /// The line that is typed, without blanks around it; nil at the end of the input. Cancelling the task ends the wait.
    func answer(to question: String) async throws -> String? {
        try Task.checkCancellation()
        Console.note(question)
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            try await queue.run { [self] in try read(until: isCancelled) }
        } onCancel: {
            isCancelled.set()
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    private func read(until isCancelled: Flag) throws -> String? {
        while true {
            let line = unread.withLock { unread -> String? in
                guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                return line.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            if let line { return line }
            if isCancelled.isSet { throw CancellationError() }
            // Nobody can be woken from a read by a cancelled task: a look now and then costs nothing.
            var wanted = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 100) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 1024)
            let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count <= 0 { return nil }
            unread.withLock { $0 += bytes.prefix(count) }
        }
    }
}
