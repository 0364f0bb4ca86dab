internal import Core

/// How tasks lie in the history's tables.
enum TaskRows {
    static let schema = [
        """
        CREATE TABLE task (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            name TEXT, queue TEXT, worker TEXT,
            state INTEGER NOT NULL,
            retries INTEGER NOT NULL,
            sent REAL, received REAL, started REAL, ended REAL, resent REAL, rereceived REAL, runtime REAL,
            eta TEXT, args TEXT, kwargs TEXT, result TEXT, error TEXT, trace TEXT, root TEXT, parent TEXT,
            first_heard REAL NOT NULL, last_heard REAL NOT NULL,
            earlier INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE UNIQUE INDEX task_id ON task (id)",
        "CREATE INDEX task_name ON task (name, number)",
        "CREATE INDEX task_queue ON task (queue, number)",
        "CREATE INDEX task_worker ON task (worker, number)",
        // Nearly all have succeeded: who looks for them goes through the table.
        "CREATE INDEX task_state ON task (state, number) WHERE state <> 4",
        "CREATE INDEX task_ended ON task (ended) WHERE ended IS NOT NULL",
        "CREATE VIEW failure AS SELECT number, error FROM task WHERE error IS NOT NULL",
        // Finds errors by any three characters of them (https://www.sqlite.org/fts5.html#the_trigram_tokenizer). Without
        // positions it is a tenth of the size; what it finds is looked at again.
        """
        CREATE VIRTUAL TABLE task_error USING fts5(
            error, content = 'failure', content_rowid = 'number', tokenize = 'trigram', detail = none, columnsize = 0)
        """,
        """
        CREATE TABLE attempt (
            task INTEGER NOT NULL, place INTEGER NOT NULL, retries INTEGER NOT NULL, state INTEGER NOT NULL, worker TEXT,
            sent REAL, received REAL, started REAL, ended REAL, runtime REAL, error TEXT, trace TEXT,
            PRIMARY KEY (task, place)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE change (place INTEGER PRIMARY KEY, task INTEGER NOT NULL) STRICT",
        "CREATE TABLE mark (place INTEGER PRIMARY KEY, at REAL NOT NULL, marks BLOB NOT NULL) STRICT",
        """
        CREATE TABLE watch (
            id TEXT PRIMARY KEY, since REAL NOT NULL, until REAL NOT NULL, events INTEGER NOT NULL,
            missed INTEGER NOT NULL, unreadable INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE depth (queue TEXT NOT NULL, at REAL NOT NULL, waiting INTEGER NOT NULL, PRIMARY KEY (queue, at))
        STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX depth_at ON depth (at)",
    ]

    /// Since version 2.
    static let workers = """
        CREATE TABLE worker (name TEXT PRIMARY KEY, heard REAL NOT NULL, departed REAL, told REAL) STRICT, WITHOUT ROWID
        """

    /// Since version 3: what errors have in common, of those that failed, and as which task each was sent again.
    static let failures = [
        "ALTER TABLE task ADD COLUMN fingerprint INTEGER",
        "ALTER TABLE task ADD COLUMN retried_as TEXT",
        "ALTER TABLE task ADD COLUMN retried_at REAL",
        """
        CREATE INDEX task_failure ON task (name, queue, fingerprint, ended, id)
        WHERE state = 5 AND retried_as IS NULL
        """,
        "CREATE INDEX task_failed ON task (ended, id) WHERE state = 5 AND retried_as IS NULL",
        "CREATE INDEX task_unprinted ON task (number) WHERE state = 5 AND fingerprint IS NULL",
    ]

    /// The places of the states, as they are stored; those that have shipped never change.
    static let states: [BrokerTask.State] = [
        .queued, .received, .running, .retrying, .succeeded, .failed, .revoked, .rejected, .lost,
    ]
    static func number(_ state: BrokerTask.State) -> Int64 { Int64(states.firstIndex(of: state) ?? 0) }

    static let columns = """
        task.number, id, name, queue, worker, state, retries, sent, received, started, ended, resent, rereceived, runtime, eta, \
        args, kwargs, result, task.error, trace, root, parent, first_heard, last_heard, earlier, \
        retried_as, retried_at
        """

    static func task(_ row: inout SQLRow) throws -> (number: Int64, task: BrokerTask) {
        let number = try row.int64()
        var task = BrokerTask(id: try row.text(), heardAt: 0)
        task.name = try row.optionalText()
        task.queue = try row.optionalText()
        task.worker = try row.optionalText()
        task.state = try state(&row)
        task.retries = try row.int()
        task.sentAt = try row.optionalDouble()
        task.receivedAt = try row.optionalDouble()
        task.startedAt = try row.optionalDouble()
        task.endedAt = try row.optionalDouble()
        task.resentAt = try row.optionalDouble()
        task.rereceivedAt = try row.optionalDouble()
        task.runSeconds = try row.optionalDouble()
        task.eta = try row.optionalText()
        task.arguments = try row.optionalText()
        task.keywords = try row.optionalText()
        task.result = try row.optionalText()
        task.error = try row.optionalText()
        task.trace = try row.optionalText()
        task.root = try row.optionalText()
        task.parent = try row.optionalText()
        task.firstHeardAt = try row.optionalDouble() ?? 0
        task.lastHeardAt = try row.optionalDouble() ?? 0
        task.earlierAttempts = try row.int()
        task.retriedAs = try row.optionalText()
        task.retriedAt = try row.optionalDouble()
        return (number, task)
    }

    private static func state(_ row: inout SQLRow) throws -> BrokerTask.State {
        let place = try row.int()
        return try SQLRow.present(states.indices.contains(place) ? states[place] : nil)
    }

    /// What most events change; the columns of indexes are set by themselves.
    private static let changingNames = [
        "state", "retries", "sent", "received", "started", "ended", "resent", "rereceived", "runtime", "eta", "args",
        "kwargs",
        "result", "error", "trace", "root", "parent", "last_heard", "earlier",
        "fingerprint",
    ]
    static let changingColumns = changingNames.joined(separator: ", ")
    static let changing = changingNames.map { "\($0) = ?" }.joined(separator: ", ")

    static func changingValues(_ task: BrokerTask) -> [SQLValue] {
        [
            .integer(number(task.state)), .int(task.retries), .double(task.sentAt), .double(task.receivedAt),
            .double(task.startedAt), .double(task.endedAt), .double(task.resentAt),
            .double(task.rereceivedAt), .double(task.runSeconds),
            .string(task.eta), .string(task.arguments), .string(task.keywords), .string(task.result),
            .string(task.error), .string(task.trace), .string(task.root), .string(task.parent),
            .real(task.lastHeardAt), .int(task.earlierAttempts), fingerprint(task),
        ]
    }

    /// Of one that failed; 0 where nobody told its error.
    private static func fingerprint(_ task: BrokerTask) -> SQLValue {
        task.state == .failed ? .integer(task.error.map { ErrorFingerprint($0).number } ?? 0) : .null
    }

    // Attempts

    static func attempts(of task: Int64, _ connection: any SQLConnection) throws -> [TaskAttempt] {
        try connection.rows(
            """
            SELECT retries, state, worker, sent, received, started, ended, runtime, error, trace FROM attempt
            WHERE task = ? ORDER BY place
            """, [.integer(task)]
        ).map(attempt)
    }

    /// In place of those that were there.
    static func write(
        _ attempts: ArraySlice<TaskAttempt>, of task: Int64, _ connection: any SQLConnection
    ) throws {
        try connection.execute("DELETE FROM attempt WHERE task = ?", [.integer(task)])
        for (place, attempt) in attempts.enumerated() {
            try connection.execute(
                """
                INSERT INTO attempt (task, place, retries, state, worker, sent, received, started, ended, runtime, error, trace)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .integer(task), .int(place), .int(attempt.retries), .integer(number(attempt.state)),
                    .string(attempt.worker), .double(attempt.sentAt), .double(attempt.receivedAt),
                    .double(attempt.startedAt), .double(attempt.endedAt), .double(attempt.runSeconds),
                    .string(attempt.error), .string(attempt.trace),
                ])
        }
    }

    // Errors

    static func index(
        _ error: String?, instead old: String?, of task: Int64, _ connection: any SQLConnection
    ) throws {
        // Byte by byte: for the index, texts that are equivalent are not the same.
        if error.map({ Array($0.utf8) }) == old.map({ Array($0.utf8) }) { return }
        if let old {
            try connection.execute(
                "INSERT INTO task_error (task_error, rowid, error) VALUES ('delete', ?, ?)",
                [.integer(task), .string(old)])
        }
        if let error {
            try connection.execute(
                "INSERT INTO task_error (rowid, error) VALUES (?, ?)", [.integer(task), .string(error)])
        }
    }

    static func attempt(_ row: SQLRow) throws -> TaskAttempt {
        var row = row
        return TaskAttempt(
            retries: try row.int(), state: try state(&row), worker: try row.optionalText(),
            sentAt: try row.optionalDouble(), receivedAt: try row.optionalDouble(),
            startedAt: try row.optionalDouble(), endedAt: try row.optionalDouble(),
            runSeconds: try row.optionalDouble(), error: try row.optionalText(), trace: try row.optionalText())
    }

    // Limits

    static func byteCount(_ connection: any SQLConnection) throws -> Int64 {
        func pragma(_ name: String) throws -> Int64 {
            var row = try connection.row("PRAGMA \(name)", [])
            return try row?.int64() ?? 0
        }
        return (try pragma("page_count") - pragma("freelist_count")) * (try pragma("page_size"))
    }

    /// Drops a task with all that belongs to it.
    static func drop(number: Int64, _ connection: any SQLConnection) throws {
        try drop("number = ?", "task = ?", number, connection)
    }

    /// Drops all tasks with smaller numbers; returns how many.
    static func drop(before number: Int64, _ connection: any SQLConnection) throws -> Int {
        try drop("number < ?", "task < ?", number, connection)
    }

    @discardableResult
    private static func drop(
        _ tasks: String, _ attempts: String, _ number: Int64, _ connection: any SQLConnection
    ) throws -> Int {
        try connection.execute(
            """
            INSERT INTO task_error (task_error, rowid, error)
            SELECT 'delete', number, error FROM task WHERE \(tasks) AND error IS NOT NULL
            """, [.integer(number)])
        try connection.execute("DELETE FROM attempt WHERE \(attempts)", [.integer(number)])
        return try connection.execute("DELETE FROM task WHERE \(tasks)", [.integer(number)])
    }
}
