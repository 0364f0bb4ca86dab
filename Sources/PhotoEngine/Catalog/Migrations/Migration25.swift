/// Keywords of its file that were taken from a photo as tags: each as it is found by, a line of its own with a line's end before and
/// behind it.
let migration25 = Migration(version: 25) { dialect in
    ["ALTER TABLE photo_metadata ADD COLUMN removed_keywords \(dialect.text)"]
}
