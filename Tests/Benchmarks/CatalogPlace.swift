import Catalog
import Core
import SystemPackage

/// Where a catalogue to measure is: a SQLite file, or `postgres:` and libpq's connection string.
enum CatalogPlace {
    case sqlite(FilePath)
    case postgres(PostgresSettings)

    init(_ text: String) {
        self =
            text.hasPrefix("postgres:")
            ? .postgres(PostgresSettings(connection: String(text.dropFirst("postgres:".count))))
            : .sqlite(FilePath(text))
    }

    func open(owner: String = "local") async throws -> any Catalog {
        switch self {
        case .sqlite(let file): try await SQLiteCatalog.open(file)
        case .postgres(let settings): try await PostgresCatalog.open(settings, owner: owner)
        }
    }
}
