import Core
import Foundation
import SystemPackage
import Testing

@testable import Objects

/// SeaweedFS as scripts/services runs it, in a folder of its own: it may be killed, and started again on what it has.
final class KillableS3: Sendable {
    private let folder: TemporaryFolder
    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    private let blocking = BlockingQueue(label: "tests.killable-s3", isSerial: true)

    /// Returns when it takes objects.
    init(_ folder: TemporaryFolder) async throws {
        self.folder = folder
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            "-B", "-c", Self.program, root.appending(path: "scripts/services").path, folder.path.string + "/services",
        ]
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        try await start()
    }

    /// It and its data end with the standard input of the script, which finds it by what is in the folder.
    deinit {
        try? commands.fileHandleForWriting.close()
        if process.isRunning { process.waitUntilExit() }
    }

    func store(
        endpoint: String? = nil, random: any RandomSource = SystemRandom()
    ) async throws -> S3ObjectStore {
        let words = try await ask("address").split(separator: " ").map(String.init)
        try #require(words.count == 3)
        let location = try S3Location("s3://phototui-test?endpoint=\(endpoint ?? "http://127.0.0.1:\(words[0])")")
        return S3ObjectStore(
            location, credentials: S3Credentials(accessKey: words[1], secretKey: words[2]),
            traits: S3Server.traits, attempts: 14, random: random)
    }

    /// Returns when it takes objects.
    func start() async throws { try #require(try await ask("start") == "ready") }

    /// With SIGKILL; returns when it is gone.
    func kill() async throws { try #require(try await ask("kill") == "gone") }

    private func ask(_ command: String) async throws -> String {
        let (input, output) = (commands.fileHandleForWriting, answers.fileHandleForReading)
        return try await blocking.run {
            try input.write(contentsOf: Data("\(command)\n".utf8))
            var line = Data()
            while let byte = try output.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { line.append(byte) }
            return String(decoding: line, as: UTF8.self)
        }
    }

    private static let program = #"""
        import pathlib, shutil, signal, sys, time
        sys.path.insert(0, sys.argv[1])
        import services
        own = services.Services(pathlib.Path(sys.argv[2]))
        own.folder.mkdir(mode=0o711, parents=True)
        own.weed = own.install() / "bin/weed"
        own.settings = own.load_settings()

        def kill():
            own.signal("seaweedfs", signal.SIGKILL)
            while own.process("seaweedfs"): time.sleep(0.02)

        try:
            for line in sys.stdin:
                if line == "start\n":
                    own.launch_seaweed()
                    own.await_s3()
                    print("ready", flush=True)
                elif line == "kill\n":
                    kill()
                    print("gone", flush=True)
                else:
                    print(*(own.settings[name] for name in ("s3_port", "access_key", "secret_key")), flush=True)
        finally:
            kill()
            shutil.rmtree(own.folder, ignore_errors=True)
        """#
}
