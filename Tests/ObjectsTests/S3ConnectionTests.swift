import Contracts
import Core
import Digest
import Foundation
import SystemPackage
import Testing

@testable import Objects

@Suite("S3 connections", .enabled(if: S3Server.isAvailable, S3Server.absence))
struct S3ConnectionTests {
    @Test("Requests one after the other go over one connection, refusals among them, and many at once over as many")
    func kept() async throws {
        let proxy = try FaultyProxy(upstream: S3Server.variable("ENDPOINT"))
        let store = try S3Server.store(endpoint: proxy.endpoint, traits: S3Server.traits, random: NoDelay())
        let folder = try TemporaryFolder()
        let source = folder.path.appending("source")
        let bytes = ObjectStoreContract.bytes(300_000, seed: 31)
        try Data(bytes).write(to: URL(fileURLWithPath: source.string))
        for number in 0..<10 {
            let key = ObjectKey("kept/\(number)")
            try await store.putFile(source, at: key, sha256: SHA256Hasher.digest(bytes))
            #expect(try await store.head(ObjectKey("none/\(number)")) == nil)
            await #expect(throws: EngineError.self) { _ = try await store.get(ObjectKey("none/\(number)")) }
            try await store.fetch(
                key, to: folder.path.appending("copy\(number)"), sha256: SHA256Hasher.digest(bytes))
            await #expect(throws: EngineError.self) { try await store.put([1], at: key, sha256: nil) }
        }
        #expect(try proxy.seen("PUT") == 20)
        #expect(try proxy.connections() == 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 0..<10 { _ = try await store.get(ObjectKey("kept/\((worker + number) % 10)")) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try proxy.connections() <= 4)
    }

    @Test("HTTP/2 is offered to a server with TLS, and one whose certificate nobody vouches for is not trusted")
    func offered() async throws {
        let folder = try TemporaryFolder()
        func openssl(_ arguments: [String], _ output: FileHandle) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: folder.path.string)
            // The server ends with its standard input.
            process.standardInput = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            return process
        }
        let request = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem",
        ]
        try openssl(request, FileHandle.nullDevice).waitUntilExit()
        let output = Pipe()
        let server = try openssl(
            [
                "s_server", "-naccept", "1", "-accept", "0", "-alpn", "h2,http/1.1", "-key", "key.pem", "-cert",
                "certificate.pem",
            ],
            output.fileHandleForWriting)
        defer { server.terminate() }
        var told = ""
        // "ACCEPT 0.0.0.0:38241" or "ACCEPT [::]:38241"
        while !(told.contains("ACCEPT") && told.hasSuffix("\n")),
            let part = try output.fileHandleForReading.read(upToCount: 1)
        {
            told += String(decoding: part, as: UTF8.self)
        }
        let port = try #require(told.split(separator: "\n").last?.split(separator: ":").last)
        let location = try S3Location("s3://photos?endpoint=https://localhost:\(port)")
        let store = S3ObjectStore(
            location, credentials: S3Credentials(accessKey: "KEY", secretKey: "hunter2"), traits: S3Server.traits,
            attempts: 1)
        let error = await #expect(throws: EngineError.self) { _ = try await store.head(ObjectKey("a")) }
        #expect(error?.code == .permissionDenied && error?.whatToDo.contains("certificates") == true)
        server.waitUntilExit()
        try output.fileHandleForWriting.close()
        told += String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(told.contains("ALPN protocols selected: h2\n"), "\(told)")
    }
}
