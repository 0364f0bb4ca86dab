import Contracts
import Core
import Digest
import Foundation
import Programs
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

}

@Suite("S3 connections and TLS")
struct S3TLSTests {
    private func store(_ endpoint: String, attempts: Int = 3) throws -> S3ObjectStore {
        S3ObjectStore(
            try S3Location("s3://photos?endpoint=\(endpoint)"),
            credentials: S3Credentials(accessKey: "KEY", secretKey: "hunter2"), traits: S3Server.traits,
            attempts: attempts, random: NoDelay())
    }

    @Test("HTTP/2 is offered to a server with TLS, and one whose certificate nobody vouches for is not trusted")
    func offered() async throws {
        let server = try await TLSServer()
        let store = try store("https://localhost:\(server.port)", attempts: 1)
        let error = await #expect(throws: EngineError.self) { _ = try await store.head(ObjectKey("a")) }
        #expect(error?.code == .permissionDenied && error?.whatToDo.contains("certificates") == true)
        #expect(error?.isRefusalOfUs == true)
        #expect(try await server.end().contains("ALPN protocols selected: h2\n"))
    }

    @Test("A port with TLS that was asked without is told as such, with what to write, and asked once")
    func plainToTLS() async throws {
        // The second connection is the one that finds out why the first was ended.
        let server = try await TLSServer(connections: 2)
        let store = try store("http://localhost:\(server.port)")
        let error = await #expect(throws: EngineError.self) { _ = try await store.head(ObjectKey("a")) }
        #expect(error?.code == .invalidInput && error?.isRetryable == false, "\(String(describing: error))")
        #expect(error?.whatHappened.contains("localhost:\(server.port)") == true)
        #expect(error?.whatHappened.contains("TLS") == true && error?.whatToDo.contains("https://") == true)
        _ = try await server.end()
    }

    @Test("So is one that says so itself, as Go's and nginx's servers do; one that only hangs up is asked again")
    func saysSo() async throws {
        let proxy = try FaultyProxy(upstream: "http://127.0.0.1:1")
        let store = try store(proxy.endpoint)
        try proxy.harm("GET", .refuse(400, code: "Client sent an HTTP request to an HTTPS server."))
        let told = await #expect(throws: EngineError.self) { _ = try await store.get(ObjectKey("a")) }
        #expect(
            told?.code == .invalidInput && told?.whatToDo.contains("https://") == true, "\(String(describing: told))")
        try proxy.harm("GET", .cutUp(0), times: 3)
        let ended = await #expect(throws: EngineError.self) { _ = try await store.get(ObjectKey("a")) }
        #expect(ended?.code == .unavailable && ended?.isRetryable == true)
        #expect(ended?.whatHappened.contains("without an answer") == true, "\(String(describing: ended))")
        #expect(try proxy.seen("GET") >= 4, "it was tried again")
    }

    @Test("A port without TLS that was asked with https is told as such, with what to write")
    func tlsToPlain() async throws {
        let plain = try StrictS3.shared.get().endpoint
        let error = await #expect(throws: EngineError.self) {
            _ = try await store(plain.replacing("http:", with: "https:")).head(ObjectKey("a"))
        }
        #expect(error?.code == .invalidInput && error?.isRetryable == false, "\(String(describing: error))")
        #expect(error?.whatHappened.contains("speaks no TLS") == true && error?.whatToDo.contains("http://") == true)
    }
}

/// openssl's server, for so many connections, with a certificate of its own.
private final class TLSServer {
    let port: String
    private let process: Process
    private let output = Pipe()
    private var told = ""
    private let folder: TemporaryFolder

    init(connections: Int = 1) async throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        func openssl(_ arguments: [String], _ output: FileHandle) -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: folder.path.string)
            // The server ends with its standard input.
            process.standardInput = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            return process
        }
        let request = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-keyout", "key.pem", "-out", "certificate.pem",
        ]
        try await openssl(request, FileHandle.nullDevice).runToEnd()
        process = openssl(
            [
                "s_server", "-naccept", "\(connections)", "-accept", "0", "-alpn", "h2,http/1.1", "-key", "key.pem",
                "-cert",
                "certificate.pem",
            ],
            output.fileHandleForWriting)
        try process.run()
        var told = ""
        // "ACCEPT 0.0.0.0:38241" or "ACCEPT [::]:38241"
        while !(told.contains("ACCEPT") && told.hasSuffix("\n")),
            let part = try output.fileHandleForReading.read(upToCount: 1)
        {
            told += String(decoding: part, as: UTF8.self)
        }
        port = String(try #require(told.split(separator: "\n").last?.split(separator: ":").last))
        self.told = told
    }

    deinit { process.terminate() }

    /// What it has told, when its last connection has ended.
    func end() async throws -> String {
        try await process.end()
        try output.fileHandleForWriting.close()
        return told + String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}
