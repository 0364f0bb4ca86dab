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

extension CeleryConsole {
    /// `; version 7.0.15, 12.3 MB used, written to disk`; empty for who may not ask.
    public func serverFacts() async throws -> String {
        let text: String
        do {
            text = try await connection.send(RedisCommand("INFO")).text ?? ""
        } catch let error as EngineError where error.code == .permissionDenied {
            return ""
        }
        var facts: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            facts[line[..<colon]] = line[line.index(after: colon)...]
        }
        guard let version = facts["redis_version"] else { return "" }
        var words = ["version \(version)"]
        if let used = facts["used_memory"].flatMap({ Int64($0) }) {
            let most = facts["maxmemory"].flatMap { Int64($0) } ?? 0
            words.append("\(ByteCount(used))\(most > 0 ? " of \(ByteCount(most))" : "") used")
        }
        if let policy = facts["maxmemory_policy"], policy != "noeviction" { words.append("evicts (\(policy))") }
        if facts["aof_enabled"] == "1" { words.append("append-only file") }
        return "; " + displayEscaped(words.joined(separator: ", "))
    }
}

extension CeleryKeys {
    /// What a probe writes.
    var health: String { prefix + "phototui.health" }
}
