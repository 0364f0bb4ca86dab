internal import Core
internal import Foundation

extension CeleryBroker {
    /// Moves a delivery to the dead letters, with its raw text; false when it is no longer ours.
    @discardableResult
    func bury(_ received: CeleryReceived, kind: DeadLetter.Kind, reason: String) async throws -> Bool {
        let document: JSONValue = .members([
            "queue": .string(received.queue), "reason": .string(reason), "kind": .string(kind.rawValue),
            "at": .string(String(Date().timeIntervalSince1970)),
        ])
        let value = try await CeleryScripts.bury.run(
            on: connection, keys: [keys.unacked, keys.unackedIndex, keys.dead, keys.deadReasons],
            [.text(received.tag), .bytes(received.raw), .bytes(document.encoded)])
        return value.integer == 1
    }

    /// Dead letters in one question: the server has others to serve, however many there are.
    private static let lettersAtOnce = 500

    /// The latest dead letters first, at most `limit`.
    func deadLetters(limit: Int) async throws -> [DeadLetter] {
        var found: [String: DeadLetter] = [:]
        var cursor = "0"
        repeat {
            let page = try await connection.send(
                RedisCommand(
                    "HSCAN", .text(keys.deadReasons), .text(cursor), "COUNT", RedisArgument(Self.lettersAtOnce))
            ).array
            guard page.count == 2, let next = page[0].text else { break }
            let values = page[1].array
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                guard let id = values[index].text, let bytes = values[index + 1].bytes,
                    let letter = Self.deadLetter(id, reason: bytes)
                else { continue }
                found[id] = letter
            }
            cursor = next
        } while cursor != "0"
        var letters = Array(found.values.sorted { ($0.at, $1.id) > ($1.at, $0.id) }.prefix(max(0, limit)))
        for start in stride(from: 0, to: letters.count, by: Self.lettersAtOnce) {
            let end = min(start + Self.lettersAtOnce, letters.count)
            let texts = try await connection.send(
                RedisCommand("HMGET", [.text(keys.dead)] + letters[start..<end].map { .text($0.id) })
            ).array
            for (index, text) in zip(start..<end, texts) { letters[index].raw = text.bytes ?? [] }
        }
        return letters
    }

    func deadLetterCount() async throws -> Int {
        try await connection.send(RedisCommand("HLEN", .text(keys.deadReasons))).integer ?? 0
    }

    func deadLetter(_ id: String) async throws -> DeadLetter? {
        let values = try await connection.sendAll([
            RedisCommand("HGET", .text(keys.deadReasons), .text(id)), RedisCommand("HGET", .text(keys.dead), .text(id)),
        ])
        var letter = values[0].bytes.flatMap { Self.deadLetter(id, reason: $0) }
        letter?.raw = values[1].bytes ?? []
        return letter
    }

    private static func deadLetter(_ id: String, reason: [UInt8]) -> DeadLetter? {
        guard let document = JSONValue(parsing: reason) else { return nil }
        return DeadLetter(
            id: id, queue: document["queue"].string ?? "",
            kind: document["kind"].string.flatMap(DeadLetter.Kind.init) ?? .poison,
            reason: document["reason"].string ?? "", at: Double(document["at"].string ?? "") ?? 0, raw: [])
    }

    /// Puts dead letters back at the end of their queues; returns how many there were.
    func revive(_ ids: [String]) async throws -> Int {
        var count = 0
        for start in stride(from: 0, to: ids.count, by: 500) {
            let some = Array(ids[start..<min(start + 500, ids.count)])
            let reasons = try await connection.send(
                RedisCommand("HMGET", [.text(keys.deadReasons)] + some.map(RedisArgument.text))
            ).array
            var byQueue: [String: [String]] = [:]
            for (id, reason) in zip(some, reasons) {
                guard let queue = reason.bytes.flatMap({ JSONValue(parsing: $0) })?["queue"].string, !queue.isEmpty
                else { continue }
                byQueue[queue, default: []].append(id)
            }
            for (queue, ids) in byQueue {
                count +=
                    try await CeleryScripts.revive.run(
                        on: connection, keys: [keys.dead, keys.deadReasons, keys.list(of: queue, priority: 0)],
                        ids.map(RedisArgument.text)
                    ).integer ?? 0
            }
        }
        return count
    }

    func forget(_ ids: [String]) async throws -> Int {
        var count = 0
        for start in stride(from: 0, to: ids.count, by: 500) {
            let some = ids[start..<min(start + 500, ids.count)].map(RedisArgument.text)
            let values = try await connection.sendAll([
                RedisCommand("MULTI"), RedisCommand("HDEL", [.text(keys.dead)] + some),
                RedisCommand("HDEL", [.text(keys.deadReasons)] + some), RedisCommand("EXEC"),
            ])
            count += values.last?.array.first?.integer ?? 0
        }
        return count
    }
}
