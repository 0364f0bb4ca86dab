import Core

/// What the catalogue asks of a database: the whole of a driver.
///
/// Bodies run on threads of the driver's own, never on the cooperative pool, and may block. Errors are `EngineError`.
protocol SQLDatabase: Sendable {
    var dialect: SQLDialect { get }

    /// Where bodies run; a task that prefers it makes its transactions without changing threads. nil where bodies change threads
    /// in any case.
    var executor: (any TaskExecutor)? { get }

    /// Runs `body` on one unchanging view of the database.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value

    /// The rows of one statement that only reads, in one round trip where there are any.
    func rows(_ sql: String, _ values: [SQLValue]) async throws -> [SQLRow]

    /// As `rows`, perhaps from a copy of the database that lags by a few seconds, but not behind what this process wrote, nor
    /// behind the change mark it last saw.
    func rowsThatMayLag(_ sql: String, _ values: [SQLValue]) async throws -> [SQLRow]

    /// Runs `body` in a transaction that holds the right to write from its start; a throw rolls all of it back. It may run
    /// more than once, when the transaction lost a race.
    func write<Value: Sendable>(
        _ durability: SQLDurability, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value

    /// The same database for one owner alone, where it can hold rows apart by itself. Without an id only the owner of that
    /// name can be found or added.
    func scoped(to owner: OwnerID?, named name: String) -> any SQLDatabase

    /// Adds the indexes of texts that a database has of its own, beside the schema.
    func prepareSearch() async throws

    /// A number that changes with every commit of any process that changes the owner's totals.
    func changeMark() async throws -> Int64

    /// Faults of the database's own structure, one sentence each.
    func integrityFaults() async throws -> [String]

    func close() async throws
}

extension SQLDatabase {
    var executor: (any TaskExecutor)? { nil }

    func prepareSearch() async throws {}

    func rowsThatMayLag(_ sql: String, _ values: [SQLValue]) async throws -> [SQLRow] {
        try await rows(sql, values)
    }

    func row(_ sql: String, _ values: [SQLValue]) async throws -> SQLRow? {
        try await rows(sql, values).first
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await write(.synced, body)
    }
}

/// When a commit is safe from the death of the database's machine; the death of a process costs neither anything.
enum SQLDurability: Sendable {
    /// Before the call returns, where the database is set so: SQLite's is not (docs/catalog.md).
    case synced
    /// Within the second. For what is done again when it is lost, as a job is once its lease ends. Commits are lost from
    /// the last backwards, never from between others.
    case soon
}

/// One connection inside a transaction. Every `?` of a statement takes the next value.
protocol SQLConnection {
    var dialect: SQLDialect { get }

    /// Returns how many rows changed.
    @discardableResult
    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow]

    /// The rows of one statement as they come, until the body returns false: some of them at a time are in memory. One such
    /// statement at a time.
    func eachRow(_ sql: String, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws

    /// The rows of one statement for each list of values, in one round trip where there are any.
    func rows(_ sql: String, each values: [[SQLValue]]) throws -> [[SQLRow]]

    /// The numbers in the one column of such rows, all together: for thousands of them a row each is most of the work.
    func integers(_ sql: String, each values: [[SQLValue]]) throws -> [Int64]

    /// Executes a statement of whose effect nothing is asked. A driver may let it travel with a later one: its refusal is
    /// thrown by then, at the latest by the commit.
    func send(_ sql: String, _ values: [SQLValue]) throws

    /// One statement for each list of values, as `send` does.
    func send(_ sql: String, each values: [[SQLValue]]) throws

    /// `INSERT INTO table VALUES row onConflict` for each list of values, as `send` does; `row` has their question marks.
    func insert(into table: String, row: String, values: [[SQLValue]], onConflict: String) throws
}

extension SQLConnection {
    func integers(_ sql: String, each values: [[SQLValue]]) throws -> [Int64] {
        try rows(sql, each: values).joined().map { row in
            var row = row
            return try row.int64()
        }
    }

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
    /// The column type of 32-bit floats, one after the other, and how many there are in such a column.
    let floats: String
    let floatCount: @Sendable (_ column: String) -> String
    /// Whether 32-bit floats are read and written as text; how their column is read, and what stands for one that is written.
    let keepsFloatsAsText: Bool
    let readFloats: @Sendable (_ column: String) -> String
    let writtenFloats: String
    /// What ends `CREATE TABLE`, for any table and for one stored in the order of its primary key.
    let tableEnd: String
    let keyedTableEnd: String
    /// The query for the names of the tables that are there.
    let tables: String
    /// Whether one writer holds up all others, so that it pays to read first whether there is anything to write.
    let hasOneWriter: Bool
    /// What follows a SELECT to lock its rows, passing over those that others hold.
    let skipLocked: String
    /// The ids of an owner's jobs whose errors hold all of some texts, and perhaps of others, found by an index where there is one;
    /// nil where there are more than the limit. The texts are of ASCII, three characters and more.
    let jobsByError:
        @Sendable (_ parts: [String], _ owner: SQLValue, _ limit: Int, _ connection: any SQLConnection) throws ->
            [JobID]?
    /// Whether `?` (already in lower case) is part of the given text, ignoring the case of ASCII letters.
    let contains: @Sendable (_ expression: String) -> String
    /// Whether `?` is part of the given text, byte for byte.
    let includes: @Sendable (_ expression: String) -> String
    /// How a column is compared with a pattern of `*`, `?` and `[…]`, and the pattern as that takes it.
    let pattern: @Sendable (_ pattern: String) -> (comparison: String, text: String)
    /// What has the planner read lists in their order to the end of the transaction; nil where it does so anyway. Postgres knows
    /// nothing of how many rows a policy lets through, takes them for few, and then gathers and sorts, with several processes.
    let readsInOrder: String?
    /// Whether row-level security holds owners apart.
    let hasRowSecurity: Bool
    /// Whether a column is among the ids of a subquery that names many. Postgres looks each up in an index, also where its
    /// statistics don't know the rows yet: for a join it took them for one, and read all names for each.
    let isAmong: @Sendable (_ column: String, _ subquery: String) -> String
    /// A column in a condition that rows are not to be sought by, as another finds them sooner. SQLite, which knows nothing of how
    /// many rows a value has, reads and sorts all of an owner's rather than walk the index of ids.
    let unsought: @Sendable (_ column: String) -> String
}
