import Core
import Grid
import Widgets

/// One thing that phototui needs, as it was found.
public struct HealthEntry: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable { case ok, warn, fail }

    /// `database`, `storage`, `broker`.
    public let name: String
    public let status: Status
    /// How long the answer took, or was waited for.
    public let seconds: Double
    /// What was found, and what to do about it; untrusted text.
    public let message: String
    public let whatToDo: String

    public init(name: String, status: Status, seconds: Double, message: String, whatToDo: String) {
        (self.name, self.status, self.seconds) = (name, status, seconds)
        (self.message, self.whatToDo) = (message, whatToDo)
    }

    /// What it is for, and what its absence means.
    func meaning(ofLibrary: Bool) -> String {
        switch name {
        case "broker" where !ofLibrary:
            "Where tasks wait and workers hear of them. Without it none is sent, begun or acknowledged, and what Redis doesn't keep on its disk is lost with it."
        case "workers":
            "They take what waits. Where none consumes a queue its messages stay; this warns of it, of paused queues and of those over 100."
        case "tasks":
            "What somebody who watched has seen fail in the last day. What nobody sends again stays undone."
        case "database":
            "The catalogue: every photo, album and job is a row in it. Without it nothing can be shown or changed, and workers wait."
        case "postgres":
            "The server behind the pooler. Where it takes connections and the database doesn't answer, the pooler is at fault."
        case "pool":
            "Connections to Postgres. Where all are taken, or many wait for one at the pooler, everything takes longer and then fails."
        case "replica":
            "A standby that is read where a few seconds don't matter. Without it, or while it lags, the primary does it all."
        case "disk":
            "What this machine keeps: pictures that were fetched, and what waits to be stored. Full, nothing more is fetched or imported here."
        case "storage":
            "Originals and pictures. Without it no photo comes in and none is processed; what this machine has of them still shows."
        case "broker":
            "How workers hear of jobs. Without it jobs wait in the catalogue, none is lost, and they are announced once it is back."
        case "decoder":
            "Reads every picture, confined. Without it nothing is imported or processed here."
        default: ""
        }
    }
}

/// What is needed, as it is and as it was since one looks.
public struct HealthState: Sendable {
    public private(set) var entries: [HealthEntry]?
    public private(set) var answeredAt: Double?
    public var cursor = RowCursor()
    private var looks: [String: [(seconds: Double, isFailed: Bool, at: Double)]] = [:]

    /// Looks that the trend and the median are of.
    private static let kept = 120
    /// Between two looks: each of them works on every server.
    static let pause = 5.0

    public init() {}

    var cursorEntry: HealthEntry? {
        guard let entries, entries.indices.contains(cursor.scroll.cursor) else { return nil }
        return entries[cursor.scroll.cursor]
    }

    mutating func take(_ entries: [HealthEntry], at moment: Double) {
        self.entries = entries
        answeredAt = moment
        for entry in entries {
            looks[entry.name, default: []].append((entry.seconds, entry.status == .fail, moment))
            if looks[entry.name]!.count > Self.kept { looks[entry.name]!.removeFirst() }
        }
    }

    mutating func arrange(visible: Int) { cursor.settle(in: (entries ?? []).map(\.name), visible: visible) }

    func latencies(of name: String) -> [Double] { (looks[name] ?? []).map(\.seconds) }

    /// Half of the looks took no longer.
    func median(of name: String) -> Double? {
        let sorted = latencies(of: name).sorted()
        return sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }

    func worst(of name: String) -> Double? { latencies(of: name).max() }
    func lookCount(of name: String) -> Int { looks[name]?.count ?? 0 }
    func failures(of name: String) -> Int { (looks[name] ?? []).count(where: \.isFailed) }

    /// Since when it fails, as far as that was seen.
    func failingSince(_ name: String) -> Double? {
        guard let all = looks[name], all.last?.isFailed == true else { return nil }
        return all.reversed().prefix(while: \.isFailed).last?.at
    }
}
