public import Core
internal import Foundation
internal import Synchronization

/// What the events of Celery's workers leave out.
extension CeleryConsole {
    /// About how many deliveries are looked at for their queues.
    private static let deliveriesAtOnce = 1000

    /// The queues of tasks that workers hold at this moment, by their ids; of very many deliveries only some are looked at.
    public func queuesOfDeliveries() async throws -> [String: String] {
        let values = try await ConsoleScripts.whereabouts.runReading(
            on: connection, keys: [keys.unacked], [RedisArgument(Self.deliveriesAtOnce)]
        ).array
        let bindings = survey.withLock { $0.bindings }
        var found: [String: String] = [:]
        for index in stride(from: 0, to: values.count - 2, by: 3) {
            guard let id = values[index].text, let exchange = values[index + 1].text, let key = values[index + 2].text
            else { continue }
            let queues = queueNames(BrokerSurvey.Route(exchange: exchange, routingKey: key), bindings)
            if queues.count == 1 { found[id] = queues.first }
        }
        return found
    }

    /// What each worker that answers consumes.
    public func consumedQueues(patience: Duration) async throws -> [String: [String]] {
        try await RemoteQuestions(broker).ask([.init("active_queues")], patience: patience)[0].mapValues { answer in
            (answer.array ?? []).compactMap { $0["name"].string }
        }
    }

    public func consumers(patience: Duration) async throws -> QueueConsumers? {
        do {
            let answers = try await RemoteQuestions(broker).ask([.init("active_queues")], patience: patience)
            let names = answers[0].values.flatMap { ($0.array ?? []).compactMap { $0["name"].string } }
            return QueueConsumers(queues: Set(names), silent: answers.missing)
        } catch let error as EngineError where error.code == .permissionDenied {
            return nil
        }
    }

    /// Has Celery's workers send events of tasks, as `celery control enable_events` does; returns who did it.
    public func enableEvents(patience: Duration) async throws -> [String] {
        try await RemoteQuestions(broker).ask([.init("enable_events")], patience: patience)[0]
            .filter { !$0.value["ok"].isNull }.keys.sorted()
    }
}
