/// Spans of time of which somebody wants no event to be proposed.
let migration17 = Migration(version: 17) { dialect in
    [
        """
        CREATE TABLE refused_events (
            owner \(dialect.bytes) NOT NULL REFERENCES owners (id),
            first_at \(dialect.integer) NOT NULL,
            last_at \(dialect.integer) NOT NULL,
            PRIMARY KEY (owner, first_at, last_at),
            CHECK (first_at <= last_at)
        ) \(dialect.keyedTableEnd)
        """
    ]
}
