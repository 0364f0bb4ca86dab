import Core

/// What the catalogue asks of a database: the whole of a driver.
///
/// Bodies run on threads of the driver's own, never on the cooperative pool, and may block. Errors are `EngineError`.
protocol SQLDatabase: Sendable {
    var dialect: SQLDialect { get }

    /// Runs `body` on one unchanging view of the database.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value

    /// Runs `body` in a transaction that holds the right to write from its start; a throw rolls all of it back.
    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value

    /// The same database for one owner alone, where it can hold rows apart by itself. Without an id only the owner of that
    /// name can be found or added.
    func scoped(to owner: OwnerID?, named name: String) -> any SQLDatabase

    /// A number that changes with every commit of any process.
    func changeMark() async throws -> Int64

    /// Faults of the database's own structure, one sentence each.
    func integrityFaults() async throws -> [String]

    func close() async throws
}

/// One connection inside a transaction. Every `?` of a statement takes the next value.
protocol SQLConnection {
    /// Returns how many rows changed.
    @discardableResult
    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow]
}

extension SQLConnection {
    func row(_ sql: String, _ values: [SQLValue]) throws -> SQLRow? {
        try rows(sql, values).first
    }
}

/// What SQLite and Postgres write differently.
struct SQLDialect: Sendable {
    /// Column types: 64-bit integers, doubles, byte strings, and text that sorts by its bytes.
    let integer: String
    let real: String
    let bytes: String
    let text: String
    /// What ends `CREATE TABLE`, for any table and for one stored in the order of its primary key.
    let tableEnd: String
    let keyedTableEnd: String
    /// The query for the names of the tables that are there.
    let tables: String
    /// What follows a SELECT to lock its rows, passing over those that others hold.
    let skipLocked: String
    /// Whether `?` (already in lower case) is part of the given text, ignoring the case of ASCII letters.
    let contains: @Sendable (_ expression: String) -> String
}
