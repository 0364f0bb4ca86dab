public import Foundation

/// One thing that phototui needs, as it was found.
public struct DependencyHealth: Hashable, Sendable, Codable {
    public let name: String
    public let status: HealthStatus
    /// How long the answer took, or was waited for.
    public let seconds: Double
    /// What was found; safe to show, and without any secret.
    public let message: String
    /// Empty where nothing is to be done.
    public let whatToDo: String
    public let checkedAt: Date

    public init(name: String, status: HealthStatus, seconds: Double, message: String, whatToDo: String, checkedAt: Date)
    {
        (self.name, self.status, self.seconds) = (name, status, seconds)
        (self.message, self.whatToDo, self.checkedAt) = (message, whatToDo, checkedAt)
    }
}

/// A look at one thing that phototui needs.
public struct HealthProbe: Sendable {
    /// What a look found, where it did not throw.
    public struct Finding: Sendable {
        public var status: HealthStatus
        public var message: String
        public var whatToDo: String

        public init(_ message: String, status: HealthStatus = .ok, whatToDo: String = "") {
            (self.message, self.status, self.whatToDo) = (message, status, whatToDo)
        }
    }

    public let name: String
    /// Which server it is, for when it says nothing: `Postgres at db.example:5432`.
    public let server: String
    /// How long a look may take, where that is longer than those at others.
    public let limit: Duration?
    public let look: @Sendable () async throws -> Finding

    public init(
        _ name: String, server: String, limit: Duration? = nil, look: @escaping @Sendable () async throws -> Finding
    ) {
        (self.name, self.server, self.limit, self.look) = (name, server, limit, look)
    }
}
