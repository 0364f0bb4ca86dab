public import Core
internal import Foundation

extension CeleryDelivery {
    /// Whether the broker takes work: it answers, and stores what it is given. Throws what keeps it from that.
    public func probe(seconds: Double = probeSeconds) async throws {
        try await broker.connection.send(
            RedisCommand(
                "SET", .text(broker.keys.health), .text(String(Int(Date().timeIntervalSince1970))), "EX", "60"),
            seconds: seconds)
    }

    /// A little less than a look at health takes, so that it ends with what was wrong instead of a silence.
    public static let probeSeconds = 1.5

    /// How many dead letters there are.
    public func deadLetterCount() async throws -> Int {
        try await broker.connection.send(RedisCommand("HLEN", .text(broker.keys.deadReasons))).integer ?? 0
    }

    /// Seconds since the oldest waiting message was published; nil when none waits whose publisher said when.
    public func oldestSeconds(of queue: QueueName) async throws -> Double? {
        try await broker.oldestSeconds(of: queue.rawValue)
    }

    /// Ends its connections.
    public func close() {
        broker.connection.close()
        bell.close()
    }
}

extension CeleryConsole {
    /// Whether the broker answers who may only read.
    public func probe(seconds: Double = CeleryDelivery.probeSeconds) async throws {
        try await connection.send(RedisCommand("HLEN", .text(keys.deadReasons)), seconds: seconds)
    }
}

extension CeleryKeys {
    /// What a probe writes.
    var health: String { prefix + "phototui.health" }
}
