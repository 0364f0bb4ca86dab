import Catalog
import Core
import Foundation
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
            try await finished.catalog.close()
        }
    }
}

private struct CatalogImport {
    let catalog: any Catalog
    private let kind: String
    private var recorded = Duration.zero
    private var finished = Duration.zero
    private var count = 0
    /// As an import records them.
    private static let batch = 64
    private static let workers = 2

    init(_ text: String) async throws {
        let place = CatalogPlace(text)
        if case .sqlite(let file) = place {
            kind = "sqlite"
            for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.string + end) }
        } else {
            kind = "postgres"
        }
        catalog = try await place.open(owner: "bench-\(UUID().uuidString)")
    }

    mutating func add(round: Int) async throws {
        let files = try (0..<Self.batch).map { try MadeUpPhoto.file(number: round * Self.batch + $0) }
        let clock = ContinuousClock()
        recorded += try await clock.measure { _ = try await catalog.record(files) }
        finished += try await clock.measure { [catalog] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<Self.workers {
                    group.addTask {
                        while let job = try await catalog.claim(
                            queue: .high, worker: "\(worker)", leaseSeconds: 60, limit: 1
                        ).first {
                            guard let id = job.photo, let photo = try await catalog.photo(id) else { continue }
                            _ = try await catalog.finish(
                                job.id, worker: "\(worker)", processed: MadeUpPhoto.processed(photo.sha256))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        count += Self.batch
    }

    var line: String {
        func rate(_ time: Duration) -> String { decimal(Double(count) / (time / .seconds(1))) }
        return "{\"catalogue\": \"\(kind)\", \"photos\": \(count), \"record_per_second\": \(rate(recorded)), "
            + "\"finish_per_second\": \(rate(finished)), \"photos_per_second\": \(rate(recorded + finished))}"
    }
}
