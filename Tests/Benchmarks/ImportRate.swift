import Catalog
import Core
import Foundation
import Imaging
import Jobs
import Objects
import SystemPackage
import Workflows

extension Benchmark {
    static let importRate = Benchmark(
        name: "import-rate", arguments: "FOLDER CATALOGUE CATALOGUE…",
        summary: "Photos a second of a whole import of a folder, decoding and all, into each catalogue in turns."
    ) { arguments in
        guard arguments.count >= 3 else { throw EngineError(.invalidInput, "name a folder and two catalogues") }
        var rates: [[Double]] = arguments.dropFirst().map { _ in [] }
        // There and back, so that whatever the machine does meanwhile falls on all alike.
        let turns = Array(rates.indices) + rates.indices.reversed()
        for turn in turns {
            rates[turn].append(try await importRate(of: FilePath(arguments[0]), into: arguments[turn + 1]))
        }
        for (place, rates) in zip(arguments.dropFirst(), rates) {
            let kind = place.hasPrefix("postgres:") ? "postgres" : "sqlite"
            let mean = rates.reduce(0, +) / Double(rates.count)
            print("{\"catalogue\": \"\(kind)\", \"photos_per_second\": \(decimal(mean)), \"runs\": \(rates.count)}")
        }
    }

    /// Photos a second of one import into an empty catalogue and an empty folder.
    private static func importRate(of folder: FilePath, into text: String) async throws -> Double {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("phototui-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let place = CatalogPlace(text)
        if case .sqlite(let file) = place {
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.string + end) }
        }
        let catalog = try await place.open(owner: "bench-\(UUID().uuidString)")
        let objects = try DiskObjectStore(FilePath(scratch.path))
        let decoders = DecoderPool(count: 2)
        let handler = ProcessPhotoHandler(
            catalog: catalog, objects: objects, processor: decoders, options: ProcessingOptions())
        let runner = JobRunner(
            catalog: catalog, delivery: InlineDelivery(), handlers: [handler], capacity: 2, worker: "bench")
        let importer = Importer(
            catalog: catalog, objects: objects, processor: decoders, runner: runner, libraryFolder: nil)
        let report = try await importer.run(ImportRequest(paths: [folder], listsItems: false)) { _ in }
        decoders.close()
        try await catalog.close()
        if report.unprocessed > 0 {
            throw EngineError(
                .internal,
                "\(report.unprocessed) photos were not processed: \(report.unprocessedReason ?? "no reason given")")
        }
        return Double(report.imported) / report.seconds
    }
}
