import Catalog
import Core
import Foundation
import Glibc
import SystemPackage

extension Benchmark {
    static let catalogGrowth = Benchmark(
        name: "catalog-growth", arguments: "SMALL-CATALOGUE LARGE-CATALOGUE",
        summary: "Milliseconds to record one more photo, and to claim and finish it, in each."
    ) { arguments in
        guard arguments.count == 2 else { throw EngineError(.invalidInput, "name a small and a large catalogue file") }
        // In turns, so that whatever else the machine does falls on both alike.
        var growths = try await [
            CatalogGrowth(file: arguments[0]), CatalogGrowth(file: arguments[1]),
        ]
        for round in 0..<20 {
            for index in growths.indices { try await growths[index].addPhotos(round: round) }
        }
        for growth in growths {
            print(
                "{\"photos\": \(growth.photosBefore), \"record\": \(decimal(growth.recording)), "
                    + "\"finish\": \(decimal(growth.finishing))}")
            try await growth.close()
        }
    }
}

/// Adds photos to a copy of a catalogue, so that the original stays as it was generated.
private struct CatalogGrowth {
    let photosBefore: Int
    private let catalog: any Catalog
    private let copy: FilePath
    private var recorded: [Duration] = []
    private var finished: [Duration] = []
    private static let batch = 250

    init(file: String) async throws {
        copy = FilePath(file + ".growth")
        try? FileManager.default.removeItem(atPath: copy.string)
        try FileManager.default.copyItem(atPath: file, toPath: copy.string)
        // Else the first commits would pay for writing the copy to the disk.
        let written = try FileDescriptor.open(copy, .readWrite)
        defer { try? written.close() }
        guard fsync(written.rawValue) == 0 else { throw EngineError(Errno(rawValue: errno), doing: "writing the copy") }
        catalog = try await SQLiteCatalog.open(copy)
        photosBefore = try await catalog.statistics().photos
    }

    /// Milliseconds a photo.
    var recording: Double { Measurement(recorded).mean / Double(CatalogGrowth.batch) }
    var finishing: Double { Measurement(finished).mean / Double(CatalogGrowth.batch) }

    mutating func addPhotos(round: Int) async throws {
        let files = try (0..<CatalogGrowth.batch).map {
            try CatalogGrowth.file(number: round * CatalogGrowth.batch + $0)
        }
        let clock = ContinuousClock()
        recorded.append(try await clock.measure { _ = try await catalog.record(files) })
        let digests = files.compactMap { file -> SHA256Digest? in
            if case .photo(let digest, _, _, _) = file.content { digest } else { nil }
        }
        finished.append(
            try await clock.measure {
                let jobs = try await catalog.claim(
                    queue: .high, worker: "bench", leaseSeconds: 60, limit: CatalogGrowth.batch)
                for (job, digest) in zip(jobs, digests) {
                    _ = try await catalog.finish(job.id, worker: "bench", processed: CatalogGrowth.processed(digest))
                }
            })
    }

    func close() async throws {
        try await catalog.close()
        try FileManager.default.removeItem(atPath: copy.string)
    }

    private static func file(number: Int) throws -> ScannedFile {
        let digest = SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: 0...255) })
        let time = CaptureTime(
            year: Int.random(in: 2005...2024), month: Int.random(in: 1...12), day: 1, hour: 0, minute: 0, second: 0,
            source: .modified)
        guard let digest, let time else { throw EngineError(.internal, "a made-up photo is impossible") }
        let path = FilePath("/photos/new/\(number).jpg")
        return ScannedFile(
            path: path, fingerprint: FileFingerprint(byteCount: 4_000_000, modified: 0),
            content: .photo(sha256: digest, mediaType: .jpeg, provisional: time, original: .file(path)))
    }

    private static func processed(_ digest: SHA256Digest) -> ProcessedPhoto {
        var metadata = PhotoMetadata()
        metadata.captureTime = CaptureTime(
            year: Int.random(in: 2005...2024), month: Int.random(in: 1...12), day: Int.random(in: 1...28), hour: 12,
            minute: 0, second: 0, source: .exif)
        metadata.cameraMake = "Canon"
        metadata.cameraModel = "EOS 5D"
        metadata.place = "Lisbon"
        metadata.tags = Dictionary(uniqueKeysWithValues: (0..<20).map { ("Exif.Photo.Tag\($0)", "value \($0)") })
        return ProcessedPhoto(
            sha256: digest, mediaType: .jpeg, pixelSize: PixelSize(width: 4032, height: 3024),
            perceptualHash: PerceptualHash(bits: UInt64.random(in: 0...UInt64.max)), metadata: metadata, problem: nil,
            renditions: [])
    }
}
