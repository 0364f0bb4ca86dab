internal import Core
internal import Foundation

/// Where a secret is had, when it is needed: a variable, else a file, else what a command prints. It is in no URL, no
/// argument and no log.
struct Secret: Sendable {
    let variable: String
    let file: String?
    let command: String?

    static func brokerPassword(file: String? = nil, command: String? = nil) -> Secret {
        Secret(variable: "PHOTOTUI_BROKER_PASSWORD", file: file, command: command)
    }

    /// nil where there is none, or an empty one.
    func read(_ environment: [String: String]) throws -> String? {
        let text = try found(environment)
        return text?.isEmpty == true ? nil : text
    }

    private func found(_ environment: [String: String]) throws -> String? {
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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw EngineError(
                .permissionDenied, "the command for a secret ended with \(process.terminationStatus)",
                whatToDo: "run what config.toml has for it by hand")
        }
        return text.trimmingCharacters(in: .newlines)
    }
}
