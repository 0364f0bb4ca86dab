/// Photos that belong together without being duplicates, until the resolution that says so is undone; and the trash in the order it
/// filled.
let migration8 = Migration(version: 8) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    return [
        """
        CREATE TABLE photo_stacks (
            id \(bytes) NOT NULL PRIMARY KEY REFERENCES resolutions (id),
            owner \(bytes) NOT NULL REFERENCES owners (id),
            reason \(dialect.text) NOT NULL,
            made_at \(integer) NOT NULL
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX photo_stacks_owner ON photo_stacks (owner, id DESC)",
        // A photo is in one stack at most.
        """
        CREATE TABLE stacked_photos (
            photo \(bytes) NOT NULL PRIMARY KEY REFERENCES photos (id),
            owner \(bytes) NOT NULL REFERENCES owners (id),
            stack \(bytes) NOT NULL REFERENCES photo_stacks (id),
            ordinal \(integer) NOT NULL
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX stacked_photos_stack ON stacked_photos (stack, ordinal)",
        "CREATE INDEX photos_trash ON photos (owner, trashed_at DESC, id DESC) WHERE trashed_at IS NOT NULL",
    ]
}
