internal import Core
internal import Foundation
internal import Synchronization

extension CeleryControl {
    /// How long the other workers have to answer; Celery gives them as much.
    private static let patience = Duration.seconds(1)

    /// Learns from the other workers which tasks were revoked before this one came: what Celery calls mingling. Who stays
    /// silent is not waited for longer than a second.
    func mingle() async {
        await awaitSubscription()
        let ours = worker.state.withLock { $0.revoked.suffix(Self.mostTold).map(JSONValue.string) }
        let hello = RemoteQuestions.Question(
            "hello", .members(["from_node": .string(worker.options.node), "revoked": .array(ours)]))
        do {
            // All who listen, and we ourselves, who don't answer.
            let answers = try await RemoteQuestions(worker.broker).ask(
                [hello], patience: Self.patience, clock: worker.events.tick(), silent: 1)
            for answer in answers[0].values {
                worker.events.tick(past: answer["clock"].integer ?? 0)
                learn(answer["revoked"])
            }
        } catch {
            worker.note(.troubled(error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)))
        }
    }

    /// What is revoked between the question and the subscription would be heard by neither.
    private func awaitSubscription() async {
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline, !Task.isCancelled {
            if isConfirmed { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
        let channel = worker.broker.keys.controlChannel
        worker.note(
            .troubled(
                EngineError(
                    .unavailable, "remote control does not reach this worker yet",
                    whatToDo: "where it stays so, check that its Redis user may SUBSCRIBE to \(channel)",
                    isRetryable: true)))
    }

    /// Ids as Celery 5.7 tells them, or with their stamps, which are another machine's, as those before do.
    func learn(_ revoked: JSONValue) {
        let ids = revoked.array?.compactMap(\.string) ?? revoked.members?.map(\.name) ?? []
        worker.state.withLock { $0.revoke(ids) }
    }
}
