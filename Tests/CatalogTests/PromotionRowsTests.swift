import Contracts
import Core
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import Catalog

/// A library's rows on their way to another database and back.
@Suite("Rows of a promotion")
struct PromotionRowsTests {
    @Test("Every table of the schema goes over, each behind those that it refers to")
    func everyTable() async throws {
        let sqlite = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        _ = try await Migration.run(on: sqlite, at: 0)
        let texts: @Sendable (String) async throws -> [[String]] = { sql in
            try await sqlite.rows(sql, []).map { row in
                var row = row
                return [try row.text(), try row.text()]
            }
        }
        let tables = try await texts(
            "SELECT name, '' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        #expect(Set(tables.map(\.[0])) == Set(LibraryTable.order + ["schema_versions"]))
        #expect(Set(LibraryTable.order).count == LibraryTable.order.count)
        let references = try await texts(
            """
            SELECT t.name, k."table" FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t.name) AS k
            WHERE t.type = 'table'
            """)
        #expect(references.count > 40)
        for reference in references {
            let places = reference.compactMap { LibraryTable.order.firstIndex(of: $0) }
            #expect(places.count == 2 && places[1] < places[0], "\(reference)")
        }
        for table in try await LibraryTable.moved() {
            #expect(!table.key.isEmpty && table.columns.count > table.key.count - 1, "\(table.name)")
        }
    }

    private func stay(_ photos: [PromotedPhoto]) -> [OriginalLocation] { photos.map(\.original) }

    /// Whole rows of every table as Postgres itself writes them, but for the owner's name.
    private func dump(_ library: LibraryRows) async throws -> [String: [String]] {
        try await library.database.read { connection in
            var dump: [String: [String]] = [:]
            for table in LibraryTable.order where !["owners", "quotas"].contains(table) {
                dump[table] = try connection.rows("SELECT t::text FROM \(table) AS t ORDER BY 1", []).map { row in
                    var row = row
                    return try row.text()
                }
            }
            return dump
        }
    }

    private func withFolder(_ body: (FilePath) async throws -> Void) async throws {
        let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("phototui-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        try await body(folder)
    }

    /// A library with rows in every table, in a database of its own.
    private func filled() async throws -> (database: PromotionDatabase, catalog: SQLCatalog, library: LibraryRows) {
        let settings = try await PostgresServer.settings(.direct, database: try await PostgresServer.makeDatabase())
        let name = "o\(UUID().uuidString.lowercased())"
        let catalog = try await FilledLibrary.make(in: PostgresDatabase(settings), owner: name)
        let database = try await PromotionDatabase.networked(settings)
        return (database, catalog, try #require(try await database.library(of: name)))
    }

    private func emptyPostgres() async throws -> PromotionDatabase {
        try await .networked(
            try await PostgresServer.settings(.pgbouncer, database: try await PostgresServer.makeDatabase()))
    }

    @Test(
        "Rows of every table come to SQLite and from there to another Postgres as they were",
        .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
    func roundTrip() async throws {
        let (origin, catalog, library) = try await filled()
        let before = try await dump(library)
        for (table, rows) in before { #expect(!rows.isEmpty, "\(table) has no rows: the test shows nothing") }
        try await withFolder { folder in
            let embedded = try await PromotionDatabase.embedded(folder.appending("a.sqlite"), creates: true)
            let there = try await embedded.begin(library, for: "local")
            try await library.copy(to: there, placing: stay, keepsEarlier: false) { _ in }
            #expect(try await library.differences(from: there, placing: stay).tables == [])
            let last = try await emptyPostgres()
            let again = try await last.begin(there, for: "eve")
            try await there.copy(to: again, placing: stay, keepsEarlier: false) { _ in }
            var after = try await dump(again)
            // Where originals were and copies of films are a promotion's own, and written where they move.
            for table in ["promoted_originals", "films"] { after[table] = before[table] }
            #expect(after == before)
            await embedded.close()
            await last.close()
        }
        try await catalog.close()
        await origin.close()
    }

    @Test(
        "A copy that was cut goes on, and what changed meanwhile is there as it is now",
        .enabled(if: PostgresServer.isAvailable, PostgresServer.absence), arguments: [false, true])
    func resumed(changes: Bool) async throws {
        let (origin, catalog, library) = try await filled()
        try await withFolder { folder in
            let embedded = try await PromotionDatabase.embedded(folder.appending("a.sqlite"), creates: true)
            let there = try await embedded.begin(library, for: "local")
            let seen = Mutex(0)
            struct Cut: Error {}
            // The photos are there by then, and nothing of what refers to them.
            await #expect(throws: Cut.self) {
                try await library.copy(
                    to: there,
                    placing: { photos in
                        if seen.withLock({
                            $0 += 1; return $0
                        }) > 0 {
                            throw Cut()
                        }
                        return photos.map(\.original)
                    }, keepsEarlier: false
                ) { _ in }
            }
            #expect(try await there.sum().photos == 0)
            try await library.copy(to: there, placing: stay, keepsEarlier: false) { _ in }
            if changes {
                let photos = try await catalog.photos(after: nil, limit: 9).map(\.id)
                _ = try await catalog.edit(.caption("changed"), [photos[0]])
                _ = try await catalog.edit(
                    .removeTags([try #require(try await catalog.tags(.init(limit: 1)).first).id]), photos)
                let differences = try await library.differences(from: there, placing: stay).tables
                #expect(differences.first { $0.table == "photos" }?.changed == 1, "\(differences)")
                #expect(differences.first { $0.table == "photo_tags" }?.surplus == photos.count, "\(differences)")
                #expect(differences.first { $0.table == "edits" }?.missing == 2, "\(differences)")
            }
            try await library.copy(to: there, placing: stay, keepsEarlier: false) { _ in }
            #expect(try await library.differences(from: there, placing: stay).tables == [])
            await embedded.close()
        }
        try await catalog.close()
        await origin.close()
    }

    @Test(
        "Nobody finds a library before all of it is there, and a database takes each once",
        .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
    func hidden() async throws {
        let (origin, catalog, library) = try await filled()
        let target = try await emptyPostgres()
        let owners = ["ada", "eve"]
        for owner in owners {
            guard case .absent = try await target.state(of: library.owner, for: owner) else {
                Issue.record("\(owner)")
                continue
            }
        }
        let there = try await target.begin(library, for: "ada")
        #expect(try await target.library(of: "ada") == nil && !OwnerName.isValid(there.name))
        guard case .begun = try await target.state(of: library.owner, for: "ada") else {
            Issue.record("not begun")
            return
        }
        func refusal(_ id: OwnerID, _ owner: String) async -> String {
            do {
                let state = try await target.state(of: id, for: owner)
                return "\(state)"
            } catch {
                return (error as? EngineError)?.whatHappened ?? "\(error)"
            }
        }
        #expect(await refusal(library.owner, "eve").contains("to the owner ada was begun"))
        let other = OwnerID(clock: SystemClock(), random: SystemRandom())
        #expect(await refusal(other, "ada").contains("another library to the owner ada was begun"))
        try await library.copy(to: there, placing: stay, keepsEarlier: true) { _ in }
        _ = try await target.finish(there, for: "ada", entry: journalEntry())
        guard case .finished(let found) = try await target.state(of: library.owner, for: "ada") else {
            Issue.record("not finished")
            return
        }
        #expect(try await target.library(of: "ada")?.owner == library.owner)
        #expect(
            try await library.differences(from: found, placing: stay).tables == [], "its own entry is no difference")
        #expect(await refusal(library.owner, "eve").contains("already, as that of the owner ada"))
        #expect(await refusal(other, "ada").contains("has another library"))
        // Who only came to look has nothing, and makes room.
        _ = try await SQLCatalog.open(target.database, owner: "eve", clock: SystemClock(), random: SystemRandom())
        guard case .absent = try await target.state(of: other, for: "eve") else {
            Issue.record("not absent")
            return
        }
        try await catalog.close()
        await target.close()
        await origin.close()
    }

    private func journalEntry() -> JournalEntry {
        JournalEntry(
            id: JournalEntryID(clock: SystemClock(), random: SystemRandom()), at: 5, actor: "a",
            action: PromotionEntry.action, subject: "library", outcome: "")
    }

    @Test(
        "A library whose jobs run is told to wait, one whose worker is gone is not",
        .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
    func rest() async throws {
        let (origin, catalog, library) = try await filled()
        try await library.requireRest()
        let job = try #require(try await catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1).first)
        await #expect(throws: EngineError.self) { try await library.requireRest() }
        #expect(try await catalog.endLeases(of: ["w"]) == 1, "\(job)")
        try await library.requireRest()
        try await catalog.close()
        await origin.close()
    }
}
