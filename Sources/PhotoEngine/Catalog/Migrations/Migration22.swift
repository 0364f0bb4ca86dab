/// Why decisions and edits were taken back.
let migration22 = Migration(version: 22) { dialect in
    ["resolutions", "edits"].map { "ALTER TABLE \($0) ADD COLUMN undone_reason \(dialect.text)" }
}
