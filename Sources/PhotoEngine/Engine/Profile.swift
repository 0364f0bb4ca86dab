internal import Core
internal import Foundation
internal import Glibc
internal import Objects

/// A named library: where its catalogue and its objects are, and how its secrets are had.
public struct Profile: Sendable {
    /// The keys of `[profiles.NAME]`.
    static let keys = [
        "database", "database_owner", "database_password_file", "database_password_command", "storage",
        "storage_access_key", "storage_secret_key_file", "storage_secret_key_command", "owner",
    ]

    public let name: String
    /// A `postgres://` URI, or libpq's `key=value` words, without a password.
    public let database: String
    /// The same for the role that owns the schema; nil where it is not for this machine.
    public let databaseOwner: String?
    /// `b2://…`, `r2://…` or `s3://…`.
    public let storage: String
    public let storageAccessKey: String
    /// Whose photos these are.
    public let owner: String
    private let databasePassword: Secret
    private let storageSecretKey: Secret

    init(name: String, values: [String: String]) throws {
        func required(_ key: String) throws -> String {
            guard let value = values[key] else {
                throw EngineError(.invalidInput, "profile \(name) has no \(key)", whatToDo: "see docs/production.md")
            }
            return value
        }
        self.name = name
        database = try required("database")
        databaseOwner = values["database_owner"]
        storage = try required("storage")
        storageAccessKey = try required("storage_access_key")
        owner = values["owner"] ?? "local"
        for address in [database, databaseOwner ?? ""] where Self.hasPassword(address) {
            throw EngineError(
                .invalidInput, "profile \(name) has a password in its database address",
                whatToDo: "put it into PHOTOTUI_DATABASE_PASSWORD, database_password_file or database_password_command")
        }
        guard !owner.isEmpty,
            owner.utf8.allSatisfy({
                $0 == 0x2D || $0 == 0x2E || ($0 > 0x2F && $0 < 0x3A) || ($0 | 0x20 > 0x60 && $0 | 0x20 < 0x7B)
            })
        else {
            throw EngineError(
                .invalidInput, "profile \(name) has an owner that is no name",
                whatToDo: "use letters, digits, dots and dashes")
        }
        _ = try S3Location(storage)
        databasePassword = Secret(
            variable: "PHOTOTUI_DATABASE_PASSWORD", file: values["database_password_file"],
            command: values["database_password_command"])
        storageSecretKey = Secret(
            variable: "PHOTOTUI_STORAGE_SECRET_KEY", file: values["storage_secret_key_file"],
            command: values["storage_secret_key_command"])
    }

    private static func hasPassword(_ address: String) -> Bool {
        if let parts = URLComponents(string: address), parts.scheme?.hasPrefix("postgres") == true {
            return parts.password != nil || parts.queryItems?.contains { $0.name == "password" } == true
        }
        return address.split(separator: " ").contains { $0.hasPrefix("password=") }
    }

    /// nil where the address does without.
    func readDatabasePassword(_ environment: [String: String]) throws -> String? {
        try databasePassword.read(environment)
    }

    func readStorageSecretKey(_ environment: [String: String]) throws -> String {
        guard let key = try storageSecretKey.read(environment) else {
            throw EngineError(
                .permissionDenied, "profile \(name) has no secret key for \(storage)",
                whatToDo: "set PHOTOTUI_STORAGE_SECRET_KEY, storage_secret_key_file or storage_secret_key_command")
        }
        return key
    }
}

/// Where a secret is had, when it is needed: a variable, else a file, else what a command prints. It is in no URL, no
/// argument and no log.
struct Secret: Sendable {
    let variable: String
    let file: String?
    let command: String?

    func read(_ environment: [String: String]) throws -> String? {
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
                whatToDo: "run it by hand: \(command)")
        }
        return text.trimmingCharacters(in: .newlines)
    }
}
