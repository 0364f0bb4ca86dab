public import Core
internal import Foundation
internal import Glibc

/// What a task was called with is had from its result, where the application keeps arguments there (`result_extended`), else from
/// what its workers told of it.
extension CeleryConsole: TaskRetrying {
    /// Tasks that are asked for together.
    private static let batch = 500
    /// So long it is known that a task was sent again; the names of two months are looked at.
    private static let memorySeconds = 70 * 86400

    public func plan(retryOf tasks: [BrokerTask], to queue: String?, again: Bool) async throws -> RetryPlan {
        var plan = RetryPlan()
        var names: Set<String>?
        for start in stride(from: 0, to: tasks.count, by: Self.batch) {
            try Task.checkCancellation()
            let some = Array(tasks[start..<min(start + Self.batch, tasks.count)])
            let results = try await results(of: some)
            let before = try await sentAgain(some)
            if names == nil, queue == nil, some.contains(where: { $0.queue == nil }) {
                names = Set(try await queues().queues.map(\.name))
            }
            for (task, (result, before)) in zip(some, zip(results, before)) {
                do throws(PythonLiteral.Fault) {
                    if let known = before ?? task.retriedAs, !again {
                        plan.obstacles.append(
                            RetryPlan.Obstacle(task: task.id, reason: "retried before", before: known))
                        continue
                    }
                    plan.calls.append(
                        try Self.call(task, result, to: queue, queues: names ?? [], before: before))
                } catch {
                    plan.obstacles.append(
                        RetryPlan.Obstacle(
                            task: task.id, reason: error.reason, lacksQueue: error.reason == Self.noQueue.reason))
                }
            }
        }
        return plan
    }

    private static let noQueue = PythonLiteral.Fault("the queue it came from is not known: --to QUEUE names one")

    private static func call(
        _ task: BrokerTask, _ result: JSONValue?, to queue: String?, queues: Set<String>, before: String?
    ) throws(PythonLiteral.Fault) -> RetryCall {
        guard task.state.isFinished else { throw .init("it is \(task.state.rawValue)") }
        guard task.state != .succeeded else { throw .init("it has succeeded") }
        guard let name = task.name ?? result?["name"].string, !name.isEmpty else {
            throw .init("its name is not known")
        }
        if name.hasPrefix("phototui.") {
            throw .init("it is a library's job: phototui jobs retry --profile NAME, or --library DIR")
        }
        if name.hasPrefix("celery.") { throw .init("it is a task of Celery's own, which belongs to others") }
        let (arguments, keywords) = try Self.arguments(of: task, result)
        let told = result?["queue"].string.flatMap { queues.contains($0) ? $0 : nil }
        // Last: who names one then can send it.
        guard let queue = queue ?? task.queue ?? told else { throw noQueue }
        return RetryCall(
            task: task.id, name: name, queue: queue, arguments: JSONValue.array(arguments).encoded,
            keywords: JSONValue.object(keywords).encoded, root: task.root, parent: task.parent, before: before)
    }

    private static func arguments(
        of task: BrokerTask, _ result: JSONValue?
    ) throws(PythonLiteral.Fault) -> (arguments: [JSONValue], keywords: [JSONMember]) {
        if let arguments = result?["args"].array, let keywords = result?["kwargs"].members {
            return (arguments, keywords)
        }
        guard let arguments = task.arguments, let keywords = task.keywords, !arguments.isEmpty, !keywords.isEmpty else {
            throw .init("nobody told its arguments")
        }
        guard let list = try PythonLiteral.parse(arguments).array,
            let members = try PythonLiteral.parse(keywords).members
        else { throw .object }
        return (list, members)
    }

    /// The results of tasks that are kept on this broker; nil for others.
    private func results(of tasks: [BrokerTask]) async throws -> [JSONValue?] {
        let names = tasks.map { RedisArgument.text(keys.prefix + CeleryKeys.result(of: $0.id)) }
        let values = try await connection.send(RedisCommand("MGET", names)).array
        return zip(tasks, values).map { task, value in
            guard let found = value.bytes.flatMap({ JSONValue(parsing: $0) }), found["task_id"].string == task.id else {
                return nil
            }
            return found
        }
    }

    /// As which tasks these were sent again before.
    private func sentAgain(_ tasks: [BrokerTask]) async throws -> [String?] {
        let ids = tasks.map { RedisArgument.text($0.id) }
        let found = try await connection.sendAll(
            keys.retried(at: Date()).map { RedisCommand("HMGET", [.text($0)] + ids) }
        ).map(\.array)
        return tasks.indices.map { index in
            found.lazy.compactMap { $0.indices.contains(index) ? $0[index].text : nil }.first
        }
    }

    public func send(_ calls: [RetryCall]) async throws -> [RetryOutcome] {
        if calls.isEmpty { return [] }
        let now = Date()
        let origin = "phototui@\(ProcessInfo.processInfo.hostName)"
        let sent = calls.map { call in
            let id = CeleryID.make()
            return CeleryMessage.make(
                task: call.name, id: id, arguments: JSONValue(parsing: call.arguments)?.array ?? [],
                keywords: JSONValue(parsing: call.keywords)?.members ?? [], queue: call.queue,
                rootID: call.root, parentID: call.parent, origin: origin, now: now,
                headers: [JSONMember(CeleryMessage.retryHeader, .string(call.task))])
        }
        let announced = zip(calls, sent).map { call, message in
            Self.announcement(of: message, on: call.queue, from: origin, at: now)
        }
        let held = try await ConsoleScripts.retry.run(
            on: connection,
            keys: keys.retried(at: now) + calls.map { keys.list(of: $0.queue, priority: 0) },
            [RedisArgument(Self.memorySeconds), .text(keys.eventChannel(Self.sentKey))]
                + zip(zip(calls, sent), announced).flatMap { pair, announcement in
                    [
                        .text(pair.0.task), .text(pair.0.before ?? ""), .text(pair.1.id), .bytes(pair.1.raw),
                        .bytes(announcement),
                    ]
                }
        ).array.map { $0.text ?? "" }
        return calls.indices.map { index in
            let holder = held.indices.contains(index) ? held[index] : ""
            guard holder == sent[index].id else {
                return RetryOutcome(task: calls[index].task, sentAs: holder, isSent: false)
            }
            let told = CeleryEventListener.Payload(bytes: announced[index], heardAt: now.timeIntervalSince1970)
            return RetryOutcome(
                task: calls[index].task, sentAs: holder, isSent: true, event: TaskEvent.reading(told).events.first)
        }
    }

    private static let sentKey = "task.sent"

    /// What Celery's own publisher tells when `task_send_sent_event` is on. Here it is told always: workers do not say which queue a
    /// task came from, so that without it nobody who watches knows; where nobody does, it costs nothing.
    private static func announcement(
        of message: CeleryMessage, on queue: String, from origin: String, at now: Date
    ) -> [UInt8] {
        let event: JSONValue = .members([
            "hostname": .string(origin), "utcoffset": .integer(0), "pid": .integer(getpid()),
            "clock": .integer(1), "uuid": .string(message.id), "root_id": message.headers["root_id"],
            "parent_id": message.headers["parent_id"], "name": .string(message.task),
            "args": message.headers["argsrepr"], "kwargs": message.headers["kwargsrepr"], "retries": .integer(0),
            "eta": .null, "expires": .null, "queue": .string(queue), "exchange": .string(""),
            "routing_key": .string(queue), "timestamp": .real(now.timeIntervalSince1970),
            "type": .string("task-sent"),
        ])
        return CeleryEnvelope.make(
            body: event, exchange: "celeryev", routingKey: sentKey, headers: .members(["hostname": .string(origin)])
        ).encoded
    }
}
