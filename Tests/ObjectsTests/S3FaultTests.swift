import Contracts
import Core
import Digest
import Foundation
import SystemPackage
import Testing

@testable import Objects

/// The real server behind one that breaks off, refuses, loses and changes.
@Suite("S3ObjectStore when the way to the server is bad", .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3FaultTests {
    private let proxy: FaultyProxy
    private let store: S3ObjectStore
    private let direct: S3ObjectStore
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        proxy = try FaultyProxy(upstream: S3Server.variable("ENDPOINT"))
        store = try S3Server.store(endpoint: proxy.endpoint, traits: S3Server.traits, random: NoDelay())
        direct = try S3Server.store(prefix: store.prefix)
    }

    private func file(_ bytes: [UInt8]) throws -> (path: FilePath, digest: SHA256Digest) {
        let path = folder.path.appending(UUID().uuidString)
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        return (path, SHA256Hasher.digest(bytes))
    }

    /// More than goes up in one request, in three parts that differ.
    private func large(seed: UInt64) -> [UInt8] {
        let block = ObjectStoreContract.bytes(1 << 20, seed: seed)
        return (0..<33).flatMap { number in [UInt8(number)] + block.dropFirst() }
    }

    @Test("A server that refuses the key, or has no such bucket, is told from one that lacks an object")
    func refusals() async throws {
        func isRefusal(_ error: any Error) -> Bool { (error as? EngineError)?.isRefusalOfUs == true }
        let wrong = try S3Server.store(secretKey: "wrong", traits: S3Server.traits, random: NoDelay())
        let key = ObjectKey("refused")
        await #expect(performing: { try await wrong.put([1], at: key, sha256: nil) }, throws: isRefusal)
        await #expect(performing: { _ = try await wrong.get(key) }, throws: isRefusal)
        await #expect(performing: { _ = try await wrong.head(key) }, throws: isRefusal)
        await #expect(performing: { try await wrong.checkAccess() }, throws: isRefusal)
        let nowhere = try S3Server.store(bucket: "there-is-no-such-bucket", random: NoDelay())
        await #expect(performing: { try await nowhere.checkAccess() }, throws: isRefusal)
        await #expect(performing: { _ = try await direct.get(key) }, throws: { !isRefusal($0) })
        try await direct.checkAccess()
    }

    @Test("An object that is refused is told from a key that may do nothing, by trying another one")
    func oneObject() async throws {
        func isRefusal(_ error: any Error) -> Bool { (error as? EngineError)?.isRefusalOfUs == true }
        func isTheObjects(_ error: any Error) -> Bool {
            let error = error as? EngineError
            return error?.code == .permissionDenied && error?.isRefusalOfUs == false && error?.isRetryable == false
        }
        let one = ObjectKey("one")
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            try proxy.harm(method, "one", .refuse(403, code: "AccessDenied"))
        }
        await #expect(performing: { _ = try await store.get(one) }, throws: isTheObjects)
        await #expect(performing: { _ = try await store.head(one) }, throws: isTheObjects)
        await #expect(performing: { try await store.put([1], at: one, sha256: nil) }, throws: isTheObjects)
        await #expect(performing: { try await store.delete(one) }, throws: isTheObjects)
        #expect(try proxy.seen("PUT", "probe/") == 4)
        #expect(try await S3Server.names(under: store.prefix) == [])

        // An object in an archive: nothing is tried.
        try proxy.harm("GET", "one", .refuse(403, code: "InvalidObjectState"))
        await #expect(performing: { _ = try await store.get(one) }, throws: isTheObjects)
        #expect(try proxy.seen("PUT", "probe/") == 4)

        // The proof itself is not to be had: the job waits.
        try proxy.harm("GET", "one", .refuse(403, code: "AccessDenied"))
        try proxy.harm("PUT", "probe/", .refuse(503, code: "SlowDown"))
        await #expect(
            performing: { _ = try await store.get(one) }, throws: { ($0 as? EngineError)?.isRetryable == true })

        // A key that may not delete is refused an object, and nothing is tried for ever.
        try proxy.harm("DELETE", .refuse(403, code: "AccessDenied"), times: 2)
        await #expect(performing: { try await store.delete(one) }, throws: isTheObjects)

        // One that may write and not read, and one that may read and not write.
        try proxy.harm("GET", .refuse(403, code: "AccessDenied"), times: 2)
        await #expect(performing: { _ = try await store.get(one) }, throws: isRefusal)
        try proxy.harm("PUT", .refuse(403, code: "AccessDenied"), times: 2)
        await #expect(performing: { try await store.put([1], at: one, sha256: nil) }, throws: isRefusal)
    }

    @Test(
        "What no later attempt mends is asked once, and told as no absence of the store",
        arguments: [
            (400, "InvalidRequest", EngineError.Code.unsupported), (405, "MethodNotAllowed", .unsupported),
            (413, "EntityTooLarge", .limitExceeded), (413, "Large", .limitExceeded),
            (501, "NotImplemented", .unsupported),
            (507, "Full", .noSpace),
        ])
    func lasting(status: Int, code: String, meaning: EngineError.Code) async throws {
        try proxy.harm("PUT", "lasting", .refuse(status, code: code + "\u{1B}[31m"), times: 9)
        let error = try await #require(throws: EngineError.self) {
            try await store.put([1], at: ObjectKey("lasting"), sha256: nil)
        }
        #expect(error.code == meaning && !error.isRetryable)
        #expect(try proxy.seen("PUT", "lasting") == 1)
    }

    @Test("A burst of 503 is sat out as long as the server asks", arguments: [false, true])
    func burst(asDate: Bool) async throws {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let wait = asDate ? format.string(from: Date() + 2) : "1"
        try proxy.harm("PUT", .refuse(503, code: "SlowDown", headers: ["Retry-After": wait]), times: asDate ? 1 : 2)
        let start = ContinuousClock.now
        try await store.put([1, 2, 3], at: ObjectKey("burst"), sha256: nil)
        #expect(ContinuousClock.now - start >= .seconds(asDate ? 1 : 2))
        #expect(try proxy.seen("PUT") == (asDate ? 2 : 3))
        #expect(try await direct.get(ObjectKey("burst")) == [1, 2, 3])
    }

    @Test("Each passing fault is tried again, and what was asked then happens", arguments: [429, 500, 502, 504])
    func passing(status: Int) async throws {
        for method in ["PUT", "HEAD", "GET", "DELETE"] {
            try proxy.harm(method, "passing", .refuse(status, code: "InternalError"), times: 3)
        }
        let key = ObjectKey("passing")
        try await store.put([7], at: key, sha256: nil)
        #expect(try await store.head(key) == ByteCount(1))
        #expect(try await store.get(key) == [7])
        try await store.delete(key)
        #expect(try await direct.head(key) == nil)
    }

    @Test("A refusal is not tried again")
    func refused() async throws {
        try proxy.harm("GET", "refused", .refuse(403, code: "AccessDenied"), times: 9)
        try proxy.harm("PUT", "refused", .refuse(400, code: "InvalidArgument"), times: 9)
        let error = await #expect(throws: EngineError.self) { _ = try await store.get(ObjectKey("refused")) }
        #expect(error?.code == .permissionDenied && error?.isRetryable == false)
        await #expect(throws: EngineError.self) { try await store.put([1], at: ObjectKey("refused"), sha256: nil) }
        #expect(try proxy.seen("GET", "refused") == 1)
        #expect(try proxy.seen("PUT", "refused") == 1)
    }

    @Test("A fault that stays ends the attempts, and names the server and what to do")
    func staying() async throws {
        try proxy.harm("GET", "staying", .refuse(503, code: "SlowDown"), times: 99)
        let error = await #expect(throws: EngineError.self) { _ = try await store.get(ObjectKey("staying")) }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        #expect(error?.description.contains(store.client.location.host) == true)
        #expect(try proxy.seen("GET", "staying") == 7)
    }

    @Test("An upload that is cut off in the middle goes up whole")
    func cutUp() async throws {
        let bytes = ObjectStoreContract.bytes(3 << 20, seed: 5)
        let (path, digest) = try file(bytes)
        try proxy.harm("PUT", .cutUp(1 << 20), times: 2)
        try await store.putFile(path, at: ObjectKey("file"), sha256: digest)
        #expect(try await direct.get(ObjectKey("file")) == bytes)
        try proxy.harm("PUT", "memory", .cutUp(1000))
        try await store.put(bytes, at: ObjectKey("memory"), sha256: digest)
        #expect(try await direct.get(ObjectKey("memory")) == bytes)
    }

    @Test("A download that is cut off in the middle is begun anew, and comes whole")
    func cutDown() async throws {
        let bytes = ObjectStoreContract.bytes(2 << 20, seed: 6)
        let key = ObjectKey("down")
        try await direct.put(bytes, at: key, sha256: nil)
        try proxy.harm("GET", "down", .cutDown(1 << 20), times: 2)
        #expect(try await store.get(key) == bytes)
        try proxy.harm("GET", "down", .cutDown(1_500_000), times: 2)
        let path = folder.path.appending("fetched")
        try await store.fetch(key, to: path, sha256: SHA256Hasher.digest(bytes))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path.string)) == Data(bytes))
    }

    @Test("A download that never comes whole leaves no file")
    func neverWhole() async throws {
        let bytes = ObjectStoreContract.bytes(100_000, seed: 6)
        try await direct.put(bytes, at: ObjectKey("half"), sha256: nil)
        try proxy.harm("GET", "half", .cutDown(50_000), times: 99)
        let path = folder.path.appending("half")
        let error = await #expect(throws: EngineError.self) {
            try await store.fetch(ObjectKey("half"), to: path, sha256: SHA256Hasher.digest(bytes))
        }
        #expect(error?.code == .unavailable)
        #expect(try folder.contents().isEmpty)
    }

    @Test("Bytes that changed on the way are refused, up and down")
    func changed() async throws {
        let bytes = ObjectStoreContract.bytes(200_000, seed: 7)
        let (path, digest) = try file(bytes)
        try proxy.harm("PUT", .changeUp)
        let up = await #expect(throws: EngineError.self) {
            try await store.putFile(path, at: ObjectKey("changed"), sha256: digest)
        }
        #expect(up?.code == .corrupt, "\(String(describing: up))")
        #expect(try await direct.head(ObjectKey("changed")) == nil)
        try await direct.put(bytes, at: ObjectKey("changed"), sha256: nil)
        try proxy.harm("GET", "changed", .changeDown)
        let copy = folder.path.appending("copy")
        let down = await #expect(throws: EngineError.self) {
            try await store.fetch(ObjectKey("changed"), to: copy, sha256: digest)
        }
        #expect(down?.code == .corrupt)
        #expect(!FileManager.default.fileExists(atPath: copy.string))
    }

    @Test("A part that changed on its way is refused, and the upload leaves no object")
    func changedPart() async throws {
        let (path, digest) = try file(large(seed: 8))
        try proxy.harm("PUT", "partNumber=2", .changeUp)
        let error = await #expect(throws: EngineError.self) {
            try await store.putFile(path, at: ObjectKey("parts"), sha256: digest)
        }
        #expect(error?.code == .corrupt, "\(String(describing: error))")
        #expect(try await direct.head(ObjectKey("parts")) == nil)
    }

    @Test("What was done is not done twice, nor called failed, when the answer is lost")
    func lost() async throws {
        let bytes = large(seed: 9)
        let (path, digest) = try file(bytes)
        for (method, text) in [("PUT", "lost"), ("DELETE", "lost"), ("POST", "uploadId=")] {
            try proxy.harm(method, text, .loseAnswer)
        }
        try await store.put([1], at: ObjectKey("lost"), sha256: nil)
        #expect(try await direct.get(ObjectKey("lost")) == [1])
        try await store.delete(ObjectKey("lost"))
        #expect(try await direct.head(ObjectKey("lost")) == nil)
        try await store.putFile(path, at: ObjectKey("large"), sha256: digest)
        #expect(try proxy.seen("PUT", "partNumber=") == 3, "no part goes up again")
        let copy = folder.path.appending("copy")
        try await direct.fetch(ObjectKey("large"), to: copy, sha256: digest)
    }

    @Test("A completion that answers 200 and tells of a fault in its body is tried again")
    func lateFault() async throws {
        let (path, digest) = try file(large(seed: 10))
        try proxy.harm("POST", "uploadId=", .refuse(200, code: "InternalError"), times: 2)
        try await store.putFile(path, at: ObjectKey("late"), sha256: digest)
        #expect(try await direct.head(ObjectKey("late")) == ByteCount(33 << 20))
    }

    @Test("A file that changes while its parts go up is not stored")
    func changedFile() async throws {
        let (path, digest) = try file(large(seed: 11))
        try proxy.harm("PUT", "partNumber=1", .refuse(503, code: "SlowDown", headers: ["Retry-After": "10"]))
        let upload = Task { try await store.putFile(path, at: ObjectKey("moving"), sha256: digest) }
        try await until { try proxy.seen("PUT", "partNumber=1") >= 1 }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path.string))
        try handle.write(contentsOf: Data([1, 2, 3, 4, 5, 6, 7, 8]))
        try handle.close()
        let error = await #expect(throws: EngineError.self) { try await upload.value }
        #expect(error?.code == .corrupt, "\(String(describing: error))")
        #expect(try await direct.head(ObjectKey("moving")) == nil)
        #expect(try proxy.seen("DELETE", "uploadId=") == 1, "the parts are given up")
    }

    @Test("A slow link is waited for; a task that is cancelled on it ends at once and leaves no file")
    func slow() async throws {
        let bytes = ObjectStoreContract.bytes(200_000, seed: 12)
        let key = ObjectKey("slow")
        try await direct.put(bytes, at: key, sha256: nil)
        try proxy.harm("GET", "slow", .slowDown(100_000))
        #expect(try await store.get(key) == bytes)
        try proxy.harm("GET", "slow", .slowDown(2_000))
        let path = folder.path.appending("slow")
        let task = Task { try await store.fetch(key, to: path, sha256: SHA256Hasher.digest(bytes)) }
        try await until { try proxy.seen("GET", "slow") == 2 }
        try await Task.sleep(for: .milliseconds(300))
        let start = ContinuousClock.now
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(!FileManager.default.fileExists(atPath: path.string))
    }

    @Test("A clock that is off is named as the reason")
    func skewed() async throws {
        let early = try S3Server.store(clock: FixedClock())
        let error = await #expect(throws: EngineError.self) {
            try await early.put([1], at: ObjectKey("x"), sha256: nil)
        }
        #expect(
            error?.code == .permissionDenied && error?.whatToDo.contains("clock") == true,
            "\(String(describing: error))")
    }

    @Test("While nothing answers requests end at once, and go through again when the server is back")
    func breaker() async throws {
        let single = try S3Server.store(
            prefix: store.prefix, endpoint: proxy.endpoint, traits: S3Server.traits, attempts: 1,
            random: NoDelay(seconds: 2))
        let key = ObjectKey("breaker")
        try await direct.put([1], at: key, sha256: nil)
        try proxy.harm("GET", "breaker", .loseAnswer, times: 8)
        for _ in 0..<8 { await #expect(throws: EngineError.self) { _ = try await single.get(key) } }
        let error = await #expect(throws: EngineError.self) { _ = try await single.get(key) }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        #expect(try proxy.seen("GET", "breaker") == 8, "the ninth was not sent")
        try await until { (try? await single.get(key)) == [1] }
    }

    private func until(_ isTrue: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(240)
        while ContinuousClock.now < end {
            if try await isTrue() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it did not come about in four minutes")
    }
}

/// Jitter that falls on nothing, or near a number of seconds of the 4 that it is asked for.
struct NoDelay: RandomSource {
    var seconds = 0.0
    func next() -> UInt64 { UInt64(seconds / 4 * Double(1 << 53)) << 11 }
}
