import Catalog
import Core
import Foundation
import SystemPackage

extension Benchmark {
    static let catalogCreate = Benchmark(
        name: "catalog-create", arguments: "LIBRARY",
        summary: "Makes a library folder with an empty catalogue, for scripts/generate_library.py to fill."
    ) { arguments in
        guard let folder = arguments.first else { throw EngineError(.invalidInput, "name a library folder") }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await SQLiteCatalog.open(FilePath(folder).appending("catalog.sqlite")).close()
    }
}
