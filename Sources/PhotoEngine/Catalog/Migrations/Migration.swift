import Core

/// One step of the schema. Numbered from 1 and append-only: a step that has shipped never changes.
struct Migration: Sendable {
    let version: Int
    let statements: @Sendable (SQLDialect) -> [String]
    /// What only code can fill in, behind the statements.
    var work: (@Sendable (any SQLConnection) throws -> Void)?

    static let all = [
        migration1, migration2, migration3, migration4, migration5, migration6, migration7, migration8,
        migration9, migration10, migration11, migration12, migration13, migration14, migration15,
        migration16, migration17, migration18, migration19, migration20, migration21, migration22, migration23,
        migration24, migration25, migration26, migration27, migration28, migration29,
    ]

    /// Brings the database to the newest schema; returns its version. Any number of processes may do so at once: the
    /// write transaction lets one of them in, and the others find the work done.
    static func run(on database: any SQLDatabase, at now: Int64) async throws -> Int {
        let newest = all.last?.version ?? 0
        let current = try await database.read { [dialect = database.dialect] in try version(of: $0, dialect) }
        if current == newest { return newest }
        try requireKnown(current, newest: newest)
        return try await database.write { [dialect = database.dialect] connection in
            let current = try version(of: connection, dialect)
            try requireKnown(current, newest: newest)
            if current == 0 {
                try connection.execute(
                    """
                    CREATE TABLE schema_versions (
                        version \(dialect.integer) NOT NULL PRIMARY KEY, applied_at \(dialect.integer) NOT NULL
                    ) \(dialect.tableEnd)
                    """, [])
            }
            for migration in all where migration.version > current {
                for statement in migration.statements(dialect) {
                    try connection.execute(statement, [])
                }
                try migration.work?(connection)
                try connection.execute(
                    "INSERT INTO schema_versions (version, applied_at) VALUES (?, ?)",
                    [.int(migration.version), .int(now)])
            }
            return newest
        }
    }

    /// Throws `.conflict` unless the schema is the newest one, whose version it returns, for whoever may not migrate it.
    @discardableResult
    static func requireNewest(on database: any SQLDatabase) async throws -> Int {
        let newest = all.last?.version ?? 0
        let current = try await database.read { [dialect = database.dialect] in try version(of: $0, dialect) }
        try requireKnown(current, newest: newest)
        guard current == newest else {
            throw EngineError(
                .conflict, "the database has schema \(current), and this phototui needs \(newest)",
                whatToDo: "run `phototui migrate` as the role that owns the schema")
        }
        return newest
    }

    /// 0 for an empty database.
    private static func version(of connection: any SQLConnection, _ dialect: SQLDialect) throws -> Int {
        var tables = try connection.rows(dialect.tables, [])
        if tables.isEmpty { return 0 }
        let names = try tables.indices.map { try tables[$0].text() }
        guard names.contains("schema_versions") else {
            throw EngineError(
                .corrupt, "this database holds something else than a catalogue",
                whatToDo: "choose another library folder")
        }
        var row = try connection.row("SELECT max(version) FROM schema_versions", [])
        return try row?.optionalInt() ?? 0
    }

    private static func requireKnown(_ current: Int, newest: Int) throws {
        guard current <= newest else {
            throw EngineError(
                .newerSchema, "this library has schema \(current), and this phototui knows up to \(newest)",
                whatToDo: "install the newer phototui that wrote it")
        }
    }
}
