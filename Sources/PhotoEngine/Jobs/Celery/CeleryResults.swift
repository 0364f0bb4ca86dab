internal import Core
public import Foundation
internal import Synchronization

/// Celery's result backend on Redis: results by key, announced on a channel of the key's name.
final class CeleryResults: Sendable {
    let connection: RedisConnection
    private let address: RedisAddress
    private let lifetimeSeconds: Int

    init(_ address: RedisAddress, lifetimeSeconds: Int) {
        self.address = address
        self.lifetimeSeconds = lifetimeSeconds
        connection = RedisConnection(address)
    }

    func key(of task: String) -> String { address.keyPrefix + CeleryKeys.result(of: task) }

    /// The commands that store a task's state; none where the publisher wants no result.
    func commands(
        _ status: String, _ result: JSONValue, of message: CeleryMessage, traceback: String? = nil,
        children: [String] = []
    ) -> [RedisCommand] {
        if message.ignoresResult { return [] }
        return commands(
            status, result, id: message.id, traceback: traceback, children: children,
            group: message.headers["group"].string, parent: message.headers["parent_id"].string)
    }

    func commands(
        _ status: String, _ result: JSONValue, id: String, traceback: String?, children: [String] = [],
        group: String? = nil, parent: String? = nil
    ) -> [RedisCommand] {
        let isFinal = status != "STARTED" && status != "RETRY"
        var members = [
            JSONMember("status", .string(status)), JSONMember("result", result),
            JSONMember("traceback", .text(traceback)),
            JSONMember("children", .array(children.map { .array([.array([.string($0), .null]), .null]) })),
            JSONMember("date_done", isFinal ? .string(CeleryTime.text(Date())) : .null),
            JSONMember("task_id", .string(id)),
        ]
        if let group { members.append(JSONMember("group_id", .string(group))) }
        if let parent { members.append(JSONMember("parent_id", .string(parent))) }
        let text = RedisArgument.bytes(JSONValue.object(members).encoded)
        let key = RedisArgument.text(key(of: id))
        return [
            RedisCommand("SETEX", key, RedisArgument(lifetimeSeconds), text), RedisCommand("PUBLISH", key, text),
        ]
    }

    /// What Python raises when it collects a failure.
    static func exception(_ type: String, _ message: String, module: String = "phototui") -> JSONValue {
        .members([
            "exc_type": .string(type), "exc_message": .array([.string(message)]), "exc_module": .string(module),
        ])
    }

    func document(of task: String) async throws -> JSONValue? {
        try await connection.send(RedisCommand("GET", .text(key(of: task)))).bytes.flatMap { JSONValue(parsing: $0) }
    }
}

/// How a task that was sent ended.
public enum CeleryResult: Hashable, Sendable {
    case succeeded(JSONValue)
    /// The exception's type and message, of Python's or ours; untrusted text.
    case failed(type: String, message: String)
    case revoked

    /// Nil while the task is not finished.
    init?(_ document: JSONValue) {
        switch document["status"].string {
        case "SUCCESS": self = .succeeded(document["result"])
        case "REVOKED": self = .revoked
        case "FAILURE":
            let result = document["result"]
            let message = result["exc_message"].array?.compactMap { $0.string ?? PythonText.text($0) } ?? []
            self = .failed(type: result["exc_type"].string ?? "", message: message.joined(separator: ", "))
        default: return nil
        }
    }
}

/// Sends tasks to workers of any kind, and collects their results.
public final class CeleryClient: Sendable {
    private let broker: CeleryBroker
    private let results: CeleryResults
    private let origin = "phototui@\(ProcessInfo.processInfo.hostName)"
    private let resultAddress: RedisAddress

    /// `results` is Celery's `result_backend`; the broker itself where nil.
    public init(_ address: RedisAddress, results: RedisAddress? = nil) {
        broker = CeleryBroker(address, visibilitySeconds: 3600)
        resultAddress = results ?? address
        self.results = CeleryResults(resultAddress, lifetimeSeconds: 86400)
    }

    /// Sends one task; returns its id. `priority` is 0 (most urgent) to 9.
    @discardableResult
    public func send(
        _ task: String, arguments: [JSONValue] = [], keywords: [JSONMember] = [], queue: String, priority: Int = 0,
        eta: Date? = nil, ignoresResult: Bool = false
    ) async throws -> String {
        try await send(
            task, calls: [arguments], keywords: keywords, queue: queue, priority: priority, eta: eta,
            ignoresResult: ignoresResult)[0]
    }

    /// Sends a task once for each list of arguments, together; returns their ids.
    public func send(
        _ task: String, calls: [[JSONValue]], keywords: [JSONMember] = [], queue: String, priority: Int = 0,
        eta: Date? = nil, ignoresResult: Bool = false
    ) async throws -> [String] {
        let now = Date()
        let messages = calls.map { arguments in
            CeleryMessage.make(
                task: task, id: CeleryID.make(), arguments: arguments, keywords: keywords, queue: queue,
                priority: priority, eta: eta, origin: origin, ignoresResult: ignoresResult, now: now)
        }
        try await broker.push(messages.map { ($0.raw, queue, priority) })
        return messages.map(\.id)
    }

    /// Waits for a task's end; nil when it has not come within `timeout`. The result stays where it is.
    public func result(of task: String, timeout: Duration) async throws -> CeleryResult? {
        let deadline = ContinuousClock.now + timeout
        let key = results.key(of: task)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // Listening first, then looking: a result that comes between the two is seen either way.
        let listener = RedisConnection(resultAddress, greeting: { [] }, onPush: { _ in arrival.yield() })
        listener.push(RedisCommand("SUBSCRIBE", .text(key)))
        let alarm = Task {
            // A broken subscription is made again without its channel: now and then a look is taken anyway.
            while ContinuousClock.now < deadline, !Task.isCancelled {
                try? await Task.sleep(until: min(deadline, .now + .seconds(1)), clock: .continuous)
                arrival.yield()
            }
            arrival.finish()
        }
        defer {
            alarm.cancel()
            listener.close()
        }
        for await _ in arrivals {
            if let result = try await results.document(of: task).flatMap(CeleryResult.init) { return result }
            if Task.isCancelled { break }
        }
        return try await results.document(of: task).flatMap(CeleryResult.init)
    }
}
