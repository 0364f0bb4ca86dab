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
            try MadeUpPhoto.file(number: round * CatalogGrowth.batch + $0)
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
                    _ = try await catalog.finish(job.id, worker: "bench", processed: MadeUpPhoto.processed(digest))
                }
            })
    }

    func close() async throws {
        try await catalog.close()
        try FileManager.default.removeItem(atPath: copy.string)
    }
}
