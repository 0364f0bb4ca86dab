import Catalog
import Core
import Digest
import Foundation
import Jobs
import SystemPackage
import Testing
import Workflows

@Suite("Processing a photo while its servers fail")
struct ProcessPhotoTests {
    /// Takes every picture for one of a pixel, with one rendition.
    private struct Processor: ImageProcessor {
        var refusal: EngineError?

        func process(_ file: FilePath, options: ProcessingOptions) async throws -> ProcessedPhoto {
            if let refusal { throw refusal }
            let found = try SHA256Hasher.digest(path: file)
            let rendition = Rendition(kind: RenditionKind(size: 256, format: .webp), data: [1])
            return ProcessedPhoto(
                sha256: found.sha256, mediaType: .jpeg, pixelSize: PixelSize(width: 1, height: 1),
                perceptualHash: PerceptualHash(bits: 0), metadata: PhotoMetadata(), problem: nil,
                renditions: [rendition])
        }

        func hash(
            _ file: FilePath, detail: HashDetail
        ) async throws -> (sha256: SHA256Digest, perceptualHash: PerceptualHash) {
            throw EngineError(.unsupported, "not asked for")
        }

        func pixels(_ file: FilePath, region: PictureRegion, fitting: PixelSize) async throws -> PixelBuffer {
            throw EngineError(.unsupported, "not asked for")
        }

        func pixelDigest(_ file: FilePath) async throws -> (sha256: SHA256Digest, pixels: PixelDigest) {
            throw EngineError(.unsupported, "not asked for")
        }
    }

    /// Refuses every object.
    private struct Store: LocalObjectStore {
        let error: EngineError

        func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws { throw error }
        func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws { throw error }
        func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] { throw error }
        func head(_ key: ObjectKey) async throws -> ByteCount? { throw error }
        func list(
            prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
        ) async throws -> [ObjectSummary] { throw error }
        func delete(_ key: ObjectKey) async throws { throw error }
        func localPath(of key: ObjectKey) -> FilePath { FilePath("/nowhere").appending(key.description) }
    }

    @Test("Bytes that are no picture at all, as a client may send them, are unreadable rather than changed")
    func noPicture() async throws {
        let file = FilePath(FileManager.default.temporaryDirectory.path).appending("\(UUID().uuidString).jpg")
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: file.string))
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        let (catalog, job) = try await recorded(file)
        let handler = ProcessPhotoHandler(
            catalog: catalog, objects: Store(error: EngineError(.notFound, "there is none")),
            processor: Processor(refusal: EngineError(.unsupported, "no picture")), options: ProcessingOptions())
        do {
            _ = try await handler.perform(job)
            Issue.record("nothing failed")
        } catch {
            #expect(JobFailure(error).isUnreadable, "\(error)")
        }
        #expect(try await catalog.jobs(state: .queued, after: nil, limit: 9).count == 1)
    }

    private func recorded(_ file: FilePath) async throws -> (any Catalog, Job) {
        let digest = try SHA256Hasher.digest(path: file)
        let catalog = try await SQLiteCatalog.inMemory()
        let time = CaptureTime(wallMicroseconds: 0, offsetMinutes: nil, source: .modified)
        _ = try await catalog.record([
            ScannedFile(
                path: file, fingerprint: FileFingerprint(byteCount: digest.byteCount, modified: 1),
                content: .photo(
                    sha256: digest.sha256, mediaType: .jpeg, provisional: time, original: .file(file)))
        ])
        return (catalog, try #require(try await catalog.jobs(state: .queued, after: nil, limit: 1).first))
    }

    @Test(
        "What the store says of a rendition is never the picture's fault, and a store that is away is an outage",
        arguments: [
            (EngineError(.corrupt, "the bytes changed on the way"), false),
            (EngineError(.timedOut, "no answer", isRetryable: true), true),
            (EngineError(.unavailable, "too busy", isRetryable: true), true),
        ])
    func refused(_ error: EngineError, isOutage: Bool) async throws {
        let file = FilePath(FileManager.default.temporaryDirectory.path).appending("\(UUID().uuidString).jpg")
        try Data("a picture".utf8).write(to: URL(fileURLWithPath: file.string))
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        let (catalog, job) = try await recorded(file)
        let handler = ProcessPhotoHandler(
            catalog: catalog, objects: Store(error: error), processor: Processor(), options: ProcessingOptions())
        do {
            _ = try await handler.perform(job)
            Issue.record("nothing failed")
        } catch {
            let failure = JobFailure(error)
            #expect(!failure.isUnreadable)
            #expect(failure.isOutage == isOutage)
        }
    }
}
