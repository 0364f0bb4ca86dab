import Contracts
import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

/// An owner in Postgres who has rows in every table.
enum FilledLibrary {
    static func make(in database: PostgresDatabase, owner: String) async throws -> SQLCatalog {
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
                _ = try likeness.keepApart([photo.photo, others[1]], at: 1)
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
                SELECT id, owner, 'm', 0, 3, ARRAY[1, -2.5, 1e-30::real] FROM photos
                """, [])
            _ = try connection.execute(
                "INSERT INTO job_attempts (job, number, owner, started_at) SELECT id, 1, owner, 1 FROM jobs", [])
            _ = try connection.execute(
                "INSERT INTO retried_failures (owner, kind, queue, fingerprint, first_at) SELECT owner, kind, queue, 1, 1 FROM jobs LIMIT 1",
                [])
            _ = try connection.execute(
                "INSERT INTO live_photos (photo, owner, identifier) SELECT id, owner, 'LIVE-1' FROM photos", [])
            _ = try connection.execute(
                """
                INSERT INTO films (owner, sha256, identifier, byte_count, modified, object_key)
                SELECT owner, sha256, 'LIVE-1', 9, 1, 'originals/films/1.mov' FROM photos LIMIT 1
                """, [])
            _ = try connection.execute(
                "INSERT INTO promoted_originals (photo, owner, path) SELECT id, owner, original_path FROM photos", [])
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
        return catalog
    }
}
