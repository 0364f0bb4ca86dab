import Core
import Foundation
import Jobs
import Synchronization

extension Benchmark {
    static let celeryJobs = Benchmark(
        name: "celery-jobs", arguments: "BROKER CATALOGUE COUNT CONCURRENCY",
        summary: "Jobs of a catalogue a second: published by its relay, claimed, handled by nothing, and finished."
    ) { arguments in
        guard arguments.count == 4, let count = Int(arguments[2]), let concurrency = Int(arguments[3]) else {
            throw EngineError(.invalidInput, "name a broker, a catalogue, a count and how many at a time")
        }
        var address = try RedisAddress(arguments[0])
        address.keyPrefix = "bench-\(UUID().uuidString.prefix(8)):"
        let catalog = try await CatalogPlace(arguments[1]).open(owner: "bench-\(UUID().uuidString)")
        var digests: [PhotoID: SHA256Digest] = [:]
        for start in stride(from: 0, to: count, by: 500) {
            let files = try (start..<min(start + 500, count)).map { try MadeUpPhoto.file(number: $0) }
            for (file, outcome) in zip(files, try await catalog.record(files)) {
                if case .imported(let id) = outcome, case .photo(let digest, _, _, _) = file.content {
                    digests[id] = digest
                }
            }
        }
        let relay = OutboxRelay(catalog: catalog, delivery: CeleryDelivery(address))
        let publishing = try await ContinuousClock().measure { _ = try await relay.publishDue() }

        let ended = Mutex((count: 0, first: ContinuousClock.now, last: ContinuousClock.now))
        var options = CeleryWorker.Options()
        options.queues = [("high", nil)]
        options.concurrency = concurrency
        options.sendsTaskEvents = false
        let worker = CeleryWorker(
            address, handlers: [JobTask(NoHandler(digests: digests), catalog: catalog, worker: "bench-\(getpid())")],
            options: options, relay: relay,
            report: { event in
                guard case .ended(_, .succeeded, _) = event else { return }
                ended.withLock { ended in
                    ended.count += 1
                    if ended.count == count / 10 { ended.first = .now }
                    ended.last = .now
                }
            })
        let running = Task { try await worker.run() }
        while ended.withLock({ $0.count }) < count { try await Task.sleep(for: .milliseconds(50)) }
        worker.drain()
        try await running.value
        let found = ended.withLock { $0 }
        guard try await catalog.jobCounts() == [.succeeded: count] else {
            throw EngineError(.internal, "not every job was finished")
        }
        let seconds = (found.last - found.first) / .seconds(1)
        print(
            "{\"per_second\": \(decimal(Double(count - count / 10) / seconds)), "
                + "\"published_per_second\": \(decimal(Double(count) / (publishing / .seconds(1))))}")
        try await catalog.close()
    }
}

/// Processes a photo by doing nothing.
private struct NoHandler: JobHandler {
    let kind = JobKind.processPhoto
    let digests: [PhotoID: SHA256Digest]

    func perform(_ job: Job) async throws -> JobResult {
        guard let id = job.photo, let digest = digests[id] else {
            throw EngineError(.notFound, "a job of another library")
        }
        return .processed(
            ProcessedPhoto(
                sha256: digest, mediaType: .jpeg, pixelSize: PixelSize(width: 1, height: 1),
                perceptualHash: PerceptualHash(bits: 0), metadata: PhotoMetadata(), problem: nil, renditions: []))
    }
}
