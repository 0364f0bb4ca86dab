import Core

/// Postgres through libpq: the one folder that knows it.
///
/// Each read and each write is one transaction with its identity, which row-level security asks for, set within it: PgBouncer
/// in transaction mode may run the next one on another server connection.
struct PostgresDatabase: SQLDatabase {
    private let pool: PostgresPool
    private let statementSeconds: Int
    private var owner: OwnerID?
    private var ownerName: String?

    init(_ settings: PostgresSettings) {
        pool = PostgresPool(settings)
        statementSeconds = settings.statementSeconds
    }

    var dialect: SQLDialect { .postgres }
    var server: String { pool.server }

    func scoped(to owner: OwnerID?, named name: String) -> any SQLDatabase {
        var scoped = self
        (scoped.owner, scoped.ownerName) = (owner, name)
        return scoped
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", locks: false, body)
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await transaction("BEGIN", locks: true, body)
    }

    private func transaction<Value: Sendable>(
        _ begin: String, locks: Bool, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        let opening = begin + ";" + identity + (locks ? lock : "")
        return try await pool.run { connection in
            var attempt = 0
            while true {
                do {
                    try connection.run(opening)
                    let value = try body(connection)
                    do {
                        try connection.run("COMMIT")
                    } catch var refused as PostgresError {
                        refused.isInDoubt = refused.isLostConnection
                        throw refused
                    }
                    return value
                } catch {
                    if !connection.isLost { try? connection.run("ROLLBACK") }
                    guard let refused = error as? PostgresError, refused.mayBeRunAgain, attempt < 5 else { throw error }
                    attempt += 1
                }
            }
        }
    }

    /// Who asks, for as long as the transaction. Hexadecimal, so that a name can't end the literal.
    private var identity: String {
        func hexadecimal(_ bytes: some Sequence<UInt8>) -> String { Hex.string(bytes) }
        let id = owner.map { hexadecimal($0.bytes) } ?? ""
        let name = hexadecimal(Array((ownerName ?? "").utf8))
        return """
            SELECT set_config('phototui.owner', '\(id)', true),
                set_config('phototui.owner_name', convert_from(decode('\(name)', 'hex'), 'UTF8'), true),
                set_config('statement_timeout', '\(statementSeconds * 1000)', true);
            """
    }

    /// One writer of an owner's rows at a time, as in SQLite: what is written once holds on both.
    private var lock: String {
        let key = owner.map { $0.bytes.suffix(8).reduce(UInt64.zero) { $0 << 8 | UInt64($1) } } ?? 0
        return "SELECT pg_advisory_xact_lock(\(Int64(bitPattern: key)));"
    }

    /// Every transaction that began or ended since shows in the snapshot.
    func changeMark() async throws -> Int64 {
        try await pool.run { connection in
            let rows = try connection.rows("SELECT hashtextextended(pg_current_snapshot()::text, 0)", [])
            var row = try SQLRow.present(rows.first)
            return try row.int64()
        }
    }

    func integrityFaults() async throws -> [String] { [] }

    func close() async throws { pool.close() }

    /// Statements of the schema's owner, outside any owner's identity, in one transaction under the migrations' lock.
    func administer(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws {
        try await write(body)
    }
}

extension SQLDialect {
    static let postgres = SQLDialect(
        integer: "BIGINT", real: "DOUBLE PRECISION", bytes: "BYTEA", text: "TEXT COLLATE \"C\"", tableEnd: "",
        keyedTableEnd: "",
        tables: "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'ready'",
        skipLocked: "FOR UPDATE SKIP LOCKED", contains: { "position(? IN lower((\($0)) COLLATE \"C\")) > 0" })
}
