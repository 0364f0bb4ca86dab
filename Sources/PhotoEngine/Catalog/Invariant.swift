import Core

/// Something that always holds of a sound catalogue; its query returns what breaks it.
struct Invariant: Sendable {
    let fault: String
    /// Returns one count per place where it is broken; each `?` takes the owner.
    let sql: String

    func faults(_ owner: SQLValue, connection: any SQLConnection) throws -> [String] {
        let marks = sql.utf8.reduce(0) { $1 == UInt8(ascii: "?") ? $0 + 1 : $0 }
        var row = try SQLRow.present(
            try connection.row("SELECT count(*) FROM (\(sql)) AS broken", Array(repeating: owner, count: marks)))
        let count = try row.int()
        return count == 0 ? [] : ["\(fault) (\(count) times)"]
    }

    static let all: [Invariant] =
        [
            Invariant(
                fault: "a month's count differs from its photos",
                sql: """
                    SELECT month FROM (
                        SELECT month, photos FROM month_counts WHERE owner = ?
                        UNION ALL
                        SELECT month, -count(*) FROM photos WHERE owner = ? AND \(Timeline.membership) GROUP BY month
                    ) AS counts GROUP BY month HAVING sum(photos) <> 0
                    """),
            Invariant(
                fault: "a place's count differs from its photos",
                sql: """
                    SELECT month FROM (
                        SELECT month, place, photos FROM place_counts WHERE owner = ?
                        UNION ALL
                        SELECT month, place, -count(*) FROM photos
                        WHERE owner = ? AND \(Timeline.membership) AND place IS NOT NULL GROUP BY month, place
                    ) AS counts GROUP BY month, place HAVING sum(photos) <> 0
                    """),
            Invariant(
                fault: "a file refers to a photo of another owner",
                sql: """
                    SELECT 1 FROM files JOIN photos ON photos.id = files.photo
                    WHERE files.owner = ? AND photos.owner <> files.owner
                    """),
            Invariant(
                fault: "a vector is of another owner's photo",
                sql: """
                    SELECT 1 FROM vectors JOIN photos ON photos.id = vectors.photo
                    WHERE vectors.owner = ? AND photos.owner <> vectors.owner
                    """),
            Invariant(
                fault: "a duplicate cluster's figures differ from its photos",
                sql: """
                    SELECT duplicate_clusters.id FROM duplicate_clusters
                    LEFT JOIN compared_photos ON compared_photos.cluster = duplicate_clusters.id
                    LEFT JOIN photos ON photos.id = compared_photos.photo
                    WHERE duplicate_clusters.owner = ?
                    GROUP BY duplicate_clusters.id, duplicate_clusters.photos, duplicate_clusters.byte_count,
                        duplicate_clusters.largest, duplicate_clusters.newest
                    HAVING count(photos.id) <> duplicate_clusters.photos OR count(photos.id) < 2
                        OR sum(photos.byte_count) <> duplicate_clusters.byte_count
                        OR max(photos.byte_count) <> duplicate_clusters.largest
                        OR max(photos.taken_at) > duplicate_clusters.newest
                    """),
            Invariant(
                fault: "a compared photo can't be found by its hash",
                sql: """
                    SELECT photo FROM compared_photos WHERE owner = ? AND 4 > (
                        SELECT count(*) FROM hash_buckets
                        WHERE hash_buckets.owner = compared_photos.owner AND hash_buckets.phash = compared_photos.phash
                            AND hash_buckets.bucket IN (
                                (compared_photos.phash >> 48) & 65535,
                                65536 + ((compared_photos.phash >> 32) & 65535),
                                131072 + ((compared_photos.phash >> 16) & 65535),
                                196608 + (compared_photos.phash & 65535)))
                    """),
            Invariant(
                fault: "the index of hashes has one that no compared photo has",
                sql: """
                    SELECT 1 FROM hash_buckets WHERE owner = ? AND NOT EXISTS (
                        SELECT 1 FROM compared_photos
                        WHERE compared_photos.owner = hash_buckets.owner
                            AND compared_photos.phash = hash_buckets.phash)
                    """),
            Invariant(
                fault: "a cluster holds two photos that somebody decided are no duplicates",
                sql: """
                    SELECT 1 FROM duplicate_decisions
                    JOIN compared_photos AS one ON one.photo = duplicate_decisions.first
                    JOIN compared_photos AS other ON other.photo = duplicate_decisions.second
                    WHERE duplicate_decisions.owner = ? AND one.cluster = other.cluster
                    """),
            Invariant(
                fault: "a cluster holds two photos of one stack",
                sql: """
                    SELECT 1 FROM stacked_photos
                    JOIN compared_photos ON compared_photos.photo = stacked_photos.photo
                    WHERE stacked_photos.owner = ? AND compared_photos.cluster IS NOT NULL
                    GROUP BY stacked_photos.stack, compared_photos.cluster HAVING count(*) > 1
                    """),
            Invariant(
                fault: "a stack has less than two photos",
                sql: """
                    SELECT 1 FROM photo_stacks WHERE owner = ? AND 2 > (
                        SELECT count(*) FROM stacked_photos WHERE stacked_photos.stack = photo_stacks.id)
                    """),
            Invariant(
                fault: "a photo in the trash is in the timeline or in the index of hashes",
                sql: """
                    SELECT 1 FROM photos WHERE owner = ? AND trashed_at IS NOT NULL AND (is_archived = 0 OR EXISTS (
                        SELECT 1 FROM compared_photos WHERE compared_photos.photo = photos.id))
                    """),
            Invariant(
                fault: "a photo is marked missing while a file of it is there, or the other way round",
                sql: """
                    SELECT 1 FROM photos WHERE owner = ? AND original_path IS NOT NULL AND is_missing = (
                        CASE WHEN EXISTS (SELECT 1 FROM files WHERE photo = photos.id AND is_missing = 0)
                        THEN 1 ELSE 0 END)
                    """),
            Invariant(
                fault: "a photo waits for processing without a job",
                sql: """
                    SELECT 1 FROM photos WHERE owner = ? AND status = 'queued'
                        AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.photo = photos.id)
                    """),
            Invariant(
                fault: "a running job has no worker or no lease",
                sql: """
                    SELECT 1 FROM jobs WHERE owner = ? AND state = 'running' AND (worker IS NULL OR lease_until IS NULL)
                    """),
            Invariant(
                fault: "an upload was confirmed without a photo that has durable bytes",
                sql: """
                    SELECT 1 FROM uploads LEFT JOIN photos ON photos.id = uploads.photo AND photos.owner = uploads.owner
                    WHERE uploads.owner = ? AND uploads.state = 'confirmed'
                        AND (photos.id IS NULL OR photos.sha256 <> uploads.sha256)
                    """),
            Invariant(
                fault: "a part belongs to no upload that is under way",
                sql: """
                    SELECT 1 FROM upload_parts WHERE owner = ? AND NOT EXISTS (
                        SELECT 1 FROM uploads WHERE uploads.id = upload_parts.upload AND state = 'begun'
                            AND multipart_token IS NOT NULL)
                    """),
        ]
        + MemberRows.Table.allCases.flatMap(members) + [
            Invariant(
                fault: "a tag has no photo",
                sql: """
                    SELECT 1 FROM tags WHERE owner = ? AND NOT EXISTS (SELECT 1 FROM photo_tags WHERE tag = tags.id)
                    """),
            Invariant(
                fault: "an album's cover is another owner's photo",
                sql: """
                    SELECT 1 FROM albums JOIN photos ON photos.id = albums.cover
                    WHERE albums.owner = ? AND photos.owner <> albums.owner
                    """),
            Invariant(
                fault: "an edit has no part, or is undone only in part",
                sql: """
                    SELECT 1 FROM edits WHERE owner = ? AND (
                        NOT EXISTS (SELECT 1 FROM edit_parts WHERE edit = edits.id)
                        OR undone_at IS NOT NULL AND EXISTS (
                            SELECT 1 FROM edit_parts WHERE edit = edits.id AND is_undone = 0))
                    """),
            Invariant(
                fault: "a photo can't be found by what is known of it",
                sql: """
                    SELECT 1 FROM photos LEFT JOIN photo_texts ON photo_texts.photo = photos.id WHERE photos.owner = ?
                        AND (photo_texts.photo IS NULL OR photo_texts.taken_at <> photos.taken_at)
                    """),
            Invariant(
                fault: "a person has no face",
                sql:
                    "SELECT 1 FROM people WHERE owner = ? AND NOT EXISTS (SELECT 1 FROM faces WHERE person = people.id)"
            ),
            Invariant(
                fault: "a face is of another owner's photo or person",
                sql: """
                    SELECT 1 FROM faces JOIN photos ON photos.id = faces.photo LEFT JOIN people ON people.id = faces.person
                    WHERE faces.owner = ? AND (photos.owner <> faces.owner OR people.owner <> faces.owner)
                    """),
            total(.photos, "SELECT count(*) FROM photos WHERE owner = ?"),
            total(.bytes, "SELECT coalesce(sum(byte_count), 0) FROM photos WHERE owner = ?"),
            total(.missing, "SELECT count(*) FROM photos WHERE owner = ? AND is_missing = 1"),
            total(.unreadable, "SELECT count(*) FROM photos WHERE owner = ? AND status = 'unreadable'"),
            total(.files, "SELECT count(*) FROM files WHERE owner = ?"),
        ]
        + JobState.allCases.map {
            total(.jobs($0), "SELECT count(*) FROM jobs WHERE owner = ? AND state = '\($0.rawValue)'")
        }

    /// What holds of albums and tags alike.
    private static func members(_ table: MemberRows.Table) -> [Invariant] {
        let (members, collection, collections) = (table.members, table.collection, table.collections)
        return [
            Invariant(
                fault: "the count of \(table) differs from their photos",
                sql: """
                    SELECT 1 FROM \(collections) WHERE owner = ? AND photos <> (
                        SELECT count(*) FROM \(members) WHERE \(collection) = \(collections).id AND is_shown = 1)
                    """),
            Invariant(
                fault: "a photo is in \(table) otherwise than it is",
                sql: """
                    SELECT 1 FROM \(members) JOIN photos ON photos.id = photo WHERE \(members).owner = ? AND (
                        photos.owner <> \(members).owner OR photos.taken_at <> \(members).taken_at
                        OR is_shown <> CASE WHEN trashed_at IS NULL THEN 1 ELSE 0 END)
                    """),
            Invariant(
                fault: "\(table) of another owner have a photo",
                sql: """
                    SELECT 1 FROM \(members) JOIN \(collections) ON \(collections).id = \(collection)
                    WHERE \(members).owner = ? AND \(collections).owner <> \(members).owner
                    """),
        ]
    }

    private static func total(_ total: CounterChanges.Total, _ recount: String) -> Invariant {
        Invariant(
            fault: "the total of \(total.name) differs from its rows",
            sql: """
                SELECT 1 WHERE (\(recount))
                    <> coalesce((SELECT value FROM totals WHERE owner = ? AND name = '\(total.name)'), 0)
                """)
    }
}
