/// Albums and tags, and what people changed of photos with the way back. From here on `photos.has_own_marks` tells which marks
/// are not the file's (`OwnMarks`).
let migration9 = Migration(version: 9) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    let text = dialect.text
    return [
        // `name_key` is what a name is found by, whatever its case and normalisation.
        """
        CREATE TABLE albums (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            name_key \(text) NOT NULL,
            name \(text) NOT NULL,
            description \(text) NOT NULL,
            cover \(bytes) REFERENCES photos (id),
            photo_order \(text) NOT NULL,
            photos \(integer) NOT NULL,
            UNIQUE (owner, name_key)
        ) \(dialect.tableEnd)
        """,
        // `is_shown` is 0 for a photo in the trash; `taken_at` is the photo's: a page is a range of one index.
        """
        CREATE TABLE album_photos (
            album \(bytes) NOT NULL REFERENCES albums (id),
            photo \(bytes) NOT NULL REFERENCES photos (id),
            owner \(bytes) NOT NULL,
            is_shown \(integer) NOT NULL,
            taken_at \(integer) NOT NULL,
            position \(integer) NOT NULL,
            PRIMARY KEY (album, photo)
        ) \(dialect.keyedTableEnd)
        """,
        "CREATE INDEX album_photos_date ON album_photos (album, is_shown, taken_at DESC, photo DESC)",
        "CREATE INDEX album_photos_hand ON album_photos (album, is_shown, position, photo)",
        "CREATE INDEX album_photos_photo ON album_photos (photo)",
        """
        CREATE TABLE tags (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            name_key \(text) NOT NULL,
            name \(text) NOT NULL,
            photos \(integer) NOT NULL,
            UNIQUE (owner, name_key)
        ) \(dialect.tableEnd)
        """,
        """
        CREATE TABLE photo_tags (
            tag \(bytes) NOT NULL REFERENCES tags (id),
            photo \(bytes) NOT NULL REFERENCES photos (id),
            owner \(bytes) NOT NULL,
            is_shown \(integer) NOT NULL,
            taken_at \(integer) NOT NULL,
            PRIMARY KEY (tag, photo)
        ) \(dialect.keyedTableEnd)
        """,
        "CREATE INDEX photo_tags_date ON photo_tags (tag, is_shown, taken_at DESC, photo DESC)",
        "CREATE INDEX photo_tags_photo ON photo_tags (photo)",
        """
        CREATE TABLE edits (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            kind \(text) NOT NULL,
            subject \(text) NOT NULL,
            photos \(integer) NOT NULL,
            actor \(text) NOT NULL,
            reason \(text) NOT NULL,
            made_at \(integer) NOT NULL,
            undone_at \(integer),
            undone_by \(text),
            CHECK ((undone_at IS NULL) = (undone_by IS NULL))
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX edits_owner ON edits (owner, id DESC)",
        // What one transaction changed, as JSON that tells what was before.
        """
        CREATE TABLE edit_parts (
            edit \(bytes) NOT NULL REFERENCES edits (id),
            ordinal \(integer) NOT NULL,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            is_undone \(integer) NOT NULL,
            content \(text) NOT NULL,
            PRIMARY KEY (edit, ordinal)
        ) \(dialect.tableEnd)
        """,
    ]
}
