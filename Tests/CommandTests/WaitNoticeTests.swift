import Foundation
import Glibc
import Testing

@Suite("What a command waits for")
struct WaitNoticeTests {
    /// A listening socket that nobody answers at, and its port.
    private func silentServer() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: the address outlives both calls, which read or write no more than its size.
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    @Test("Is said once, where it does not answer")
    func said() async throws {
        let server = try silentServer()
        defer { close(server.descriptor) }
        let home = try TestFolder()
        // Two addresses, so that libpq is patient for long enough on a busy machine.
        let toml = """
            [profiles.test]
            database = "host=127.0.0.1,127.0.0.1 port=\(server.port),\(server.port) user=app dbname=photos"
            storage = "s3://bucket?endpoint=http://127.0.0.1:9"
            storage_access_key = "key"
            """
        try home.write(Data(toml.utf8), as: "config.toml")
        let program = Program(
            home: home,
            ["PHOTOTUI_CONFIG": home.path + "/config.toml", "PHOTOTUI_STORAGE_SECRET_KEY": "secret"])
        let result = try await program.run(["months", "--profile", "test"])
        #expect(result.exitCode == 1)
        let lines = result.complaints.split(separator: "\n")
        let name = "Postgres at 127.0.0.1,127.0.0.1:\(server.port),\(server.port)"
        #expect(lines.first == "phototui: waiting for \(name)…", "\(lines)")
        #expect(lines.count == 2, "\(lines)")
    }

    @Test("Is not said of a library on this machine, or of what answers")
    func unsaid() async throws {
        let home = try TestFolder()
        try home.write(TestPicture.png(seed: 1), as: "a.png")
        let result = try await Program(home: home).run(["import", home.path + "/a.png"])
        #expect(result.exitCode == 0 && !result.complaints.contains("waiting"))
    }
}
