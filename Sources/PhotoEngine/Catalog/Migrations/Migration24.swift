/// Lists of photos in the timeline's order that searches read: of each rating, of missing ones, and of favourites with their ratings,
/// so that those of another are not looked up.
let migration24 = Migration(version: 24) { dialect in
    [
        """
        CREATE INDEX photos_rated ON photos (owner, in_timeline, rating, month DESC, taken_at DESC, id DESC)
        WHERE rating IS NOT NULL
        """,
        """
        CREATE INDEX photos_missing ON photos (owner, in_timeline, month DESC, taken_at DESC, id DESC)
        WHERE is_missing = 1
        """,
        "DROP INDEX photos_favourites",
        """
        CREATE INDEX photos_favourites ON photos (owner, in_timeline, month DESC, taken_at DESC, id DESC, rating)
        WHERE is_favourite = 1
        """,
    ]
}
