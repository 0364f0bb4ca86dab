import Core
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import Objects

/// A small HTTP server in Python that takes what Cloudflare takes, and refuses what it refuses.
private final class PurgeServer {
    private static let script = #"""
        import http.server, json, sys
        log, refusals = open(sys.argv[1], "a"), int(sys.argv[2])

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                global refusals
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path != "/client/v4/zones/z0ne/purge_cache": return self.answer(404, {"success": False})
                if self.headers["authorization"] != "Bearer t0ken": return self.answer(403, {"success": False})
                if self.headers["content-type"] != "application/json": return self.answer(400, {"success": False})
                if refusals:
                    refusals -= 1
                    return self.answer(429, {"success": False})
                files = json.loads(body)
                assert list(files) == ["files"]
                if len(files["files"]) > 30: return self.answer(400, {"success": False})
                print("\n".join(files["files"]), file=log, flush=True)
                self.answer(200, {"success": True, "errors": [], "messages": [], "result": {"id": "1"}})

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3])), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """#

    private let process = Process()
    private let log: FilePath
    let port: Int

    init(_ folder: FilePath, refusals: Int = 0, port: Int = 0) throws {
        log = folder.appending("purged")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, log.string, "\(refusals)", "\(port)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        self.port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    deinit { stop() }

    func stop() {
        // A child of a thread of ours has its other signals blocked.
        kill(process.processIdentifier, SIGKILL)
    }

    var purged: [String] {
        let text = FileManager.default.contents(atPath: log.string).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func cache(token: String = "t0ken", zone: String = "z0ne") throws -> CloudflareCache {
        try CloudflareCache(
            api: "http://127.0.0.1:\(port)/client/v4", zone: zone, publicAddress: "https://photos.example/o/",
            token: token)
    }
}

@Suite("A CDN before the store")
struct PurgeTests {
    @Test("Addresses are purged thirty at a time, again where the CDN was too busy")
    func purges() async throws {
        let folder = try TemporaryFolder()
        let server = try PurgeServer(folder.path, refusals: 1)
        try await server.cache().purge((0..<65).map { ObjectKey("renditions/\($0).webp") })
        #expect(server.purged.count == 65)
        #expect(server.purged.first == "https://photos.example/o/renditions/0.webp")
    }

    @Test("A token or a zone that is refused is told with what to do, and without the token")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        let server = try PurgeServer(folder.path)
        for (cache, code) in [
            (try server.cache(token: "wr0ng"), EngineError.Code.permissionDenied),
            (try server.cache(zone: "0ther"), .invalidInput),
        ] {
            let error = try await #require(throws: EngineError.self) { try await cache.purge([ObjectKey("a")]) }
            #expect(error.code == code && !error.whatToDo.isEmpty && !error.description.contains("wr0ng"))
        }
        #expect(server.purged == [])
        #expect(throws: EngineError.self) {
            _ = try CloudflareCache(zone: "../x", publicAddress: "https://photos.example", token: "t")
        }
        #expect(throws: EngineError.self) { _ = try CloudflareCache(zone: "z", publicAddress: "photos", token: "t") }
    }

    @Test("What is replaced or deleted is purged, what is new is not; a CDN that is away is told later, by any process")
    func store() async throws {
        let folder = try TemporaryFolder()
        let server = try PurgeServer(folder.path)
        let disk = try DiskObjectStore(folder.path.appending("objects"))
        let pending = StoredList(folder.path.appending("pending"))
        let store = PurgingObjectStore(disk, before: try server.cache(), pending: pending)
        let key = ObjectKey("renditions/a.webp")
        try await store.put([1], at: key, sha256: nil)
        #expect(server.purged == [])
        try await store.delete(key)
        try await store.put([2], at: key, sha256: nil)
        #expect(server.purged == Array(repeating: "https://photos.example/o/renditions/a.webp", count: 2))
        #expect(try await pending.entries() == [])

        server.stop()
        try await store.delete(key)
        #expect(try await disk.head(key) == nil)
        #expect(try await pending.entries().count == 1)
        let back = try PurgeServer(folder.path, port: server.port)
        let other = PurgingObjectStore(disk, before: try back.cache(), pending: pending)
        await other.purgeNoted()
        #expect(back.purged.count == 3)
        #expect(try await pending.entries() == [])
    }
}
