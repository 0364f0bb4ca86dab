internal import CPostgres
internal import Core
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
    }

    /// Throws what keeps it from working.
    public func ask() async throws -> Answer {
        let sql = """
            SELECT split_part(current_setting('server_version'), ' ', 1),
                CASE WHEN pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on' THEN 1 ELSE 0 END,
                CASE WHEN to_regclass('schema_versions') IS NULL THEN 0 ELSE 1 END
            """
        var row = try SQLRow.present(try await database.rows(sql, []).first)
        let (version, isReadOnly) = (try row.text(), try row.int() == 1)
        guard try row.int() == 1 else { return Answer(version: version, isReadOnly: isReadOnly, schemaVersion: 0) }
        var schema = try await database.row("SELECT max(version) FROM schema_versions", [])
        return Answer(version: version, isReadOnly: isReadOnly, schemaVersion: try schema?.optionalInt() ?? 0)
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
