public import Core
internal import Foundation

extension CeleryConsole {
    /// Tasks in one exchange with the server.
    private static let resentAtOnce = 500

    /// The arguments are had from the task's result, where Celery was told to keep them there (`result_extended`), else from what its
    /// workers told of it, where that is whole and plain.
    public func resend(_ tasks: [BrokerTask]) async throws -> ResendOutcome {
        var outcome = ResendOutcome()
        let origin = "phototui@\(ProcessInfo.processInfo.hostName)"
        let events = CeleryEvents(broker, node: origin, isEnabled: true)
        for start in stride(from: 0, to: tasks.count, by: Self.resentAtOnce) {
            try Task.checkCancellation()
            let some = tasks[start..<min(start + Self.resentAtOnce, tasks.count)]
            let results = try await connection.send(
                RedisCommand("MGET", some.map { .text(keys.prefix + CeleryKeys.result(of: $0.id)) })
            ).array
            var messages: [(raw: [UInt8], queue: String, priority: Int)] = []
            var sent: [String] = []
            for (task, result) in zip(some, results) {
                let kept = result.bytes.flatMap { JSONValue(parsing: $0) } ?? .null
                switch Self.message(for: task, kept, origin: origin) {
                case .success((let message, let queue)):
                    messages.append((message.raw, queue, 0))
                    sent.append(task.id)
                    events.task(
                        "task-sent", task.id,
                        [
                            JSONMember("name", .string(message.task)), JSONMember("queue", .string(queue)),
                            JSONMember("args", message.headers["argsrepr"]),
                            JSONMember("kwargs", message.headers["kwargsrepr"]), JSONMember("retries", .integer(0)),
                            JSONMember("root_id", message.headers["root_id"]),
                            JSONMember("parent_id", message.headers["parent_id"]), JSONMember("eta", .null),
                            JSONMember("expires", .null),
                        ])
                case .failure(let obstacle): outcome.kept.append(.init(id: task.id, reason: obstacle.description))
                }
            }
            try await broker.push(messages)
            outcome.sent += sent
            // As who sends with Celery's task_send_sent_event: who watches knows that it waits again. That nobody hears fails nothing.
            try? await events.flush()
        }
        return outcome
    }

    private enum Obstacle: Error, CustomStringConvertible {
        case state(BrokerTask.State), sentAlready, noName, noQueue, noArguments

        var description: String {
            switch self {
            case .state(let state): "it is \(state.rawValue)"
            case .sentAlready: "it was sent again already, and waits"
            case .noName: "nobody told its name"
            case .noQueue: "nobody told its queue"
            case .noArguments: "its arguments are not known whole: Celery cut them, or they are no plain values"
            }
        }
    }

    private static func message(
        for task: BrokerTask, _ result: JSONValue, origin: String
    ) -> Result<(CeleryMessage, queue: String), Obstacle> {
        guard task.state == .failed else { return .failure(.state(task.state)) }
        guard task.resentAt == nil else { return .failure(.sentAlready) }
        let isKept = result["args"].array != nil && result["kwargs"].members != nil
        guard let name = task.name ?? result["name"].string, !name.isEmpty else { return .failure(.noName) }
        guard let queue = task.queue ?? (isKept ? result["queue"].string : nil), !queue.isEmpty else {
            return .failure(.noQueue)
        }
        guard
            let arguments = isKept
                ? result["args"].array : task.arguments.flatMap(PythonLiteral.arguments),
            let keywords = isKept
                ? result["kwargs"].members : task.keywords.flatMap(PythonLiteral.keywords)
        else { return .failure(.noArguments) }
        return .success(
            (
                CeleryMessage.make(
                    task: name, id: task.id, arguments: arguments, keywords: keywords, queue: queue,
                    rootID: task.root, parentID: task.parent, origin: origin, now: Date()), queue
            ))
    }
}
