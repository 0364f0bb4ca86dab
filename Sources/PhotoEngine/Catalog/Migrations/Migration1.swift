/// Owners, folders, photos, files, jobs, the journal, and the counters that keep lists cheap.
///
/// Ids are 16 bytes, digests 32, paths their own bytes; moments are Unix microseconds, flags 0 or 1.
let migration1 = Migration(version: 1) { dialect in
    let integer = dialect.integer
    let real = dialect.real
    let bytes = dialect.bytes
    let text = dialect.text
    return [
        """
        CREATE TABLE owners (
            id \(bytes) NOT NULL PRIMARY KEY,
            name \(text) NOT NULL UNIQUE,
            created_at \(integer) NOT NULL
        ) \(dialect.tableEnd)
        """,
        """
        CREATE TABLE folders (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            path \(bytes) NOT NULL,
            UNIQUE (owner, path)
        ) \(dialect.tableEnd)
        """,
        // The caption comes last: a long one spills to pages that the timeline never reads.
        """
        CREATE TABLE photos (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            sha256 \(bytes) NOT NULL,
            phash \(integer),
            media_type \(text) NOT NULL,
            byte_count \(integer) NOT NULL,
            width \(integer),
            height \(integer),
            orientation \(integer) NOT NULL,
            month \(integer) NOT NULL,
            taken_at \(integer) NOT NULL,
            taken_at_offset \(integer),
            taken_at_source \(text) NOT NULL,
            imported_at \(integer) NOT NULL,
            status \(text) NOT NULL,
            is_favourite \(integer) NOT NULL,
            is_archived \(integer) NOT NULL,
            is_missing \(integer) NOT NULL,
            in_timeline \(integer) NOT NULL,
            rating \(integer),
            filename \(text) NOT NULL,
            original_path \(bytes),
            original_key \(text),
            camera_make \(text),
            camera_model \(text),
            lens \(text),
            exposure_seconds \(real),
            aperture \(real),
            iso \(integer),
            focal_length \(real),
            focal_length_35mm \(real),
            flash_fired \(integer),
            latitude \(real),
            longitude \(real),
            altitude \(real),
            place \(text),
            problem \(text),
            caption \(text),
            UNIQUE (owner, sha256),
            CHECK (in_timeline = CASE WHEN is_archived = 0 AND status <> 'unreadable' THEN 1 ELSE 0 END),
            CHECK ((original_path IS NULL) <> (original_key IS NULL))
        ) \(dialect.tableEnd)
        """,
        // Not partial, nor in_timeline a generated column: SQLite would then visit each photo that a page skips.
        "CREATE INDEX photos_timeline ON photos (owner, in_timeline, month DESC, taken_at DESC, id DESC)",
        """
        CREATE INDEX photos_favourites ON photos (owner, in_timeline, month DESC, taken_at DESC, id DESC)
        WHERE is_favourite = 1
        """,
        // Apart from the photo, whose rows stay small: a camera writes a hundred tags.
        """
        CREATE TABLE photo_metadata (
            photo \(bytes) NOT NULL PRIMARY KEY REFERENCES photos (id),
            keywords \(text) NOT NULL,
            tags \(text) NOT NULL
        ) \(dialect.tableEnd)
        """,
        """
        CREATE TABLE files (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            path \(bytes) NOT NULL,
            byte_count \(integer) NOT NULL,
            modified \(integer) NOT NULL,
            outcome \(text) NOT NULL,
            reason \(text),
            photo \(bytes) REFERENCES photos (id),
            is_missing \(integer) NOT NULL,
            PRIMARY KEY (owner, path)
        ) \(dialect.keyedTableEnd)
        """,
        "CREATE INDEX files_photo ON files (photo) WHERE photo IS NOT NULL",
        """
        CREATE TABLE jobs (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            kind \(text) NOT NULL,
            queue \(text) NOT NULL,
            state \(text) NOT NULL,
            photo \(bytes) REFERENCES photos (id),
            attempts \(integer) NOT NULL,
            worker_deaths \(integer) NOT NULL,
            error \(text),
            created_at \(integer) NOT NULL,
            run_at \(integer) NOT NULL,
            started_at \(integer),
            finished_at \(integer),
            worker \(text),
            lease_until \(integer)
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX jobs_waiting ON jobs (owner, queue, run_at, id) WHERE state IN ('queued', 'retrying')",
        "CREATE INDEX jobs_running ON jobs (owner, queue, lease_until) WHERE state = 'running'",
        "CREATE INDEX jobs_state ON jobs (owner, state, id) WHERE state <> 'succeeded'",
        """
        CREATE UNIQUE INDEX jobs_unfinished ON jobs (photo, kind)
        WHERE state IN ('queued', 'running', 'retrying') AND photo IS NOT NULL
        """,
        """
        CREATE TABLE journal (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            at \(integer) NOT NULL,
            actor \(text) NOT NULL,
            action \(text) NOT NULL,
            subject \(text) NOT NULL,
            outcome \(text) NOT NULL
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX journal_time ON journal (owner, at DESC, id DESC)",
        """
        CREATE TABLE month_counts (
            owner \(bytes) NOT NULL,
            month \(integer) NOT NULL,
            photos \(integer) NOT NULL,
            PRIMARY KEY (owner, month)
        ) \(dialect.keyedTableEnd)
        """,
        """
        CREATE TABLE place_counts (
            owner \(bytes) NOT NULL,
            month \(integer) NOT NULL,
            place \(text) NOT NULL,
            photos \(integer) NOT NULL,
            PRIMARY KEY (owner, month, place)
        ) \(dialect.keyedTableEnd)
        """,
        """
        CREATE TABLE totals (
            owner \(bytes) NOT NULL,
            name \(text) NOT NULL,
            value \(integer) NOT NULL,
            PRIMARY KEY (owner, name)
        ) \(dialect.keyedTableEnd)
        """,
    ]
}
