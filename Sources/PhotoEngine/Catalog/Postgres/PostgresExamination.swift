public import Core
internal import Foundation

/// Looks at a Postgres server as phototui reaches it: what is missing, and what would hold owners apart no longer.
public struct PostgresExamination: Sendable {
    private let settings: PostgresSettings
    let database: PostgresDatabase
    /// The name of the profile, for the commands it advises.
    let profile: String

    public init(_ settings: PostgresSettings, profile: String) {
        var settings = settings
        (settings.connections, settings.connectSeconds, settings.statementSeconds) = (1, 3, 3)
        self.settings = settings
        self.profile = profile
        database = PostgresDatabase(settings)
    }

    public func findings() async -> [Finding] {
        var findings: [Finding] = []
        do {
            let server = try await ask()
            findings.append(server.finding(database.server))
            findings.append(clock(server))
            findings += try await pooling(server)
            findings += try await role()
            findings += try await schema()
            findings += try await extensions(version: server.version)
            findings.append(try await textSearch())
            findings += try await durability()
        } catch {
            findings.append(Finding("database", failed: error))
        }
        try? await database.close()
        return findings
    }

    // The server

    private struct Server: Sendable {
        let version: String
        let seconds: Double
        /// How far the server's clock is ahead of this machine's.
        let clockSeconds: Double
        /// The process at the server, and the one that was greeted: others where a pooler stands between.
        let process: Int
        let isPooled: Bool

        func finding(_ name: String) -> Finding {
            let way = isPooled ? "through a pooler" : "directly"
            let time = String(format: "%.1f ms", seconds * 1000)
            let major = Int(version.prefix { $0.isNumber }) ?? 0
            return Finding(
                "database", major >= 13 ? .ok : .fail,
                "\(name), Postgres \(version), reached \(way), \(time) a question",
                whatToDo: major >= 13 ? nil : "phototui needs Postgres 13 or newer")
        }
    }

    private func ask() async throws -> Server {
        let sql = """
            SELECT current_setting('server_version'), pg_backend_pid()::bigint,
                (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
            """
        return try await database.connected { connection in
            // The first question opens the connection, too.
            _ = try connection.rows("SELECT 1", [])
            let start = Date()
            var row = try SQLRow.present(try connection.row(sql, []))
            let seconds = Date().timeIntervalSince(start)
            let (version, process, microseconds) = (try row.text(), try row.int(), try row.int64())
            let middle = start.timeIntervalSince1970 + seconds / 2
            return Server(
                version: String(version.prefix { $0 != " " }), seconds: seconds,
                clockSeconds: Double(microseconds) / 1_000_000 - middle, process: process,
                isPooled: connection.greetedProcess != process)
        }
    }

    private func clock(_ server: Server) -> Finding {
        let skew = abs(server.clockSeconds)
        let text = String(format: "%.1f s", skew)
        let isFine = skew < 2
        return Finding(
            "clocks", isFine ? .ok : skew < 30 ? .warning : .fail,
            isFine
                ? "this machine's and the server's agree"
                : "the server's is \(text) \(server.clockSeconds > 0 ? "ahead of" : "behind") this machine's",
            whatToDo: isFine ? nil : "have both follow a time server: leases of jobs end too soon, or too late")
    }

    /// What the pooler between does with transactions: only whole ones may share a connection.
    private func pooling(_ server: Server) async throws -> [Finding] {
        guard server.isPooled else { return [] }
        do {
            _ = try await database.read { try $0.rows("SELECT 1", []) }
        } catch {
            return [
                Finding(
                    "pooling", .fail, "the pooler takes single statements, and no transactions (statement mode?)",
                    whatToDo: "set pool_mode = transaction in pgbouncer.ini, then RELOAD")
            ]
        }
        // In session mode each of two clients stays with a server connection of its own. Otherwise they meet on one, or,
        // where others are busy, move from one to another.
        let other = PostgresDatabase(settings)
        var places: Set<[Int]> = []
        for _ in 0..<20 {
            let first = try await database.connected { try $0.serverProcess() }
            let second = try await other.connected { try $0.serverProcess() }
            places.insert([first, second])
            if first == second || places.count > 1 {
                try await other.close()
                return [Finding("pooling", .ok, "transaction mode")]
            }
        }
        try await other.close()
        return [
            Finding(
                "pooling", .warning, "each client keeps a server connection (session mode?)",
                whatToDo: "set pool_mode = transaction in pgbouncer.ini, or many workers run out of connections")
        ]
    }

    // The role and the schema

    private func role() async throws -> [Finding] {
        var row = try SQLRow.present(
            try await database.row(
                """
                SELECT rolname::text, rolsuper::int::bigint, rolbypassrls::int::bigint,
                    (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid AND relkind = 'r'
                        AND relnamespace = current_schema()::regnamespace)
                FROM pg_roles WHERE rolname = current_user
                """, []))
        let (name, isSuperuser, bypasses, owned) = (
            try row.text(), try row.bool(), try row.bool(), try row.int()
        )
        if isSuperuser || bypasses {
            return [
                Finding(
                    "role", .fail,
                    "\(name) \(isSuperuser ? "is a superuser" : "has BYPASSRLS"): row-level security does not hold for it",
                    whatToDo: "run as a role of its own, as docs/production.md says, or: "
                        + "ALTER ROLE \(name) NOSUPERUSER NOBYPASSRLS")
            ]
        }
        if owned > 0 {
            return [
                Finding(
                    "role", .warning, "\(name) owns the schema, and could drop it",
                    whatToDo: "run as a second role that only has the rows: phototui migrate --role NAME grants them")
            ]
        }
        return [Finding("role", .ok, "\(name), under row-level security")]
    }

    private func schema() async throws -> [Finding] {
        let newest = PostgresCatalog.schemaVersion
        var present = try SQLRow.present(
            try await database.row("SELECT (to_regclass('schema_versions') IS NOT NULL)::int::bigint", []))
        guard try present.bool() else {
            return [Finding("schema", .fail, "there is none", whatToDo: "run: phototui migrate --profile \(profile)")]
        }
        guard try await isGranted("schema_versions", "SELECT") else {
            return [
                Finding(
                    "schema", .fail, "this role may not read it",
                    whatToDo: "run: phototui migrate --profile \(profile) --role THIS_ROLE")
            ]
        }
        var row = try await database.row("SELECT max(version) FROM schema_versions", [])
        let version = try row?.optionalInt() ?? 0
        guard version == newest else {
            return [
                Finding(
                    "schema", .fail, "version \(version), and this phototui needs \(newest)",
                    whatToDo: version > newest
                        ? "install the newer phototui that wrote it" : "run: phototui migrate --profile \(profile)")
            ]
        }
        return [Finding("schema", .ok, "version \(version)"), try await isolation()]
    }

    private func isolation() async throws -> Finding {
        var open: [String] = []
        for (table, _) in RowLevelSecurity.conditions {
            var row = try await database.row(
                """
                SELECT (relrowsecurity AND relforcerowsecurity)::int::bigint FROM pg_class
                WHERE oid = to_regclass(?)
                """, [.text(table)])
            if try row?.bool() != true { open.append(table) }
        }
        var closed: [String] = []
        for (table, _) in RowLevelSecurity.conditions
        where try await !isGranted(table, RowLevelSecurity.rights(to: table).joined(separator: ",")) {
            closed.append(table)
        }
        let command = "phototui migrate --profile \(profile)"
        if !open.isEmpty {
            return Finding(
                "owners", .fail, "row-level security is off for \(open.joined(separator: ", "))",
                whatToDo: "run: \(command)")
        }
        if !closed.isEmpty {
            return Finding(
                "owners", .fail, "this role lacks rights to \(closed.joined(separator: ", "))",
                whatToDo: "run: \(command) --role THIS_ROLE")
        }
        return Finding("owners", .ok, "held apart by row-level security in \(RowLevelSecurity.conditions.count) tables")
    }

    /// Whether this role has every one of the rights.
    private func isGranted(_ table: String, _ rights: String) async throws -> Bool {
        for right in rights.split(separator: ",") {
            var row = try await database.row(
                "SELECT has_table_privilege(to_regclass(?)::oid, ?)::int::bigint",
                [.text(table), .text(right.trimmingCharacters(in: .whitespaces))])
            guard try row?.optionalInt() == 1 else { return false }
        }
        return true
    }
}

extension PostgresDatabase {
    /// Runs `body` on a connection of the pool, outside a transaction.
    func connected<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await pool.run(body)
    }
}

extension PostgresConnection {
    /// The server's process that runs the statement.
    fileprivate func serverProcess() throws -> Int {
        var row = try SQLRow.present(try row("SELECT pg_backend_pid()::bigint", []))
        return try row.int()
    }
}
