/// Where originals were before their library was promoted, so that it can go back.
let migration20 = Migration(version: 20) { dialect in
    [
        """
        CREATE TABLE promoted_originals (
            photo \(dialect.bytes) NOT NULL PRIMARY KEY REFERENCES photos (id),
            owner \(dialect.bytes) NOT NULL REFERENCES owners (id),
            path \(dialect.bytes),
            object_key \(dialect.text),
            CHECK ((path IS NULL) <> (object_key IS NULL))
        ) \(dialect.tableEnd)
        """
    ]
}
