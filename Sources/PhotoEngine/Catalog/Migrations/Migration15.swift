/// Attempts of jobs before the one that the job itself tells of.
let migration15 = Migration(version: 15) { dialect in
    [
        // `ended_at` is null where the worker ended with it.
        """
        CREATE TABLE job_attempts (
            job \(dialect.bytes) NOT NULL REFERENCES jobs (id),
            number \(dialect.integer) NOT NULL,
            owner \(dialect.bytes) NOT NULL REFERENCES owners (id),
            worker \(dialect.text),
            started_at \(dialect.integer) NOT NULL,
            ended_at \(dialect.integer),
            error \(dialect.text),
            PRIMARY KEY (job, number)
        ) \(dialect.tableEnd)
        """
    ]
}
