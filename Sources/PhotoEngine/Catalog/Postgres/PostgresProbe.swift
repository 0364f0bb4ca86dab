internal import CPostgres
public import Core
internal import Glibc

/// Asks a Postgres server, as it is reached, whether it takes work: for whoever watches it.
public final class PostgresProbe: Sendable {
    private let database: PostgresDatabase

    /// One connection, on which nothing takes longer than a few seconds.
    public init(_ settings: PostgresSettings) {
        var settings = settings
        (settings.connections, settings.connectSeconds, settings.statementSeconds) = (1, 2, 2)
        database = PostgresDatabase(settings)
    }

    /// `Postgres at db.example:5432`: what a connection string names, without anything secret.
    public static func server(_ connection: String) -> String { PostgresPool.name(of: connection) }

    public struct Answer: Sendable {
        /// `18.6`
        public let version: String
        /// A replica, or a server that was made read-only.
        public let isReadOnly: Bool
        /// 0 where there is no schema.
        public let schemaVersion: Int
        /// Whether a pooler stands between.
        public let isPooled: Bool
        /// Connections to the server, of all who use it, and how many it takes.
        public let connections: Int
        public let mostConnections: Int
        public let databaseBytes: ByteCount
    }

    public struct Replica: Sendable {
        public let version: String
        /// Whether it follows a primary.
        public let isStandby: Bool
        /// How old the last change is that it knows, where it has not all that it was sent.
        public let lagSeconds: Double
    }

    /// As a standby for reads.
    public func askReplica() async throws -> Replica {
        let sql = """
            SELECT split_part(current_setting('server_version'), ' ', 1), pg_is_in_recovery()::int::bigint,
                CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
                END::double precision
            """
        var row = try SQLRow.present(try await database.row(sql, []))
        return Replica(version: try row.text(), isStandby: try row.bool(), lagSeconds: try row.optionalDouble() ?? 0)
    }

    /// Throws what keeps it from working.
    public func ask() async throws -> Answer {
        let sql = """
            SELECT split_part(current_setting('server_version'), ' ', 1),
                CASE WHEN pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' THEN 1 ELSE 0 END,
                CASE WHEN to_regclass('schema_versions') IS NULL THEN 0 ELSE 1 END, pg_backend_pid()::bigint,
                (SELECT coalesce(sum(numbackends), 0)::bigint FROM pg_stat_database),
                current_setting('max_connections')::bigint, pg_database_size(current_database())::bigint
            """
        return try await database.connected { connection in
            var row = try SQLRow.present(try connection.row(sql, []))
            let (version, isReadOnly, hasSchema) = (try row.text(), try row.int() == 1, try row.int() == 1)
            let (process, used, most, bytes) = (try row.int(), try row.int(), try row.int(), try row.int64())
            var schema = hasSchema ? try connection.row("SELECT max(version) FROM schema_versions", []) : nil
            return Answer(
                version: version, isReadOnly: isReadOnly, schemaVersion: try schema?.optionalInt() ?? 0,
                isPooled: connection.greetedProcess != process, connections: used, mostConnections: most,
                databaseBytes: ByteCount(bytes))
        }
    }

    public func close() async { try? await database.close() }

    /// Whether the server at that address takes connections, which needs no login. Blocks for a few seconds at most.
    public static func isAccepting(_ connection: String) -> Bool {
        // SAFETY: the C strings live until libpq has answered, and are freed once.
        let names: [UnsafeMutablePointer<CChar>?] = ["dbname", "connect_timeout"].map { (text: String) in strdup(text) }
        let values: [UnsafeMutablePointer<CChar>?] = [connection, "2"].map { (text: String) in strdup(text) }
        defer { for text in names + values { free(text) } }
        return PQpingParams(
            names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1) == PQPING_OK
    }
}
