import Core
import Digest
import Foundation
import Testing

@testable import Objects

@Suite("What an S3 provider takes is found out", .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3TraitTests {
    private let proxy: FaultyProxy

    init() throws { proxy = try FaultyProxy(upstream: S3Server.variable("ENDPOINT")) }

    @Test("Once, by requests whose objects are removed again")
    func once() async throws {
        let store = try S3Server.store(endpoint: proxy.endpoint)
        let found = try await withThrowingTaskGroup(of: StoreTraits.self) { group in
            for _ in 0..<5 { group.addTask { try await store.traits() } }
            return try await group.reduce(into: [StoreTraits]()) { $0.append($1) }
        }
        #expect(found == Array(repeating: S3Server.traits, count: 5))
        let writes = try proxy.seen("PUT")
        #expect(writes == 5, "the five who asked at once share one answer")
        #expect(try await store.traits() == S3Server.traits)
        #expect(try proxy.seen("PUT") == writes)
        #expect(try await S3Server.names(under: store.prefix).isEmpty)
    }

    @Test("A provider that refuses checksums, knows no conditions and checks payloads is taken for what it is")
    func another() async throws {
        let store = try S3Server.store(endpoint: proxy.endpoint)
        try proxy.harm("PUT", "-right", .refuse(501, code: "NotImplemented"))
        try proxy.harm("PUT", "-payload", .refuse(400, code: "XAmzContentSHA256Mismatch"))
        try proxy.harm("GET", "versioning", .refuse(403, code: "AccessDenied"))
        let traits = try await store.traits()
        #expect(
            traits
                == StoreTraits(
                    takesChecksums: false, takesConditions: true, keepsVersions: false, checksPayloads: true))
        // What it takes is then all that is used.
        try await store.put([1, 2, 3], at: ObjectKey("a.webp"), sha256: nil)
        #expect(try proxy.seen("PUT", "-wrong") == 0)
        #expect(try await store.get(ObjectKey("a.webp")) == [1, 2, 3])
    }

    @Test(
        "A presigned request says of its bytes what the provider checks, and asks it first", arguments: [true, false])
    func presigned(takesChecksums: Bool) async throws {
        let store = try S3Server.store(endpoint: proxy.endpoint)
        if !takesChecksums { try proxy.harm("PUT", "-right", .refuse(501, code: "NotImplemented")) }
        let put = try await store.presignPut(
            ObjectKey("a.webp"), byteCount: ByteCount(1), sha256: SHA256Hasher.digest([1]), seconds: 60)
        #expect(put.headers.keys.contains("x-amz-checksum-sha256") == takesChecksums)
        #expect(put.headers.keys.contains("x-amz-meta-sha256") == takesChecksums)
    }

    @Test("A bucket that keeps versions is found, and nothing of a deleted object stays in it")
    func versions() async throws {
        let bucket = "v" + UUID().uuidString.lowercased()
        let store = try S3Server.store(prefix: "", bucket: bucket)
        try await store.createBucket()
        var request = S3Client.Request(method: "PUT")
        request.query = [("versioning", "")]
        request.body = .bytes(
            Array("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".utf8))
        #expect(try await store.client.send(request).status == 200)
        #expect(try await store.traits().keepsVersions)
        let twice = ObjectKey("kept/twice2")
        for bytes: [UInt8] in [[1], [1, 2]] {
            for key in [twice, ObjectKey("kept/twice22")] {
                // Past the store, which writes nothing over.
                var put = S3Client.Request(method: "PUT", key: key.description)
                put.body = .bytes(bytes)
                #expect(try await store.client.send(put).status == 200)
            }
        }
        let found = try await store.versions(of: twice)
        #expect(found.map(\.byteCount) == [ByteCount(2), ByteCount(1)] && found.map(\.isLatest) == [true, false])
        #expect(Set(found.compactMap(\.id)).count == 2 && found.allSatisfy { $0.storedAt.hasPrefix("20") }, "\(found)")
        #expect(try await store.versions(of: ObjectKey("kept/none")).isEmpty)
        for key in [twice, ObjectKey("kept/twice22")] { try await store.delete(key) }
        let key = ObjectKey("kept/twice")
        for byte: UInt8 in [1, 2] {
            try await store.put([byte], at: key, sha256: nil)
            try await store.delete(key)
        }
        #expect(try await S3Server.names(under: "", bucket: bucket, listing: "versions").isEmpty)
    }

    @Test("With what the provider asks to be sent less is remembered")
    func throttle() async throws {
        let store = try S3Server.store(
            endpoint: proxy.endpoint, traits: S3Server.traits, random: NoDelay())
        #expect(try await store.traits().throttle == nil)
        try proxy.harm("PUT", "busy", .refuse(503, code: "SlowDown"))
        try await store.put([1], at: ObjectKey("busy"), sha256: nil)
        #expect(try await store.traits().throttle == "503 SlowDown")
        try proxy.harm("HEAD", "busy", .refuse(500, code: "InternalError"))
        _ = try await store.head(ObjectKey("busy"))
        #expect(try await store.traits().throttle == "503 SlowDown", "a fault is no plea")
    }

    @Test("A store that may not be written to is told as such, and asked again the next time")
    func refused() async throws {
        let store = try S3Server.store(endpoint: proxy.endpoint)
        try proxy.harm("PUT", .refuse(403, code: "AccessDenied"))
        let error = await #expect(throws: EngineError.self) { _ = try await store.traits() }
        #expect(error?.code == .permissionDenied)
        #expect(try await store.traits() == S3Server.traits)
    }
}
