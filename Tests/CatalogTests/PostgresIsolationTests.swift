import Contracts
import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

/// What holds owners apart when a statement forgets to.
@Suite("Row-level security", .serialized, .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
struct PostgresIsolationTests {
    private static let tables = [
        "owners", "folders", "photos", "photo_metadata", "files", "jobs", "journal", "month_counts", "place_counts",
        "totals", "uploads", "upload_parts", "vectors", "uncompared_photos", "compared_photos", "duplicate_clusters",
        "hash_buckets", "duplicate_decisions", "resolutions", "calibration_answers", "calibrations",
        "photo_stacks", "stacked_photos", "albums", "album_photos", "tags", "photo_tags", "edits", "edit_parts",
        "removed_originals", "photo_texts", "photo_terms", "search_terms", "search_history", "people", "faces",
        "sidecars", "places", "job_attempts", "refused_events",
        "exported_photos", "shares", "shared_photos", "promoted_originals", "quotas",
        "retried_failures", "live_photos", "films",
    ]

    /// Two owners with rows in every table, on one connection through PgBouncer.
    private func withOwners(_ body: (_ first: SQLCatalog, _ second: SQLCatalog) async throws -> Void) async throws {
        let database = PostgresDatabase(try await PostgresServer.settings(.pgbouncer, connections: 1))
        let name = UUID().uuidString
        let administration = SQLOwnerAdministration(
            database: PostgresDatabase(try await PostgresServer.ownerSettings()), clock: SystemClock(),
            random: SystemRandom())
        let owners = try await [name + "-a", name + "-b"].asyncMap { owner in
            let catalog = try await FilledLibrary.make(in: database, owner: owner)
            _ = try await administration.setQuota(Quota(photos: 99), of: owner, actor: "a", reason: "b")
            return catalog
        }
        try await body(owners[0], owners[1])
        try await administration.close()
        try await database.close()
    }

    private func count(_ table: String, _ database: any SQLDatabase) async throws -> Int {
        try await database.read { connection in
            var row = try SQLRow.present(try connection.row("SELECT count(*) FROM \(table)", []))
            return try row.int()
        }
    }

    @Test("Every table but the schema's versions is held apart by force, for its owner, too")
    func everyTable() async throws {
        let database = PostgresDatabase(try await PostgresServer.settings(.direct))
        let open = try await database.read { connection in
            try connection.rows(
                """
                SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
                    AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1
                """, []
            ).map { row in
                var row = row
                return try row.text()
            }
        }
        #expect(open == ["schema_versions"])
        #expect(Set(RowLevelSecurity.conditions.map(\.table)) == Set(Self.tables))
        try await database.close()
    }

    @Test("A statement without any condition sees its own owner's rows, interleaved on one pooled connection")
    func interleaved() async throws {
        try await withOwners { first, second in
            for table in Self.tables {
                let alone = try await count(table, first.database)
                #expect(alone > 0, "\(table) has no rows: the test shows nothing")
                for _ in 0..<3 {
                    #expect(try await count(table, first.database) == alone)
                    #expect(try await count(table, second.database) == alone)
                }
                #expect(try await count(table, first.database.scoped(to: nil, named: "")) == 0, "\(table)")
            }
        }
    }

    @Test("Every question the catalogue answers is about one owner alone")
    func questions() async throws {
        try await withOwners { first, second in
            let theirs = try await second.photos(after: nil, limit: 9).map(\.id)
            let own = try await first.photos(after: nil, limit: 9).map(\.id)
            #expect(own.count == 3 && theirs.count == 3 && Set(own).isDisjoint(with: theirs))
            #expect(try await first.timeline(TimelineQuery(limit: 9)).count == 3)
            #expect(try await first.months().map(\.count).reduce(0, +) == 3)
            #expect(
                try await first.months(of: SearchQuery([.init([.init(.media(.jpeg))])])).map(\.count).reduce(0, +) == 3)
            for photo in theirs {
                #expect(try await first.photo(photo) == nil)
                #expect(try await first.files(of: photo).isEmpty)
                #expect(try await first.jobs(of: photo, limit: 9).isEmpty)
                #expect(try await first.setFavourite(true, photos: [photo]) == 0)
                #expect(try await first.enqueueProcessing([photo]) == 0)
                #expect(try await first.photos(idPrefix: photo.description, limit: 9).isEmpty)
            }
            let jobs = try await second.jobs(state: nil, after: nil, limit: 9)
            for job in jobs {
                #expect(try await first.job(job.id) == nil)
                #expect(try await first.retry([job.id]) == 0)
                #expect(try await first.fail(job.id, worker: "w", error: "", runAt: nil, unreadable: true) == false)
            }
            #expect(try await first.claim(queue: .high, worker: "x", leaseSeconds: 9, limit: 99).count == 2)
            #expect(try await second.jobCounts()[.queued] == 2)
            #expect(try await first.journal(limit: 9).filter { $0.subject == "c" }.count == 1)
            #expect(try await first.journal(limit: 9).count == 6)
            #expect(try await first.edits(after: nil, limit: 9).count == 4)
            #expect(try await first.folders().count == 1)
            #expect(try await first.uploads(state: .begun, after: nil, limit: 9).count == 1)
            #expect(try await first.statistics().photos == 3)
            #expect(try await first.check() == [])
            #expect(try await second.check() == [])
        }
    }

    @Test("An owner can't raise their own quota, nor anybody who runs as the program does")
    func ownQuota() async throws {
        try await withOwners { first, second in
            let refused = EngineError.Code.permissionDenied
            for sql in [
                "UPDATE quotas SET photos = NULL", "DELETE FROM quotas", "TRUNCATE quotas",
                "INSERT INTO quotas (owner, photos) SELECT owner, 1000000 FROM quotas ON CONFLICT (owner) DO UPDATE "
                    + "SET photos = excluded.photos",
                "ALTER TABLE quotas DISABLE ROW LEVEL SECURITY", "DROP POLICY own_rows ON quotas",
            ] {
                let error = await #expect(throws: EngineError.self, "\(sql)") {
                    try await first.database.write { _ = try $0.execute(sql, []) }
                }
                #expect(error?.code == refused, "\(sql)")
            }
            let own = SQLOwnerAdministration(database: first.database, clock: SystemClock(), random: SystemRandom())
            for owner in [try await first.usage().owner, try await second.usage().owner] {
                let error = await #expect(throws: EngineError.self) {
                    _ = try await own.setQuota(.none, of: owner, actor: "a", reason: "b")
                }
                #expect(error?.code == refused)
                #expect(error?.whatToDo.contains("database_owner") == true)
            }
            #expect(try await own.owners() == [])
            #expect(try await first.usage().quota == Quota(photos: 99))
        }
    }

    @Test("A row of another owner is neither written, changed nor taken over")
    func writes() async throws {
        try await withOwners { first, second in
            let foreign = SQLValue.id(second.owner)
            for sql in [
                "UPDATE photos SET owner = ?", "UPDATE files SET owner = ?", "UPDATE jobs SET owner = ?",
                "INSERT INTO folders (id, owner, path) SELECT id, ?, path FROM folders",
                "INSERT INTO totals (owner, name, value) VALUES (?, 'stolen', 1)",
            ] {
                await #expect(throws: EngineError.self, "\(sql)") {
                    try await first.database.write { _ = try $0.execute(sql, [foreign]) }
                }
            }
            for table in Self.tables where table != "owners" {
                let before = try await count(table, second.database)
                let column = table == "photo_metadata" ? "photo" : table == "upload_parts" ? "upload" : "owner"
                _ = try? await first.database.write {
                    try $0.execute("DELETE FROM \(table) WHERE \(column) IS NOT NULL", [])
                }
                #expect(try await count(table, second.database) == before, "\(table)")
            }
        }
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
