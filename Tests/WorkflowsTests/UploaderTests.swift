import Core
import Digest
import Foundation
import Objects
import PhotoEngine
import Programs
import SystemPackage
import Testing
import Workflows

/// What must never happen: a row over bytes that are not its own.
@Suite("An upload", .serialized, .enabled(if: Servers.areAvailable, Servers.absence))
struct UploaderTests {
    private static let large = 34 << 20

    /// A file of random bytes that begins as a picture, as a scan has read it.
    private func scan(
        _ place: NetworkedPlace, _ name: String, _ bytes: [UInt8], takingParts: Bool = true
    ) throws -> ScannedFile {
        let path = place.photos.appending(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        return ScannedFile(
            path: path, fingerprint: FileFingerprint(byteCount: Int64(bytes.count), modified: 1),
            content: .photo(
                sha256: SHA256Hasher.digest(bytes), mediaType: .gif,
                provisional: CaptureTime(wallMicroseconds: 1, offsetMinutes: nil, source: .modified),
                original: .file(path)),
            parts: takingParts ? parts(of: bytes) : nil)
    }

    private func parts(of bytes: [UInt8]) -> PartDigests? {
        guard let step = Uploader.partByteCount(of: Int64(bytes.count)) else { return nil }
        let digests = stride(from: 0, to: bytes.count, by: Int(step)).map {
            SHA256Hasher.digest(Array(bytes[$0..<min($0 + Int(step), bytes.count)]))
        }
        return PartDigests(byteCount: Int64(bytes.count), partByteCount: step, digests: digests)
    }

    private func randomBytes(_ count: Int) throws -> [UInt8] {
        let source = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
        return Array(try #require(try source.read(upToCount: count)))
    }

    /// Whether the photo's object is these bytes, read back.
    private func isStored(_ bytes: [UInt8], _ uploader: Uploader, _ store: S3ObjectStore, _ place: NetworkedPlace)
        async throws -> Bool
    {
        let digest = SHA256Hasher.digest(bytes)
        let copy = place.home.appending("copy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: copy.string) }
        do {
            try await store.fetch(uploader.key(of: digest, mediaType: .gif), to: copy, sha256: digest)
            return true
        } catch let error as EngineError where error.code == .corrupt || error.code == .notFound {
            return false
        }
    }

    @Test(
        "A file that changed since it was read gets no row, and goes up once it is read again",
        arguments: [(9_000, false), (large, false), (large, true)])
    func changed(count: Int, takingParts: Bool) async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        let (uploader, store) = try place.uploader(library)
        let old = try randomBytes(count)
        let file = try scan(place, "a.gif", old, takingParts: takingParts)
        var new = old
        // In the last part: all before it has been sent by then.
        new[count - 1] ^= 1
        let read = try scan(place, "a.gif", new)
        guard case .changed = try #require(try await uploader.record([file]).first) else {
            Issue.record("the bytes are others")
            return
        }
        #expect(try await library.catalog.statistics().photos == 0)
        #expect(try await !isStored(old, uploader, store, place))
        guard case .recorded(.imported) = try #require(try await uploader.record([read]).first) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await isStored(new, uploader, store, place))
        // As it was at first.
        let again = try scan(place, "b.gif", old)
        guard case .recorded(.imported) = try #require(try await uploader.record([again]).first) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await isStored(old, uploader, store, place))
        await library.close()
    }

    @Test("A part of other bytes, sent before a kill while the file was another, is sent again")
    func otherPart() async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        let (uploader, store) = try place.uploader(library)
        let bytes = try randomBytes(Self.large)
        let file = try scan(place, "a.gif", bytes)
        let digest = SHA256Hasher.digest(bytes)
        let key = uploader.key(of: digest, mediaType: .gif)
        let id = UploadID(clock: SystemClock(), random: SystemRandom())
        let content = UploadContent(
            sha256: digest, byteCount: ByteCount(Int64(bytes.count)), mediaType: .gif, filename: "a.gif",
            provisional: CaptureTime(wallMicroseconds: 1, offsetMinutes: nil, source: .modified))
        _ = try await library.catalog.beginUpload(id, of: content, at: key)
        let token = try await store.beginMultipart(key, sha256: digest)
        let step = 8 << 20
        try await library.catalog.setMultipart(MultipartUpload(token: token, partByteCount: Int64(step)), of: id)
        for number in 1...2 {
            var part = Array(bytes[(number - 1) * step..<number * step])
            if number == 2 { part[7] ^= 1 }
            let path = place.home.appending("part\(number)")
            try Data(part).write(to: URL(fileURLWithPath: path.string))
            let sent = try await store.putPart(
                number, of: path, range: 0..<Int64(step), key: key, token: token)
            try await library.catalog.addPart(sent, to: id)
        }
        guard case .recorded(.imported) = try #require(try await uploader.record([file]).first) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await isStored(bytes, uploader, store, place))
        await library.close()
    }

    @Test("Other bytes of the same length under the key don't count as sent", arguments: [9_000, large])
    func otherBytes(count: Int) async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        let (uploader, store) = try place.uploader(library)
        let bytes = try randomBytes(count)
        let other = try randomBytes(count)
        let file = try scan(place, "a.gif", bytes)
        let key = uploader.key(of: SHA256Hasher.digest(bytes), mediaType: .gif)
        let stray = try scan(place, "stray.gif", other)
        try await store.putFile(stray.path, at: key, sha256: SHA256Hasher.digest(other))
        guard case .recorded(.imported) = try #require(try await uploader.record([file]).first) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await isStored(bytes, uploader, store, place))
        await library.close()
    }

    @Test(
        "A confirmation reads what a provider without checksums has taken: other bytes of the same length make no photo"
    )
    func confirmation() async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        // As B2 is.
        let traits = StoreTraits(takesChecksums: false, takesConditions: false, keepsVersions: false)
        let (uploader, store) = try place.uploader(library, traits: traits)
        let bytes = try randomBytes(9_000)
        let file = try scan(place, "a.gif", bytes)
        let other = try scan(place, "other.gif", try randomBytes(9_000))
        let id = UploadID(clock: SystemClock(), random: SystemRandom())
        let presigned = try await uploader.presign(
            id, sha256: SHA256Hasher.digest(bytes), byteCount: ByteCount(9_000), mediaType: .gif, filename: "a.gif")
        let request = try #require(presigned).request
        #expect(try await curl(request, other.path) == 0, "nobody but us can tell")
        let error = try await #require(throws: EngineError.self) { _ = try await uploader.confirm(id) }
        #expect(error.code == .corrupt)
        #expect(try await library.catalog.statistics().photos == 0)
        #expect(try await curl(request, file.path) == 0)
        guard case .imported = try await uploader.confirm(id) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await isStored(bytes, uploader, store, place))
        await library.close()
    }

    @Test("A client that announced the wrong size doesn't keep the next one from sending the same bytes")
    func wrongAnnouncement() async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        let (uploader, _) = try place.uploader(library)
        let bytes = try randomBytes(9_000)
        let file = try scan(place, "a.gif", bytes)
        func presign(_ byteCount: Int64, _ type: MediaType) async throws -> PresignedUpload {
            let presigned = try await uploader.presign(
                UploadID(clock: SystemClock(), random: SystemRandom()), sha256: SHA256Hasher.digest(bytes),
                byteCount: ByteCount(byteCount), mediaType: type, filename: "a.gif")
            return try #require(presigned)
        }
        let wrong = try await presign(8_000, .png)
        let right = try await presign(9_000, .gif)
        #expect(right.id != wrong.id)
        #expect(try await library.catalog.upload(wrong.id)?.state == .abandoned)
        #expect(try await curl(right.request, file.path) == 0)
        guard case .imported(let photo) = try await uploader.confirm(right.id) else {
            Issue.record("the photo is new")
            return
        }
        #expect(try await library.catalog.photo(photo)?.mediaType == .gif)
        await library.close()
    }

    @Test(
        "What nobody went on with for a week is given up, its parts with it; what only lacked its confirmation is confirmed"
    )
    func forgotten() async throws {
        let place = try await NetworkedPlace(count: 0)
        defer { place.remove() }
        let library = try await place.open()
        let (uploader, store) = try place.uploader(library, clock: Later(days: 8))
        let (sent, lost) = (try randomBytes(9_000), try randomBytes(9_000))
        func begin(_ bytes: [UInt8]) async throws -> UploadID {
            let id = UploadID(clock: SystemClock(), random: SystemRandom())
            let request = try await uploader.presign(
                id, sha256: SHA256Hasher.digest(bytes), byteCount: ByteCount(Int64(bytes.count)), mediaType: .gif,
                filename: "a.gif")
            #expect(request != nil)
            return id
        }
        let first = try await begin(sent)
        let file = try scan(place, "sent.gif", sent)
        try await store.putFile(
            file.path, at: uploader.key(of: SHA256Hasher.digest(sent), mediaType: .gif),
            sha256: SHA256Hasher.digest(sent))
        let second = try await begin(lost)
        let digest = SHA256Hasher.digest(lost)
        let key = uploader.key(of: digest, mediaType: .gif)
        let token = try await store.beginMultipart(key, sha256: digest)
        try await library.catalog.setMultipart(MultipartUpload(token: token, partByteCount: 9_000), of: second)
        let (early, _) = try place.uploader(library, clock: Later(days: 6))
        #expect(try await early.endForgotten() == Uploader.Upkeep())
        let upkeep = try await uploader.endForgotten()
        #expect(upkeep.confirmed == 1 && upkeep.abandoned == 1)
        #expect(try await library.catalog.upload(first)?.state == .confirmed)
        #expect(try await library.catalog.upload(second)?.state == .abandoned)
        #expect(try await library.catalog.statistics().photos == 1)
        let error = try await #require(throws: EngineError.self) {
            _ = try await store.putPart(1, of: file.path, range: 0..<9_000, key: key, token: token)
        }
        #expect(error.code == .notFound)
        await library.close()
    }

    private func curl(_ request: PresignedRequest, _ file: FilePath) async throws -> Int32 {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        let headers = request.headers.filter { $0.key != "content-length" }.flatMap {
            ["-H", "\($0.key): \($0.value)"]
        }
        curl.arguments = ["-s", "-f", "-o", "/dev/null", "-T", file.string] + headers + [request.url]
        try await curl.runToEnd()
        return curl.terminationStatus
    }
}

/// A clock that is some days ahead.
private struct Later: EngineClock {
    let days: Double

    func now() -> Date { Date(timeIntervalSinceNow: days * 86_400) }
}
