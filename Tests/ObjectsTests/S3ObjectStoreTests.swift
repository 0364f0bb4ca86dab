import Contracts
import Core
import Digest
import Foundation
import SystemPackage
import Testing

@testable import Objects

@Suite("Every object store keeps the contract on S3", .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3ContractTests {
    @Test("SeaweedFS", arguments: ObjectStoreContract.cases)
    func seaweedfs(_ contract: ContractCase<ObjectStoreContract.Store>) async throws {
        // A bucket of its own, as the longest keys leave no room for a prefix.
        let store = try S3Server.store(prefix: "", bucket: "t" + UUID().uuidString.lowercased())
        try await store.createBucket()
        try await contract.run(store)
    }
}

@Suite("S3ObjectStore", .serialized, .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3ObjectStoreTests {
    private func withFile(_ count: Int, _ body: (FilePath, SHA256Digest, [UInt8]) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let bytes = ObjectStoreContract.bytes(count, seed: UInt64.random(in: 0...UInt64.max))
        let file = folder.path.appending("file")
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
        try await body(file, SHA256Hasher.digest(bytes), bytes)
    }

    @Test("A file of several parts goes up whole, and comes back with its digest checked")
    func multipart() async throws {
        let store = try S3Server.store()
        try await withFile(40 << 20) { file, digest, _ in
            let key = ObjectKey("large")
            try await store.putFile(file, at: key, sha256: digest)
            #expect(try await store.head(key) == ByteCount(40 << 20))
            try await store.putFile(file, at: key, sha256: digest)
            let copy = file.removingLastComponent().appending("copy")
            try await store.fetch(key, to: copy, sha256: digest)
            #expect(try SHA256Hasher.digest(path: copy).sha256 == digest)
            let wrong = SHA256Hasher.digest([1])
            let other = file.removingLastComponent().appending("other")
            let error = try await #require(throws: EngineError.self) {
                try await store.fetch(key, to: other, sha256: wrong)
            }
            #expect(error.code == .corrupt && !FileManager.default.fileExists(atPath: other.string))
            try await store.delete(key)
        }
    }

    @Test("What the bucket has lost, and what rules it lacks, are told with what to do")
    func advised() async throws {
        let store = try S3Server.store(prefix: "", bucket: "t" + UUID().uuidString.lowercased())
        try await store.createBucket()
        let folder = try TemporaryFolder()
        let lost = try await #require(throws: EngineError.self) {
            try await store.fetch(
                ObjectKey("lost"), to: folder.path.appending("lost"), sha256: SHA256Hasher.digest([1]))
        }
        #expect(lost.code == .notFound && lost.whatToDo.contains("earlier version"), "\(lost)")
        let lifecycle = await store.findings(profile: "prod").first { $0.name == "lifecycle" }
        #expect(lifecycle?.whatToDo == "run: phototui storage lifecycle --profile prod")
    }

    @Test("An upload in parts that was broken off goes on with the parts that are there")
    func resumed() async throws {
        let store = try S3Server.store()
        try await withFile(11 << 20) { file, digest, bytes in
            let key = ObjectKey("parts")
            let ranges = S3ObjectStore.partRanges(11 << 20, partByteCount: 5 << 20)
            #expect(ranges.count == 3)
            let token = try await store.beginMultipart(key, sha256: digest)
            let first = try await store.putPart(1, of: file, range: ranges[0], key: key, token: token)
            // Another process, with what the ledger kept.
            let second = try S3Server.store(prefix: store.prefix)
            var parts = [first]
            for number in 2...3 {
                parts.append(
                    try await second.putPart(number, of: file, range: ranges[number - 1], key: key, token: token))
            }
            try await second.completeMultipart(key, token: token, parts: parts.reversed())
            #expect(try await store.get(key) == bytes)
            let gone = try await store.beginMultipart(ObjectKey("given-up"), sha256: digest)
            try await store.abortMultipart(ObjectKey("given-up"), token: gone)
            try await store.abortMultipart(ObjectKey("given-up"), token: gone)
            await #expect(throws: EngineError.self) {
                _ = try await store.putPart(1, of: file, range: ranges[0], key: ObjectKey("given-up"), token: gone)
            }
        }
    }

    @Test(
        "A part that is no longer what was read is not stored, whether the provider compares it or we do",
        arguments: [true, false])
    func changedPart(takesChecksums: Bool) async throws {
        let traits = StoreTraits(
            takesChecksums: takesChecksums, takesConditions: true, keepsVersions: false, checksPayloads: false)
        let store = try S3Server.store(traits: traits)
        try await withFile(6 << 20) { file, digest, bytes in
            let key = ObjectKey("changing")
            let token = try await store.beginMultipart(key, sha256: digest)
            let opened = try OpenedFile(file, .readWrite)
            let range: Range<Int64> = 0..<5 << 20
            let read = SHA256Hasher.digest(Array(bytes[..<(5 << 20)]))
            func send() async throws -> UploadPart {
                try await store.putPart(
                    1, of: opened.descriptor, range: range, sha256: read, key: key, token: token)
            }
            func stored() async throws -> Int {
                var request = S3Client.Request(method: "GET", key: store.prefix + key.description)
                request.query = [("uploadId", token)]
                let response = try await store.client.send(request)
                return S3Answer(response.body).elements("Part").count
            }
            // In its last block, when nearly all of it is sent.
            _ = try opened.descriptor.writeAll(toAbsoluteOffset: (5 << 20) - 1, [bytes[(5 << 20) - 1] ^ 1])
            let error = await #expect(throws: EngineError.self) { _ = try await send() }
            #expect(error?.code == .corrupt, "\(String(describing: error))")
            try opened.descriptor.resize(to: 1 << 20)
            let shorter = await #expect(throws: EngineError.self) { _ = try await send() }
            #expect(shorter?.code == .corrupt, "\(String(describing: shorter))")
            #expect(try await stored() == 0)
            _ = try opened.descriptor.writeAll(toAbsoluteOffset: 0, bytes)
            #expect(try await send().byteCount == 5 << 20)
            #expect(try await stored() == 1)
            try await store.abortMultipart(key, token: token)
        }
    }

    @Test("A wrong key, a missing bucket and an unreachable server are named with what to do, never with the secret")
    func refusals() async throws {
        let secret = "hunter2-\(UUID().uuidString)"
        let key = ObjectKey("x")
        let cases: [(S3ObjectStore, EngineError.Code)] = [
            (try S3Server.store(secretKey: secret), .permissionDenied),
            (try S3Server.store(bucket: "no-such-bucket-\(UUID().uuidString.prefix(8).lowercased())"), .notFound),
            (try S3Server.store(endpoint: "http://127.0.0.1:1", secretKey: secret, attempts: 1), .unavailable),
            (try S3Server.store(endpoint: "http://nowhere.invalid", attempts: 1), .unavailable),
        ]
        for (store, code) in cases {
            let error = try await #require(throws: EngineError.self) { try await store.put([1], at: key, sha256: nil) }
            #expect(error.code == code, "\(error)")
            #expect(!error.whatToDo.isEmpty && !error.description.contains(secret))
            #expect(error.isRetryable == (code == .unavailable))
        }
    }

    @Test("Presigned requests are taken from other clients, for these bytes and no others")
    func presigned() async throws {
        let store = try S3Server.store()
        try await withFile(100_000) { file, digest, bytes in
            let key = ObjectKey("presigned")
            func curl(_ request: PresignedRequest, _ more: [String]) throws -> String {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
                let headers = request.headers.filter { $0.key != "content-length" }.flatMap {
                    ["-H", "\($0.key): \($0.value)"]
                }
                process.arguments =
                    ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", request.method] + headers + more
                    + [request.url]
                let output = Pipe()
                process.standardOutput = output
                try process.run()
                process.waitUntilExit()
                return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }
            let put = try await store.presignPut(key, byteCount: ByteCount(100_000), sha256: digest, seconds: 900)
            let other = file.removingLastComponent().appending("other")
            try Data(bytes.dropLast()).write(to: URL(fileURLWithPath: other.string))
            #expect(try curl(put, ["-T", other.string]) != "200", "another length")
            try Data(bytes.dropLast() + [bytes[0] ^ 1]).write(to: URL(fileURLWithPath: other.string))
            #expect(try curl(put, ["-T", other.string]) != "200", "other bytes")
            #expect(try await store.head(key) == nil)
            #expect(try curl(put, ["-T", file.string]) == "200")
            #expect(try await store.get(key) == bytes)
            #expect(try curl(store.presignGet(key, seconds: 900), []) == "200")
            let past = FixedClock()
            let early = try S3Server.store(prefix: store.prefix, clock: past)
            #expect(try curl(early.presignGet(key, seconds: 10), []) == "403", "a request that has ended")
        }
    }
}
