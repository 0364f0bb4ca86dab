public import Core
internal import Foundation

extension CeleryConsole: TaskControl {
    private static let patience = Duration.seconds(5)
    /// Ids in one message.
    private static let idsAtOnce = 1000

    public func revoke(_ ids: [String], signal: String?) async throws -> ControlOutcome {
        var outcomes: [ControlOutcome] = []
        for start in stride(from: 0, to: ids.count, by: Self.idsAtOnce) {
            let some = ids[start..<min(start + Self.idsAtOnce, ids.count)]
            outcomes.append(
                try await tell(
                    .init(
                        "revoke",
                        .members([
                            "task_id": .array(some.map(JSONValue.string)), "terminate": .bool(signal != nil),
                            "signal": .text(signal ?? "SIGTERM"),
                        ]))))
        }
        guard let first = outcomes.first else { return ControlOutcome(workers: [], refusals: [], silent: 0) }
        // Who did not hear of all of them has not done it.
        let all = outcomes.dropFirst().reduce(Set(first.workers)) { $0.intersection($1.workers) }
        return ControlOutcome(
            workers: all.sorted(), refusals: outcomes.flatMap(\.refusals), silent: outcomes.map(\.silent).max() ?? 0)
    }

    public func limitRate(of task: String, to rate: String, worker: String?) async throws -> ControlOutcome {
        try await tell(
            .init(
                "rate_limit", .members(["task_name": .string(task), "rate_limit": .string(rate)]),
                destination: worker.map { [$0] }))
    }

    private func tell(_ question: RemoteQuestions.Question) async throws -> ControlOutcome {
        let answers = try await RemoteQuestions(broker).ask([question], patience: Self.patience)
        let done = answers[0].filter { !$0.value["ok"].isNull }
        let refused = answers[0].filter { $0.value["ok"].isNull }
        return ControlOutcome(
            workers: done.keys.sorted(),
            refusals: refused.sorted { $0.key < $1.key }.map { name, answer in
                ControlOutcome.Refusal(
                    worker: name,
                    reason: answer["error"].string ?? String(decoding: answer.encoded.prefix(200), as: UTF8.self))
            }, silent: answers.missing)
    }
}
