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
        "exported_photos", "shares", "shared_photos", "quotas",
    ]

    /// Two owners with rows in every table, on one connection through PgBouncer.
    private func withOwners(_ body: (_ first: SQLCatalog, _ second: SQLCatalog) async throws -> Void) async throws {
        let database = PostgresDatabase(try await PostgresServer.settings(.pgbouncer, connections: 1))
        let name = UUID().uuidString
        let administration = SQLOwnerAdministration(
            database: PostgresDatabase(try await PostgresServer.ownerSettings()), clock: SystemClock(),
            random: SystemRandom())
        let owners = try await [name + "-a", name + "-b"].asyncMap { owner in
            let catalog = try await SQLCatalog.open(
                database, owner: owner, clock: SystemClock(), random: SystemRandom())
            _ = try await catalog.addFolder("/photos")
            _ = try await catalog.record([photoFile(1), photoFile(2), photoFile(3)])
            for job in try await catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1) {
                var metadata = PhotoMetadata()
                metadata.place = "Lisbon"
                let face = FaceRegion(
                    box: PictureRegion(x: 0, y: 0, width: 0.5, height: 0.5), name: "Ana", source: .mwg, dimensions: nil)
                let id = try #require(job.photo)
                let photo = try #require(try await catalog.photo(id))
                _ = try await catalog.finish(
                    job.id, worker: "w",
                    processed: ProcessedPhoto(
                        sha256: photo.sha256, mediaType: .jpeg, pixelSize: PixelSize(width: 4, height: 3),
                        perceptualHash: PerceptualHash(bits: 1), metadata: metadata, faces: [face], problem: nil,
                        renditions: []))
            }
            let told = Sidecar(path: FilePath(photoFile(1).path.string + ".xmp"), marks: WrittenMarks())
            _ = try await catalog.recordSidecars([told])
            let position = try #require(GeoPosition(latitude: 1, longitude: 1))
            let city = City(
                id: 1, name: "a", region: nil, countryCode: "PT", country: "b", position: position, timeZone: nil)
            let place = FoundPlace(position: position, city: city, offsetMinutes: nil)
            _ = try await catalog.setPlaces([PhotoID(clock: SystemClock(), random: SystemRandom()): place])
            try await catalog.append(journalEntry(at: 1, subject: "c"))
            let photos = try await catalog.photos(after: nil, limit: 9).map(\.id)
            for photo in try await catalog.uncompared(after: nil, limit: 1) {
                let compared = ComparedPhoto(photo: photo, hash: photo.hash)
                #expect(try await catalog.record([compared], since: 0) == 1)
                let others = photos.filter { $0 != photo.photo }
                try await catalog.database.write { [owner = catalog.owner] connection in
                    let likeness = Likeness(connection: connection, owner: .id(owner))
                    try likeness.insert([(others[0], photo.hash)])
                    try likeness.begin(ClusterID(first: photo.photo), with: photo.photo)
                    try likeness.join(others[0], ClusterID(first: photo.photo), nil)
                    try likeness.wait(others[1])
                    _ = try likeness.keepApart(photo.photo, others[1], at: 1)
                    _ = try connection.execute(
                        """
                        INSERT INTO calibration_answers (owner, first, second, distance, is_same, answered_at)
                        VALUES (?, ?, ?, 1, 1, 1)
                        """, [.id(owner), .id(min(photo.photo, others[1])), .id(max(photo.photo, others[1]))])
                    _ = try connection.execute(
                        """
                        INSERT INTO calibrations (owner, precision_asked, distance, answers, calibrated_at, actor)
                        VALUES (?, 0.9, 1, 1, 1, 'a')
                        """, [.id(owner)])
                    _ = try connection.execute(
                        "INSERT INTO resolutions (id, owner, cluster, resolved_at, content) VALUES (?, ?, ?, 1, '{}')",
                        [.id(photo.photo), .id(owner), .id(photo.photo)])
                    _ = try connection.execute(
                        "INSERT INTO photo_stacks (id, owner, reason, made_at) VALUES (?, ?, 'burst', 1)",
                        [.id(photo.photo), .id(owner)])
                    _ = try connection.execute(
                        "INSERT INTO removed_originals (id, owner, sha256, removed_at) VALUES (?, ?, ?, 1)",
                        [.id(photo.photo), .id(owner), .digest(photo.sha256)])
                    for (ordinal, stacked) in [photo.photo, others[1]].enumerated() {
                        _ = try connection.execute(
                            "INSERT INTO stacked_photos (photo, owner, stack, ordinal) VALUES (?, ?, ?, ?)",
                            [.id(stacked), .id(owner), .id(photo.photo), .int(ordinal)])
                    }
                }
            }
            try await catalog.database.write { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO vectors (photo, owner, model, segment, dimension, components)
                    SELECT id, owner, 'm', 0, 3, ARRAY[1, 2, 3] FROM photos
                    """, [])
                _ = try connection.execute(
                    "INSERT INTO job_attempts (job, number, owner, started_at) SELECT id, 1, owner, 1 FROM jobs", [])
            }
            try await catalog.noteSearch("lisbon")
            try await catalog.noteExports([
                ExportedPhoto(
                    photo: photos[0], path: "/out/1.jpg", sha256: try #require(SHA256Digest(bytes: Array(0..<32))),
                    keepsPosition: false, actor: "a", exportedAt: 1)
            ])
            try await catalog.beginShare(
                Share(
                    id: ShareID(clock: SystemClock(), random: SystemRandom()), title: "a", album: nil, photoCount: 1,
                    state: .begun, actor: "a", createdAt: 1, expiresAt: 2), of: [photos[0]])
            _ = try await catalog.edit(.createAlbum(try .album("Trips"), description: ""))
            let album = try #require(try await catalog.album(named: try .album("Trips")))
            _ = try await catalog.edit(.addToAlbum(album.id), photos)
            _ = try await catalog.edit(.addTags([try .tag("sea")]), photos)
            _ = try await catalog.edit(.refuseEvent(1...2, name: "a"))
            let content = UploadContent(
                sha256: try #require(SHA256Digest(bytes: [UInt8](repeating: 9, count: 32))), byteCount: ByteCount(9),
                mediaType: .jpeg, filename: "9.jpg",
                provisional: try #require(
                    CaptureTime(year: 2024, month: 7, day: 1, hour: 1, minute: 1, second: 1, source: .modified)))
            let upload = UploadID(clock: SystemClock(), random: SystemRandom())
            _ = try await catalog.beginUpload(upload, of: content, at: ObjectKey("originals/9.jpg"))
            try await catalog.setMultipart(MultipartUpload(token: "t", partByteCount: 5), of: upload)
            try await catalog.addPart(UploadPart(number: 1, byteCount: 5, entityTag: "e"), to: upload)
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
