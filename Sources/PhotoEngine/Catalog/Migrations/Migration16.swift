/// Photos are found by `photo_terms` alone: the trigrams of their texts, on Postgres, serve nothing any more.
let migration16 = Migration(version: 16) { dialect in
    dialect.hasRowSecurity ? ["DROP INDEX IF EXISTS photos_text"] : []
}
