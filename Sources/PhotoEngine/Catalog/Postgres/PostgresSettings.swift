import Foundation

/// How to reach a Postgres server, directly or through PgBouncer in transaction mode.
public struct PostgresSettings: Sendable {
    /// libpq's connection string or URI (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
    public var connection: String
    /// Never shown; nil where the connection string, a password file or the server's rules do without.
    public var password: String?
    /// Connections at a time, at most: without another wish, two for each processor.
    public var connections: Int
    public var connectSeconds: Int
    /// How long one statement may take; 0 for any time.
    public var statementSeconds: Int
    /// How long a transaction may wait for us in its middle: a process that is frozen there, or whose machine sleeps, would keep
    /// the owner's lock from all others. 0 for any time.
    var idleSeconds = 10
    /// How long the server may say nothing to whoever waits for it; nil for a while longer than a statement may take.
    var silence: Duration?

    public init(
        connection: String, password: String? = nil, connections: Int? = nil, connectSeconds: Int = 5,
        statementSeconds: Int = 60
    ) {
        self.connection = connection
        self.password = password
        self.connections = connections ?? 2 * ProcessInfo.processInfo.activeProcessorCount
        self.connectSeconds = connectSeconds
        self.statementSeconds = statementSeconds
    }
}
