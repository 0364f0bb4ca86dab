import CPostgres
import Core
import Glibc
import Synchronization

/// One connection to a server. Blocks; used by one body at a time, but for `cancel`.
///
/// Every statement is unnamed, so that PgBouncer may give each transaction another server connection.
// SAFETY: the pool lends it to one body at a time; `cancel` touches `canceller` alone, under its lock.
final class PostgresConnection: SQLConnection, @unchecked Sendable {
    private let connection: OpaquePointer
    private let server: String
    /// What cancels the statement that runs, while one body has the connection.
    private let canceller: Mutex<Canceller>

    // SAFETY: freed when replaced by nil under the lock.
    private struct Canceller: @unchecked Sendable {
        var handle: OpaquePointer?
        var isInUse = false
        var wasAsked = false
    }

    init(_ settings: PostgresSettings, server: String) throws {
        var options = [
            ("dbname", settings.connection), ("connect_timeout", "\(settings.connectSeconds)"),
            ("fallback_application_name", "phototui"), ("client_encoding", "UTF8"),
        ]
        if let password = settings.password { options.append(("password", password)) }
        let made = PostgresConnection.withTexts(options.map(\.0)) { names in
            PostgresConnection.withTexts(options.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
        }
        guard let made else {
            throw EngineError(.unavailable, "there is no memory for a connection", isRetryable: true)
        }
        guard PQstatus(made) == CONNECTION_OK else {
            let error = PostgresError.connecting(to: server, said: String(cString: PQerrorMessage(made)))
            PQfinish(made)
            throw error
        }
        // Notices would go to stderr, over the screen.
        PQsetNoticeProcessor(made, { _, _ in }, nil)
        connection = made
        self.server = server
        canceller = Mutex(Canceller(handle: PQgetCancel(made)))
    }

    deinit {
        canceller.withLock { canceller in
            if let handle = canceller.handle { PQfreeCancel(handle) }
            canceller.handle = nil
        }
        PQfinish(connection)
    }

    /// Whether it can be lent again: alive, and in no transaction.
    var isClean: Bool { PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE }
    var isLost: Bool { PQstatus(connection) != CONNECTION_OK }

    // Cancelling

    func begin() { canceller.withLock { ($0.isInUse, $0.wasAsked) = (true, false) } }
    func end() { canceller.withLock { $0.isInUse = false } }
    var wasCancelled: Bool { canceller.withLock { $0.wasAsked } }

    /// Asks the server to stop the statement that runs; does nothing between bodies. Blocks for a round trip.
    func cancel() {
        canceller.withLock { canceller in
            guard canceller.isInUse, let handle = canceller.handle else { return }
            canceller.wasAsked = true
            var said = [CChar](repeating: 0, count: 256)
            _ = PQcancel(handle, &said, Int32(said.count))
        }
    }

    // Statements

    /// Several statements without parameters, in one round trip.
    func run(_ script: String) throws {
        PQclear(try check(PQexec(connection, script)))
    }

    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        let result = try perform(sql, values)
        defer { PQclear(result) }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] {
        let result = try perform(sql, values)
        defer { PQclear(result) }
        let columns = PQnfields(result)
        let types = (0..<columns).map { PQftype(result, $0) }
        return try (0..<PQntuples(result)).map { row in
            SQLRow(
                try (0..<columns).map { column in
                    guard PQgetisnull(result, row, column) == 0 else { return .null }
                    // SAFETY: libpq's bytes live until PQclear, at the end of this method.
                    let bytes = UnsafeRawBufferPointer(
                        start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
                    return try SQLValue(binary: bytes, type: types[Int(column)])
                })
        }
    }

    /// Parameters and results are in binary (https://www.postgresql.org/docs/15/libpq-exec.html#LIBPQ-PQEXECPARAMS).
    private func perform(_ sql: String, _ values: [SQLValue]) throws -> OpaquePointer? {
        let parameters = PostgresParameters(values)
        let result = parameters.bytes.withUnsafeBytes { bytes -> OpaquePointer? in
            // SAFETY: libpq reads each value within the call, in which `bytes` lives.
            let pointers = parameters.offsets.map { offset in
                offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            let formats = [Int32](repeating: 1, count: values.count)
            return PQexecParams(
                connection, PostgresText.numbered(sql), Int32(values.count), parameters.types, pointers,
                parameters.lengths, formats, 1)
        }
        return try check(result)
    }

    /// The result when it is a good one; else clears it and throws what the server said.
    private func check(_ result: OpaquePointer?) throws -> OpaquePointer? {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return result
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
            PQclear(result)
            throw PostgresError(state: isLost ? nil : state, server: server, wasCancelled: wasCancelled)
        }
    }

    /// Calls `body` with a null-terminated array of C strings.
    private static func withTexts<Value>(
        _ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Value
    ) -> Value {
        // SAFETY: freed after the call, by whose end libpq has copied them.
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { UnsafePointer($0) } + [nil])
    }
}
