internal import Catalog
public import Core
internal import Foundation
public import Jobs
internal import SystemPackage

/// Where the history of a broker's tasks is kept on this machine: a file for each broker.
public struct TaskHistoryFile: Sendable {
    let path: FilePath
    let broker: String

    public init(_ address: RedisAddress, environment: [String: String]) {
        broker = address.description
        let folder = Library.consoleFolder(environment)
        path = folder.appending("history-\(Self.name(address.description + "\n" + address.keyPrefix)).sqlite")
    }

    /// Raw text.
    public var description: String { path.string }
    var lock: FilePath { FilePath(path.string + ".lock") }

    /// FNV-1a, 64 bits: the same in every process.
    private static func name(_ text: String) -> String {
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    public var exists: Bool { FileManager.default.fileExists(atPath: path.string) }

    /// For reading, or to keep there what was sent again, and what errors have in common. Throws `.notFound` where nobody has watched
    /// the broker from here yet.
    public func open(toWrite: Bool = false) async throws -> any TaskHistory {
        guard exists else {
            throw EngineError(
                .notFound, "nobody has watched \(broker) from this machine yet, so there is no history of its tasks",
                whatToDo: "start with: phototui jobs watch --broker \(shellQuoted(broker))")
        }
        return try await toWrite ? SQLiteTaskHistory.open(path) : SQLiteTaskHistory.openForReading(path)
    }

    /// What it tells of the last day; nothing where nobody watched. Throws where it can't be read.
    public func past() async throws -> BrokerPast {
        try await reading { try await Self.past(of: $0) } ?? BrokerPast()
    }

    /// Nil where nobody watched.
    func reading<Value>(_ body: (any TaskHistory) async throws -> Value) async throws -> Value? {
        guard exists else { return nil }
        let history = try await open()
        do {
            let value = try await body(history)
            await history.close()
            return value
        } catch {
            await history.close()
            throw error
        }
    }

    public static func past(of history: any TaskHistory) async throws -> BrokerPast {
        let now = Date().timeIntervalSince1970
        return BrokerPast(
            seen: try await history.workers(since: now - BrokerPast.seconds),
            watches: try await history.watches(limit: mostWatches),
            rates: try await history.rates(seconds: rateSeconds, now: now))
    }

    /// Periods of watching that are read: who opens the console begins one.
    private static let mostWatches = 1000
    private static let rateSeconds = 300.0

    func create() async throws -> any TaskHistory {
        let folder = path.removingLastComponent()
        try await BlockingQueue(label: "phototui.state").run { try LibraryFolder.create(folder) }
        return try await SQLiteTaskHistory.open(path)
    }
}
