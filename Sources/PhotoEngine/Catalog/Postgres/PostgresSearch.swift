import Core

/// What search has of a Postgres server beyond tables: extensions, and the indexes that they make possible.
///
/// Apart from the numbered migrations: a server may get an extension at any time, and the next migration then uses it.
enum PostgresSearch {
    private struct Feature {
        let extensions: [String]
        let indexes: [Index]
        /// What is missed without it.
        let loss: String
    }

    private struct Index {
        let name: String
        let definition: String
    }

    /// What of a job's error is indexed.
    static let errorText = "lower(error)"

    /// Of the vectors that pgvector's index may hold: each index is for one length.
    static let dimensions = [128, 384, 512, 768]

    private static let features = [
        Feature(
            extensions: ["pg_trgm", "btree_gin"],
            indexes: [
                Index(
                    name: "jobs_error_text",
                    definition: "jobs USING gin (owner, (\(errorText)) gin_trgm_ops) WHERE error IS NOT NULL")
            ], loss: "filtering jobs by their error reads all failed jobs of an owner"),
        Feature(
            extensions: ["vector"],
            indexes: dimensions.map {
                Index(
                    name: "vectors_hnsw_\($0)",
                    definition:
                        "vectors USING hnsw ((components::vector(\($0))) vector_cosine_ops) WHERE dimension = \($0)")
            }, loss: "photos can't be searched by likeness"),
    ]

    /// The ids of an owner's jobs whose errors hold the rarest texts of the parts; nil where there are more than the limit. Which of a
    /// text's trigrams are rare, the server's index sees by itself.
    static func jobs(
        byError parts: [String], owner: SQLValue, limit: Int, _ connection: any SQLConnection
    ) throws -> [JobID]? {
        let texts = ErrorPattern.rareTexts(of: parts).prefix(4)
        let holds = texts.map { _ in "\(errorText) LIKE ?" }.joined(separator: " AND ")
        let rows = try connection.rows(
            "SELECT id FROM jobs WHERE owner = ? AND error IS NOT NULL AND \(holds) LIMIT ?",
            [owner] + texts.map { .string(Timeline.pattern(Timeline.asciiLowercased($0))) } + [.int(limit + 1)])
        if rows.count > limit { return nil }
        return try rows.map { row in
            var row = row
            return try row.id()
        }
    }

    /// Adds what the server and the role allow; returns a sentence for each thing that is missing, with what to do.
    static func prepare(_ connection: any SQLConnection, server: String) throws -> [String] {
        var remarks: [String] = []
        for feature in features {
            if let obstacle = try obstacle(to: feature, connection) {
                remarks.append("\(server) \(obstacle), then run `phototui migrate` again; until then \(feature.loss)")
            }
        }
        if remarks.isEmpty, let remark = try leakRemark(connection, server: server) { remarks.append(remark) }
        return remarks
    }

    /// Why the feature can't be had and what would help; nil when it is there.
    private static func obstacle(to feature: Feature, _ connection: any SQLConnection) throws -> String? {
        let database = try text("SELECT current_database()::text", [], connection)
        for name in feature.extensions {
            let state = try text(
                """
                SELECT CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = ?) THEN 'added'
                    WHEN EXISTS (SELECT FROM pg_available_extensions WHERE name = ?) THEN 'available' ELSE 'absent' END
                """, [.text(name), .text(name)], connection)
            if state == "absent" {
                let package = name == "vector" ? "pgvector (https://github.com/pgvector/pgvector)" : "Postgres' contrib"
                return "has no extension \(name): install \(package) on it"
            }
            guard state == "available" else { continue }
            if let refusal = try refusal(of: ["CREATE EXTENSION IF NOT EXISTS \(name)"], connection) {
                return "does not let this role add the extension \(name) (SQLSTATE \(refusal)): let a superuser run "
                    + "CREATE EXTENSION \(name) in the database \(database)"
            }
        }
        // IF NOT EXISTS would wait for everybody who writes to the table before it looked.
        let missing = try feature.indexes.filter { index in
            try connection.row("SELECT 1 WHERE to_regclass(?) IS NOT NULL", [.text(index.name)]) == nil
        }
        if let refusal = try refusal(of: missing.map { "CREATE INDEX \($0.name) ON \($0.definition)" }, connection) {
            return
                "refused an index that needs \(feature.extensions.joined(separator: " and ")) (SQLSTATE \(refusal)): "
                + "see its log"
        }
        return nil
    }

    /// The index of texts serves rows under row-level security only through functions that are known to tell nobody of the
    /// rows they are not shown, which LIKE isn't (https://www.postgresql.org/docs/15/rules-privileges.html).
    private static func leakRemark(_ connection: any SQLConnection, server: String) throws -> String? {
        let functions = ["textlike(text, text)", "lower(text)"]
        let open = try functions.filter {
            try text(
                "SELECT CASE WHEN proleakproof THEN 'yes' ELSE 'no' END FROM pg_proc WHERE oid = '\($0)'::regprocedure",
                [], connection) == "no"
        }
        guard !open.isEmpty else { return nil }
        let statements = open.map { "ALTER FUNCTION \($0) LEAKPROOF;" }.joined(separator: " ")
        let database = try text("SELECT current_database()::text", [], connection)
        return
            "\(server) filters jobs by their error without its index, under row-level security: let a superuser run "
            + "\(statements) in the database \(database); until then that reads all failed jobs of an owner"
    }

    /// Runs the statements, or none of them; returns the state with which the server refused one.
    private static func refusal(of statements: [String], _ connection: any SQLConnection) throws -> String? {
        try connection.execute("SAVEPOINT search", [])
        do {
            for statement in statements { try connection.execute(statement, []) }
        } catch let refused as PostgresError where !refused.isLostConnection && !refused.wasCancelled {
            try connection.execute("ROLLBACK TO SAVEPOINT search", [])
            return refused.state ?? ""
        }
        try connection.execute("RELEASE SAVEPOINT search", [])
        return nil
    }

    private static func text(
        _ sql: String, _ values: [SQLValue], _ connection: any SQLConnection
    ) throws -> String {
        var row = try SQLRow.present(try connection.row(sql, values))
        return try row.text()
    }
}
