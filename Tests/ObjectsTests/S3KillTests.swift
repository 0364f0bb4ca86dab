import Contracts
import Core
import Digest
import Foundation
import SystemPackage
import Testing

@testable import Objects

@Suite("An S3 server that is killed", .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3KillTests {
    private func unfinished(_ store: S3ObjectStore) async throws -> [String] {
        var request = S3Client.Request(method: "GET")
        request.query = [("uploads", "")]
        let response = try await store.client.send(request)
        try #require(response.status == 200)
        return S3Answer(response.body).elements("Upload").compactMap { $0.text("Key") }
    }

    @Test("while a part goes up, and again between parts, has the whole object in the end, and nothing unfinished")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let server = try await KillableS3(folder)
        let direct = try await server.store()
        let proxy = try FaultyProxy(upstream: "\(direct.client.location.scheme)://\(direct.client.location.host)")
        // It waits up to four seconds between two attempts.
        let store = try await server.store(endpoint: proxy.endpoint, random: NoDelay(seconds: 0.5))
        let bytes = ObjectStoreContract.bytes(16 << 20, seed: 51)
        let digest = SHA256Hasher.digest(bytes)
        let file = folder.path.appending("file")
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
        let ranges = S3ObjectStore.partRanges(16 << 20, partByteCount: 5 << 20)
        let key = ObjectKey("killed/over.jpg")
        let token = try await store.beginMultipart(key, sha256: digest)
        var parts = [try await store.putPart(1, of: file, range: ranges[0], key: key, token: token)]

        try proxy.harm("PUT", "partNumber=2", .slowUp(256 << 10))
        let second = Task { try await store.putPart(2, of: file, range: ranges[1], key: key, token: token) }
        let end = ContinuousClock.now + .seconds(60)
        while try proxy.seen("PUT", "partNumber=2") == 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        // A small part of it; the rest would take longer than a busy machine takes to kill the server.
        try await Task.sleep(for: .milliseconds(500))
        try await server.kill()
        try await server.start()
        parts.append(try await second.value)
        #expect(try proxy.seen("PUT", "partNumber=2") >= 2, "it was killed when the part was there")
        #expect(try proxy.seen("PUT", "partNumber=1") == 1)

        try await server.kill()
        try await server.start()
        #expect(try await unfinished(direct) == [key.description])
        for number in 3...ranges.count {
            parts.append(
                try await store.putPart(number, of: file, range: ranges[number - 1], key: key, token: token))
        }
        try await store.completeMultipart(key, token: token, parts: parts, sha256: digest)
        #expect(try await direct.get(key) == bytes)
        #expect(try await unfinished(direct) == [])
        #expect(try await direct.list(prefix: "killed/", after: nil, limit: 9).map(\.key) == [key])
    }
}
