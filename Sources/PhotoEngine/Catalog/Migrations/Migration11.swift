import Core

/// What searches read: the folded text of each photo, the words and names in it, and where each is, in the order of the timeline;
/// saved searches, and those that were made.
let migration11 = Migration(
    version: 11,
    statements: { dialect in
        let integer = dialect.integer
        let bytes = dialect.bytes
        let text = dialect.text
        return [
            """
            CREATE TABLE photo_texts (
                photo \(bytes) NOT NULL PRIMARY KEY REFERENCES photos (id),
                owner \(bytes) NOT NULL REFERENCES owners (id),
                taken_at \(integer) NOT NULL,
                content \(text) NOT NULL
            ) \(dialect.tableEnd)
            """,
            // `term` is `SearchTerm.number`. No reference to photos: it would need an index of its own.
            """
            CREATE TABLE photo_terms (
                term \(integer) NOT NULL,
                taken_at \(integer) NOT NULL,
                photo \(bytes) NOT NULL,
                owner \(bytes) NOT NULL,
                PRIMARY KEY (term, taken_at, photo)
            ) \(dialect.keyedTableEnd)
            """,
            // `name` is how a camera, lens or place is written; `photos` counts those in the trash, too.
            """
            CREATE TABLE search_terms (
                owner \(bytes) NOT NULL,
                kind \(text) NOT NULL,
                content \(text) NOT NULL,
                name \(text) NOT NULL,
                photos \(integer) NOT NULL,
                PRIMARY KEY (owner, kind, content)
            ) \(dialect.keyedTableEnd)
            """,
            """
            CREATE TABLE search_history (
                owner \(bytes) NOT NULL REFERENCES owners (id),
                query \(text) NOT NULL,
                searched_at \(integer) NOT NULL,
                PRIMARY KEY (owner, query)
            ) \(dialect.tableEnd)
            """,
            "ALTER TABLE tags ADD COLUMN folded \(text) NOT NULL DEFAULT ''",
            "ALTER TABLE albums ADD COLUMN folded \(text) NOT NULL DEFAULT ''",
            // A saved search: such an album holds what the search finds, and nothing of its own.
            "ALTER TABLE albums ADD COLUMN query \(text)",
        ]
    },
    work: SearchBackfill.run)
