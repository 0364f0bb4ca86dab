public import Core
internal import Jobs

/// The tasks of a history that failed for good, and that nothing else tells of: a task that left a dead letter is told of as that
/// one, and a job of a library as a job.
public struct UntoldFailures: Sendable {
    private let history: any TaskHistory
    /// Whether tasks of phototui's are jobs of a library.
    private let hasLibrary: Bool

    public init(_ history: any TaskHistory, hasLibrary: Bool) {
        (self.history, self.hasLibrary) = (history, hasLibrary)
    }

    /// Of the letters that failed, the ids of their tasks.
    public static func taskIDs(of letters: [DeadLetter]) -> Set<String> {
        Set(letters.lazy.filter { $0.kind == .failed }.compactMap { QueuedMessage(reading: $0.raw).id })
    }

    /// By what they have in common, the largest group first. Letters are only asked for where there is a failure.
    public func groups(besides letters: () async throws -> [DeadLetter]) async throws -> [FailureGroup] {
        var groups = try await history.failures()
        if hasLibrary { groups.removeAll { $0.key.task?.hasPrefix("phototui.") == true } }
        if groups.isEmpty { return [] }
        var told: [FailureKey: Int] = [:]
        for id in Self.taskIDs(of: try await letters()) {
            guard let task = try await history.task(id), task.state == .failed, task.retriedAs == nil else { continue }
            let key = FailureKey(
                task: task.name, queue: task.queue, fingerprint: task.error.map { ErrorFingerprint($0).number } ?? 0)
            told[key, default: 0] += 1
        }
        return groups.compactMap { group in
            let queues = Set([group.key.queue, group.key.takesUnknown ? nil : group.key.queue])
            return group.without(
                queues.reduce(0) { sum, queue in
                    let key = FailureKey(task: group.key.task, queue: queue, fingerprint: group.key.fingerprint)
                    return sum + told[key, default: 0]
                })
        }
    }
}
