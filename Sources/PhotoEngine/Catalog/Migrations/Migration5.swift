/// What models make of photos, or of parts of them, to be found by likeness. Postgres' index for it is no part of the schema:
/// not every server can have it (`PostgresSearch`).
let migration5 = Migration(version: 5) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    return [
        """
        CREATE TABLE vectors (
            photo \(bytes) NOT NULL REFERENCES photos (id),
            owner \(bytes) NOT NULL REFERENCES owners (id),
            model \(dialect.text) NOT NULL,
            segment \(integer) NOT NULL,
            dimension \(integer) NOT NULL,
            components \(dialect.floats) NOT NULL,
            PRIMARY KEY (photo, model, segment),
            CHECK (dimension > 0 AND \(dialect.floatCount("components")) = dimension)
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX vectors_owner ON vectors (owner, model)",
    ]
}
