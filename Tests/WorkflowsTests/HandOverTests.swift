import Catalog
import Core
import Foundation
import Imaging
import Jobs
import Objects
import Synchronization
import SystemPackage
import Testing
import Workflows

@Suite("Imports that hand photos over to workers")
struct HandOverTests {
    /// A broker that is away, or at whose first look something else happens.
    private final class Broker: Delivery {
        private let inline = InlineDelivery()
        private let isAway: Bool
        private let first: Mutex<(@Sendable () async throws -> Void)?>

        init(isAway: Bool = false, first: (@Sendable () async throws -> Void)? = nil) {
            self.isAway = isAway
            self.first = Mutex(first)
        }

        private func look() async throws {
            if isAway { throw EngineError(.unavailable, "the broker is away", isRetryable: true) }
            let first = first.withLock { first in
                defer { first = nil }
                return first
            }
            try await first?()
        }

        func publish(_ message: DeliveryMessage) async throws { try await inline.publish(message) }
        func receive(from queues: [QueueName], timeout: Duration) async throws -> DeliveredMessage? {
            try await inline.receive(from: queues, timeout: timeout)
        }
        func acknowledge(_ tag: DeliveryTag) async throws { try await inline.acknowledge(tag) }
        func reject(_ tag: DeliveryTag, requeue: Bool) async throws { try await inline.reject(tag, requeue: requeue) }
        func extend(_ tag: DeliveryTag, by duration: Duration) async throws {
            try await inline.extend(tag, by: duration)
        }
        func depth(of queue: QueueName) async throws -> QueueDepth {
            try await look()
            return try await inline.depth(of: queue)
        }
        func peek(_ queue: QueueName, limit: Int) async throws -> [DeliveryMessage] {
            try await inline.peek(queue, limit: limit)
        }
        func purge(_ queue: QueueName) async throws -> Int { try await inline.purge(queue) }
    }

    /// Imports a new folder of pictures, each of a shade of its own.
    @Sendable private static func run(
        _ shades: Range<UInt8>, below folder: URL, catalog: any Catalog, broker: Broker
    ) async throws -> ImportReport {
        let photos = folder.appendingPathComponent("photos-\(shades)")
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        for shade in shades {
            try Data([
                0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, shade, shade, shade, 0, 0, 0, 0x2C, 0, 0, 0,
                0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
            ]).write(to: photos.appendingPathComponent("\(shade).gif"))
        }
        let decoders = DecoderPool(count: 1)
        defer { decoders.close() }
        let importer = Importer(
            catalog: catalog, objects: try DiskObjectStore(FilePath(folder.path + "/objects")), processor: decoders,
            runner: JobRunner(catalog: catalog, delivery: InlineDelivery(), handlers: [], capacity: 1, worker: "w"),
            relay: OutboxRelay(catalog: catalog, delivery: broker), libraryFolder: nil)
        return try await importer.run(ImportRequest(paths: [FilePath(photos.path)])) { _ in }
    }

    @Test("Tell those that had waited before from those of another import that runs at the same time")
    func twoAtOnce() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("phototui-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let catalog = try await SQLiteCatalog.inMemory()
        let before = try await Self.run(0..<1, below: folder, catalog: catalog, broker: Broker(isAway: true))
        #expect(before.imported == 1 && before.handedOver == 0 && before.brokerProblem != nil)
        let beside = Mutex<ImportReport?>(nil)
        let broker = Broker {
            let report = try await Self.run(10..<13, below: folder, catalog: catalog, broker: Broker(isAway: true))
            beside.withLock { $0 = report }
        }
        let report = try await Self.run(20..<22, below: folder, catalog: catalog, broker: broker)
        #expect(beside.withLock { $0?.imported } == 3)
        #expect(report.imported == 2 && report.handedOver == 6 && report.handedOverEarlier == 1)
        #expect(report.brokerProblem == nil)
    }
}
