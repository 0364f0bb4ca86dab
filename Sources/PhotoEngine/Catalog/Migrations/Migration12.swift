/// Faces, and whose they are; sidecars, and what files themselves say, so that what a sidecar says can change; the cities
/// that photos were taken in.
let migration12 = Migration(version: 12) { dialect in
    let integer = dialect.integer
    let real = dialect.real
    let bytes = dialect.bytes
    let text = dialect.text
    return [
        """
        CREATE TABLE people (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            name_key \(text) NOT NULL,
            name \(text) NOT NULL,
            UNIQUE (owner, name_key)
        ) \(dialect.tableEnd)
        """,
        // The box in fractions of the upright picture; `is_own` is 1 for a face that is not its file's alone, as one taken over
        // from a duplicate. Vector and model come with recognition.
        """
        CREATE TABLE faces (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            photo \(bytes) NOT NULL REFERENCES photos (id),
            person \(bytes) REFERENCES people (id),
            x \(real) NOT NULL,
            y \(real) NOT NULL,
            width \(real) NOT NULL,
            height \(real) NOT NULL,
            source \(text) NOT NULL,
            is_own \(integer) NOT NULL
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX faces_photo ON faces (photo)",
        "CREATE INDEX faces_person ON faces (person)",
        // What a sidecar says of a photo, as JSON.
        """
        CREATE TABLE sidecars (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            path \(bytes) NOT NULL,
            photo \(bytes) NOT NULL REFERENCES photos (id),
            content \(text) NOT NULL,
            PRIMARY KEY (owner, path, photo)
        ) \(dialect.keyedTableEnd)
        """,
        "CREATE INDEX sidecars_photo ON sidecars (photo)",
        // What the original says of its marks, as JSON; null where an older phototui processed it.
        "ALTER TABLE photo_metadata ADD COLUMN told \(text)",
        """
        CREATE TABLE places (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            id \(integer) NOT NULL,
            name \(text) NOT NULL,
            region \(text),
            country_code \(text) NOT NULL,
            country \(text) NOT NULL,
            latitude \(real) NOT NULL,
            longitude \(real) NOT NULL,
            time_zone \(text),
            PRIMARY KEY (owner, id)
        ) \(dialect.keyedTableEnd)
        """,
        // The nearest city; 0 where none is near, null where the position was not looked up.
        "ALTER TABLE photos ADD COLUMN place_id \(integer)",
        """
        CREATE INDEX photos_city ON photos (owner, in_timeline, place_id, taken_at DESC, id DESC)
        WHERE place_id IS NOT NULL
        """,
        "CREATE INDEX photos_unplaced ON photos (owner, id) WHERE latitude IS NOT NULL AND place_id IS NULL",
    ]
}
