import Core
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Health

@Suite("The health server", .timeLimit(.minutes(8)))
struct HealthServerTests {
    /// A client that sends what it likes.
    private final class Client {
        let descriptor: Int32

        init(_ address: HealthAddress) throws {
            guard case .host(_, let port) = address else { throw Problem() }
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = port.bigEndian
            place.sin_addr.s_addr = inet_addr("127.0.0.1")
            var patience = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            // SAFETY: a sockaddr_in is a sockaddr of that size, and outlives the call.
            let result = withUnsafePointer(to: &place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else { throw Problem() }
        }

        struct Problem: Error {}

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// Everything until the server closes.
        func rest() -> String {
            var all: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &bytes, bytes.count, 0)
                guard count > 0 else { return String(decoding: all, as: UTF8.self) }
                all += bytes[..<count]
            }
        }

        func ask(_ text: String) -> String {
            send(text)
            return rest()
        }

        deinit { Glibc.close(descriptor) }
    }

    private func server(requestSeconds: Double = 1) throws -> HealthServer {
        try HealthServer(HealthAddress("127.0.0.1:0"), requestSeconds: requestSeconds, answerSeconds: 1) { path in
            switch path {
            case "/live": .now(.text(200, "live"))
            case "/slow":
                .later {
                    try? await Task.sleep(for: .milliseconds(50))
                    return .text(503, "slow")
                }
            case "/never":
                .later {
                    try? await Task.sleep(for: .seconds(60))
                    return .text(200, "never")
                }
            default: nil
            }
        }
    }

    @Test("It answers GET and HEAD, and refuses the rest")
    func answers() throws {
        let server = try server()
        defer { server.close() }
        func ask(_ text: String) throws -> String { try Client(server.address).ask(text) }
        let live = try ask("GET /live HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(live.hasPrefix("HTTP/1.1 200 OK\r\n") && live.hasSuffix("\r\n\r\nlive\n"))
        #expect(live.contains("content-length: 5\r\n") && live.contains("connection: close\r\n"))
        let head = try ask("HEAD /live HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(head.contains("content-length: 5\r\n") && head.hasSuffix("\r\n\r\n"))
        #expect(try ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(try ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
        let posted = try ask("POST /live HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        #expect(posted.hasPrefix("HTTP/1.1 405 ") && posted.contains("allow: GET, HEAD\r\n"))
        #expect(try ask(String(repeating: "x", count: 100_000)).hasPrefix("HTTP/1.1 414 "))
        #expect(try ask("\u{1B}[2J\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
    }

    @Test("Clients that send their request too slowly, or go away, hold nobody up")
    func slowClients() throws {
        // Longer than a loaded machine takes to connect them all.
        let server = try server(requestSeconds: 8)
        defer { server.close() }
        let slow = try (0..<HealthServer.mostConnections * 2).map { _ in
            let client = try Client(server.address)
            client.send("GET /li")
            return client
        }
        let gone = try (0..<20).map { _ in try Client(server.address) }
        for client in gone { client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") }
        for _ in 0..<10 {
            #expect(try Client(server.address).ask("GET /live HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("live\n"))
        }
        // The first were cut off for those behind them; the last is told that its time is up.
        #expect(slow[0].rest() == "")
        #expect(try #require(slow.last).rest().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("An answer that does not come is told to the client while others are served")
    func noAnswer() throws {
        let server = try server()
        defer { server.close() }
        let waiting = try Client(server.address)
        waiting.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try Client(server.address).ask("GET /live HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("live\n"))
        #expect(waiting.rest().hasPrefix("HTTP/1.1 503 "))
    }

    @Test("A socket that a killed program left is taken over; one in use, and a file, are not")
    func sockets() throws {
        let path = "/tmp/phototui-health-\(UUID().uuidString)"
        defer { unlink(path) }
        let address = try HealthAddress(path)
        // Bound and never removed, as a kill leaves it.
        let left = try address.listen()
        Glibc.close(left.descriptor)
        let server = try HealthServer(address) { _ in nil }
        #expect(throws: EngineError.self) { try HealthServer(address) { _ in nil } }
        server.close()
        #expect(access(path, F_OK) != 0)
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(throws: EngineError.self) { try HealthServer(address) { _ in nil } }
        #expect(access(path, F_OK) == 0)
    }
}
