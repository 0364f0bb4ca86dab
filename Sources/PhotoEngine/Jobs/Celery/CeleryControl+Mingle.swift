internal import Core
internal import Foundation
internal import Synchronization

extension CeleryControl {
    /// How long the other workers have to answer; Celery gives them as much.
    private static let patience = Duration.seconds(1)

    /// Learns from the other workers which tasks were revoked before this one came: what Celery calls mingling. Who stays
    /// silent is not waited for longer than a second.
    func mingle() async {
        let keys = worker.broker.keys
        let route = UUID().uuidString.lowercased()
        let exchange = "reply.celery.pidbox"
        let queue = route + "." + exchange
        let binding = RedisArgument.text(keys.binding(of: exchange))
        let member = RedisArgument.text(CeleryKeys.member(routingKey: route, queue: queue))
        let list = RedisArgument.text(keys.list(of: queue, priority: 0))
        let connection = worker.broker.connection
        await awaitSubscription()
        let deadline = ContinuousClock.now + Self.patience
        let ours = worker.state.withLock { $0.revoked.suffix(Self.mostTold).map(JSONValue.string) }
        let question = CeleryEnvelope.make(
            body: .members([
                "method": .string("hello"),
                "arguments": .members(["from_node": .string(worker.options.node), "revoked": .array(ours)]),
                "destination": .null, "pattern": .null, "matcher": .null, "ticket": .string(route),
                "reply_to": .members(["exchange": .string(exchange), "routing_key": .string(route)]),
            ]), exchange: "celery.pidbox", routingKey: "",
            headers: .members([
                "clock": .integer(worker.events.tick()),
                "expires": .real(Date().timeIntervalSince1970 + Self.patience / .seconds(1)),
            ]))
        do {
            let values = try await connection.sendAll([
                RedisCommand("SADD", binding, member),
                RedisCommand("PUBLISH", .text(keys.controlChannel), .bytes(question.encoded)),
            ])
            // All who listen, ourselves among them.
            var missing = (values[1].integer ?? 0) - 1
            while missing > 0, ContinuousClock.now < deadline, !Task.isCancelled {
                guard let answer = try await connection.send(RedisCommand("LPOP", list)).bytes else {
                    try await Task.sleep(for: .milliseconds(20))
                    continue
                }
                missing -= 1
                learn(fromReply: answer)
            }
        } catch {
            worker.note(.troubled(error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)))
        }
        _ = try? await connection.send([RedisCommand("SREM", binding, member), RedisCommand("DEL", list)])
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

    /// `{"node": {"revoked": …, "clock": …}}`.
    private func learn(fromReply bytes: [UInt8]) {
        guard let envelope = JSONValue(parsing: bytes),
            let nodes = CeleryEnvelope.body(of: envelope)?.members
        else { return }
        for node in nodes {
            worker.events.tick(past: node.value["clock"].integer ?? 0)
            learn(node.value["revoked"])
        }
    }

    /// Ids as Celery 5.7 tells them, or with their stamps, which are another machine's, as those before do.
    func learn(_ revoked: JSONValue) {
        let ids = revoked.array?.compactMap(\.string) ?? revoked.members?.map(\.name) ?? []
        worker.state.withLock { $0.revoke(ids) }
    }
}
