import Core
import Glibc

/// Postgres through libpq: the one folder that knows it.
///
/// Each read and each write is one transaction with its identity, which row-level security asks for, set within it: PgBouncer
/// in transaction mode may run the next one on another server connection.
struct PostgresDatabase: SQLDatabase {
    let pool: PostgresPool
    private let statementSeconds: Int
    private let idleSeconds: Int
    private let replica: PostgresReplica?
    private var owner: OwnerID?
    private var ownerName: String?

    init(_ settings: PostgresSettings, replica: PostgresSettings? = nil) {
        pool = PostgresPool(settings)
        self.replica = replica.map { PostgresReplica($0) }
        statementSeconds = settings.statementSeconds
        idleSeconds = settings.idleSeconds
    }

    var dialect: SQLDialect { .postgres }
    var executor: (any TaskExecutor)? { pool.executor }
    var server: String { pool.server }

    func scoped(to owner: OwnerID?, named name: String) -> any SQLDatabase {
        var scoped = self
        (scoped.owner, scoped.ownerName) = (owner, name)
        return scoped
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        let outcome = try await transaction(durability: nil, body)
        return outcome.value
    }

    /// In the transaction that the pipeline makes of what travels together, without a round trip to begin or end it.
    func rows(_ sql: String, _ values: [SQLValue]) async throws -> [SQLRow] {
        try await pool.run { connection in
            connection.keepsStatements = false
            try identify(connection)
            return try connection.rows(sql, values)
        }
    }

    func rowsThatMayLag(_ sql: String, _ values: [SQLValue]) async throws -> [SQLRow] {
        let found = try await replica?.read(positionOfPrimary: positionOfLog) { connection in
            try identify(connection)
            return try connection.rows(sql, values)
        }
        if let found { return found }
        return try await rows(sql, values)
    }

    /// Where the server's log ends, with every change that was ever answered in it.
    private func positionOfLog() async throws -> String {
        try await pool.run { connection in
            var row = try SQLRow.present(try connection.row("SELECT pg_current_wal_insert_lsn()::text", []))
            return try row.text()
        }
    }

    func write<Value: Sendable>(
        _ durability: SQLDurability, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        // Also when it failed: it may stand.
        defer { replica?.noteChange() }
        for _ in 0..<PostgresDatabase.attempts {
            let outcome = try await transaction(durability: durability, body)
            guard let doubtful = outcome.doubtful else { return outcome.value }
            guard try await isUndone(doubtful) else {
                throw EngineError(
                    .unavailable, "the connection to \(server) was lost while a change was saved, which may stand",
                    whatToDo: "look whether it does, or do it again", isRetryable: true)
            }
        }
        throw PostgresError(state: nil, server: server).meaning
    }

    /// How often a transaction that lost a race is begun anew.
    private static let attempts = 5

    private struct Outcome<Value: Sendable>: Sendable {
        let value: Value
        /// The transaction's number, when the connection was lost while it committed.
        var doubtful: String?
    }

    /// `durability` is nil for a transaction that only reads.
    private func transaction<Value: Sendable>(
        durability: SQLDurability?, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Outcome<Value> {
        try await pool.run { connection in
            var attempt = 0
            while true {
                do {
                    try begin(connection, durability)
                    let value = try body(connection)
                    do {
                        try connection.commit()
                    } catch let refused as PostgresError where refused.isLostConnection && connection.number != nil {
                        return Outcome(value: value, doubtful: connection.number)
                    } catch var refused as PostgresError {
                        refused.isInDoubt = refused.isLostConnection
                        throw refused
                    }
                    return Outcome(value: value)
                } catch {
                    connection.rollBack()
                    guard let refused = error as? PostgresError, refused.mayBeRunAgain, attempt < Self.attempts
                    else { throw error }
                    attempt += 1
                    // Who lost a race to several others would lose the next one, too.
                    usleep(UInt32.random(in: 0..<UInt32(5000 << attempt)))
                }
            }
        }
    }

    /// Begins a transaction; travels with its first statement.
    private func begin(_ connection: PostgresConnection, _ durability: SQLDurability?) throws {
        connection.keepsStatements = connection.isDirect && durability != nil
        try connection.send(durability == nil ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN", [])
        try identify(connection, durability)
    }

    /// Says who asks, for as long as the transaction lasts: for one statement that reads, which travels with this.
    private func identify(_ connection: PostgresConnection) throws {
        try connection.send(Self.identity, identityValues)
    }

    /// As `identify`, for a transaction that we may be slow to go on with. To write it takes the owner's lock, too: one writer
    /// of an owner's rows at a time, as in SQLite, so that what is written once holds on both.
    private func identify(_ connection: PostgresConnection, _ durability: SQLDurability?) throws {
        let settings = Self.identity + ", set_config('idle_in_transaction_session_timeout', ?, true)"
        let values = identityValues + [.text("\(idleSeconds * 1000)")]
        let key = owner.map { $0.bytes.suffix(8).reduce(UInt64.zero) { $0 << 8 | UInt64($1) } } ?? 0
        let lock = SQLValue.integer(Int64(bitPattern: key))
        switch durability {
        case nil: try connection.send(settings, values)
        case .soon:
            try connection.send(
                settings + ", set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(?)", values + [lock])
        case .synced: try connection.sendForNumber(settings + ", pg_advisory_xact_lock(?)", values + [lock])
        }
    }

    private static let identity = """
        SELECT set_config('phototui.owner', ?, true), set_config('phototui.owner_name', ?, true),
            set_config('statement_timeout', ?, true)
        """

    private var identityValues: [SQLValue] {
        [
            .text(owner.map { Hex.string($0.bytes) } ?? ""), .string(ownerName ?? ""),
            .text("\(statementSeconds * 1000)"),
        ]
    }

    /// Whether nothing stands of a transaction whose commit nobody answered: asked of the server, as soon as it is there
    /// again. That it committed can't be learnt: a server that died gives the numbers that it lost to others.
    private func isUndone(_ number: String) async throws -> Bool {
        var failure: any Error = PostgresError(state: nil, server: server).meaning
        for attempt in 0..<PostgresDatabase.attempts {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(100 << attempt)) }
            do {
                let state = try await pool.run { connection in
                    var row = try connection.row("SELECT pg_xact_status(?::text::xid8)", [.text(number)])
                    return try row?.optionalText()
                }
                if state == "aborted" { return true }
                if state == "committed" { return false }
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Made of who last wrote each of the owner's totals, one of which every change of photos or jobs changes.
    func changeMark() async throws -> Int64 {
        let rows = try await rows(
            """
            SELECT hashtextextended(coalesce(string_agg(name || xmin::text || ' ' || value, ',' ORDER BY name), ''), 0)
            FROM totals WHERE owner = ?
            """, [.id(owner)])
        var row = try SQLRow.present(rows.first)
        let mark = try row.int64()
        replica?.note(mark: mark, of: owner)
        return mark
    }

    func integrityFaults() async throws -> [String] { [] }

    func close() async throws {
        pool.close()
        replica?.close()
    }
}

extension SQLDialect {
    static let postgres = SQLDialect(
        integer: "BIGINT", real: "DOUBLE PRECISION", bytes: "BYTEA", text: "TEXT COLLATE \"C\"",
        floats: "REAL[]", floatCount: { "cardinality(\($0))" }, keepsFloatsAsText: true,
        readFloats: { "\($0)::text" }, writtenFloats: "?::text::real[]", tableEnd: "",
        keyedTableEnd: "",
        tables: "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'ready'",
        hasOneWriter: false, skipLocked: "FOR UPDATE SKIP LOCKED",
        jobsByError: { parts, owner, limit, connection in
            try PostgresSearch.jobs(byError: parts, owner: owner, limit: limit, connection)
        },
        contains: { "position(? IN lower((\($0)) COLLATE \"C\")) > 0" }, includes: { "position(? IN \($0)) > 0" },
        pattern: { ("~", PostgresText.expression(forPattern: $0)) },
        readsInOrder: "SELECT "
            + [
                "enable_sort", "enable_hashjoin", "enable_mergejoin", "jit", "max_parallel_workers_per_gather",
            ].map { "set_config('\($0)', '\($0.hasPrefix("max") ? "0" : "off")', true)" }.joined(separator: ", "),
        hasRowSecurity: true, isAmong: { "\($0) = ANY (ARRAY(\($1)))" },
        unsought: { $0 })
}
