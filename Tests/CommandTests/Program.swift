import Foundation
import Programs
import Testing

/// The built program, run as its users run it.
struct Program {
    struct Result {
        let exitCode: Int32
        let output: Data
        let complaints: String

        var text: String { String(decoding: output, as: UTF8.self) }

        /// stdout as one JSON document; the whole of it must be one.
        func document() throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: output) as? [String: Any])
        }
    }

    /// Where the build puts its programs: beside this test.
    static let folder: String = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = URL(fileURLWithPath: test).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.path + "/phototui") {
            folder.deleteLastPathComponent()
        }
        return folder.path
    }()

    var environment: [String: String]

    /// In a folder of its own, away from the library and configuration of whoever runs the tests.
    init(home: TestFolder, _ more: [String: String] = [:]) {
        environment = [
            "HOME": home.path, "PATH": "\(Self.folder):/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color",
            "PHOTOTUI_LIBRARY": home.path + "/library",
        ]
        environment.merge(more) { $1 }
    }

    func run(_ arguments: [String]) async throws -> Result {
        try await launch(Self.folder + "/phototui", arguments)
    }

    /// For arguments that aren't UTF-8, pipes and redirections: bash with the program in its PATH.
    func shell(_ script: String, in folder: TestFolder? = nil) async throws -> Result {
        try await launch("/bin/bash", ["-c", script], in: folder)
    }

    private func launch(_ program: String, _ arguments: [String], in folder: TestFolder? = nil) async throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder.path) }
        let place = try TestFolder()
        let files = try ["out", "err"].map { name in
            let path = place.path + "/" + name
            try Data().write(to: URL(fileURLWithPath: path))
            return path
        }
        let handles = try files.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
        // Foundation keeps processes that have ended, and with them what was open. With a thousand files open it crashes
        // where it starts the next one.
        defer { for handle in handles { try? handle.close() } }
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (handles[0], handles[1])
        try await process.runToEnd()
        return Result(
            exitCode: process.terminationReason == .exit
                ? process.terminationStatus : 128 + process.terminationStatus,
            output: try Data(contentsOf: URL(fileURLWithPath: files[0])),
            complaints: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[1])), as: UTF8.self))
    }
}

/// A folder that goes away with its test.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/phototui-command-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ data: Data, as name: String) throws {
        try data.write(to: URL(fileURLWithPath: path + "/" + name))
    }
}
