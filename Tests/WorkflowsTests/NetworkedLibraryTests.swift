import Catalog
import Core
import Digest
import Foundation
import Jobs
import Objects
import PhotoEngine
import Programs
import SystemPackage
import Testing
import Workflows

/// A whole library on real servers: Postgres through PgBouncer, and an S3 server.
@Suite("A networked library", .serialized, .enabled(if: Servers.areAvailable, Servers.absence))
struct NetworkedLibraryTests {
    @Test("An import uploads, records and processes; another machine sees all of it; a second import sends nothing")
    func imports() async throws {
        let place = try await NetworkedPlace(count: 12)
        defer { place.remove() }
        let library = try await place.open()
        let report = try await library.importer().run(ImportRequest(paths: [place.photos])) { _ in }
        #expect(report.imported == 12 && report.rejected == 0 && report.isBalanced)
        #expect(try await library.catalog.jobCounts() == [.succeeded: 12])
        #expect(try await library.catalog.check() == [])
        await library.close()

        // The files and the cache of the first machine are gone.
        try FileManager.default.removeItem(atPath: place.photos.string)
        try FileManager.default.removeItem(atPath: place.home.appending(".cache").string)
        let elsewhere = try await place.open()
        let photos = try await elsewhere.catalog.photos(after: nil, limit: 99)
        #expect(photos.count == 12)
        for photo in photos {
            #expect(!photo.isMissing && photo.status == .ready)
            guard case .object(let key) = photo.original else {
                Issue.record("an original that is not in the store")
                continue
            }
            try await elsewhere.objects.makeLocal(key, sha256: photo.sha256)
            let rendition = RenditionKind(size: 256, format: .webp).key(of: photo.sha256)
            try await elsewhere.objects.makeLocal(rendition, sha256: nil)
            #expect(FileManager.default.fileExists(atPath: elsewhere.objects.localPath(of: rendition).string))
        }
        await elsewhere.close()
    }

    @Test("Uploads that a kill broke off go on, and leave no object without a row and no row without an object")
    func resumes() async throws {
        let place = try await NetworkedPlace(count: 30)
        defer { place.remove() }
        for wait in [0, 40, 150] {
            let library = try await place.open()
            let importer = library.importer()
            let work = Task { try await importer.run(ImportRequest(paths: [place.photos])) { _ in } }
            try await Task.sleep(for: .milliseconds(wait))
            work.cancel()
            _ = try await work.value
            await library.close()
        }
        let library = try await place.open()
        let report = try await library.importer().run(ImportRequest(paths: [place.photos])) { _ in }
        #expect(report.isBalanced && report.found == 30)
        let photos = try await library.catalog.photos(after: nil, limit: 99)
        #expect(photos.count == 30)
        #expect(try await library.catalog.jobCounts() == [.succeeded: 30])
        #expect(try await library.catalog.uploads(state: .begun, after: nil, limit: 9) == [])
        let owner = try #require(Configuration.load(environment: place.environment).profiles["test"]?.owner)
        let stored = try await library.objects.list(prefix: "originals/\(owner)/", after: nil, limit: 99).map(\.key)
        let known = photos.compactMap { if case .object(let key) = $0.original { key } else { nil } }
        #expect(Set(stored) == Set(known))
        #expect(try await library.catalog.check() == [])
        await library.close()
    }

    @Test("Another client sends by a presigned request; nothing shows before it is confirmed")
    func otherClient() async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        let uploader = try #require(library.uploader)
        let bytes = NetworkedPlace.gif(200)
        let digest = SHA256Hasher.digest(bytes)
        func presign(_ id: UploadID) async throws -> PresignedUpload? {
            try await uploader.presign(
                id, sha256: digest, byteCount: ByteCount(Int64(bytes.count)), mediaType: .gif, filename: "phone.gif")
        }
        let id = UploadID(clock: SystemClock(), random: SystemRandom())
        let presigned = try #require(try await presign(id))
        #expect(presigned.id == id)
        // A client that lost its answer, or another one, goes on with the same upload.
        let again = try #require(try await presign(UploadID(clock: SystemClock(), random: SystemRandom())))
        #expect(again.id == id)
        let request = again.request
        let early = try await #require(throws: EngineError.self) { _ = try await uploader.confirm(id) }
        #expect(early.code == .notFound)
        #expect(try await library.catalog.statistics().photos == 0)
        let file = place.home.appending("phone.gif").string
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        let headers = request.headers.filter { $0.key != "content-length" }.flatMap {
            ["-H", "\($0.key): \($0.value)"]
        }
        curl.arguments = ["-s", "-f", "-o", "/dev/null", "-T", file] + headers + [request.url]
        try await curl.runToEnd()
        #expect(curl.terminationStatus == 0)
        guard case .imported(let photo) = try await uploader.confirm(id) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await uploader.confirm(id) == .known(photo))
        #expect(try await presign(id) == nil)
        try await library.jobRunner.runUntilIdle()
        #expect(try await library.catalog.photo(photo)?.status == .ready)
        await library.close()
    }
}
