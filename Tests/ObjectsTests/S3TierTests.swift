import Core
import Digest
import Foundation
import Testing

@testable import Objects

@Suite("Classes of storage", .serialized, .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3TierTests {
    private func stored(_ store: S3ObjectStore, _ bytes: [UInt8] = Array("an original".utf8)) async throws -> (
        key: ObjectKey, bytes: [UInt8], sha256: SHA256Digest
    ) {
        let (key, sha256) = (ObjectKey("originals/a.jpg"), SHA256Hasher.digest(bytes))
        try await store.put(bytes, at: key, sha256: sha256)
        return (key, bytes, sha256)
    }

    @Test(
        "An object is copied onto itself in another class, with all that was told of it, and a second time nothing is sent"
    )
    func moved() async throws {
        let store = try S3Server.store()
        let (key, bytes, sha256) = try await stored(store)
        #expect(try await store.storageClass(of: key) == "STANDARD")
        let size = ByteCount(Int64(bytes.count))
        for name in ["STANDARD_IA", "GLACIER"] {
            try await store.setStorageClass(name, of: key, byteCount: size, sha256: sha256)
            #expect(try await store.storageClass(of: key) == name)
            #expect(try await store.get(key) == bytes)
            #expect(try await store.holds(sha256, byteCount: size.bytes, at: key))
            #expect(try await store.verify(key, byteCount: size, sha256: sha256) == true)
        }
        let head = try await store.client.send(S3Client.Request(method: "HEAD", key: store.prefix + key.description))
        #expect(head.headers["content-type"] == "image/jpeg")
        #expect(head.headers["cache-control"]?.contains("immutable") == true)
        let before = head.headers["last-modified"]
        try await Task.sleep(for: .seconds(1.1))
        try await store.setStorageClass("GLACIER", of: key, byteCount: size, sha256: sha256)
        let after = try await store.client.send(S3Client.Request(method: "HEAD", key: store.prefix + key.description))
        #expect(after.headers["last-modified"] == before)
        #expect(try await S3Server.names(under: store.prefix) == [store.prefix + key.description])
    }

    @Test("What is not there, or is not what was stored, is not moved")
    func refused() async throws {
        let store = try S3Server.store()
        let (key, bytes, sha256) = try await stored(store)
        let missing = await #expect(throws: EngineError.self) {
            try await store.setStorageClass(
                "GLACIER", of: ObjectKey("originals/none.jpg"), byteCount: ByteCount(1), sha256: sha256)
        }
        #expect(missing?.code == .notFound)
        let other = await #expect(throws: EngineError.self) {
            try await store.setStorageClass("GLACIER", of: key, byteCount: ByteCount(1), sha256: sha256)
        }
        #expect(other?.code == .corrupt)
        #expect(try await store.storageClass(of: key) == "STANDARD")
        #expect(try await store.get(key) == bytes)
    }

    @Test("An object in an archive is told as one, with what to do")
    func archived() async throws {
        let proxy = try FaultyProxy(upstream: try S3Server.variable("ENDPOINT"))
        let store = try S3Server.store(endpoint: proxy.endpoint)
        let (key, _, _) = try await stored(store)
        try proxy.harm("GET", "a.jpg", .refuse(403, code: "InvalidObjectState"))
        let error = await #expect(throws: EngineError.self) { _ = try await store.get(key) }
        #expect(error?.whatHappened.contains("archive") == true, "\(String(describing: error))")
        #expect(error?.whatToDo.contains("restore") == true && error?.isRetryable == false)
    }
}
