internal import Core
internal import Foundation

extension CeleryBroker {
    /// Messages of our tasks in these queues and under way, by the owner each names; nil has those that name none. Counted
    /// page by page, so that others are served meanwhile: what moves between two pages may be counted twice or not at all. With
    /// `isReader`, as a user does it who may only look.
    func messageCounts(of queues: [String], isReader: Bool = false) async throws -> [String?: Int] {
        let script = CeleryScripts.owners
        func run(_ key: String, _ arguments: [RedisArgument]) async throws -> RedisValue {
            isReader
                ? try await script.runReading(on: connection, keys: [key], arguments)
                : try await script.run(on: connection, keys: [key], arguments)
        }
        var counts: [String?: Int] = [:]
        func add(_ value: RedisValue) -> Int {
            let parts = value.array
            for index in stride(from: 1, to: parts.count - 1, by: 2) {
                guard let owner = parts[index].text, let count = parts[index + 1].integer else { continue }
                counts[owner.isEmpty ? nil : owner, default: 0] += count
            }
            return parts.first?.integer ?? 0
        }
        let page = 500
        for list in queues.flatMap(keys.lists) {
            var start = 0
            while true {
                let found = try await run(list, [RedisArgument(start), RedisArgument(start + page - 1)])
                if add(found) < page { break }
                start += page
            }
        }
        _ = add(try await run(keys.unacked, []))
        return counts
    }

    func depth(of queue: String) async throws -> QueueDepth {
        let waiting = try await connection.sendAll(keys.lists(of: queue).map { RedisCommand("LLEN", .key($0)) })
        let unacknowledged = try await CeleryScripts.unacknowledged.run(
            on: connection, keys: [keys.unacked], [.text(queue)])
        return QueueDepth(
            waiting: waiting.reduce(0) { $0 + ($1.integer ?? 0) }, unacknowledged: unacknowledged.integer ?? 0)
    }

    /// The raw messages at the head of a queue, in the order they will be delivered.
    func peek(_ queue: String, limit: Int) async throws -> [[UInt8]] {
        guard limit > 0 else { return [] }
        let values = try await connection.sendAll(
            keys.lists(of: queue).map { RedisCommand("LRANGE", .key($0), RedisArgument(-limit), "-1") })
        return Array(values.flatMap { $0.array.reversed().compactMap(\.bytes) }.prefix(limit))
    }

    /// Seconds since the oldest waiting message was published; nil when none waits whose publisher said when.
    func oldestSeconds(of queue: String) async throws -> Double? {
        let values = try await connection.sendAll(
            keys.lists(of: queue).map { RedisCommand("LINDEX", .key($0), "-1") })
        let moments = values.compactMap { value in
            value.bytes.flatMap { try? CeleryMessage(raw: $0) }?.publishedAt?.timeIntervalSince1970
        }
        return moments.min().map { max(0, Date().timeIntervalSince1970 - $0) }
    }

    func unacknowledged(limit: Int) async throws -> [UnacknowledgedMessage] {
        let found = try await connection.send(
            RedisCommand("ZRANGE", .text(keys.unackedIndex), "0", RedisArgument(max(0, limit - 1)), "WITHSCORES")
        ).array
        if found.isEmpty || limit < 1 { return [] }
        let tags = stride(from: 0, to: found.count - 1, by: 2).compactMap { index in
            found[index].text.map { ($0, Double(found[index + 1].text ?? "") ?? 0) }
        }
        let entries = try await connection.send(
            RedisCommand("HMGET", [.text(keys.unacked)] + tags.map { .text($0.0) })
        ).array
        return zip(tags, entries).compactMap { tag, entry in
            guard let unacked = entry.bytes.flatMap(CeleryUnacked.init) else { return nil }
            let headers = JSONValue(parsing: unacked.raw)?["headers"]
            return UnacknowledgedMessage(
                tag: DeliveryTag(tag.0), queue: unacked.routingKey, task: headers?["task"].string ?? "",
                id: headers?["id"].string ?? "", receivedAt: tag.1)
        }
    }

    func purge(_ queue: String) async throws -> Int {
        let lists = keys.lists(of: queue)
        let values = try await connection.sendAll(
            [RedisCommand("MULTI")] + lists.map { RedisCommand("LLEN", .key($0)) }
                + [RedisCommand("DEL", lists.map(RedisArgument.key)), RedisCommand("EXEC")])
        return values.last?.array.prefix(lists.count).reduce(0) { $0 + ($1.integer ?? 0) } ?? 0
    }
}
