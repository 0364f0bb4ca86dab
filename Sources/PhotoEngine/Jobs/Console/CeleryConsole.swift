public import Core
internal import Foundation
internal import Synchronization

/// The console of a Celery broker on Redis, of any deployment: it needs no library, declares nothing and consumes nothing.
public final class CeleryConsole: BrokerConsole {
    let broker: CeleryBroker
    let address: RedisAddress
    let survey = Mutex(BrokerSurvey())
    /// Listened for beside those that are found.
    let knownQueues: [String]

    /// Connects at the first question. `knownQueues` are listed also where the broker has no trace of them.
    public init(_ address: RedisAddress, knownQueues: [String] = []) {
        self.address = address
        self.knownQueues = knownQueues
        // The visibility matters to who restores, which the console does not.
        broker = CeleryBroker(address, visibilitySeconds: 3600, loadsScripts: false)
    }

    deinit { close() }

    public func close() { broker.connection.close() }

    var keys: CeleryKeys { survey.withLock { $0.keys } ?? broker.keys }
    var connection: RedisConnection { broker.connection }

    /// Of one message, and of all together, no more is read; of longer ones, and of those that come when that is used up, the
    /// ends.
    private static let mostMessageBytes = 256 << 10
    private static let mostPeekBytes = 16 << 20
    private static let partBytes = 8 << 10

    public func peek(_ queue: String, limit: Int) async throws -> [QueuedMessage] {
        var found: [QueuedMessage] = []
        var bytes = Self.mostPeekBytes
        let keys = await learnedKeys()
        for (step, list) in zip(keys.prioritySteps, keys.lists(of: queue)) where found.count < limit {
            let heads = try await heads(
                of: list, behind: 0, atMost: limit - found.count, each: Self.mostMessageBytes, all: bytes,
                part: Self.partBytes)
            bytes -= heads.reduce(0) { $0 + $1.beginning.count }
            found += heads.map { head in
                head.beginning.count == head.length
                    ? QueuedMessage(raw: head.beginning, priority: step)
                    : QueuedMessage(head: head.beginning, tail: head.end, byteCount: head.length, priority: step)
            }
        }
        return found
    }

    /// A message, or its ends.
    struct Head {
        let length: Int
        let beginning: [UInt8]
        let end: [UInt8]
    }

    func heads(
        of list: String, behind skipped: Int, atMost most: Int, each: Int, all: Int, part: Int
    ) async throws -> [Head] {
        guard most > 0 else { return [] }
        let values = try await ConsoleScripts.heads.runReading(
            on: connection, keys: [list],
            [skipped, most, each, max(0, all), part].map { RedisArgument($0) }
        ).array
        return stride(from: 0, to: values.count - 2, by: 3).map {
            Head(
                length: values[$0].integer ?? 0, beginning: values[$0 + 1].bytes ?? [], end: values[$0 + 2].bytes ?? [])
        }
    }

    public func unacknowledged(limit: Int) async throws -> [UnacknowledgedMessage] {
        try await broker.unacknowledged(limit: limit)
    }

    public func deadLetters(limit: Int) async throws -> [DeadLetter] { try await broker.deadLetters(limit: limit) }
    public func deadLetterCount() async throws -> Int { try await broker.deadLetterCount() }
    public func deadLetter(_ id: String) async throws -> DeadLetter? { try await broker.deadLetter(id) }

    public func traceback(ofTask id: String) async throws -> String? {
        // What is no string is somebody else's key.
        let value = try await connection.send([
            RedisCommand("GET", .text(keys.prefix + CeleryKeys.result(of: id)))
        ])[0]
        return value.bytes.flatMap { JSONValue(parsing: $0) }?["traceback"].string
    }

    public func mayChange() async throws -> Bool {
        let rights = CeleryRights(address, keys: keys)
        for change in rights.changes() {
            if try await rights.missing(for: [change]).isEmpty { return true }
        }
        return false
    }

    public func revive(_ ids: [String]) async throws -> Int { try await broker.revive(ids) }
    public func forget(_ ids: [String]) async throws -> Int { try await broker.forget(ids) }
}
