import Catalog
import Core
import Foundation
import SystemPackage

extension Benchmark {
    static let catalogCreate = Benchmark(
        name: "catalog-create", arguments: "LIBRARY | postgres:CONNECTION ROLE",
        summary: "Makes an empty catalogue: in a library folder, or in Postgres for a role to use."
    ) { arguments in
        guard let folder = arguments.first else { throw EngineError(.invalidInput, "name a library folder") }
        if case .postgres(let settings) = CatalogPlace(folder) {
            guard arguments.count == 2 else { throw EngineError(.invalidInput, "name the role of the program") }
            _ = try await PostgresCatalog.migrate(settings, applicationRole: arguments[1])
            return
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await SQLiteCatalog.open(FilePath(folder).appending("catalog.sqlite")).close()
    }
}
