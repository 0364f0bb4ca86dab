import Core
import Foundation
import Synchronization
import Testing

@testable import Jobs

@Suite("RedisConnection", .serialized, .enabled(if: RedisServer.isInstalled, "needs redis-server"))
struct RedisConnectionTests {
    @Test(
        "Addresses are read as Celery writes them, and shown without their password",
        arguments: [
            ("redis://", "redis://localhost:6379/0"),
            ("redis://:secret@h:7000/3", "redis://h:7000/3"),
            ("rediss://user:se%40cret@[::1]/1?ssl_cert_reqs=none", "rediss://::1:6379/1"),
            ("redis+socket:///run/redis.sock?virtual_host=5", "redis+socket:///run/redis.sock?virtual_host=5"),
            ("unix:///run/redis.sock?db=2", "redis+socket:///run/redis.sock?virtual_host=2"),
        ])
    func addresses(_ text: String, _ shown: String) throws {
        let address = try RedisAddress(text)
        #expect(address.description == shown)
        #expect(!"\(address)".contains("cret"))
    }

    @Test(
        "What is no address is refused, without repeating it",
        arguments: [
            "", "amqp://secret@h", "redis://h/secret", "redis+socket://", "redis://h:99999",
            "rediss://h?ssl_cert_reqs=maybe",
            "redis+socket:///\(String(repeating: "s", count: 200))",
        ])
    func noAddresses(_ text: String) throws {
        let error = #expect(throws: EngineError.self) { try RedisAddress(text) }
        #expect(error?.code == .invalidInput)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("Commands of many tasks at once get their own answers", .timeLimit(.minutes(5)))
    func pipelining() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let connection = RedisConnection(try RedisAddress(server.url))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<50 {
                group.addTask {
                    for turn in 0..<40 {
                        let text = "\(task)/\(turn)" + String(repeating: "x", count: turn * 100)
                        let answers = try await connection.send([
                            RedisCommand("ECHO", .text(text)), RedisCommand("ECHO", .bytes([0, 255, 13, 10])),
                            RedisCommand("NONSENSE"),
                        ])
                        #expect(answers[0].text == text)
                        #expect(answers[1].bytes == [0, 255, 13, 10])
                        guard case .error = answers[2] else {
                            Issue.record("a nonsense command succeeded")
                            return
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let large = [UInt8](repeating: 7, count: 20 << 20)
        #expect(try await connection.send(RedisCommand("ECHO", .bytes(large))).bytes == large)
    }

    @Test(
        "A server that is killed and comes back is found again; meanwhile the error says what to do",
        .timeLimit(.minutes(5)))
    func reconnects() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let connection = RedisConnection(try RedisAddress(server.url))
        try await connection.send(RedisCommand("SET", "a", "1"))
        try await server.end()
        let error = await #expect(throws: EngineError.self) {
            try await connection.send(RedisCommand("GET", "a"), seconds: 0.5)
        }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        try server.start()
        #expect(try await connection.send(RedisCommand("PING"), seconds: 20).text == "PONG")
    }

    @Test("A frozen server is given up when the time is over, and used again when it thaws", .timeLimit(.minutes(5)))
    func frozen() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let connection = RedisConnection(try RedisAddress(server.url))
        try await connection.send(RedisCommand("PING"))
        server.signal(SIGSTOP)
        let start = ContinuousClock.now
        await #expect(throws: EngineError.self) { try await connection.send(RedisCommand("PING"), seconds: 0.5) }
        #expect(ContinuousClock.now - start < .seconds(5))
        server.signal(SIGCONT)
        try await wait("it is not used again", seconds: 20) {
            (try? await connection.send(RedisCommand("PING"), seconds: 1))?.text == "PONG"
        }
    }

    @Test("A subscription survives the server's end", .timeLimit(.minutes(5)))
    func subscription() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let address = try RedisAddress(server.url)
        let heard = Mutex<[String]>([])
        let subscriber = RedisConnection(
            address, greeting: { [RedisCommand("SUBSCRIBE", "news")] },
            onPush: { value in
                if value.array.count == 3, let text = value.array[2].text { heard.withLock { $0.append(text) } }
            })
        subscriber.open()
        let publisher = RedisConnection(address)
        for word in ["before", "after"] {
            try await wait("\(word) was not heard", seconds: 20) {
                _ = try? await publisher.send(RedisCommand("PUBLISH", "news", .text(word)), seconds: 2)
                try await Task.sleep(for: .milliseconds(20))
                return heard.withLock { $0.contains(word) }
            }
            try await server.end()
            try server.start()
        }
        subscriber.close()
    }

    @Test("A wrong password and a forbidden command say so, without the password", .timeLimit(.minutes(5)))
    func accessRules() async throws {
        let server = try RedisServer([
            "--user", "worker", "on", ">s3cret", "~mine:*", "&*", "+@all", "-flushall", "--user", "default", "off",
        ])
        defer { server.stop() }
        let good = RedisConnection(try RedisAddress("redis+socket://worker:s3cret@\(server.socket)?virtual_host=1"))
        try await good.send(RedisCommand("SET", "mine:a", "1"))
        for command in [RedisCommand("SET", "theirs:a", "1"), RedisCommand("FLUSHALL")] {
            let error = await #expect(throws: EngineError.self) { try await good.send(command) }
            #expect(error?.code == .permissionDenied)
        }
        for user in ["worker:wr0ng@", "nobody:s3cret@", ""] {
            let bad = RedisConnection(try RedisAddress("redis+socket://\(user)\(server.socket)"))
            let error = await #expect(throws: EngineError.self) { try await bad.send(RedisCommand("PING"), seconds: 3) }
            #expect(error?.code == .permissionDenied)
            #expect(error?.description.contains("s3cret") == false && error?.description.contains("wr0ng") == false)
        }
    }

    @Test("TLS carries commands, and a certificate nobody vouches for is refused", .timeLimit(.minutes(5)))
    func encryption() async throws {
        let probe = try RedisServer()
        defer { probe.stop() }
        try await probe.makeCertificates()
        let folder = probe.folder.path
        let server = try RedisServer(probe.tlsOptions())
        defer { server.stop() }
        let trusted = RedisConnection(
            try RedisAddress("rediss://localhost:\(probe.port)/2?ssl_ca_certs=\(folder)/ca.crt"))
        let large = [UInt8](repeating: 9, count: 3 << 20)
        #expect(try await trusted.send(RedisCommand("ECHO", .bytes(large)), seconds: 20).bytes == large)
        let byAddress = RedisConnection(
            try RedisAddress("rediss://127.0.0.1:\(probe.port)?ssl_ca_certs=\(folder)/ca.crt"))
        #expect(try await byAddress.send(RedisCommand("PING")).text == "PONG")
        for query in ["?ssl_ca_certs=\(folder)/other.crt", ""] {
            let untrusted = RedisConnection(try RedisAddress("rediss://localhost:\(probe.port)\(query)"))
            let error = await #expect(throws: EngineError.self) {
                try await untrusted.send(RedisCommand("PING"), seconds: 5)
            }
            #expect(error?.code == .permissionDenied)
            #expect(error?.description.contains("certificate") == true)
        }
        // The certificate is for localhost and 127.0.0.1.
        let misnamed = RedisConnection(
            try RedisAddress("rediss://127.0.0.2:\(probe.port)?ssl_ca_certs=\(folder)/ca.crt"))
        let error = await #expect(throws: EngineError.self) {
            try await misnamed.send(RedisCommand("PING"), seconds: 5)
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.description.contains("mismatch") == true, "\(String(describing: error))")
        let careless = RedisConnection(
            try RedisAddress("rediss://127.0.0.2:\(probe.port)?ssl_cert_reqs=none"))
        #expect(try await careless.send(RedisCommand("PING")).text == "PONG")
    }

    @Test("What is not Redis is told apart", .timeLimit(.minutes(5)))
    func notRedis() async throws {
        let server = try RedisServer()
        defer { server.stop() }
        let tls = RedisConnection(try RedisAddress("rediss://localhost:1"))
        let error = await #expect(throws: EngineError.self) { try await tls.send(RedisCommand("PING"), seconds: 1) }
        #expect(error?.code == .unavailable)
        #expect(error?.description.contains("rediss://localhost:1") == true)
    }

    @Test("Whoever takes a Redis with TLS for one without, or the other way round, is told", .timeLimit(.minutes(5)))
    func mistakenTLS() async throws {
        let probe = try RedisServer()
        defer { probe.stop() }
        try await probe.makeCertificates()
        let encrypted = try RedisServer(probe.tlsOptions())
        defer { encrypted.stop() }
        let plain = RedisConnection(try RedisAddress("redis://localhost:\(probe.port)"))
        var error = await #expect(throws: EngineError.self) { try await plain.send(RedisCommand("PING"), seconds: 8) }
        #expect(error?.description.contains("rediss://") == true, "\(String(describing: error))")
        let other = try RedisServer()
        defer { other.stop() }
        let unencrypted = try RedisServer(["--port", String(other.port)])
        defer { unencrypted.stop() }
        let tls = RedisConnection(try RedisAddress("rediss://localhost:\(other.port)"))
        error = await #expect(throws: EngineError.self) { try await tls.send(RedisCommand("PING"), seconds: 8) }
        #expect(error?.description.contains("begins with redis://") == true, "\(String(describing: error))")
    }
}
