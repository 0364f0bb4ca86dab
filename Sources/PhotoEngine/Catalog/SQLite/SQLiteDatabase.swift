import Core
import Dispatch
import Foundation
import GRDB
import GRDBSQLite
import SystemPackage

/// SQLite through GRDB, which nothing outside this folder knows.
final class SQLiteDatabase: SQLDatabase {
    private let connections: any DatabaseWriter
    /// Sees every commit as somebody else's: `PRAGMA data_version` tells a connection nothing of its own.
    private let observer: DatabaseQueue?
    private let checkpoints: SQLiteCheckpoints?
    /// Where the file is; nil in memory.
    private let file: FilePath?

    /// SQLite's version, as it is loaded.
    // SAFETY: SQLite's own constant string.
    static var version: String { String(cString: sqlite3_libversion()) }

    var dialect: SQLDialect { .sqlite }

    private init(
        connections: any DatabaseWriter, observer: DatabaseQueue?, checkpoints: SQLiteCheckpoints?, file: FilePath?
    ) {
        self.connections = connections
        self.observer = observer
        self.checkpoints = checkpoints
        self.file = file
    }

    /// Opens `file`, creating it. Write-ahead log: readers never wait for the writer. `synchronous = NORMAL`: the death of
    /// the process loses nothing; the death of the machine may lose the last commits, never the file's integrity.
    static func open(_ file: FilePath, settings: SQLiteSettings) async throws -> SQLiteDatabase {
        try await blocking.run {
            try translating(file) {
                try requireDirectory(of: file)
                let checkpoints = SQLiteCheckpoints(file, settings)
                let configuration = makeConfiguration(settings, checkpoints)
                // Two processes that turn one new file to WAL at once: SQLite refuses one of them without waiting.
                let pool = try retryingWhileLocked(for: settings.busySeconds) {
                    try DatabasePool(path: file.string, configuration: configuration)
                }
                var observing = configuration
                observing.readonly = true
                let observer = try DatabaseQueue(path: file.string, configuration: observing)
                return SQLiteDatabase(
                    connections: pool, observer: observer, checkpoints: checkpoints, file: file)
            }
        }
    }

    static func inMemory(settings: SQLiteSettings) async throws -> SQLiteDatabase {
        try await blocking.run {
            let queue = try translating(nil) { try DatabaseQueue(configuration: makeConfiguration(settings, nil)) }
            return SQLiteDatabase(connections: queue, observer: nil, checkpoints: nil, file: nil)
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        do {
            return try await connections.read { try body(SQLiteConnection(database: $0)) }
        } catch {
            throw translated(error, file: file)
        }
    }

    func rows(_ sql: String, _ values: [SQLValue]) async throws -> [SQLRow] {
        try await read { try $0.rows(sql, values) }
    }

    func write<Value: Sendable>(
        _ durability: SQLDurability, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        do {
            return try await connections.write { try body(SQLiteConnection(database: $0)) }
        } catch {
            throw translated(error, file: file)
        }
    }

    /// Rows of several owners are held apart by the statements alone: who can read the file can read all of it.
    func scoped(to owner: OwnerID?, named name: String) -> any SQLDatabase { self }

    func prepareSearch() async throws { try await SQLiteSearch.prepare(self) }

    func changeMark() async throws -> Int64 {
        do {
            guard let observer else {
                return try await connections.read { try Int64.fetchOne($0, sql: "SELECT total_changes()") ?? 0 }
            }
            return try await observer.read { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
        } catch {
            throw translated(error, file: file)
        }
    }

    func integrityFaults() async throws -> [String] {
        do {
            return try await connections.read { database in
                let structure = try String.fetchAll(database, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
                let references = try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(20)
                    .map {
                        "a row of \($0[0] as String? ?? "?") refers to one of \($0[2] as String? ?? "?") that is not there"
                    }
                return structure.map { "the file is damaged: \($0)" } + references
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return ["the file is damaged: \(error.message ?? "malformed")"]
        } catch {
            throw translated(error, file: file)
        }
    }

    func close() async throws {
        try await blocking.run { [observer, checkpoints, connections, file] in
            try translating(file) {
                try observer?.close()
                try checkpoints?.close()
                // The last connection to close folds the log into the file, and only the writer's may.
                (connections as? DatabasePool)?.invalidateReadOnlyConnections()
                try connections.close()
            }
        }
    }
}

/// How a SQLite file is used.
struct SQLiteSettings: Sendable {
    /// How long a writer waits for another one.
    var busySeconds: Double = 20
    /// Page cache of each connection.
    var cacheKilobytes = 8_192
    /// Each new photo lands on a page of its own in the index of digests: that of a million photos is 45 MB.
    var writerCacheKilobytes = 24_576
    var readers = 3
    /// So many pages more in the log are folded into the file beside the writer.
    var logPages = 1000
    /// With so many, 64 MB, a commit folds them.
    var mostLogPages = 16_000
    /// The most pages the file may have; nil for no limit.
    var maximumPages: Int?
    /// Whether nothing is written: an opening is then no more than that.
    var isReadOnly = false
}

private struct SQLiteConnection: SQLConnection {
    let dialect = SQLDialect.sqlite
    let database: Database

    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        let statement = try database.cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(values.map(\.databaseValue)))
        return database.changesCount
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try eachRow(sql, values) { row in
            rows.append(row)
            return true
        }
        return rows
    }

    func eachRow(_ sql: String, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws {
        let statement = try database.cachedStatement(sql: sql)
        let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(values.map(\.databaseValue)))
        let columns = Int32(statement.columnCount)
        while try cursor.next() != nil {
            let row = SQLRow((0..<columns).map { SQLValue(column: $0, of: statement.sqliteStatement) })
            if try !body(row) { return }
        }
    }

    func rows(_ sql: String, each values: [[SQLValue]]) throws -> [[SQLRow]] {
        try values.map { try rows(sql, $0) }
    }

    func integers(_ sql: String, each values: [[SQLValue]]) throws -> [Int64] {
        let statement = try database.cachedStatement(sql: sql)
        var found: [Int64] = []
        for values in values {
            let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(values.map(\.databaseValue)))
            while try cursor.next() != nil { found.append(sqlite3_column_int64(statement.sqliteStatement, 0)) }
        }
        return found
    }

    func send(_ sql: String, _ values: [SQLValue]) throws {
        _ = try execute(sql, values)
    }

    func send(_ sql: String, each values: [[SQLValue]]) throws {
        for values in values { _ = try execute(sql, values) }
    }

    func insert(into table: String, row: String, values: [[SQLValue]], onConflict: String) throws {
        try send("INSERT INTO \(table) VALUES \(row) \(onConflict)", each: values)
    }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .real(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .bytes(let value): Data(value).databaseValue
        }
    }

    /// Read from the statement itself: a page has thousands of values, and through GRDB's own it takes a quarter longer.
    fileprivate init(column: Int32, of statement: OpaquePointer) {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: self = .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            // SAFETY: SQLite keeps the text until the next step, and its count is asked for after it, as the manual wants.
            let start = sqlite3_column_text(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            self = .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            // SAFETY: as for text; an empty one has no address.
            let start = sqlite3_column_blob(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            self = .bytes(Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
        default: self = .null
        }
    }
}

extension SQLDialect {
    static let sqlite = SQLDialect(
        integer: "INTEGER", real: "REAL", bytes: "BLOB", text: "TEXT", floats: "BLOB",
        floatCount: { "(length(\($0)) / 4.0)" }, keepsFloatsAsText: false, readFloats: { $0 }, writtenFloats: "?",
        tableEnd: "STRICT",
        keyedTableEnd: "STRICT, WITHOUT ROWID",
        tables: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        hasOneWriter: true, skipLocked: "",
        jobsByError: { parts, _, limit, connection in
            try SQLiteSearch.jobs(byError: parts, limit: limit, connection)
        },
        contains: { "instr(lower(\($0)), ?) > 0" }, includes: { "instr(\($0), ?) > 0" },
        pattern: { ("GLOB", $0) }, readsInOrder: nil, hasRowSecurity: false,
        isAmong: { "\($0) IN (\($1))" },
        unsought: { "+\($0)" })
}

private func makeConfiguration(_ settings: SQLiteSettings, _ checkpoints: SQLiteCheckpoints?) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(settings.busySeconds)
    configuration.foreignKeysEnabled = true
    configuration.readonly = settings.isReadOnly
    configuration.maximumReaderCount = settings.readers
    configuration.qos = .userInitiated
    configuration.prepareDatabase { database in
        let cache = database.configuration.readonly ? settings.cacheKilobytes : settings.writerCacheKilobytes
        try database.execute(sql: "PRAGMA cache_size = -\(cache)")
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        if !database.configuration.readonly {
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            if let writer = database.sqliteConnection { checkpoints?.follow(writer) }
            if let pages = settings.maximumPages {
                try database.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
        }
    }
    return configuration
}

private let blocking = BlockingQueue(label: "phototui.sqlite.open")

private func retryingWhileLocked<Value>(for seconds: Double, _ body: () throws -> Value) throws -> Value {
    let deadline = DispatchTime.now() + seconds
    while true {
        do {
            return try body()
        } catch let error as DatabaseError
            where (error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED)
            && DispatchTime.now() < deadline
        {
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}

private func requireDirectory(of file: FilePath) throws {
    let folder = file.removingLastComponent()
    var isDirectory: ObjCBool = false
    guard folder.isEmpty || FileManager.default.fileExists(atPath: folder.string, isDirectory: &isDirectory) else {
        throw EngineError(
            .notFound, "there is no folder \(folder.string)", whatToDo: "create it, or choose another library folder")
    }
}

private func translating<Value>(_ file: FilePath?, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw translated(error, file: file)
    }
}

/// The engine's error for one of SQLite's result codes (https://www.sqlite.org/rescode.html).
private func translated(_ error: any Error, file: FilePath?) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let place = file?.string ?? "the catalogue in memory"
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
        return EngineError(
            .unavailable, "another process is writing to \(place)", whatToDo: "try again when it has finished",
            isRetryable: true, cause: error)
    case .SQLITE_FULL:
        return EngineError(
            .noSpace, "there is no space left to write \(place)", whatToDo: "free some space and try again",
            cause: error)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
        return EngineError(
            .corrupt, "\(place) is damaged or no catalogue",
            whatToDo:
                "restore a copy, or move it away and import the folders again; the photos themselves are untouched",
            cause: error)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN:
        return EngineError(
            .permissionDenied, "\(place) cannot be opened for writing",
            whatToDo: "check who owns it and its folder, and that the disk is not read-only", cause: error)
    case .SQLITE_INTERRUPT, .SQLITE_ABORT:
        return CancellationError()
    case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
        return EngineError(
            .noSpace, "there is no space left beside \(place)", whatToDo: "free some space and try again", cause: error)
    case .SQLITE_IOERR:
        return EngineError(
            .unavailable, "\(place) could not be read or written", whatToDo: "check the disk and its free space",
            cause: error)
    case .SQLITE_MISUSE where error.message?.contains("closed") == true:
        return EngineError(.unavailable, "the catalogue is closed", cause: error)
    default:
        return EngineError(.internal, "the catalogue refused a statement", cause: error)
    }
}
