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

    var keys: CeleryKeys { broker.keys }
    var connection: RedisConnection { broker.connection }

    public func peek(_ queue: String, limit: Int) async throws -> [QueuedMessage] {
        guard limit > 0 else { return [] }
        let lists = keys.lists(of: queue)
        let values = try await connection.sendAll(
            lists.map { RedisCommand("LRANGE", .text($0), RedisArgument(-limit), "-1") })
        let found = zip(CeleryKeys.prioritySteps, values).flatMap { step, value in
            value.array.reversed().compactMap(\.bytes).map { QueuedMessage(raw: $0, priority: step) }
        }
        return Array(found.prefix(limit))
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

    public func revive(_ ids: [String]) async throws -> Int { try await broker.revive(ids) }
    public func forget(_ ids: [String]) async throws -> Int { try await broker.forget(ids) }
}
