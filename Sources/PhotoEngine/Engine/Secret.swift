internal import Core
internal import Foundation
internal import Glibc

/// Where a secret is had, when it is needed: a variable, else a file, else what a command prints. It is in no URL, no
/// argument and no log.
struct Secret: Sendable {
    let variable: String
    let file: String?
    let command: String?

    static func brokerPassword(file: String? = nil, command: String? = nil) -> Secret {
        Secret(variable: "PHOTOTUI_BROKER_PASSWORD", file: file, command: command)
    }

    /// nil where there is none, or an empty one. Blocks, for a command at most `limit`.
    func read(_ environment: [String: String], within limit: Duration = .seconds(20)) throws -> String? {
        let text = try found(environment, limit)
        return text?.isEmpty == true ? nil : text
    }

    private func found(_ environment: [String: String], _ limit: Duration) throws -> String? {
        if let value = environment[variable], !value.isEmpty { return value }
        if let file {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw EngineError(
                    .permissionDenied, "the secret in \(file) can't be read",
                    whatToDo: "check the file and its permissions")
            }
            return text.trimmingCharacters(in: .newlines)
        }
        guard let command else { return nil }
        let wait = Waits.begin("the command that prints \(variable)")
        defer { Waits.end(wait) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let deadline = ContinuousClock.now + limit
        guard let bytes = Self.bytes(output.fileHandleForReading.fileDescriptor, until: deadline),
            Self.hasEnded(process, by: deadline)
        else {
            Self.end(process)
            throw EngineError(
                .timedOut, "the command for \(variable) did not end within \(limit.components.seconds) s",
                whatToDo: "run what config.toml has for it by hand: it must print the secret and ask nothing")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw EngineError(
                .permissionDenied, "the command for \(variable) ended with \(process.terminationStatus)",
                whatToDo: "run what config.toml has for it by hand")
        }
        return text.trimmingCharacters(in: .newlines)
    }

    /// All that comes before the end; nil when it has not come by then.
    private static func bytes(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> [UInt8]? {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
            guard left > 0 else { return nil }
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waited, 1, Int32(min(left.rounded(.up), 1000))) > 0 else { continue }
            let count = Glibc.read(descriptor, &block, block.count)
            if count == 0 { return bytes }
            if count > 0 { bytes += block[..<count] }
        }
    }

    /// Whether it ends in time; it may go on behind what it has printed.
    private static func hasEnded(_ process: Process, by deadline: ContinuousClock.Instant) -> Bool {
        while process.isRunning {
            if ContinuousClock.now >= deadline { return false }
            usleep(1000)
        }
        return true
    }

    /// The shell, and what it has started, where that is a group of its own.
    private static func end(_ process: Process) {
        let id = process.processIdentifier
        // It has our mask of signals, in which the one that asks is blocked.
        kill(getpgid(id) == id ? -id : id, SIGKILL)
    }
}
