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
                    catalog: first, second: second, stranger: first.forOwner("stranger"),
                    owners: first.administration(), clock: clock))
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
                CatalogSubject(
                    catalog: catalog, second: catalog, stranger: catalog.forOwner("stranger"),
                    owners: catalog.administration(), clock: clock))
            try await catalog.close()
        }
    }

    @Test("In memory", arguments: CatalogContract.cases)
    func memory(_ contract: ContractCase<CatalogSubject>) async throws {
        let clock = FixedClock()
        let database = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        let catalog = try await SQLCatalog.open(database, owner: "local", clock: clock, random: SystemRandom())
        try await contract.run(
            CatalogSubject(
                catalog: catalog, second: catalog, stranger: catalog.forOwner("stranger"),
                owners: catalog.administration(), clock: clock))
    }
}

@Suite("What the catalogue's port asks for")
struct CatalogPortTests {
    private static let ports = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/PhotoEngine/Core/Ports")

    /// Swift can't list a protocol's requirements; its source can.
    @Test("Everything that can be asked of a catalogue is tried by two owners side by side")
    func owners() throws {
        let source = try [
            "Catalog.swift", "UploadCatalog.swift", "DuplicateCatalog.swift", "CalibrationCatalog.swift",
            "TrashCatalog.swift", "CollectionCatalog.swift", "SearchCatalog.swift", "SidecarCatalog.swift",
            "PlaceCatalog.swift", "StoryCatalog.swift", "EventCatalog.swift", "SharingCatalog.swift",
            "QuotaCatalog.swift", "TierCatalog.swift", "StorageCatalog.swift", "FilmCatalog.swift",
        ].map {
            try String(contentsOf: Self.ports.appendingPathComponent($0), encoding: .utf8)
        }.joined(separator: "\n")
        let composed = try #require(source.firstMatch(of: /protocol Catalog: ([A-Za-z, \n]+)/)?.1)
            .split(whereSeparator: { ", \n".contains($0) })
        #expect(composed.count >= 7)
        for part in composed {
            #expect(source.contains("protocol \(part): Sendable {"), "\(part) is declared elsewhere")
        }
        let asked = source.matches(of: /func ([A-Za-z]+)\(([^)]*)\)/).map { match in
            let labels = match.2.split(separator: ",").compactMap { $0.split(whereSeparator: \.isWhitespace).first }
            return "\(match.1)(\(labels.map { $0.hasSuffix(":") ? "\($0)" : "\($0):" }.joined()))"
        }
        #expect(asked.count >= 40 && asked.contains("claim(queue:worker:leaseSeconds:limit:)"))
        #expect(Set(asked).subtracting(CatalogContract.requirementsTriedByTwoOwners) == ["close()"])
        #expect(Set(CatalogContract.requirementsTriedByTwoOwners).isSubset(of: asked))
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
        let owners = SQLOwnerAdministration(
            database: PostgresDatabase(try await PostgresServer.ownerSettings()), clock: clock, random: SystemRandom())
        try await contract.run(
            CatalogSubject(catalog: first, second: second, stranger: stranger, owners: owners, clock: clock))
        try await owners.close()
        try await first.close()
        try await second.close()
    }
}

extension SQLCatalog {
    /// For a database that anybody administers who has it.
    func administration() -> SQLOwnerAdministration {
        SQLOwnerAdministration(database: database, clock: clock, random: SystemRandom())
    }

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
