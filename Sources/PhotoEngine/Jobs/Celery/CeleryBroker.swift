internal import Core
internal import Foundation
internal import Synchronization

/// A delivery that is ours until acknowledged, or its visibility ends.
struct CeleryReceived: Hashable, Sendable {
    let queue: String
    let raw: [UInt8]
    let tag: String
    /// Of one that was restored before: how many workers ended with it. Untrusted, but never below 0.
    var workerDeaths: Int?
}

/// What a look into the queues gave.
struct CeleryTaken: Hashable, Sendable {
    let received: [CeleryReceived]
    /// The queues that an admin has paused.
    let paused: Set<String>
}

/// The queues of a Celery broker on Redis: what kombu's Redis transport does, with the pop made atomic.
final class CeleryBroker: Sendable {
    let connection: RedisConnection
    let keys: CeleryKeys
    let visibilitySeconds: Double
    /// Where it is set, the holder of a delivery extends it all the time, and a delivery that was not extended for so long
    /// is anyone's to restore.
    private let leaseSeconds: Double
    private let tagBase: String
    private let serial = Atomic<Int>(0)
    private static let leasedPrefix = "phototui-leased:"
    /// How long a worker that is killed while it restores keeps all others from it (kombu: 300 s). Two at once do no harm: each
    /// delivery is put back by one script.
    private static let restoringMilliseconds = 10_000

    /// `visibilitySeconds` is how long a delivery stays hidden without being extended: kombu's `visibility_timeout`, of which
    /// the smallest of all workers on one database counts for all.
    ///
    /// With `loadsScripts` each new connection is told the scripts before anything else, which takes the right to. `onChange` is
    /// as `RedisConnection`'s.
    init(
        _ address: RedisAddress, visibilitySeconds: Double, leaseSeconds: Double? = nil, loadsScripts: Bool = true,
        onChange: @escaping @Sendable (EngineError?) -> Void = { _ in }
    ) {
        tagBase = (leaseSeconds == nil ? "" : Self.leasedPrefix) + CeleryID.make()
        self.leaseSeconds = leaseSeconds ?? JobPolicy.leaseSeconds
        keys = CeleryKeys(address)
        self.visibilitySeconds = visibilitySeconds
        connection = RedisConnection(
            address, greeting: { loadsScripts ? CeleryScripts.all.map(\.load) : [] }, onChange: onChange)
    }

    // Publishing

    func pushing(_ message: CeleryMessage, to queue: String) -> RedisCommand {
        RedisCommand("LPUSH", .key(keys.list(of: queue, priority: message.priority)), .bytes(message.raw))
    }

    func push(_ messages: [(raw: [UInt8], queue: String, priority: Int)]) async throws {
        let commands = messages.map { message in
            RedisCommand(
                "LPUSH", .key(keys.list(of: message.queue, priority: message.priority)), .bytes(message.raw))
        }
        try await connection.sendAll(commands)
    }

    /// Says, as a Celery worker does, that these queues are bound to exchanges of their own names.
    func bind(_ queues: [String]) async throws {
        let commands = queues.map { queue in
            RedisCommand(
                "SADD", .text(keys.binding(of: queue)), .text(keys.member(routingKey: queue, queue: queue)))
        }
        try await connection.sendAll(commands)
    }

    func queues(of exchange: String, routingKey: String) async throws -> [String] {
        if exchange.isEmpty { return [routingKey] }
        let members = try await connection.send(RedisCommand("SMEMBERS", .text(keys.binding(of: exchange))))
        return keys.queues(in: members.array.compactMap(\.text), for: routingKey)
    }

    // Consuming

    /// Up to `count` messages of those `queues` that are not paused, the most urgent first. One that was restored
    /// before comes alone.
    func pop(_ queues: [String], count: Int) async throws -> CeleryTaken {
        if queues.isEmpty || count < 1 { return CeleryTaken(received: [], paused: []) }
        let number = serial.add(1, ordering: .relaxed).newValue
        var lists: [String] = []
        var names: [RedisArgument] = []
        for queue in queues {
            for list in keys.lists(of: queue) {
                lists.append(list)
                names.append(.text(queue))
            }
        }
        let value = try await CeleryScripts.pop.run(
            on: connection, keys: [keys.unacked, keys.unackedIndex, keys.dead, keys.deadReasons, keys.paused] + lists,
            [RedisArgument(count), "\(tagBase):\(number):"] + names)
        let received = value.array.dropFirst().compactMap { item -> CeleryReceived? in
            let parts = item.array
            guard parts.count == 4, let queue = parts[0].text, let raw = parts[1].bytes, let tag = parts[2].text,
                let deaths = parts[3].integer
            else { return nil }
            return CeleryReceived(queue: queue, raw: raw, tag: tag, workerDeaths: deaths < 0 ? nil : deaths)
        }
        return CeleryTaken(received: received, paused: Set(value.array.first?.array.compactMap(\.text) ?? []))
    }

    /// How many of these deliveries were still ours.
    @discardableResult
    func acknowledge(_ tags: [String]) async throws -> Int {
        if tags.isEmpty { return 0 }
        return try await CeleryScripts.acknowledge.run(
            on: connection, keys: [keys.unacked, keys.unackedIndex], tags.map(RedisArgument.text)
        ).integer ?? 0
    }

    func acknowledgement(of tag: String) -> RedisCommand {
        CeleryScripts.acknowledge.command(keys: [keys.unacked, keys.unackedIndex], [.text(tag)])
    }

    /// Hides deliveries for `seconds` from now; returns those that were acknowledged, or restored by another worker.
    func extend(_ tags: [String], seconds: Double) async throws -> [String] {
        if tags.isEmpty { return [] }
        let lost = try await CeleryScripts.extend.run(
            on: connection, keys: [keys.unackedIndex],
            [.text(String(seconds)), .text(String(visibilitySeconds))] + tags.map(RedisArgument.text))
        return lost.array.compactMap(\.text)
    }

    /// Gives a delivery back to the head of its queue, or its end; false when it is no longer ours. `isRedelivered` marks the
    /// message.
    @discardableResult
    func giveBack(_ received: CeleryReceived, isRedelivered: Bool = true, toEnd: Bool = false) async throws -> Bool {
        let priority = JSONValue(parsing: received.raw)?["properties"]["priority"].integer ?? 0
        let value = try await CeleryScripts.restore.run(
            on: connection,
            keys: [keys.unacked, keys.unackedIndex, keys.list(of: received.queue, priority: priority)],
            [
                .text(received.tag), "",
                .bytes(isRedelivered ? CeleryMessage.redelivered(received.raw) : received.raw),
                .text(toEnd ? "end" : ""),
            ])
        return value.integer == 1
    }

    /// Writes into the record of a delivery how many workers will have ended with it should this one; false when it is no longer
    /// ours.
    func note(_ received: CeleryReceived, workerDeaths: Int) async throws -> Bool {
        let value = try await CeleryScripts.note.run(
            on: connection, keys: [keys.unacked, keys.unackedIndex],
            [
                .text(received.tag), .bytes(CeleryMessage.redelivered(received.raw, workerDeaths: workerDeaths)),
                .text(received.queue),
            ])
        return value.integer == 1
    }

    /// Throws where the user of the broker lacks a right that a worker of these queues needs.
    func checkRights(_ queues: [String]) async throws {
        let rights = CeleryRights(connection.address, keys: keys)
        let missing = try await rights.missing(for: rights.worker(queues))
        if !missing.isEmpty { throw EngineError.redisUser(lacks: missing, address: connection.address) }
    }

    // Restoring

    /// Puts back up to `limit` deliveries, anyone's, whose visibility has ended; returns how many. One worker does so at a time.
    func restoreExpired(limit: Int = 200) async throws -> Int {
        let owner = CeleryID.make()
        let locked = try await connection.send(
            RedisCommand(
                "SET", .text(keys.unackedMutex), .text(owner), "NX", "PX", RedisArgument(Self.restoringMilliseconds)))
        guard locked != .null else { return 0 }
        let result: Result<Int, any Error>
        do {
            result = .success(try await restoreAll(limit: limit))
        } catch {
            result = .failure(error)
        }
        _ = try? await CeleryScripts.unlock.run(on: connection, keys: [keys.unackedMutex], [.text(owner)])
        return try result.get()
    }

    private func restoreAll(limit: Int) async throws -> Int {
        let found = try await CeleryScripts.expired.run(
            on: connection, keys: [keys.unacked, keys.unackedIndex],
            [
                .text(String(visibilitySeconds)), RedisArgument(limit), .text(String(leaseSeconds)),
                .text(Self.leasedPrefix),
            ])
        var count = 0
        for item in found.array {
            let parts = item.array
            guard parts.count == 3, let tag = parts[0].text, let score = parts[1].text, let entry = parts[2].bytes
            else {
                continue
            }
            guard let unacked = CeleryUnacked(entry) else {
                try await bury(
                    CeleryReceived(queue: "", raw: entry, tag: tag), kind: .poison,
                    reason: "the record of its delivery is broken")
                continue
            }
            let queue = try await queues(of: unacked.exchange, routingKey: unacked.routingKey).first
            let list = keys.list(of: queue ?? unacked.routingKey, priority: unacked.priority)
            let restored = try await CeleryScripts.restore.run(
                on: connection, keys: [keys.unacked, keys.unackedIndex, list],
                [.text(tag), .text(score), .bytes(CeleryMessage.restored(unacked.raw, now: Date()))])
            count += restored.integer ?? 0
        }
        return count
    }
}

/// An entry of `unacked`: `[message, "exchange", "routing key"]`.
struct CeleryUnacked: Hashable, Sendable {
    let raw: [UInt8]
    let exchange: String
    let routingKey: String
    let priority: Int

    init?(_ entry: [UInt8]) {
        guard let parts = JSONValue(parsing: entry)?.array, parts.count == 3, parts[0].members != nil,
            let exchange = parts[1].string, let routingKey = parts[2].string,
            let raw = JSONParser.firstElement(ofArray: entry)
        else { return nil }
        self.raw = raw
        self.exchange = exchange
        self.routingKey = routingKey
        priority = parts[0]["properties"]["priority"].integer ?? 0
    }
}
