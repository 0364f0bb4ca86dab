import Foundation
import SystemPackage
import Testing

/// What stands between the program and the S3 server: it can go away and come back under the same address, it may be slow, and
/// it tells which parts the server has taken.
final class StorageProxy {
    private static let script = #"""
        import asyncio, re, sys
        port, target, rate, back = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
        log = open(sys.argv[5], "ab", 0)
        part = re.compile(rb"PUT [^ ]*partNumber=(\d+)[^ ]* HTTP")
        taken = re.compile(rb"HTTP/1\.1 200 ")

        async def pump(reader, writer, look, rate):
            tail = b""
            try:
                while data := await reader.read(1 << 16):
                    look(tail + data)
                    tail = data[-200:] if len(data) >= 200 else data
                    if rate and len(data) > 4000: await asyncio.sleep(len(data) / rate)
                    writer.write(data)
                    await writer.drain()
            except OSError:
                pass
            finally:
                writer.close()

        async def serve(reader, writer):
            pending, seen = [], set()
            def request(data):
                for match in part.finditer(data):
                    if match.group(0) not in seen or pending[-1:] != [match.group(1)]:
                        seen.add(match.group(0))
                        pending[:] = [match.group(1)]
            def answer(data):
                if pending and taken.search(data): log.write(b"part " + pending.pop() + b"\n")
            other = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(pump(reader, other[1], request, rate), pump(other[0], writer, answer, back))

        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", port)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()

        asyncio.run(main())
        """#

    private let target: Int
    private let log: FilePath
    private var process: Process?
    private(set) var port = 0

    /// In front of the tests' server.
    init(log: FilePath) throws {
        self.log = log
        let endpoint = try Servers.variable("S3_ENDPOINT")
        target = try #require(endpoint.split(separator: ":").last.flatMap { Int($0) })
        try start()
    }

    deinit { stop() }

    var endpoint: String { "http://127.0.0.1:\(port)" }

    /// `bytesPerSecond` of each connection up, and `down`; 0 for all there is.
    func start(bytesPerSecond: Int = 0, down: Int = 0) throws {
        stop()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, "\(port)", "\(target)", "\(bytesPerSecond)", "\(down)", log.string]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        self.process = process
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    func stop() {
        guard let process else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// The numbers of the parts that the server has taken, as often as it has.
    func partsTaken() throws -> [Int] {
        guard let data = FileManager.default.contents(atPath: log.string) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { Int($0.dropFirst(5)) }
    }
}
