/// What owners may have, and in which tier of the storage originals are.
let migration21 = Migration(version: 21) { dialect in
    let integer = dialect.integer
    return [
        // Null for any number.
        """
        CREATE TABLE quotas (
            owner \(dialect.bytes) NOT NULL PRIMARY KEY REFERENCES owners (id),
            photos \(integer),
            bytes \(integer)
        ) \(dialect.tableEnd)
        """,
        // Null is hot, as everything begins.
        "ALTER TABLE photos ADD COLUMN tier \(dialect.text)",
    ]
}
