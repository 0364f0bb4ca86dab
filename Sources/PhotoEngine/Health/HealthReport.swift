internal import Foundation

/// What was found of each thing that phototui needs.
public struct HealthReport: Hashable, Sendable, Codable {
    /// The worst of all.
    public let status: HealthStatus
    public let dependencies: [DependencyHealth]

    public init(_ dependencies: [DependencyHealth]) {
        status = dependencies.map(\.status).max() ?? .ok
        self.dependencies = dependencies
    }

    /// Whether work can be done: a warning does not keep from it.
    public var isReady: Bool { status < .fail }

    /// One document: `status` and `dependencies`, each with `name`, `status`, `seconds`, `message`, `what_to_do`, `checked_at`.
    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        return Array((try? encoder.encode(self)) ?? Data()) + [0x0A]
    }
}

public enum HealthStatus: String, Sendable, Codable, Comparable, CaseIterable {
    case ok, warn, fail

    private var rank: Int { self == .ok ? 0 : self == .warn ? 1 : 2 }
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
