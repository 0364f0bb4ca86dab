import Contracts
import Core
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import Catalog

/// A server that is not as one would wish.
@Suite("Postgres that fails", .serialized, .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
struct PostgresFailureTests {
    private func error(opening settings: PostgresSettings) async throws -> EngineError {
        try await #require(throws: EngineError.self) { _ = try await PostgresCatalog.open(settings, owner: "x") }
    }

    @Test("What keeps it from connecting is named, with the server and the next step, never the password")
    func connecting() async throws {
        let right = try await PostgresServer.settings(.direct)
        let secret = "hunter2-\(UUID().uuidString)"
        let cases: [(String, EngineError.Code)] = [
            ("\(right.connection) password=\(secret)", .permissionDenied),
            ("\(right.connection) dbname=nowhere", .notFound),
            ("\(right.connection) host=/nowhere", .unavailable),
            ("host=nowhere.invalid dbname=x password=\(secret)", .unavailable),
            ("host=127.0.0.1 port=1 dbname=x password=\(secret)", .unavailable),
        ]
        for (connection, code) in cases {
            let error = try await error(opening: PostgresSettings(connection: connection))
            #expect(error.code == code, "\(error)")
            #expect(error.description.contains("Postgres at") && !error.whatToDo.isEmpty)
            #expect(!error.description.contains(secret) && !"\(String(reflecting: error))".contains(secret))
            #expect(error.isRetryable == (code == .unavailable))
        }
    }

    @Test("While the server can't be reached, calls fail at once instead of waiting for it each")
    func breaker() async throws {
        let database = PostgresDatabase(
            PostgresSettings(connection: "host=127.0.0.1 port=1 dbname=x", connections: 1))
        var seconds: [Duration] = []
        for _ in 0..<50 {
            let clock = ContinuousClock()
            seconds.append(await clock.measure { _ = try? await database.changeMark() })
        }
        #expect(seconds.reduce(.zero, +) < .seconds(20))
        try await database.close()
    }

    @Test("A process that stands still in the middle of a change holds the owner's others up for a while only")
    func standsStill() async throws {
        var settings = try await PostgresServer.settings(.pgbouncer)
        settings.idleSeconds = 1
        let catalog = try await SQLCatalog.open(
            PostgresDatabase(settings), owner: UUID().uuidString, clock: SystemClock(), random: SystemRandom())
        let (began, holds) = AsyncStream.makeStream(of: Void.self)
        let frozen = Task {
            try await catalog.database.write { connection in
                try connection.execute("UPDATE totals SET value = value", [])
                holds.yield()
                sleep(8)
                try connection.execute("UPDATE totals SET value = value", [])
            }
        }
        for await _ in began { break }
        let clock = ContinuousClock()
        let waited = try await clock.measure { _ = try await catalog.addFolder("/photos") }
        #expect(waited < .seconds(7), "it waited for the whole of it")
        let error = try await #require(throws: EngineError.self) { try await frozen.value }
        #expect(error.code == .unavailable && error.isRetryable, "\(error)")
        #expect(try await catalog.check() == [])
        try await catalog.close()
    }

    @Test("A schema that is not there is to be migrated, and two migrations at once make one")
    func migrations() async throws {
        let owner = try #require(PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_OWNER"])
        let name = "phototui_test_\(UUID().uuidString.prefix(8).lowercased())"
        _ = try PostgresConnection(PostgresSettings(connection: owner), server: "").execute(
            "CREATE DATABASE \(name)", [])
        PostgresServer.dropAtExit(name)
        let settings = PostgresSettings(connection: "\(owner) dbname=\(name)")
        let refused = try await error(opening: settings)
        #expect(refused.code == .conflict && refused.whatToDo.contains("migrate"))
        async let first = PostgresCatalog.migrate(settings, applicationRole: "phototui_app")
        async let second = PostgresCatalog.migrate(settings, applicationRole: "phototui_app")
        let versions = try await (first, second)
        #expect(versions.0 == versions.1 && versions.0.remarks == [])
        let catalog = try await PostgresCatalog.open(settings, owner: "x")
        #expect(try await catalog.statistics().schemaVersion == versions.0.schemaVersion)
        try await catalog.close()
    }

    @Test("A migration has every owner's photos found by the keywords that they had before")
    func keywordsOfEarlierPhotos() async throws {
        let owner = try #require(PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_OWNER"])
        let name = try await PostgresServer.makeDatabase()
        let settings = PostgresSettings(connection: "\(owner) dbname=\(name)")
        let database = try PostgresConnection(settings, server: "Postgres")
        let tables = ["photo_terms", "search_terms"]
        for table in tables { _ = try database.execute("ALTER TABLE \(table) NO FORCE ROW LEVEL SECURITY", []) }
        for person in ["anna", "ben"] {
            let catalog = try await PostgresCatalog.open(settings, owner: person)
            try await catalog.addPhoto(1, keywords: ["Night sky", person])
            let id = try #require(catalog as? SQLCatalog).owner
            let number = SearchTerm(kind: .keyword, content: " night sky ").number(of: id)
            #expect(try database.execute("DELETE FROM photo_terms WHERE term = ?", [.integer(number)]) == 1)
            try await catalog.close()
        }
        _ = try database.execute("DELETE FROM search_terms WHERE kind = 'keyword' AND content <> ' ben '", [])
        for table in tables { _ = try database.execute("ALTER TABLE \(table) FORCE ROW LEVEL SECURITY", []) }
        for later in [
            "DROP INDEX photos_rated", "DROP INDEX photos_missing", "DROP INDEX files_reason",
            "DROP INDEX jobs_error_runtime", "DROP INDEX jobs_error_wait", "DROP INDEX jobs_error_attempts",
            "DROP INDEX jobs_error_ended", "DROP TABLE retried_failures", "DROP TABLE live_photos", "DROP TABLE films",
            "ALTER TABLE photo_metadata DROP COLUMN removed_keywords",
        ] {
            _ = try database.execute(later, [])
        }
        _ = try database.execute("DELETE FROM schema_versions WHERE version > 22", [])
        _ = try await PostgresCatalog.migrate(settings, applicationRole: "phototui_app")
        for person in ["anna", "ben"] {
            let catalog = try await PostgresCatalog.open(settings, owner: person)
            #expect(
                try await catalog.keywords(containing: "", after: nil, limit: 9).map { "\($0.name) \($0.photoCount)" }
                    .sorted() == ["Night sky 1", "\(person) 1"])
            let night = SearchWords(words: ["night"], isWhole: true)
            let found = try await catalog.search(
                SearchQuery([.init([.init(.name(.tag, night))])]), after: nil, limit: 9)
            #expect(found.entries.count == 1)
            #expect(try await catalog.rebuildSearch() == 0)
            try await catalog.close()
        }
    }

    @Test("A migration makes what searches read of every owner's photos, tags and albums that were there before")
    func searchOfEarlierPhotos() async throws {
        let owner = try #require(PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_OWNER"])
        let name = try await PostgresServer.makeDatabase()
        let settings = PostgresSettings(connection: "\(owner) dbname=\(name)")
        for person in ["anna", "ben"] {
            let catalog = try await PostgresCatalog.open(settings, owner: person)
            let photos = try await catalog.record([photoFile(1), photoFile(2)]).compactMap { outcome in
                if case .imported(let id) = outcome { id } else { nil }
            }
            _ = try await catalog.edit(.caption("Harbour of \(person)"), [photos[0]])
            _ = try await catalog.edit(.addTags([try .tag("Überall")]), [photos[1]])
            try await catalog.close()
        }
        let database = try PostgresConnection(settings, server: "Postgres")
        // And what later migrations made.
        for index in [
            "jobs_error", "jobs_failure", "jobs_dead", "jobs_unprinted", "photos_city", "photos_unplaced",
            "photos_rated", "photos_missing", "files_reason",
            "jobs_error_runtime", "jobs_error_wait", "jobs_error_attempts", "jobs_error_ended",
        ] {
            _ = try database.execute("DROP INDEX \(index)", [])
        }
        let later =
            [
                "faces", "people", "sidecars", "places", "job_attempts", "refused_events", "retried_failures",
                "live_photos", "films",
            ]
            + ["shared_photos", "shares", "exported_photos", "promoted_originals", "quotas"]
        for table in ["photo_texts", "photo_terms", "search_terms", "search_history"] + later {
            _ = try database.execute("DROP TABLE \(table)", [])
        }
        for column in [
            "tags DROP COLUMN folded", "albums DROP COLUMN folded", "albums DROP COLUMN query",
            "photo_metadata DROP COLUMN told", "photo_metadata DROP COLUMN removed_keywords",
            "photos DROP COLUMN place_id", "jobs DROP COLUMN fingerprint",
            "jobs DROP COLUMN ran_by", "resolutions DROP COLUMN keeper", "photos DROP COLUMN tier",
            "resolutions DROP COLUMN undone_reason", "edits DROP COLUMN undone_reason",
        ] {
            _ = try database.execute("ALTER TABLE \(column)", [])
        }
        _ = try database.execute("DELETE FROM schema_versions WHERE version > 10", [])
        _ = try await PostgresCatalog.migrate(settings, applicationRole: "phototui_app")
        for person in ["anna", "ben"] {
            let catalog = try await PostgresCatalog.open(settings, owner: person)
            for word in ["harbour", person, "uberall"] {
                let query = SearchQuery([.init([.init(.text(SearchWords(words: [word], isWhole: true)))])])
                #expect(try await catalog.count(query, upTo: 9).count == 1, "\(word) of \(person)")
            }
            #expect(try await catalog.rebuildSearch() == 0)
            try await catalog.close()
        }
    }

    @Test(
        "A migration that finds all done waits for nobody, and keeps nobody waiting; a policy that is gone comes back",
        .timeLimit(.minutes(5)))
    func doneMigration() async throws {
        let owner = try #require(PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_OWNER"])
        let name = try await PostgresServer.makeDatabase()
        let settings = PostgresSettings(connection: "\(owner) dbname=\(name)")
        let other = try PostgresConnection(settings, server: "Postgres")
        _ = try other.execute("BEGIN", [])
        for (table, _) in RowLevelSecurity.conditions {
            _ = try other.execute("LOCK TABLE \(table) IN ROW EXCLUSIVE MODE", [])
        }
        let migrated = try await PostgresCatalog.migrate(settings, applicationRole: "phototui_app")
        #expect(migrated.remarks == [])
        _ = try other.execute("COMMIT", [])

        let policies = "SELECT tablename::text || qual FROM pg_policies ORDER BY 1"
        let database = PostgresDatabase(settings)
        let before = try await database.rows(policies, []).count
        _ = try other.execute("DROP POLICY own_rows ON photos", [])
        _ = try other.execute("ALTER TABLE files NO FORCE ROW LEVEL SECURITY", [])
        _ = try other.execute("REVOKE DELETE ON uploads FROM phototui_app", [])
        _ = try other.execute("DROP INDEX jobs_error_text", [])
        _ = try await PostgresCatalog.migrate(settings, applicationRole: "phototui_app")
        #expect(try await database.rows(policies, []).count == before)
        let undone = """
            SELECT 1 FROM pg_class WHERE relname = 'files' AND NOT relforcerowsecurity
            UNION ALL SELECT 1 WHERE NOT has_table_privilege('phototui_app', 'uploads', 'DELETE')
            UNION ALL SELECT 1 WHERE to_regclass('jobs_error_text') IS NULL
            """
        #expect(try await database.rows(undone, []).isEmpty)
        try await database.close()
    }

    @Test("A look at the catalogue of an owner whom nobody has added finds none, and adds none")
    func looking() async throws {
        for way in PostgresServer.Way.allCases {
            let settings = try await PostgresServer.settings(way)
            let name = UUID().uuidString
            let database = PostgresDatabase(settings)
            let owners: @Sendable () async throws -> Int = {
                try await database.scoped(to: nil, named: name).rows("SELECT 1 FROM owners", []).count
            }
            #expect(try await PostgresCatalog.openKnown(settings, owner: name) == nil)
            #expect(try await owners() == 0, "\(way)")
            try await PostgresCatalog.open(settings, owner: name).close()
            #expect(try await owners() == 1, "\(way)")
            let known = try #require(try await PostgresCatalog.openKnown(settings, owner: name))
            #expect(try await known.statistics().photos == 0)
            _ = try await known.figures()
            try await known.close()
            try await database.close()
        }
    }

    @Test("A connection that the server ended, idle or at work, is replaced; what was under way is undone")
    func ended() async throws {
        // Of its own: it ends every connection.
        let name = try await PostgresServer.makeDatabase()
        for way in PostgresServer.Way.allCases {
            let database = PostgresDatabase(
                try await PostgresServer.settings(way, connections: 1, database: name))
            let owner = UUID().uuidString
            let catalog = try await SQLCatalog.open(
                database, owner: owner, clock: SystemClock(), random: SystemRandom())
            let killer = PostgresDatabase(
                try await PostgresServer.settings(.direct, connections: 1, database: name))
            let kill: @Sendable () async throws -> Void = {
                try await killer.read { connection in
                    _ = try connection.rows(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
                        """, [])
                }
            }
            try await kill()
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await catalog.folders().isEmpty, "\(way)")
            let runs = Mutex(0)
            _ = try? await catalog.database.write { connection in
                runs.withLock { $0 += 1 }
                try connection.execute(
                    "INSERT INTO totals (owner, name, value) VALUES (?, 'half', 1)", [.id(catalog.owner)])
                if runs.withLock({ $0 }) == 1 {
                    let done = DispatchSemaphore(value: 0)
                    Task {
                        try? await kill()
                        done.signal()
                    }
                    done.wait()
                    Thread.sleep(forTimeInterval: 0.2)
                }
                try connection.execute(
                    "INSERT INTO totals (owner, name, value) VALUES (?, 'whole', 1)", [.id(catalog.owner)])
            }
            let names = try await catalog.database.read { connection in
                try connection.rows("SELECT name FROM totals WHERE name IN ('half', 'whole')", []).count
            }
            #expect(names == 0 || names == 2, "\(way): \(names)")
            try await database.close()
            try await killer.close()
        }
    }

    @Test("A cancelled call stops its statement; a slow one is stopped by its time")
    func cancelling() async throws {
        let database = PostgresDatabase(try await PostgresServer.settings(.pgbouncer, connections: 1))
        let clock = ContinuousClock()
        let slow = Task { try await database.read { _ = try $0.rows("SELECT pg_sleep(30)", []) } }
        try await Task.sleep(for: .milliseconds(300))
        let waiting = Task { try await database.changeMark() }
        try await Task.sleep(for: .milliseconds(50))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let took = await clock.measure {
            slow.cancel()
            _ = try? await slow.value
        }
        #expect(took < .seconds(15))
        await #expect(throws: CancellationError.self) { try await slow.value }
        _ = try await database.changeMark()
        try await database.close()
        var hasty = try await PostgresServer.settings(.direct)
        hasty.statementSeconds = 1
        let limited = PostgresDatabase(hasty)
        let error = try await #require(throws: EngineError.self) {
            try await limited.read { _ = try $0.rows("SELECT pg_sleep(30)", []) }
        }
        #expect(error.code == .timedOut && error.isRetryable)
        try await limited.close()
    }

    @Test("What other owners and other databases of the server commit does not move the change mark")
    func changeMark() async throws {
        let settings = try await PostgresServer.settings(.direct)
        let owner = UUID().uuidString
        let mine = try await SQLCatalog.open(
            PostgresDatabase(settings), owner: owner, clock: SystemClock(), random: SystemRandom())
        _ = try await mine.record([photoFile(1)])
        let mark = try await mine.changeMark()
        let theirs = try await mine.forOwner(owner + "-other")
        _ = try await theirs.record([photoFile(1)])
        _ = try await theirs.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1)
        try await mine.database.write { _ = try $0.rows("SELECT pg_current_xact_id()::text", []) }
        #expect(try await mine.changeMark() == mark)
        _ = try await mine.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1)
        #expect(try await mine.changeMark() != mark)
        try await mine.close()
    }

    @Test("Foreign text that Postgres can't keep is kept as near as it goes")
    func text() async throws {
        let catalog = try await PostgresCatalog.open(
            try await PostgresServer.settings(.pgbouncer), owner: UUID().uuidString)
        let entry = JournalEntry(
            id: Identifier(clock: SystemClock(), random: SystemRandom()), at: 1, actor: "nul \0 here",
            action: "'; DROP TABLE photos; --", subject: "?$1\\x00\u{202E}🦆", outcome: "")
        try await catalog.append(entry)
        let kept = try #require(try await catalog.journal(limit: 1).first)
        #expect(kept.actor == "nul \u{FFFD} here")
        #expect((kept.action, kept.subject, kept.outcome) == (entry.action, entry.subject, entry.outcome))
        try await catalog.close()
    }
}
