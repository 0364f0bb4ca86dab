import Contracts
import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("Opening a catalogue")
struct CatalogOpeningTests {
    @Test("A library of a newer phototui is refused with what to do, and not touched")
    func newerSchema() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            try await catalog.database.write {
                _ = try $0.execute("INSERT INTO schema_versions (version, applied_at) VALUES (999, 0)", [])
            }
            try await catalog.close()
            let before = try Data(contentsOf: URL(fileURLWithPath: file.string))
            let error = try await openingError(file)
            #expect(error.code == .newerSchema)
            #expect(error.whatToDo.contains("newer phototui"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: file.string)) == before)
        }
    }

    @Test("A library from before keywords were kept whole has its photos found by them")
    func keywords() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            try await catalog.addPhoto(1, keywords: ["Night sky", "sea"])
            try await catalog.addPhoto(2, keywords: ["sea"])
            let numbers = [" night sky ", " sea "].map {
                SearchTerm(kind: .keyword, content: $0).number(of: catalog.owner)
            }
            try await catalog.database.write { connection in
                for number in numbers {
                    _ = try connection.execute("DELETE FROM photo_terms WHERE term = ?", [.integer(number)])
                }
                _ = try connection.execute("DELETE FROM search_terms WHERE kind = 'keyword'", [])
                for later in [
                    "INDEX photos_rated", "INDEX photos_missing", "INDEX files_reason", "INDEX jobs_error_runtime",
                    "INDEX jobs_error_wait", "INDEX jobs_error_attempts", "INDEX jobs_error_ended",
                    "TABLE retried_failures", "TABLE live_photos", "TABLE films",
                ] {
                    _ = try connection.execute("DROP \(later)", [])
                }
                _ = try connection.execute("ALTER TABLE photo_metadata DROP COLUMN removed_keywords", [])
                _ = try connection.execute("DELETE FROM schema_versions WHERE version > 22", [])
            }
            try await catalog.close()
            let opened = try await SQLCatalog.open(file: file, clock: clock)
            #expect(
                try await opened.keywords(containing: "", after: nil, limit: 9).map { "\($0.name) \($0.photoCount)" }
                    == ["Night sky 1", "sea 2"])
            #expect(try await opened.rebuildSearch() == 0)
            try await opened.close()
        }
    }

    @Test("A library of the first schema is brought to this one, and keeps what it knows")
    func olderSchema() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            _ = try await catalog.record([photoFile(1)])
            let current = try await catalog.statistics()
            try await catalog.database.write {
                for later in [
                    "TABLE quotas", "TABLE promoted_originals", "TABLE shared_photos", "TABLE shares",
                    "TABLE exported_photos",
                    "TABLE refused_events", "TABLE job_attempts", "TABLE places", "INDEX photos_city",
                    "INDEX photos_unplaced", "INDEX photos_rated", "INDEX photos_missing", "INDEX files_reason",
                    "TABLE sidecars", "TABLE faces", "TABLE people",
                    "TABLE photo_texts", "TABLE photo_terms", "TABLE search_terms", "TABLE search_history",
                    "TABLE edit_parts", "TABLE edits", "TABLE photo_tags", "TABLE tags", "TABLE album_photos",
                    "TABLE albums", "INDEX jobs_published", "INDEX jobs_photo", "INDEX photos_trash",
                    "INDEX jobs_error_runtime", "INDEX jobs_error_wait", "INDEX jobs_error_attempts",
                    "INDEX jobs_error_ended", "TABLE retried_failures", "TABLE live_photos", "TABLE films",
                    "INDEX jobs_error", "INDEX jobs_failure", "INDEX jobs_dead", "INDEX jobs_unprinted",
                    "TABLE upload_parts",
                    "TABLE uploads", "TABLE vectors",
                    "TABLE compared_photos", "TABLE duplicate_clusters", "TABLE duplicate_decisions",
                    "TABLE hash_buckets", "TABLE uncompared_photos", "TABLE stacked_photos", "TABLE photo_stacks",
                    "TABLE resolutions",
                    "TABLE calibration_answers", "TABLE calibrations", "TABLE removed_originals",
                ] {
                    _ = try $0.execute("DROP \(later)", [])
                }
                for column in [
                    "jobs DROP COLUMN published_at", "photos DROP COLUMN trashed_at",
                    "photos DROP COLUMN has_own_marks", "photo_metadata DROP COLUMN told",
                    "photo_metadata DROP COLUMN removed_keywords",
                    "photos DROP COLUMN place_id", "photos DROP COLUMN tier", "jobs DROP COLUMN fingerprint",
                    "jobs DROP COLUMN ran_by",
                ] {
                    _ = try $0.execute("ALTER TABLE \(column)", [])
                }
                _ = try $0.execute("DELETE FROM schema_versions WHERE version > 1", [])
            }
            try await catalog.close()
            let again = try await SQLCatalog.open(file: file, clock: clock)
            #expect(try await again.statistics() == current)
            #expect(try await again.check() == [])
            #expect(try await again.rebuildSearch() == 0, "what searches read of photos that were there before")
            let made = try await again.database.read {
                try $0.rows(
                    """
                    SELECT 1 FROM sqlite_schema WHERE name IN ('jobs_published', 'jobs_photo', 'upload_parts', 'uploads',
                        'vectors', 'compared_photos', 'duplicate_clusters', 'duplicate_decisions', 'hash_buckets',
                        'uncompared_photos', 'resolutions', 'calibration_answers', 'calibrations', 'photo_stacks',
                        'stacked_photos', 'albums', 'album_photos', 'tags', 'photo_tags', 'edits', 'edit_parts',
                        'removed_originals', 'photo_texts', 'photo_terms', 'search_terms', 'search_history',
                        'people', 'faces', 'sidecars', 'places', 'refused_events', 'shares', 'shared_photos', 'exported_photos', 'promoted_originals',
                        'photos_city', 'photos_unplaced', 'photos_rated', 'photos_missing')
                    """, []
                ).count
            }
            #expect(made == 39)
            try await again.close()
        }
    }

    @Test("A file that is no database is refused, and not touched")
    func noDatabase() async throws {
        try await withFile { file, _ in
            let text = Data(String(repeating: "These are somebody's notes. ", count: 1000).utf8)
            try text.write(to: URL(fileURLWithPath: file.string))
            let error = try await openingError(file)
            #expect(error.code == .corrupt)
            #expect(error.whatToDo.contains("photos themselves are untouched"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: file.string)) == text)
        }
    }

    @Test("Another program's database is refused, and not touched")
    func foreignDatabase() async throws {
        try await withFile { file, _ in
            let database = try await SQLiteDatabase.open(file, settings: SQLiteSettings())
            try await database.write { _ = try $0.execute("CREATE TABLE recipes (name TEXT)", []) }
            try await database.close()
            #expect(try await openingError(file).code == .corrupt)
            let again = try await SQLiteDatabase.open(file, settings: SQLiteSettings())
            let tables = try await again.read { try $0.rows(again.dialect.tables, []).count }
            #expect(tables == 1)
            try await again.close()
        }
    }

    @Test("A damaged page is found by the check, and reading it is an error with what to do")
    func damagedPage() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            for start in stride(from: 0, to: 2000, by: 500) {
                _ = try await catalog.record((start..<start + 500).map { photoFile($0) })
            }
            try await catalog.close()
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.string))
            let size = try handle.seekToEnd()
            for page in stride(from: UInt64(140), to: size / 4096, by: 1) {
                try handle.seek(toOffset: page * 4096)
                try handle.write(contentsOf: Data(repeating: 0xA5, count: 2048))
            }
            try handle.close()
            let damaged = try await SQLCatalog.open(file: file, clock: clock)
            #expect(try await !damaged.check().isEmpty)
            let error = await #expect(throws: EngineError.self) {
                _ = try await damaged.photos(after: nil, limit: 2000)
            }
            #expect(error?.code == .corrupt)
            try await damaged.close()
        }
    }

    @Test("A missing folder and a folder in the file's place are told apart")
    func noFolder() async throws {
        try await withFile { file, _ in
            #expect(
                try await openingError(file.removingLastComponent().appending("no/catalog.sqlite")).code == .notFound)
            try FileManager.default.createDirectory(atPath: file.string, withIntermediateDirectories: true)
            #expect(try await openingError(file).code == .permissionDenied)
        }
    }

    @Test("A full disk stops a write with what to do, keeps what was committed, and lets the library go on")
    func fullDisk() async throws {
        try await withFile { file, clock in
            var settings = SQLiteSettings()
            settings.maximumPages = 170
            let catalog = try await SQLCatalog.open(file: file, clock: clock, settings: settings)
            var recorded = 0
            let error = await #expect(throws: EngineError.self) {
                for start in stride(from: 0, to: 100_000, by: 20) {
                    _ = try await catalog.record((start..<start + 20).map { photoFile($0) })
                    recorded += 20
                }
            }
            #expect(error?.code == .noSpace)
            #expect(error?.whatToDo.contains("free some space") == true)
            #expect(recorded > 0)
            #expect(try await catalog.statistics().photos == recorded)
            #expect(try await catalog.check() == [])
            try await catalog.close()
            let roomier = try await SQLCatalog.open(file: file, clock: clock)
            _ = try await roomier.record([photoFile(recorded)])
            #expect(try await roomier.statistics().photos == recorded + 1)
            try await roomier.close()
        }
    }

    @Test("Many that open a new library at the same instant all work")
    func openedAtOnce() async throws {
        for _ in 0..<5 {
            try await withFile { file, clock in
                try await withThrowingTaskGroup(of: OwnerID.self) { group in
                    for number in 0..<6 {
                        group.addTask {
                            let catalog = try await SQLCatalog.open(file: file, clock: clock)
                            _ = try await catalog.record([photoFile(number)])
                            try await catalog.close()
                            return catalog.owner
                        }
                    }
                    var owners: Set<OwnerID> = []
                    for try await owner in group { owners.insert(owner) }
                    #expect(owners.count == 1)
                }
                let catalog = try await SQLCatalog.open(file: file, clock: clock)
                #expect(try await catalog.statistics().photos == 6)
                #expect(try await catalog.check() == [])
                try await catalog.close()
            }
        }
    }

    @Test("A closed catalogue answers with an error")
    func closed() async throws {
        try await withFile { file, clock in
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            try await catalog.close()
            try await catalog.close()
            await #expect(throws: EngineError.self) { try await catalog.months() }
        }
    }

    private func openingError(_ file: FilePath) async throws -> EngineError {
        try #require(await #expect(throws: EngineError.self) { _ = try await SQLCatalog.open(file: file) })
    }
}

func photoFile(_ number: Int) -> ScannedFile {
    let path = FilePath("/photos/\(number).jpg")
    var random = SeededRandom(seed: UInt64(number))
    let digest = SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })!
    let time = CaptureTime(wallMicroseconds: Int64(number) * 1_000_000_000_000, offsetMinutes: nil, source: .modified)
    return ScannedFile(
        path: path, fingerprint: FileFingerprint(byteCount: 1, modified: 1),
        content: .photo(sha256: digest, mediaType: .jpeg, provisional: time, original: .file(path)))
}
