public import Core

/// What the server brings along, and what a standby beside it is.
extension PostgresExamination {
    /// What is to be said of a read replica.
    public func replicaFinding() async -> Finding {
        let finding: Finding
        do {
            var row = try SQLRow.present(
                try await database.row(
                    """
                    SELECT pg_is_in_recovery()::int::bigint,
                        coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)::bigint
                    """, []))
            finding =
                try row.bool()
                ? Finding("replica", .ok, "\(database.server), last change \(max(0, try row.int())) s ago")
                : Finding(
                    "replica", .warning, "\(database.server) is no standby",
                    whatToDo: "name a streaming standby of the primary, or leave database_replica out")
        } catch {
            let known = error as? EngineError
            finding = Finding(
                "replica", .warning, (known?.whatHappened ?? "it could not be asked") + "; the primary is read instead",
                whatToDo: known?.whatToDo)
        }
        try? await database.close()
        return finding
    }

    func extensions(version: String) async throws -> [Finding] {
        let rows = try await database.rows(
            """
            SELECT name::text, installed_version::text FROM pg_available_extensions
            WHERE name IN ('vector', 'pg_trgm', 'btree_gin')
            """, [])
        var versions: [String: String?] = [:]
        for row in rows {
            var row = row
            versions[try row.text()] = try row.optionalText()
        }
        let major = version.prefix { $0.isNumber }
        let packages = ["vector": "postgresql-\(major)-pgvector"]
        let uses = [
            "vector": "vector search", "pg_trgm": "finding jobs by their error",
            "btree_gin": "finding jobs by their error",
        ]
        return ["vector", "pg_trgm", "btree_gin"].map { name in
            switch versions[name] {
            case .some(.some(let installed)): return Finding("extension \(name)", .ok, installed)
            case .some(.none):
                return Finding(
                    "extension \(name)", .warning, "there, but not in this database; needed for \(uses[name] ?? "")",
                    whatToDo: "as a superuser: CREATE EXTENSION \(name)")
            case .none:
                let package = packages[name] ?? "postgresql-contrib"
                return Finding(
                    "extension \(name)", .warning,
                    "the server has not got it: everything but \(uses[name] ?? "") works",
                    whatToDo: "install \(package) at the server, then as a superuser: CREATE EXTENSION \(name)")
            }
        }
    }

    /// Whether the index of jobs' errors is there, and serves rows under row-level security.
    func textSearch() async throws -> Finding {
        var row = try SQLRow.present(
            try await database.row(
                """
                SELECT (to_regclass('jobs_error_text') IS NOT NULL)::int::bigint,
                    (SELECT count(*) FROM pg_proc WHERE NOT proleakproof AND oid IN ('textlike(text, text)'::regprocedure,
                        'lower(text)'::regprocedure))
                """, []))
        let (isThere, leaky) = (try row.bool(), try row.int())
        if !isThere {
            return Finding(
                "text search", .warning, "no index: a filter of jobs by their error reads all failed jobs of its owner",
                whatToDo: "once pg_trgm and btree_gin are there, run: phototui migrate --profile \(profile)")
        }
        guard leaky == 0 else {
            return Finding(
                "text search", .warning, "row-level security keeps the index from being used",
                whatToDo: "as a superuser, run the ALTER FUNCTION lines of docs/production.md")
        }
        return Finding("text search", .ok, "by its index")
    }

    func durability() async throws -> [Finding] {
        var row = try SQLRow.present(
            try await database.row(
                """
                SELECT current_setting('fsync'), current_setting('full_page_writes'),
                    (pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on')::int::bigint
                """, []))
        let (fsync, pages, isReadOnly) = (try row.text(), try row.text(), try row.bool())
        if isReadOnly {
            return [
                Finding(
                    "writing", .fail, "the server is read-only",
                    whatToDo: "name a role that may write, and the primary server, not its replica")
            ]
        }
        let off = [("fsync", fsync), ("full_page_writes", pages)].filter { $0.1 == "off" }.map(\.0)
        guard off.isEmpty else {
            return [
                Finding(
                    "writing", .warning, "\(off.joined(separator: " and ")) is off: a power cut may ruin the catalogue",
                    whatToDo: "set it on in postgresql.conf")
            ]
        }
        return [Finding("writing", .ok, "commits are on disk when they are told")]
    }
}
