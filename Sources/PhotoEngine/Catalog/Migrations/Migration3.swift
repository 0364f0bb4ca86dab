/// The ledger of uploads.
let migration3 = Migration(version: 3) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    let text = dialect.text
    return [
        """
        CREATE TABLE uploads (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            state \(text) NOT NULL,
            sha256 \(bytes) NOT NULL,
            byte_count \(integer) NOT NULL,
            media_type \(text) NOT NULL,
            filename \(text) NOT NULL,
            taken_at \(integer) NOT NULL,
            taken_at_offset \(integer),
            taken_at_source \(text) NOT NULL,
            object_key \(text) NOT NULL,
            multipart_token \(text),
            multipart_bytes \(integer),
            photo \(bytes) REFERENCES photos (id),
            created_at \(integer) NOT NULL,
            CHECK ((state = 'confirmed') = (photo IS NOT NULL)),
            CHECK ((multipart_token IS NULL) = (multipart_bytes IS NULL))
        ) \(dialect.tableEnd)
        """,
        // One upload of the same bytes at a time: a second one continues it.
        "CREATE UNIQUE INDEX uploads_begun ON uploads (owner, sha256) WHERE state = 'begun'",
        "CREATE INDEX uploads_state ON uploads (owner, state, id) WHERE state <> 'confirmed'",
        """
        CREATE TABLE upload_parts (
            upload \(bytes) NOT NULL REFERENCES uploads (id),
            number \(integer) NOT NULL,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            byte_count \(integer) NOT NULL,
            entity_tag \(text) NOT NULL,
            PRIMARY KEY (upload, number)
        ) \(dialect.keyedTableEnd)
        """,
    ]
}
