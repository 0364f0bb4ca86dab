/// Jobs with an error, which are few among all, in each order that they are listed in; and when what was retried of dead jobs died
/// first, by what their errors have in common.
let migration28 = Migration(version: 28) { dialect in
    let wait = "started_at - CASE WHEN run_at > created_at THEN run_at ELSE created_at END"
    let orders = [
        ("runtime", "coalesce(finished_at - started_at, -1)"), ("wait", "coalesce(\(wait), -1)"),
        ("attempts", "attempts"), ("ended", "coalesce(finished_at, -1)"),
    ]
    // Postgres takes an expression in brackets alone.
    return orders.map { name, expression in
        "CREATE INDEX jobs_error_\(name) ON jobs (owner, (\(expression)), id) WHERE error IS NOT NULL"
    } + [
        """
        CREATE TABLE retried_failures (
            owner \(dialect.bytes) NOT NULL REFERENCES owners (id),
            kind \(dialect.text) NOT NULL,
            queue \(dialect.text) NOT NULL,
            fingerprint \(dialect.integer) NOT NULL,
            first_at \(dialect.integer) NOT NULL,
            PRIMARY KEY (owner, kind, queue, fingerprint)
        ) \(dialect.keyedTableEnd)
        """
    ]
}
