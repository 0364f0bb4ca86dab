import Contracts
import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("Every catalogue keeps the contract")
struct CatalogContractTests {
    @Test("In a file", arguments: CatalogContract.cases)
    func file(_ contract: ContractCase<CatalogSubject>) async throws {
        try await withFile { file, clock in
            let first = try await SQLCatalog.open(file: file, clock: clock)
            let second = try await SQLCatalog.open(file: file, clock: clock)
            try await contract.run(
                CatalogSubject(
                    catalog: first, second: second, stranger: first.forOwner("stranger"), clock: clock))
            try await first.close()
            try await second.close()
        }
    }

    @Test("In a file that was closed and opened again", arguments: CatalogContract.cases)
    func reopened(_ contract: ContractCase<CatalogSubject>) async throws {
        try await withFile { file, clock in
            try await SQLCatalog.open(file: file, clock: clock).close()
            let catalog = try await SQLCatalog.open(file: file, clock: clock)
            try await contract.run(
                CatalogSubject(catalog: catalog, second: catalog, stranger: catalog.forOwner("stranger"), clock: clock))
            try await catalog.close()
        }
    }

    @Test("In memory", arguments: CatalogContract.cases)
    func memory(_ contract: ContractCase<CatalogSubject>) async throws {
        let clock = FixedClock()
        let database = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        let catalog = try await SQLCatalog.open(database, owner: "local", clock: clock, random: SystemRandom())
        try await contract.run(
            CatalogSubject(catalog: catalog, second: catalog, stranger: catalog.forOwner("stranger"), clock: clock))
    }
}

@Suite(
    "Every catalogue keeps the contract on Postgres", .serialized,
    .enabled(if: PostgresServer.isAvailable, PostgresServer.absence))
struct PostgresContractTests {
    @Test("Directly", arguments: CatalogContract.cases)
    func direct(_ contract: ContractCase<CatalogSubject>) async throws {
        try await run(contract, .direct)
    }

    @Test("Through PgBouncer in transaction mode", arguments: CatalogContract.cases)
    func pgbouncer(_ contract: ContractCase<CatalogSubject>) async throws {
        try await run(contract, .pgbouncer)
    }

    private func run(_ contract: ContractCase<CatalogSubject>, _ way: PostgresServer.Way) async throws {
        let clock = FixedClock()
        let settings = try await PostgresServer.settings(way)
        let owner = UUID().uuidString
        let first = try await SQLCatalog.open(
            PostgresDatabase(settings), owner: owner, clock: clock, random: SystemRandom())
        let second = try await SQLCatalog.open(
            PostgresDatabase(settings), owner: owner, clock: clock, random: SystemRandom())
        let stranger = try await first.forOwner(owner + "-stranger")
        try await contract.run(CatalogSubject(catalog: first, second: second, stranger: stranger, clock: clock))
        try await first.close()
        try await second.close()
    }
}

extension SQLCatalog {
    static func open(
        file: FilePath, clock: any EngineClock = SystemClock(), settings: SQLiteSettings = SQLiteSettings()
    ) async throws -> SQLCatalog {
        try await open(
            SQLiteDatabase.open(file, settings: settings), owner: "local", clock: clock, random: SystemRandom())
    }
}

/// Runs `body` with the path of a catalogue in a folder of its own.
func withFile(_ body: (FilePath, FixedClock) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("catalog-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(FilePath(folder.path).appending("catalog.sqlite"), FixedClock())
}
