import Catalog
import Core
import Foundation
import SystemPackage
import Testing

@Suite("The ledger of a storage's traffic")
struct TrafficLedgerTests {
    private func folder() throws -> FilePath {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return FilePath(url.path)
    }

    @Test("Several who add at once lose nothing, and each day is summed for itself")
    func adds() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let file = folder.appending("traffic.sqlite")
        let ledgers = [try await SQLiteTrafficLedger.open(file), try await SQLiteTrafficLedger.open(file)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    try await ledgers[number % 2].add(
                        StorageTraffic(
                            requests: [.write: 2, .look: 1], bytesSent: ByteCount(100), bytesReceived: ByteCount(7)),
                        day: 20_000 + number % 4 / 2)
                }
            }
            try await group.waitForAll()
        }
        for ledger in ledgers { await ledger.close() }
        let again = try await SQLiteTrafficLedger.open(file)
        let days = try await again.traffic(since: 20_000)
        #expect(days.map(\.day) == [20_000, 20_001])
        for day in days {
            #expect(day.traffic.requests == [.write: 40, .look: 20])
            #expect(day.traffic.bytesSent == ByteCount(2000) && day.traffic.bytesReceived == ByteCount(140))
        }
        #expect(try await again.traffic(since: 20_001).count == 1)
        await again.close()
    }

    @Test("What was measured last stands")
    func measure() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let ledger = try await SQLiteTrafficLedger.open(folder.appending("traffic.sqlite"))
        #expect(try await ledger.measure() == nil)
        for bytes in [5, 9] as [Int64] {
            let share = StorageMeasure.Share(objects: bytes, bytes: ByteCount(bytes * 100))
            let measure = StorageMeasure(at: Double(bytes), originals: share, renditions: share, others: share)
            try await ledger.keep(measure)
            #expect(try await ledger.measure() == measure)
        }
        await ledger.close()
    }
}
