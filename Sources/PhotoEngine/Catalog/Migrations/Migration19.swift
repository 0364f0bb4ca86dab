/// What left the library.
let migration19 = Migration(version: 19) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    let text = dialect.text
    return [
        """
        CREATE TABLE exported_photos (
            photo \(bytes) NOT NULL REFERENCES photos (id),
            path \(bytes) NOT NULL,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            sha256 \(bytes) NOT NULL,
            keeps_position \(integer) NOT NULL,
            actor \(text) NOT NULL,
            exported_at \(integer) NOT NULL,
            PRIMARY KEY (photo, path)
        ) \(dialect.keyedTableEnd)
        """,
        // An album may go before the share that was made of it.
        """
        CREATE TABLE shares (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            title \(text) NOT NULL,
            album \(bytes),
            photos \(integer) NOT NULL,
            state \(text) NOT NULL,
            actor \(text) NOT NULL,
            reason \(text) NOT NULL,
            created_at \(integer) NOT NULL,
            expires_at \(integer) NOT NULL,
            ended_at \(integer),
            ended_by \(text),
            CHECK ((ended_at IS NULL) = (ended_by IS NULL))
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX shares_owner ON shares (owner, id DESC)",
        """
        CREATE TABLE shared_photos (
            photo \(bytes) NOT NULL REFERENCES photos (id),
            share \(bytes) NOT NULL REFERENCES shares (id),
            owner \(bytes) NOT NULL REFERENCES owners (id),
            PRIMARY KEY (photo, share)
        ) \(dialect.keyedTableEnd)
        """,
    ]
}
