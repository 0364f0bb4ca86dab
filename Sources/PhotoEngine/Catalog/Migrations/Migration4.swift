/// When a job was last announced to a broker: null where nobody has, so that a relay finds what to publish.
let migration4 = Migration(version: 4) { dialect in
    [
        "ALTER TABLE jobs ADD COLUMN published_at \(dialect.integer)",
        """
        CREATE INDEX jobs_published ON jobs (owner, published_at, run_at)
        WHERE state IN ('queued', 'running', 'retrying')
        """,
    ]
}
