import Core
import Digest
import Foundation
import Synchronization
import Testing

@testable import Objects

@Suite("What is asked of an S3 provider is counted", .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3TrafficTests {
    @Test("Each request that a proxy before the server sees, by its kind, refused and repeated ones too, and its bytes")
    func counted() async throws {
        let proxy = try FaultyProxy(upstream: S3Server.variable("ENDPOINT"))
        let counted = Mutex(StorageTraffic())
        let store = try S3Server.store(endpoint: proxy.endpoint, traits: S3Server.traits) { traffic in
            counted.withLock { $0 += traffic }
        }
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        let digest = SHA256Hasher.digest(bytes)
        let key = ObjectKey("originals/ab/one.jpg")
        try proxy.harm("PUT", "one.jpg", .refuse(503, code: "SlowDown"))
        try await store.put(bytes, at: key, sha256: digest)
        #expect(try await store.get(key) == bytes)
        _ = try await store.list(prefix: "", after: nil, limit: 10)
        _ = try? await store.get(ObjectKey("originals/ab/none.jpg"))
        try await store.delete(key)
        let found = counted.withLock { $0 }
        #expect(try found.requests[.write, default: 0] == Int64(proxy.seen("PUT") + proxy.seen("POST")))
        #expect(
            try found.requests[.read, default: 0] + found.requests[.list, default: 0] == Int64(proxy.seen("GET")))
        #expect(try found.requests[.look, default: 0] == Int64(proxy.seen("HEAD")))
        #expect(try found.requests[.delete, default: 0] == Int64(proxy.seen("DELETE")))
        #expect(found.requests[.write] == 2 && found.requests[.read] == 2)
        #expect(found.requests[.list, default: 0] >= 1 && found.requests[.delete, default: 0] >= 1)
        #expect(found.bytesSent == ByteCount(10_000), "once refused, once taken")
        #expect(found.bytesReceived.bytes >= 5000)
    }
}
