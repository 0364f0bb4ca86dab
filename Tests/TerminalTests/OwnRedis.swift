import Foundation
import Glibc
import Programs
import Testing

/// A Redis server of one test, which can be frozen; it ends with the test.
final class OwnRedis {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/redis-server")
    private let folder: String
    private let process: pid_t

    var url: String { "redis+socket://\(folder)/redis?virtual_host=0" }

    init() async throws {
        // A socket's path is short.
        folder = NSTemporaryDirectory() + "/pt-redis-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        server.arguments = ["--port", "0", "--unixsocket", folder + "/redis", "--save", "", "--dir", folder]
        server.standardOutput = FileHandle.nullDevice
        server.standardInput = FileHandle.nullDevice
        try server.run()
        process = server.processIdentifier
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: folder + "/redis") {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    deinit {
        // It may have inherited that other signals are blocked.
        kill(process, SIGKILL)
        try? FileManager.default.removeItem(atPath: folder)
    }

    func freeze() { kill(process, SIGSTOP) }
    func thaw() { kill(process, SIGCONT) }

    /// By Redis' own client.
    @discardableResult
    func cli(_ words: String...) async throws -> String {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        client.arguments = ["-s", folder + "/redis"] + words
        let file = folder + "/answer-" + UUID().uuidString
        try Data().write(to: URL(fileURLWithPath: file))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        client.standardOutput = handle
        client.standardInput = FileHandle.nullDevice
        try await client.runToEnd()
        #expect(client.terminationStatus == 0)
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// As Celery publishes it.
    func push(_ queue: String, task: String, count: Int) async throws {
        let message = { (number: Int) in
            """
            {"body":"W1sxN10se30se31d","content-encoding":"utf-8","content-type":"application/json","headers":\
            {"task":"\(task)","id":"id-\(number)"},"properties":{"delivery_info":{"exchange":"","routing_key":"\(queue)"},\
            "body_encoding":"base64","delivery_tag":"tag-\(number)"}}
            """
        }
        let script = "for i = 1, #ARGV do redis.call('LPUSH', KEYS[1], ARGV[i]) end"
        let client = [script, "1", queue] + (0..<count).map(message)
        try await eval(client)
    }

    private func eval(_ words: [String]) async throws {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        client.arguments = ["-s", folder + "/redis", "EVAL"] + words
        client.standardOutput = FileHandle.nullDevice
        client.standardInput = FileHandle.nullDevice
        try await client.runToEnd()
        #expect(client.terminationStatus == 0)
    }
}
