import Catalog
import Core
import Foundation
import Jobs
import SystemPackage
import Testing

/// A handler that does as each test says.
final class ClosureHandler: JobHandler {
    let kind = JobKind.processPhoto
    private let body: @Sendable (Job) async throws -> JobResult

    init(_ body: @escaping @Sendable (Job) async throws -> JobResult) { self.body = body }

    func perform(_ job: Job) async throws -> JobResult { try await body(job) }
}

enum JobFixtures {
    static func digest(_ number: Int) -> SHA256Digest {
        SHA256Digest(bytes: [UInt8](repeating: 0, count: 30) + [UInt8(number / 256), UInt8(number % 256)])!
    }

    /// A catalogue in memory with so many photos, each with its job.
    static func catalog(photos: Int) async throws -> any Catalog {
        let catalog = try await SQLiteCatalog.inMemory()
        let time = CaptureTime(wallMicroseconds: 0, offsetMinutes: nil, source: .modified)
        _ = try await catalog.record(
            (0..<photos).map { number in
                let path = FilePath("/photos/\(number).jpg")
                return ScannedFile(
                    path: path, fingerprint: FileFingerprint(byteCount: 1, modified: 1),
                    content: .photo(
                        sha256: digest(number), mediaType: .jpeg, provisional: time, original: .file(path)))
            })
        return catalog
    }

    /// What processing the job's photo would have made.
    static func processed(_ job: Job, _ catalog: any Catalog) async throws -> JobResult {
        let id = try #require(job.photo)
        let photo = try #require(try await catalog.photo(id))
        return .processed(
            ProcessedPhoto(
                sha256: photo.sha256, mediaType: .jpeg, pixelSize: PixelSize(width: 1, height: 1),
                perceptualHash: PerceptualHash(bits: 0), metadata: PhotoMetadata(), problem: nil, renditions: []))
    }
}
