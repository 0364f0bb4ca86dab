import Core
import Foundation

/// A Redis server of a test's own, to be killed, frozen and flushed.
final class RedisServer: @unchecked Sendable {
    // SAFETY: `process` is changed by the one test that owns the server.
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/redis-server")

    let folder: URL
    let port: Int
    private let options: [String]
    private var process: Process?

    init(_ options: [String] = []) throws {
        // A short path: a unix socket's has at most 107 bytes.
        folder = URL(fileURLWithPath: "/tmp/phototui-redis-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = Int.random(in: 30_000...39_999)
        self.options = options
        try start()
    }

    /// Call it in a `defer`, which also keeps the server until the test's end.
    func stop() {
        signal(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    var socket: String { folder.path + "/redis.sock" }
    var url: String { "redis+socket://\(socket)?virtual_host=0" }

    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        process.arguments =
            ["--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--appendonly", "no"] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
    }

    func signal(_ number: Int32) {
        if let process { kill(process.processIdentifier, number) }
    }

    func end() async throws {
        signal(SIGKILL)
        while process?.isRunning == true { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// An authority (`ca.crt`), a certificate for localhost and 127.0.0.1 that it signed (`server.crt`, `server.key`), and
    /// another authority, which signed nothing (`other.crt`).
    func makeCertificates() async throws {
        try Data("subjectAltName=DNS:localhost,IP:127.0.0.1".utf8).write(to: folder.appendingPathComponent("names"))
        for name in ["ca", "other"] {
            try await openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout",
                "\(name).key", "-out", "\(name).crt")
        }
        try await openssl(
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out",
            "server.csr")
        try await openssl(
            "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.crt")
    }

    /// What redis-server needs to speak TLS on `port`, with the certificates of `folder`.
    func tlsOptions() -> [String] {
        [
            "--tls-port", "\(port)", "--tls-cert-file", "\(folder.path)/server.crt", "--tls-key-file",
            "\(folder.path)/server.key", "--tls-ca-cert-file", "\(folder.path)/ca.crt", "--tls-auth-clients",
            "optional",
        ]
    }

    private func openssl(_ arguments: String...) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.currentDirectoryURL = folder
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        guard process.terminationStatus == 0 else { throw EngineError(.internal, "openssl \(arguments[0]) failed") }
    }
}
