internal import Core
internal import Foundation

/// What follows a task, as its message says: Celery's `link`, `link_error` and `chain`. Whoever runs the task publishes it.
public struct CeleryLinks: Hashable, Sendable {
    /// A task to publish: Celery's signature, of which everything travels on as it was written.
    struct Signature: Hashable, Sendable {
        let task: String
        let arguments: [JSONValue]
        let keywords: [JSONMember]
        let options: JSONValue
        /// Takes no result before its arguments.
        let isImmutable: Bool

        var id: String? { options["task_id"].string }
    }

    /// After success, with the result.
    var callbacks: [Signature] = []
    /// After failure, with the failed task's id.
    var errbacks: [Signature] = []
    /// After success, one after the other; the next is the last.
    var chain: [Signature] = []
    /// As it was received: a retry takes it along.
    var embedded: JSONValue = .members(["callbacks": .null, "errbacks": .null, "chain": .null, "chord": .null])

    public var isEmpty: Bool { callbacks.isEmpty && errbacks.isEmpty && chain.isEmpty }

    init() {}

    /// Throws for what only a Celery worker can continue: chords, and groups and chains within a link.
    init(_ embedded: JSONValue) throws(CeleryMessageFault) {
        if !embedded["chord"].isNull { throw .workflow("chord") }
        self.embedded = embedded
        callbacks = try Self.signatures(embedded["callbacks"])
        errbacks = try Self.signatures(embedded["errbacks"])
        chain = try Self.signatures(embedded["chain"])
    }

    private static func signatures(_ value: JSONValue) throws(CeleryMessageFault) -> [Signature] {
        if value.isNull { return [] }
        // One alone need not stand in a list.
        var found: [Signature] = []
        for value in value.array ?? [value] { found.append(try Signature(value)) }
        return found
    }
}

extension CeleryLinks.Signature {
    init(_ value: JSONValue) throws(CeleryMessageFault) {
        if let kind = value["subtask_type"].string { throw .workflow("link to a \(kind)") }
        guard let task = value["task"].string, !task.isEmpty, value["args"].isNull || value["args"].array != nil,
            value["kwargs"].isNull || value["kwargs"].members != nil,
            value["options"].isNull || value["options"].members != nil
        else { throw .bodyShape }
        if !value["options"]["chord"].isNull { throw .workflow("chord") }
        self.task = task
        arguments = value["args"].array ?? []
        keywords = value["kwargs"].members ?? []
        options = value["options"]
        isImmutable = value["immutable"].bool ?? false
    }

    /// The message that Celery would publish for it behind `parent`, and the queue that it is for. `argument` comes before its
    /// own. `chain` is what follows it in turn. `isOurs` where a worker like this one runs it: it then needs no queue.
    func message(
        behind parent: CeleryCall, argument: JSONValue, chain: JSONValue = .null, isOurs: Bool, origin: String,
        now: Date
    ) -> (message: CeleryMessage, exchange: String, routingKey: String) {
        let id = id ?? CeleryID.make()
        let queue = options["queue"].string ?? options["queue"]["name"].string
        let routingKey = queue ?? options["routing_key"].string ?? (isOurs ? parent.queue : "celery")
        let exchange = queue == nil ? options["exchange"].string ?? "" : ""
        func later(_ seconds: JSONValue) -> Date? { seconds.real.flatMap { $0.isNaN ? nil : now + $0 } }
        let expires = later(options["expires"]) ?? options["expires"].string.flatMap(CeleryTime.parse)
        let eta = later(options["countdown"]) ?? options["eta"].string.flatMap(CeleryTime.parse)
        var headers: [JSONMember] = [
            JSONMember("group", options["group_id"]), JSONMember("group_index", options["group_index"]),
            JSONMember("shadow", options["shadow"]),
            JSONMember("timelimit", .array([options["time_limit"], options["soft_time_limit"]])),
        ]
        headers += options["headers"].members ?? []
        let message = CeleryMessage.make(
            task: task, id: id, arguments: isImmutable ? arguments : [argument] + arguments, keywords: keywords,
            queue: routingKey, priority: options["priority"].integer ?? 0, retries: options["retries"].integer ?? 0,
            eta: eta, expires: expires, rootID: parent.message.headers["root_id"].string ?? parent.id,
            parentID: parent.id, origin: origin, ignoresResult: options["ignore_result"].bool ?? false, now: now,
            headers: headers, exchange: exchange, replyTo: options["reply_to"].string,
            embedded: .members([
                "callbacks": options["link"], "errbacks": options["link_error"], "chain": chain, "chord": .null,
            ]))
        return (message, exchange, routingKey)
    }
}

extension CeleryWorker {
    /// What is published behind a task that succeeded, once and for all: a second attempt sends the same messages.
    func successors(of call: CeleryCall, result: JSONValue) async throws -> [(message: CeleryMessage, queue: String)] {
        let links = call.message.links
        var made = links.callbacks.map { prepared($0, behind: call, argument: result) }
        if let next = links.chain.last {
            let rest = Array((links.embedded["chain"].array ?? []).dropLast())
            made.append(prepared(next, behind: call, argument: result, chain: rest.isEmpty ? .null : .array(rest)))
        }
        return try await routed(made)
    }

    /// What is published behind a task that failed for good: each gets the task's id, as Celery has it for a task that the
    /// worker does not know itself.
    func errbacks(of call: CeleryCall) async throws -> [(message: CeleryMessage, queue: String)] {
        try await routed(
            call.message.links.errbacks.map { prepared($0, behind: call, argument: .string(call.id)) })
    }

    private func prepared(
        _ signature: CeleryLinks.Signature, behind call: CeleryCall, argument: JSONValue, chain: JSONValue = .null
    ) -> (message: CeleryMessage, exchange: String, routingKey: String) {
        signature.message(
            behind: call, argument: argument, chain: chain, isOurs: handlers[signature.task] != nil,
            origin: options.node, now: Date())
    }

    private func routed(
        _ made: [(message: CeleryMessage, exchange: String, routingKey: String)]
    ) async throws -> [(message: CeleryMessage, queue: String)] {
        var found: [(message: CeleryMessage, queue: String)] = []
        for (message, exchange, routingKey) in made {
            let queues = try await broker.queues(of: exchange, routingKey: routingKey)
            // An exchange that nobody has bound yet would swallow it.
            found += (queues.isEmpty ? [routingKey] : queues).map { (message, $0) }
        }
        return found
    }
}
