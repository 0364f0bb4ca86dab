import CPostgres
import Core
import Glibc
import Synchronization

/// One connection to a server. Blocks; used by one body at a time, but for `cancel`.
///
/// Statements are unnamed wherever a pooler may give each transaction another server connection, and go through libpq's
/// pipeline (https://www.postgresql.org/docs/15/libpq-pipeline-mode.html): what nobody waits for travels with the
/// next statement that somebody does. The socket does not block, so that a server that falls silent is given up in time.
// SAFETY: the pool lends it to one body at a time; `cancel` touches `interruption` and `canceller` alone.
final class PostgresConnection: SQLConnection, @unchecked Sendable {
    let dialect = SQLDialect.postgres
    private typealias Receiver = (OpaquePointer) throws -> Void

    private let connection: OpaquePointer
    private let server: String
    /// How long the server may say nothing; nil for any time.
    private let silence: Duration?
    private let canceller: PostgresCanceller
    private let interruption = Mutex(Interruption())
    /// For each statement that was sent and not yet answered, who takes its result.
    private var receivers: [Receiver?] = []
    private var isGivenUp = false
    private var statements: [String: Statement] = [:]
    private var statementNumber = 0
    /// Whether the server is to keep statements parsed, for the transaction under way: what is written is written again and
    /// again, while plans of reads are better made for their values. Only where no pooler may hand the server to others.
    var keepsStatements = false
    /// Whether each of our statements meets the same server process: no pooler stands between.
    private(set) var isDirect = false
    /// The number of the transaction under way, where it was asked for.
    private(set) var number: String?

    /// A statement that the server keeps, or is about to.
    private struct Statement {
        let name: String
        let types: [Oid]
        var isThere = false
    }

    private struct Interruption {
        var isInUse = false
        var askedAt: ContinuousClock.Instant?
    }

    /// More, and the answers would fill the memory.
    private static let longestPipeline = 256
    /// Of those that are read as they come.
    private static let rowsAtOnce = 2000
    /// The program has fewer; what composes statements without end must not fill the server's memory.
    private static let mostStatements = 300
    /// How many rows a kept statement inserts.
    private static let rows = [32, 8, 3, 2, 1]
    /// How long a server that was asked to stop a statement may take for it.
    private static let cancelling = Duration.seconds(5)

    init(_ settings: PostgresSettings, server: String) throws {
        var options = [
            ("dbname", settings.connection), ("connect_timeout", "\(settings.connectSeconds)"),
            ("fallback_application_name", "phototui"), ("client_encoding", "UTF8"),
        ]
        if let password = settings.password { options.append(("password", password)) }
        let made = withTexts(options.map(\.0)) { names in
            withTexts(options.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
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
        guard PQsetnonblocking(made, 1) == 0, PQenterPipelineMode(made) == 1 else {
            PQfinish(made)
            throw EngineError(.internal, "libpq refused its pipeline")
        }
        connection = made
        self.server = server
        let patience: Duration? =
            settings.statementSeconds > 0 ? .seconds(settings.statementSeconds) + Self.cancelling : nil
        silence = settings.silence ?? patience
        canceller = PostgresCanceller(of: made)
    }

    deinit { PQfinish(connection) }

    /// The server's process as it greeted us; a pooler makes one up.
    var greetedProcess: Int { Int(PQbackendPID(connection)) }

    /// Learns whether a pooler stands between: it answers with another process id than the server's own.
    func lookForPooler() throws {
        var row = try SQLRow.present(rows("SELECT pg_backend_pid()::bigint", []).first)
        isDirect = try row.int64() == Int64(PQbackendPID(connection))
    }

    var isLost: Bool { isGivenUp || PQstatus(connection) != CONNECTION_OK }

    /// Whether it can be lent again: alive, in no transaction, and no request to cancel on its way to it.
    var isClean: Bool {
        !isLost && receivers.isEmpty && PQtransactionStatus(connection) == PQTRANS_IDLE && !wasCancelled
    }

    // Cancelling

    func begin() { interruption.withLock { $0 = Interruption(isInUse: true) } }
    func end() { interruption.withLock { $0.isInUse = false } }
    var wasCancelled: Bool { interruption.withLock { $0.askedAt != nil } }

    /// Asks the server to stop the statement that runs; does nothing between bodies. Blocks for a round trip, or for as long
    /// as the server is silent.
    func cancel() {
        let isInUse = interruption.withLock { state in
            if state.isInUse { state.askedAt = .now }
            return state.isInUse
        }
        if isInUse { canceller.cancel() }
    }

    // Statements

    func send(_ sql: String, _ values: [SQLValue]) throws {
        try enqueue(sql, values, nil)
    }

    func send(_ sql: String, each values: [[SQLValue]]) throws {
        for (index, values) in values.enumerated() { try enqueue(sql, values, isRepeated: index > 0, nil) }
    }

    func execute(_ sql: String, _ values: [SQLValue]) throws -> Int {
        var count = 0
        try enqueue(sql, values) { count = Int(String(cString: PQcmdTuples($0))) ?? 0 }
        try synchronize()
        return count
    }

    func rows(_ sql: String, _ values: [SQLValue]) throws -> [SQLRow] {
        try rows(sql, each: [values])[0]
    }

    func eachRow(_ sql: String, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws {
        try send("DECLARE walk NO SCROLL CURSOR FOR \(sql)", values)
        while true {
            let rows = try rows("FETCH \(Self.rowsAtOnce) FROM walk", [])
            for row in rows where try !body(row) { return try send("CLOSE walk", []) }
            if rows.count < Self.rowsAtOnce { return try send("CLOSE walk", []) }
        }
    }

    func rows(_ sql: String, each values: [[SQLValue]]) throws -> [[SQLRow]] {
        var all = [[SQLRow]](repeating: [], count: values.count)
        for (index, values) in values.enumerated() {
            try enqueue(sql, values, isRepeated: index > 0) { all[index] = try PostgresConnection.rows($0) }
        }
        try synchronize()
        return all
    }

    func insert(into table: String, row: String, values: [[SQLValue]], onConflict: String) throws {
        var rest = values[...]
        while !rest.isEmpty {
            // Few lengths alone where the server keeps statements; else any, as each is parsed anew.
            let kept = Self.rows.first { $0 <= rest.count } ?? 1
            let count = keepsStatements ? kept : min(rest.count, 100)
            let rows = repeatElement(row, count: count).joined(separator: ", ")
            try send("INSERT INTO \(table) VALUES \(rows) \(onConflict)", rest.prefix(count).flatMap { $0 })
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a SELECT and with it asks for the number of the transaction, to learn by it what became of it.
    func sendForNumber(_ sql: String, _ values: [SQLValue]) throws {
        number = nil
        try enqueue(sql + ", pg_current_xact_id()::text", values) { [weak self] result in
            let column = PQnfields(result) - 1
            self?.number = PQgetvalue(result, 0, column).map { String(cString: $0) }
        }
    }

    /// Ends the transaction. Throws when the server rolled it back instead.
    func commit() throws {
        var isCommitted = false
        try enqueue("COMMIT", []) { isCommitted = String(cString: PQcmdStatus($0)) == "COMMIT" }
        try synchronize()
        guard isCommitted else { throw PostgresError(state: "25P02", server: server) }
    }

    func rollBack() {
        guard !isLost else { return }
        try? synchronize()
        _ = try? execute("ROLLBACK", [])
    }

    private static func rows(_ result: OpaquePointer) throws -> [SQLRow] {
        let (columns, count) = (Int(PQnfields(result)), Int(PQntuples(result)))
        let types = (0..<columns).map { PQftype(result, Int32($0)) }
        var values: [SQLValue] = []
        values.reserveCapacity(columns * count)
        for row in 0..<Int32(count) {
            for column in 0..<Int32(columns) {
                guard PQgetisnull(result, row, column) == 0 else {
                    values.append(.null)
                    continue
                }
                // SAFETY: libpq's bytes live as long as the result, which is cleared after this call.
                let bytes = UnsafeRawBufferPointer(
                    start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
                values.append(try SQLValue(binary: bytes, type: types[Int(column)]))
            }
        }
        return (0..<count).map { [values] row in SQLRow(values, in: row * columns..<(row + 1) * columns) }
    }

    // The pipeline

    /// Parameters and results are in binary. The unnamed statement stays parsed until the next: a repeated one is bound anew.
    private func enqueue(
        _ sql: String, _ values: [SQLValue], isRepeated: Bool = false, _ receiver: Receiver?
    ) throws {
        let isFull = receivers.count >= Self.longestPipeline
        if isFull { try synchronize() }
        let parameters = PostgresParameters(values)
        let name = try keepsStatements ? prepared(sql, parameters.types) : isRepeated && !isFull ? "" : nil
        let isSent = parameters.bytes.withUnsafeBytes { bytes in
            // SAFETY: libpq copies each value within the call, in which `bytes` lives.
            let pointers = parameters.offsets.map { offset in
                offset.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
            }
            let formats = [Int32](repeating: 1, count: values.count)
            if let name {
                return PQsendQueryPrepared(
                    connection, name, Int32(values.count), pointers, parameters.lengths, formats, 1) == 1
            }
            return PQsendQueryParams(
                connection, PostgresText.numbered(sql), Int32(values.count), parameters.types, pointers,
                parameters.lengths, formats, 1) == 1
        }
        guard isSent else { throw giveUp() }
        receivers.append(receiver)
    }

    /// The name under which the server keeps the statement; nil when it keeps it for values of other types.
    private func prepared(_ sql: String, _ types: [Oid]) throws -> String? {
        if let known = statements[sql] {
            // A null has no type, and the statement's own stands.
            let fits = zip(known.types, types).allSatisfy { $0 == $1 || $0 == 0 || $1 == 0 }
            return fits ? known.name : nil
        }
        guard statements.count < Self.mostStatements else { return nil }
        statementNumber += 1
        let name = "s\(statementNumber)"
        guard PQsendPrepare(connection, name, PostgresText.numbered(sql), Int32(types.count), types) == 1 else {
            throw giveUp()
        }
        statements[sql] = Statement(name: name, types: types)
        receivers.append { [weak self] _ in self?.statements[sql]?.isThere = true }
        return name
    }

    /// Waits for the answer to everything that was sent; throws the first refusal among it.
    private func synchronize() throws {
        guard !receivers.isEmpty else { return }
        let waiting = receivers
        receivers = []
        guard PQpipelineSync(connection) == 1 else { throw giveUp() }
        var failure: (any Error)?
        var index = 0
        while true {
            try awaitAnswer()
            guard let result = PQgetResult(connection) else {
                // What ends one statement's results; also all that a lost connection has to say.
                if isLost { throw failure ?? giveUp() }
                index += 1
                continue
            }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_PIPELINE_SYNC:
                guard let failure else { return }
                statements = statements.filter(\.value.isThere)
                throw failure
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                guard failure == nil, index < waiting.count else { continue }
                do { try waiting[index]?(result) } catch { failure = error }
            case PGRES_PIPELINE_ABORTED: continue
            default:
                let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
                // What the server kept no longer fits the tables: it is forgotten with the connection.
                if state == "0A000" || state == "26000" { isGivenUp = true }
                failure = failure ?? PostgresError(state: state, server: server, wasCancelled: wasCancelled)
            }
        }
    }

    /// Sends what waits to be sent and reads, until libpq can say something without waiting.
    private func awaitAnswer() throws {
        let began = ContinuousClock.now
        while true {
            let isUnsent = PQflush(connection) == 1
            guard PQisBusy(connection) == 1 else { return }
            var descriptor = pollfd(
                fd: PQsocket(connection), events: Int16(isUnsent ? POLLIN | POLLOUT : POLLIN), revents: 0)
            if poll(&descriptor, 1, 250) > 0 {
                if descriptor.revents & ~Int16(POLLOUT) != 0, PQconsumeInput(connection) == 0 { return }
                continue
            }
            let now = ContinuousClock.now
            let askedAt = interruption.withLock(\.askedAt)
            if let askedAt, now > askedAt + Self.cancelling { throw giveUp(isSilent: true) }
            if let silence, now > began + silence { throw giveUp(isSilent: true) }
        }
    }

    /// What to throw when there is nothing more to hope from this connection.
    private func giveUp(isSilent: Bool = false) -> PostgresError {
        isGivenUp = true
        receivers = []
        return PostgresError(state: nil, server: server, wasCancelled: wasCancelled, isSilent: isSilent)
    }
}

/// What stops the statement of a connection, also while the connection goes.
// SAFETY: libpq lets any thread use it, and it is freed with its last user (PQcancel in the manual).
private final class PostgresCanceller: @unchecked Sendable {
    private let handle: OpaquePointer?

    init(of connection: OpaquePointer) { handle = PQgetCancel(connection) }

    deinit { if let handle { PQfreeCancel(handle) } }

    func cancel() {
        var said = [CChar](repeating: 0, count: 256)
        _ = PQcancel(handle, &said, Int32(said.count))
    }
}

/// Calls `body` with a null-terminated array of C strings.
func withTexts<Value>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Value) -> Value {
    // SAFETY: freed after the call, by whose end libpq has copied them.
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies.map { UnsafePointer($0) } + [nil])
}
