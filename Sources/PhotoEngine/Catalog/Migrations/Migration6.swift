/// Which photos look alike: those that wait to be compared, those that were, an index of their hashes, the clusters found, what
/// people decided, and the way back from it.
let migration6 = Migration(version: 6) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    return [
        """
        CREATE TABLE uncompared_photos (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            photo \(bytes) NOT NULL REFERENCES photos (id),
            PRIMARY KEY (owner, photo)
        ) \(dialect.keyedTableEnd)
        """,
        """
        CREATE TABLE duplicate_clusters (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            photos \(integer) NOT NULL,
            byte_count \(integer) NOT NULL,
            largest \(integer) NOT NULL,
            newest \(integer) NOT NULL,
            CHECK (photos > 0)
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX duplicate_clusters_bytes ON duplicate_clusters (owner, (byte_count - largest) DESC, id DESC)",
        "CREATE INDEX duplicate_clusters_photos ON duplicate_clusters (owner, photos DESC, id DESC)",
        "CREATE INDEX duplicate_clusters_newest ON duplicate_clusters (owner, newest DESC, id DESC)",
        // A photo that was compared, with the hash it was compared by; and where it is in a cluster, what put it there.
        """
        CREATE TABLE compared_photos (
            photo \(bytes) NOT NULL PRIMARY KEY REFERENCES photos (id),
            owner \(bytes) NOT NULL REFERENCES owners (id),
            phash \(integer) NOT NULL,
            cluster \(bytes) REFERENCES duplicate_clusters (id),
            distance \(integer),
            similarity \(dialect.real),
            orientation \(integer)
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX compared_photos_phash ON compared_photos (owner, phash, photo)",
        "CREATE INDEX compared_photos_cluster ON compared_photos (cluster, photo) WHERE cluster IS NOT NULL",
        // A hash stands in four buckets, one for each 16 bits of it: chunk x 65,536 + value. Once, however many photos have it.
        """
        CREATE TABLE hash_buckets (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            bucket \(integer) NOT NULL,
            phash \(integer) NOT NULL,
            PRIMARY KEY (owner, bucket, phash)
        ) \(dialect.keyedTableEnd)
        """,
        // The lower id comes first.
        """
        CREATE TABLE duplicate_decisions (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            first \(bytes) NOT NULL REFERENCES photos (id),
            second \(bytes) NOT NULL REFERENCES photos (id),
            decided_at \(integer) NOT NULL,
            PRIMARY KEY (owner, first, second),
            CHECK (first < second)
        ) \(dialect.keyedTableEnd)
        """,
        "CREATE INDEX duplicate_decisions_second ON duplicate_decisions (owner, second)",
        // A photo in the trash has is_archived = 1, so that it is out of the timeline; what it was before is in `content`.
        "ALTER TABLE photos ADD COLUMN trashed_at \(integer)",
        // 1 where the photo's rating, caption, position or keywords are not its file's alone.
        "ALTER TABLE photos ADD COLUMN has_own_marks \(integer) NOT NULL DEFAULT 0",
        // `content` is JSON: who decided, why, and all that it takes to undo it.
        """
        CREATE TABLE resolutions (
            id \(bytes) NOT NULL PRIMARY KEY,
            owner \(bytes) NOT NULL REFERENCES owners (id),
            cluster \(bytes) NOT NULL,
            resolved_at \(integer) NOT NULL,
            undone_at \(integer),
            undone_by \(dialect.text),
            content \(dialect.text) NOT NULL,
            CHECK ((undone_at IS NULL) = (undone_by IS NULL))
        ) \(dialect.tableEnd)
        """,
        "CREATE INDEX resolutions_owner ON resolutions (owner, id DESC)",
        "CREATE INDEX resolutions_cluster ON resolutions (owner, cluster, id DESC)",
    ]
}
