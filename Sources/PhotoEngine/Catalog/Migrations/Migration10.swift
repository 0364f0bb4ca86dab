/// What was removed for good, from the transaction that removed it on: what of it is still to be deleted, and under which keys no
/// photo may be stored any more.
let migration10 = Migration(version: 10) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    return [
        """
        CREATE TABLE removed_originals (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            sha256 \(bytes) NOT NULL,
            object_key \(dialect.text),
            removed_at \(integer) NOT NULL,
            deleted_at \(integer)
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX removed_originals_sha256 ON removed_originals (owner, sha256)",
        "CREATE INDEX removed_originals_left ON removed_originals (owner, id) WHERE deleted_at IS NULL",
    ]
}
