public import Core
internal import Foundation
internal import Synchronization

/// Delivery through a Celery broker on Redis: any number of our workers and of Celery's on one database, which restore each
/// other's messages.
///
/// A job's message is the task `phototui.<kind>` with the job's id as task id and as the keyword `job_id`, and its owner's name
/// in the header `phototui_owner`. What is received and is no such message goes to the dead letters, with its reason.
public final class CeleryDelivery: Delivery {
    let broker: CeleryBroker
    let bell: CeleryBell
    private let origin: String
    private let nextSweep = Mutex(ContinuousClock.now)

    /// How often a receiver looks without being rung for: messages of lesser priorities lie in lists nobody listens at.
    static let lookInterval = Duration.milliseconds(100)

    /// Connects at the first call. `visibility` is kombu's `visibility_timeout`.
    public init(_ address: RedisAddress, visibility: Duration = .seconds(3600)) {
        broker = CeleryBroker(address, visibilitySeconds: visibility / .seconds(1))
        bell = CeleryBell(address, keys: broker.keys)
        origin = "phototui@\(ProcessInfo.processInfo.hostName)"
    }

    deinit {
        bell.close()
    }

    public func publish(_ message: DeliveryMessage) async throws {
        try await publish([message])
    }

    public func publish(_ messages: [DeliveryMessage]) async throws {
        if messages.isEmpty { return }
        try await broker.push(
            messages.map { message in
                let id = message.job.description
                let made = CeleryMessage.make(
                    task: CeleryTaskName.of(message.kind), id: id,
                    keywords: [JSONMember("job_id", .string(id))], queue: message.queue.rawValue, origin: origin,
                    now: Date(),
                    headers: message.owner.map { [JSONMember(CeleryMessage.ownerHeader, .string($0))] } ?? [])
                return (made.raw, message.queue.rawValue, 0)
            })
    }

    public func receive(from queues: [QueueName], timeout: Duration) async throws -> DeliveredMessage? {
        let names = QueueName.allCases.filter(queues.contains).map(\.rawValue)
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            try await sweepIfDue()
            var taken = try await broker.pop(names, count: 1)
            while let received = taken.received.first {
                if let message = try await decode(received) { return message }
                taken = try await broker.pop(names, count: 1)
            }
            guard clock.now < deadline, !Task.isCancelled else { return nil }
            await bell.wait(
                for: names.filter { !taken.paused.contains($0) }, until: min(deadline, clock.now + Self.lookInterval))
        }
    }

    public func acknowledge(_ tag: DeliveryTag) async throws {
        try await broker.acknowledge([tag.text])
    }

    public func reject(_ tag: DeliveryTag, requeue: Bool) async throws {
        guard requeue else { return try await acknowledge(tag) }
        let entry = try await broker.connection.send(
            RedisCommand("HGET", .text(broker.keys.unacked), .text(tag.text)))
        guard let unacked = entry.bytes.flatMap(CeleryUnacked.init) else { return }
        try await broker.giveBack(CeleryReceived(queue: unacked.routingKey, raw: unacked.raw, tag: tag.text))
    }

    public func extend(_ tag: DeliveryTag, by duration: Duration) async throws {
        _ = try await broker.extend([tag.text], seconds: duration / .seconds(1))
    }

    public func depth(of queue: QueueName) async throws -> QueueDepth {
        try await broker.depth(of: queue.rawValue)
    }

    public func peek(_ queue: QueueName, limit: Int) async throws -> [DeliveryMessage] {
        try await broker.peek(queue.rawValue, limit: limit).compactMap { raw in
            (try? CeleryMessage(raw: raw)).flatMap { Self.job(of: $0, queue: queue) }
        }
    }

    public func purge(_ queue: QueueName) async throws -> Int {
        try await broker.purge(queue.rawValue)
    }

    public func messageCounts() async throws -> [String?: Int] {
        try await broker.messageCounts(of: QueueName.allCases.map(\.rawValue))
    }

    public func knownOwners(adding names: [String]) async throws -> [String] {
        if !names.isEmpty {
            try await broker.connection.sendAll(
                names.map { RedisCommand("SADD", .text(broker.keys.owners), .text($0)) })
        }
        return try await broker.connection.send(RedisCommand("SMEMBERS", .text(broker.keys.owners))).array
            .compactMap(\.text)
    }

    public func forgetOwners(_ names: [String]) async throws {
        if names.isEmpty { return }
        try await broker.connection.sendAll(names.map { RedisCommand("SREM", .text(broker.keys.owners), .text($0)) })
    }

    private func decode(_ received: CeleryReceived) async throws -> DeliveredMessage? {
        guard let queue = QueueName(rawValue: received.queue) else { return nil }
        do {
            let message = try CeleryMessage(raw: received.raw)
            if let job = Self.job(of: message, queue: queue) {
                return DeliveredMessage(message: job, tag: DeliveryTag(received.tag))
            }
            try await broker.bury(received, kind: .unknown, reason: "it names no job of a library")
        } catch let fault as CeleryMessageFault {
            try await broker.bury(received, kind: .poison, reason: fault.description)
        }
        return nil
    }

    static func job(of message: CeleryMessage, queue: QueueName) -> DeliveryMessage? {
        guard let kind = CeleryTaskName.kind(of: message.task),
            let job = JobID(message["job_id"].string ?? message.id)
        else { return nil }
        return DeliveryMessage(
            job: job, kind: kind, queue: queue, owner: message.headers[CeleryMessage.ownerHeader].string)
    }

    /// Restores what others left, at the first receipt and then every eighth of the visibility, at most 10 s apart.
    private func sweepIfDue() async throws {
        let now = ContinuousClock.now
        let pause = min(10, max(0.2, broker.visibilitySeconds / 8)) * Double.random(in: 0.8...1)
        let isDue = nextSweep.withLock { next in
            guard next <= now else { return false }
            next = now + .seconds(pause)
            return true
        }
        if isDue { _ = try await broker.restoreExpired() }
    }
}

/// What tasks are called.
enum CeleryTaskName {
    private static let prefix = "phototui."

    static func of(_ kind: JobKind) -> String { prefix + kind.rawValue }
    static func kind(of task: String) -> JobKind? {
        task.hasPrefix(prefix) ? JobKind(rawValue: String(task.dropFirst(prefix.count))) : nil
    }
}
