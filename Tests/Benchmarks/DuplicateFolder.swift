import Catalog
import Core
import Foundation
import Imaging
import Jobs
import Objects
import SystemPackage
import Workflows

extension Benchmark {
    static let duplicateFolder = Benchmark(
        name: "duplicate-folder", arguments: "hashes|small|library FOLDER",
        summary:
            "From a folder of unseen photos to clusters: by hashes alone, or through a library with small or all renditions."
    ) { arguments in
        guard arguments.count == 2, ["hashes", "small", "library"].contains(arguments[0]) else {
            throw EngineError(.invalidInput, "name what to make, and a folder")
        }
        let folder = FilePath(arguments[1])
        let start = ContinuousClock.now
        let (files, clusters) =
            arguments[0] == "hashes"
            ? try await hash(folder)
            : try await scan(
                folder, ProcessingOptions(sizes: arguments[0] == "small" ? [] : RenditionKind.standardSizes))
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("{\"files\": \(files), \"clusters\": \(clusters), \"seconds\": \(decimal(seconds))}")
    }

    private static func hash(_ folder: FilePath) async throws -> (files: Int, clusters: Int) {
        let pool = DecoderPool(count: 2)
        defer { pool.close() }
        let report = try await FolderDuplicates(processor: pool, workers: 2).run([folder], distance: 4) { _ in }
        return (report.files, report.clusters.count)
    }

    private static func scan(
        _ folder: FilePath, _ options: ProcessingOptions
    ) async throws -> (files: Int, clusters: Int) {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("phototui-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let place = FilePath(scratch.path)
        let catalog = try await SQLiteCatalog.open(place.appending("catalog.sqlite"))
        let objects = try DiskObjectStore(place.appending("objects"))
        let pool = DecoderPool(count: 2)
        let handler = ProcessPhotoHandler(
            catalog: catalog, objects: objects, processor: pool, options: options)
        let runner = JobRunner(
            catalog: catalog, delivery: InlineDelivery(), handlers: [handler], capacity: 4, worker: "bench")
        let importer = Importer(catalog: catalog, objects: objects, processor: pool, runner: runner, libraryFolder: nil)
        let imported = try await importer.run(ImportRequest(paths: [folder], listsItems: false)) { _ in }
        let found = try await DuplicateScan(catalog: catalog, pictures: StoredPictures(objects: objects))
            .run(DuplicateScanOptions()) { _ in }
        pool.close()
        try await catalog.close()
        return (imported.found, found.clusters)
    }

    private struct StoredPictures: PictureSource {
        let objects: DiskObjectStore

        func picture(of original: SHA256Digest) async throws -> PixelBuffer? {
            RenditionPicture.pixels(try await objects.get(RenditionKind(size: 256, format: .webp).key(of: original)))
        }

        func largestPicture(of original: SHA256Digest) async throws -> PixelBuffer? {
            try await picture(of: original)
        }

        func largestRendition(of original: SHA256Digest) async throws -> [UInt8]? { nil }

        func pixelDigest(of original: SHA256Digest) async throws -> PixelDigest? { nil }
    }
}
