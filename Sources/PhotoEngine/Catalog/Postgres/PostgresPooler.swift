internal import CPostgres
internal import Core

/// What the pooler in front of a server says of itself, where its user may ask (`stats_users` of PgBouncer).
public struct PostgresPooler: Sendable {
    /// `PgBouncer 1.18.0`
    public let version: String
    public let waitingClients: Int
    /// For how long the one that waits longest does.
    public let longestWait: Double

    /// Asks PgBouncer's own database, which understands only simple statements. Blocks for a few seconds at most; nil for a server
    /// that has no such database, or keeps it from this user.
    public static func ask(_ connection: String, password: String?) -> PostgresPooler? {
        var options = [("dbname", connection), ("dbname", "pgbouncer"), ("connect_timeout", "2")]
        if let password { options.append(("password", password)) }
        guard
            let made = withTexts(
                options.map(\.0),
                { names in
                    withTexts(options.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
                })
        else { return nil }
        defer { PQfinish(made) }
        guard PQstatus(made) == CONNECTION_OK, let version = rows(made, "SHOW VERSION").first?.values.first else {
            return nil
        }
        let pools = rows(made, "SHOW POOLS").filter { $0["database"] != "pgbouncer" }
        func sum(_ column: String) -> Int { pools.reduce(0) { $0 + (Int($1[column] ?? "") ?? 0) } }
        let waits = pools.map { (Double($0["maxwait"] ?? "") ?? 0) + (Double($0["maxwait_us"] ?? "") ?? 0) / 1e6 }
        return PostgresPooler(
            version: displayEscaped(version), waitingClients: sum("cl_waiting"), longestWait: waits.max() ?? 0)
    }

    /// By the names of their columns; none where it is refused.
    private static func rows(_ connection: OpaquePointer, _ statement: String) -> [[String: String]] {
        let result = PQexec(connection, statement)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK else { return [] }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).reduce(into: [:]) { values, column in
                // SAFETY: libpq's texts end with a zero, and live until the result is cleared.
                guard let name = PQfname(result, column), let value = PQgetvalue(result, row, column) else { return }
                values[String(cString: name)] = String(cString: value)
            }
        }
    }
}
