import Catalog
import Core
import Foundation
import Jobs
import SystemPackage

extension Benchmark {
    static let catalogImport = Benchmark(
        name: "catalog-import", arguments: "CATALOGUE…",
        summary: "Photos a second that an empty catalogue takes in: recorded in batches, then claimed and finished."
    ) { arguments in
        guard !arguments.isEmpty else { throw EngineError(.invalidInput, "name one catalogue or more") }
        // In turns, so that whatever else the machine does falls on all alike.
        var imports: [CatalogImport] = []
        for place in arguments { imports.append(try await CatalogImport(place)) }
        for round in 0..<40 {
            for index in imports.indices { try await imports[index].add(round: round) }
        }
        for finished in imports {
            print(finished.line)
            try await finished.end()
        }
    }
}

/// A job whose picture is decoded already.
private struct Decoded: JobHandler {
    let kind = JobKind.processPhoto
    let catalog: any PhotoCatalog

    func perform(_ job: Job) async throws -> JobResult {
        guard let id = job.photo, let photo = try await catalog.photo(id) else {
            throw EngineError(.notFound, "the photo of a job is gone")
        }
        return .processed(MadeUpPhoto.processed(photo.sha256))
    }
}

private struct CatalogImport {
    let catalog: any Catalog
    private let runner: JobRunner
    private let working: Task<Void, any Error>
    private let kind: String
    private var recorded = Duration.zero
    private var finished = Duration.zero
    private var count = 0
    /// As an import records them.
    private static let batch = 64
    /// As many jobs at a time as `phototui worker --concurrency 8` has: what the catalogue can take, not what one decoder gives.
    private static let places = 8

    init(_ text: String) async throws {
        let place = CatalogPlace(text)
        if case .sqlite(let file) = place {
            kind = "sqlite"
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.string + end) }
        } else {
            kind = "postgres"
        }
        catalog = try await place.open(owner: "bench-\(UUID().uuidString)")
        runner = JobRunner(
            catalog: catalog, delivery: InlineDelivery(), handlers: [Decoded(catalog: catalog)], capacity: Self.places,
            worker: "bench")
        working = Task { [runner] in try await runner.run() }
    }

    mutating func add(round: Int) async throws {
        let files = try (0..<Self.batch).map { try MadeUpPhoto.file(number: round * Self.batch + $0) }
        let clock = ContinuousClock()
        let events = runner.events()
        recorded += try await clock.measure { _ = try await catalog.record(files) }
        finished += await clock.measure {
            runner.announce()
            var left = Self.batch
            for await event in events {
                if case .succeeded = event { left -= 1 }
                if left == 0 { break }
            }
        }
        count += Self.batch
    }

    func end() async throws {
        working.cancel()
        try await working.value
        try await catalog.close()
    }

    var line: String {
        func rate(_ time: Duration) -> String { decimal(Double(count) / (time / .seconds(1))) }
        return "{\"catalogue\": \"\(kind)\", \"photos\": \(count), \"record_per_second\": \(rate(recorded)), "
            + "\"finish_per_second\": \(rate(finished)), \"photos_per_second\": \(rate(recorded + finished))}"
    }
}
