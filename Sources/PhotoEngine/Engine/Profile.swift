internal import Core
internal import Foundation
public import Jobs
internal import Objects

/// A named library: where its catalogue, its objects and its broker are, and how its secrets are had.
public struct Profile: Sendable {
    /// The keys of `[profiles.NAME]`.
    static let keys =
        [
            "database", "database_replica", "database_owner", "database_password_file", "database_password_command",
            "storage", "storage_access_key", "storage_secret_key_file", "storage_secret_key_command", "broker",
            "broker_password_file", "broker_password_command", "owner",
        ] + ProfileCDN.keys

    public let name: String
    /// A `postgres://` URI, or libpq's `key=value` words, without a password.
    public let database: String
    /// The same for a read replica with the same role and password; nil where there is none.
    public let databaseReplica: String?
    /// The same for the role that owns the schema; nil where it is not for this machine.
    public let databaseOwner: String?
    /// `b2://…`, `r2://…` or `s3://…`.
    public let storage: String
    public let storageAccessKey: String
    /// The Redis server through which workers hear of jobs; nil where each process runs its own (`inline`).
    public let broker: RedisAddress?
    /// Whose photos these are.
    public private(set) var owner: String
    /// What stands before the storage; nil where nothing is to be told.
    let cdn: ProfileCDN?
    private let databasePassword: Secret
    private let storageSecretKey: Secret
    private let brokerPassword: Secret

    /// What is wrong with a profile, and the key whose value that is; nil where it is the file's, whatever a variable says.
    struct Fault: Error {
        let key: String?
        let error: EngineError
    }

    /// `variables` stand over `values`, which are the file's. Throws `Fault`.
    init(name: String, values file: [String: String], variables: [String: String] = [:]) throws {
        let values = file.merging(variables) { $1 }
        func fault(_ key: String?, _ whatHappened: String, _ whatToDo: String) -> Fault {
            Fault(
                key: key, error: EngineError(.invalidInput, "profile \(name) \(whatHappened)", whatToDo: whatToDo))
        }
        func required(_ key: String) throws -> String {
            guard let value = values[key] else { throw fault(key, "has no \(key)", "see docs/production.md") }
            return value
        }
        func reading<Value>(_ key: String, _ body: () throws -> Value) throws -> Value {
            do { return try body() } catch let error as EngineError { throw Fault(key: key, error: error) }
        }
        self.name = name
        database = try required("database")
        databaseReplica = values["database_replica"]
        databaseOwner = values["database_owner"]
        storage = try required("storage")
        storageAccessKey = try required("storage_access_key")
        broker = try reading("broker") { try Self.broker(values["broker"]) }
        owner = values["owner"] ?? "local"
        for key in ["database", "database_replica", "database_owner"] where Self.hasPassword(values[key] ?? "") {
            throw fault(
                key, "has a password in its database address",
                "put it into PHOTOTUI_DATABASE_PASSWORD, database_password_file or database_password_command")
        }
        if (try? Self.broker(file["broker"]))?.hasPassword == true {
            throw fault(
                nil, "has a password in its broker address",
                "put it into PHOTOTUI_BROKER_PASSWORD, broker_password_file or broker_password_command")
        }
        guard OwnerName.isValid(owner) else {
            throw fault(
                "owner", "has an owner that is no name",
                "use letters, digits, dots and dashes, \(OwnerName.longest) at most")
        }
        let address = storage
        _ = try reading("storage") { try S3Location(address) }
        cdn = try reading(ProfileCDN.keys.first { variables[$0] != nil } ?? "cdn") {
            try ProfileCDN(profile: name, values: values)
        }
        databasePassword = Secret(
            variable: "PHOTOTUI_DATABASE_PASSWORD", file: values["database_password_file"],
            command: values["database_password_command"])
        storageSecretKey = Secret(
            variable: "PHOTOTUI_STORAGE_SECRET_KEY", file: values["storage_secret_key_file"],
            command: values["storage_secret_key_command"])
        brokerPassword = Secret.brokerPassword(
            file: values["broker_password_file"], command: values["broker_password_command"])
    }

    /// The same for another owner's photos. Throws `.invalidInput` for what is no name.
    public func belonging(to owner: String) throws -> Profile {
        guard OwnerName.isValid(owner) else {
            throw EngineError(
                .invalidInput, "no owner can be called so",
                whatToDo: "use letters, digits, dots and dashes, \(OwnerName.longest) at most")
        }
        var other = self
        other.owner = owner
        return other
    }

    /// What `broker` says: an address, or `inline` (also by its absence).
    static func broker(_ text: String?) throws -> RedisAddress? {
        guard let text, !text.isEmpty, text != "inline" else { return nil }
        return try RedisAddress(text)
    }

    private static func hasPassword(_ address: String) -> Bool {
        if let parts = URLComponents(string: address), parts.scheme?.hasPrefix("postgres") == true {
            return parts.password != nil || parts.queryItems?.contains { $0.name == "password" } == true
        }
        if address.hasPrefix("postgres"), let start = address.range(of: "://"), let end = address.lastIndex(of: "@") {
            // No URL, as a sign in its password is not encoded.
            return start.upperBound < end && address[start.upperBound..<end].contains(":")
        }
        return address.replacing(" =", with: "=").split(separator: " ").contains { $0.hasPrefix("password=") }
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

    /// The broker with its password, where it has one.
    func readBroker(_ environment: [String: String]) throws -> RedisAddress? {
        guard let broker else { return nil }
        if broker.hasPassword { return broker }
        return try brokerPassword.read(environment).map(broker.authenticated) ?? broker
    }
}
