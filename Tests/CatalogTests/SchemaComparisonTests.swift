import Foundation
import Testing

@testable import Catalog

@Suite("The two schemas", .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
struct SchemaComparisonTests {
    /// `photos.taken_at integer not null`, and `index photos_timeline unique false`, in the words of both databases.
    @Test("SQLite's and Postgres' are the same tables, columns, types, nulls, keys and indexes, but for search")
    func same() async throws {
        let postgres = PostgresDatabase(try await PostgresServer.settings(.direct))
        let theirs = try await lines(
            postgres,
            [
                """
                SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bigint' THEN 'INTEGER'
                    WHEN 'double precision' THEN 'REAL' WHEN 'bytea' THEN 'BLOB' WHEN 'text' THEN 'TEXT' WHEN 'ARRAY' THEN udt_name ELSE data_type END
                    || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
                FROM information_schema.columns WHERE table_schema = current_schema()
                """,
                """
                SELECT 'index ' || indexname || CASE WHEN indexdef LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END
                    || CASE WHEN indexdef LIKE '% WHERE %' THEN ' partial' ELSE '' END
                FROM pg_indexes WHERE schemaname = current_schema()
                    AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'
                """,
                """
                SELECT 'key ' || conrelid::regclass::text || ' ' || (
                    SELECT string_agg(attname, ',' ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS k(n, place)
                    JOIN pg_attribute ON attrelid = conrelid AND attnum = n)
                FROM pg_constraint WHERE contype IN ('p', 'u') AND connamespace = current_schema()::regnamespace
                """,
            ])
        let sqlite = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        _ = try await Migration.run(on: sqlite, at: 0)
        let ours = try await lines(
            sqlite,
            [
                """
                SELECT t.name || '.' || c.name || ' ' || c.type || CASE c."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END
                FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'
                """,
                """
                SELECT 'index ' || i.name || CASE i."unique" WHEN 1 THEN ' unique' ELSE '' END
                    || CASE i.partial WHEN 1 THEN ' partial' ELSE '' END
                FROM sqlite_schema AS t JOIN pragma_index_list(t.name) AS i WHERE t.type = 'table' AND i.origin = 'c'
                """,
                """
                SELECT 'key ' || t.name || ' ' || (SELECT group_concat(name) FROM pragma_index_info(i.name))
                FROM sqlite_schema AS t JOIN pragma_index_list(t.name) AS i
                WHERE t.type = 'table' AND i.origin IN ('u', 'pk')
                """,
            ])
        #expect(ours.count > 100)
        #expect(
            ours.subtracting(theirs).filter { !$0.hasPrefix("key ") } == ["vectors.components BLOB NOT NULL"])
        #expect(
            theirs.subtracting(ours).filter { !$0.hasPrefix("key ") }
                == Set(
                    ["vectors.components _float4 NOT NULL", "index jobs_error_text partial"]
                        + PostgresSearch.dimensions.map { "index vectors_hnsw_\($0) partial" }))
        // SQLite lists no index for a key of one integer column.
        #expect(ours.filter { $0.hasPrefix("key ") }.subtracting(theirs) == [])
        try await postgres.close()
    }

    /// Whoever adds a table that names photos decides here what becomes of its rows when `SQLCatalog.resolve` moves one photo to the
    /// trash for another.
    @Test("Of every column that refers to a photo it is settled what a merge of duplicates does with it")
    func merged() async throws {
        enum Merge: CaseIterable {
            /// The keeper takes it over, and an undo gives it back.
            case merged
            /// It stays with the photo in the trash.
            case left
            /// It is made from pictures, and goes out of sight with the photo.
            case derived
        }
        let columns: [Merge: Set<String>] = [
            .merged: ["photo_metadata.photo", "album_photos.photo", "albums.cover", "photo_tags.photo", "faces.photo"],
            .left: [
                "files.photo", "sidecars.photo", "jobs.photo", "uploads.photo", "duplicate_decisions.first",
                "duplicate_decisions.second", "calibration_answers.first", "calibration_answers.second",
                "stacked_photos.photo", "exported_photos.photo", "shared_photos.photo", "promoted_originals.photo",
                "live_photos.photo",
            ],
            .derived: ["photo_texts.photo", "vectors.photo", "uncompared_photos.photo", "compared_photos.photo"],
        ]
        let settled = columns.values.flatMap(\.self)
        #expect(Set(settled).count == settled.count)

        let sqlite = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        _ = try await Migration.run(on: sqlite, at: 0)
        let ours = """
            SELECT t.name || '.' || k."from" FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t.name) AS k
            WHERE t.type = 'table' AND k."table" = 'photos'
            """
        #expect(try await lines(sqlite, [ours]) == Set(settled))
        let postgres = PostgresDatabase(try await PostgresServer.settings(.direct))
        let theirs = """
            SELECT conrelid::regclass::text || '.' || attname FROM pg_constraint
            JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
            WHERE contype = 'f' AND confrelid = 'photos'::regclass
            """
        #expect(try await lines(postgres, [theirs]) == Set(settled))
        try await postgres.close()
    }

    private func lines(_ database: any SQLDatabase, _ queries: [String]) async throws -> Set<String> {
        try await database.read { connection in
            var lines: Set<String> = []
            for query in queries {
                for row in try connection.rows(query, []) {
                    var row = row
                    lines.insert(try row.text())
                }
            }
            return lines
        }
    }
}
