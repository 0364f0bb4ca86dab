/// What the errors of jobs have in common, so that dead ones are grouped however many there are, and whose worker ran each last.
let migration14 = Migration(version: 14) { dialect in
    [
        "ALTER TABLE jobs ADD COLUMN fingerprint \(dialect.integer)",
        "ALTER TABLE jobs ADD COLUMN ran_by \(dialect.text)",
        "CREATE INDEX jobs_failure ON jobs (owner, kind, queue, fingerprint, finished_at, id) WHERE state = 'dead'",
        "CREATE INDEX jobs_dead ON jobs (owner, finished_at, id) WHERE state = 'dead'",
        "CREATE INDEX jobs_unprinted ON jobs (owner, id) WHERE state = 'dead' AND fingerprint IS NULL",
    ]
}
