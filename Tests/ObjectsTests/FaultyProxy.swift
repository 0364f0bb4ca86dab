import Foundation
import Synchronization
import Testing

/// A server in front of the real one that does harm as it is told, once a request, and counts what it saw.
final class FaultyProxy: Sendable {
    enum Fault {
        /// Answers by itself, with an error of S3's form and more headers.
        case refuse(Int, code: String, headers: [String: String] = [:])
        /// Breaks the connection off after so many bytes of the request's body.
        case cutUp(Int)
        /// Lets the request through, and breaks off instead of answering.
        case loseAnswer
        /// Breaks the connection off after so many bytes of the answer's body.
        case cutDown(Int)
        case changeUp, changeDown
        /// Passes the request's body on at so many bytes a second.
        case slowUp(Int)
        /// Sends the answer's body at so many bytes a second.
        case slowDown(Int)
        /// Never answers.
        case silence

        fileprivate var fields: [String: Any] {
            switch self {
            case .refuse(let status, let code, let headers):
                ["do": "refuse", "status": status, "code": code, "headers": headers]
            case .cutUp(let count): ["do": "cut_up", "count": count]
            case .loseAnswer: ["do": "lose"]
            case .cutDown(let count): ["do": "cut_down", "count": count]
            case .changeUp: ["do": "change_up"]
            case .changeDown: ["do": "change_down"]
            case .slowUp(let count): ["do": "slow_up", "count": count]
            case .slowDown(let count): ["do": "slow_down", "count": count]
            case .silence: ["do": "silence"]
            }
        }
    }

    let endpoint: String
    private let process: Process
    private let commands: FileHandle
    private let answers: FileHandle

    /// `upstream` is the server's address, `http://host:port`.
    init(upstream: String) throws {
        let address = try #require(URLComponents(string: upstream))
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.program, try #require(address.host), "\(try #require(address.port))"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        commands = input.fileHandleForWriting
        answers = output.fileHandleForReading
        endpoint = "http://127.0.0.1:\(try Self.line(answers))"
    }

    /// It ends with its standard input.
    deinit { try? commands.close() }

    /// Does this to the next `times` requests of a method whose target has the text in it.
    func harm(_ method: String, _ text: String, _ fault: Fault, times: Int = 1) throws {
        try ask(fault.fields.merging(["method": method, "text": text, "times": times]) { $1 })
    }

    func harm(_ method: String, _ fault: Fault, times: Int = 1) throws {
        try harm(method, "", fault, times: times)
    }

    /// How many requests of a method, whose target has the text in it, have come.
    func seen(_ method: String, _ text: String = "") throws -> Int {
        try #require(Int(try ask(["do": "seen", "method": method, "text": text])))
    }

    /// How many connections have come.
    func connections() throws -> Int { try #require(Int(try ask(["do": "connections"]))) }

    @discardableResult
    private func ask(_ fields: [String: Any]) throws -> String {
        try commands.write(contentsOf: JSONSerialization.data(withJSONObject: fields) + Data("\n".utf8))
        return try Self.line(answers)
    }

    private static func line(_ handle: FileHandle) throws -> String {
        var line = Data()
        while let byte = try handle.read(upToCount: 1), let value = byte.first, value != UInt8(ascii: "\n") {
            line.append(value)
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static let program = #"""
        import json, os, socket, struct, sys, threading, time
        upstream = (sys.argv[1], int(sys.argv[2]))
        lock, faults, log, connections = threading.Lock(), [], [], []

        class Gone(Exception): pass

        def head(source):
            lines = []
            while True:
                line = source.readline(65536)
                if not line: raise Gone()
                lines.append(line)
                if line in (b"\r\n", b"\n"): return lines

        def field(lines, name):
            for line in lines[1:]:
                key, _, value = line.partition(b":")
                if key.strip().lower() == name: return value.strip()

        def reset(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            raise Gone()

        def serve(connection):
            source = connection.makefile("rb")
            try:
                while True: one(connection, source)
            except (Gone, OSError): pass
            finally:
                source.close()
                connection.close()

        def one(connection, source):
            lines = head(source)
            method, target = lines[0].decode("latin-1").split(" ")[:2]
            fault = {"do": None}
            with lock:
                log.append((method, target))
                for asked in faults:
                    if asked["times"] > 0 and asked["method"] == method and asked["text"] in target:
                        asked["times"] -= 1
                        fault = asked
                        break
            kind, left = fault["do"], int(field(lines, b"content-length") or 0)
            if kind == "cut_up":
                source.read(min(left, fault["count"]))
                reset(connection)
            if kind == "silence":
                time.sleep(600)
            if kind == "refuse":
                while left: left -= len(source.read(min(left, 65536)) or reset(connection))
                body = f"<Error><Code>{fault['code']}</Code><Message>m</Message></Error>".encode()
                more = "".join(f"{name}: {value}\r\n" for name, value in fault["headers"].items())
                status = f"HTTP/1.1 {fault['status']} Status\r\n{more}content-length: {len(body)}\r\n\r\n"
                connection.sendall(status.encode() + (b"" if method == "HEAD" else body))
                return
            with socket.create_connection(upstream) as server:
                server.sendall(b"".join(lines[:-1]) + b"connection: close\r\n\r\n")
                while left:
                    part = source.read(min(left, 65536))
                    if not part: raise Gone()
                    left -= len(part)
                    if kind == "change_up": part, kind = bytes([part[0] ^ 1]) + part[1:], None
                    if kind == "slow_up": time.sleep(len(part) / fault["count"])
                    server.sendall(part)
                with server.makefile("rb") as answer:
                    reply = head(answer)
                    length = field(reply, b"content-length")
                    if kind == "lose": reset(connection)
                    connection.sendall(b"".join(line for line in reply if not line.lower().startswith(b"connection:")))
                    if method == "HEAD" or b" 204 " in reply[0]: return
                    sent = 0
                    while length is None or sent < int(length):
                        size = 65536 if kind != "slow_down" else max(1, fault["count"] // 10)
                        part = answer.read(size if length is None else min(size, int(length) - sent))
                        if not part: break
                        if kind == "change_down": part, kind = bytes([part[0] ^ 1]) + part[1:], None
                        if kind == "cut_down" and sent + len(part) >= fault["count"]:
                            connection.sendall(part[:fault["count"] - sent])
                            raise Gone()
                        connection.sendall(part)
                        sent += len(part)
                        if kind == "slow_down": time.sleep(0.1)
                    if length is None: raise Gone()

        def listen(listener):
            while True:
                connection, address = listener.accept()
                connections.append(address)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=listen, args=(listener,), daemon=True).start()
        print(listener.getsockname()[1], flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            with lock:
                if asked["do"] == "seen":
                    print(sum(m == asked["method"] and asked["text"] in t for m, t in log), flush=True)
                elif asked["do"] == "connections":
                    print(len(connections), flush=True)
                else:
                    faults.append(asked)
                    print("ok", flush=True)
        os._exit(0)
        """#
}
