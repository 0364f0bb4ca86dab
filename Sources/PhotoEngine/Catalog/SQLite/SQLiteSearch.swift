import Core

/// What search has of SQLite beyond tables, as `PostgresSearch` of Postgres: an index of the errors of jobs, by any three characters
/// of them (https://www.sqlite.org/fts5.html#the_trigram_tokenizer). Triggers keep it, so that whoever writes an error need not
/// know of it.
enum SQLiteSearch {
    /// The ids of jobs whose errors hold the rarest trigrams of all of the parts; nil where there are more than the limit.
    static func jobs(byError parts: [String], limit: Int, _ connection: any SQLConnection) throws -> [JobID]? {
        let index = TrigramIndex(table: "job_error_text")
        guard let rarest = try index.rarest(of: parts, limit: limit, connection) else { return [] }
        let rows = try connection.rows(
            """
            SELECT job FROM job_error_text CROSS JOIN job_errors ON number = job_error_text.rowid
            WHERE job_error_text MATCH ? LIMIT ?
            """, [.string(rarest), .int(limit + 1)])
        if rows.count > limit { return nil }
        return try rows.map { row in
            var row = row
            return try row.id()
        }
    }

    private static let statements = [
        // The number stays the same whatever becomes of the file, which the row id of `jobs` does not.
        "CREATE TABLE job_errors (number INTEGER PRIMARY KEY, job BLOB NOT NULL UNIQUE) STRICT",
        """
        CREATE VIRTUAL TABLE job_error_text USING fts5(
            error, content = '', tokenize = 'trigram', detail = none, columnsize = 0)
        """,
        """
        CREATE TRIGGER jobs_error_changed AFTER UPDATE OF error ON jobs WHEN new.error IS NOT old.error
        BEGIN
            \(forget)
            DELETE FROM job_errors WHERE job = old.id AND new.error IS NULL;
            \(remember)
        END
        """,
        """
        CREATE TRIGGER jobs_error_added AFTER INSERT ON jobs WHEN new.error IS NOT NULL
        BEGIN \(remember) END
        """,
        """
        CREATE TRIGGER jobs_error_gone AFTER DELETE ON jobs WHEN old.error IS NOT NULL
        BEGIN
            \(forget)
            DELETE FROM job_errors WHERE job = old.id;
        END
        """,
        "INSERT INTO job_errors (job) SELECT id FROM jobs WHERE error IS NOT NULL ORDER BY id",
        """
        INSERT INTO job_error_text (rowid, error)
        SELECT number, error FROM job_errors JOIN jobs ON id = job ORDER BY number
        """,
    ]

    private static let forget = """
        INSERT INTO job_error_text (job_error_text, rowid, error)
            SELECT 'delete', number, old.error FROM job_errors WHERE job = old.id AND old.error IS NOT NULL;
        """
    private static let remember = """
        INSERT OR IGNORE INTO job_errors (job) SELECT new.id WHERE new.error IS NOT NULL;
            INSERT INTO job_error_text (rowid, error)
                SELECT number, new.error FROM job_errors WHERE job = new.id AND new.error IS NOT NULL;
        """

    /// Adds what is missing. Any number of processes may do so at once.
    static func prepare(_ database: SQLiteDatabase) async throws {
        let isThere: @Sendable (any SQLConnection) throws -> Bool = { connection in
            try connection.row("SELECT 1 FROM sqlite_schema WHERE name = 'job_error_text'", []) != nil
        }
        if try await database.read(isThere) { return }
        try await database.write(.synced) { connection in
            if try isThere(connection) { return }
            for statement in statements { try connection.execute(statement, []) }
        }
    }
}
