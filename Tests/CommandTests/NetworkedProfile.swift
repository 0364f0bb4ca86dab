import Foundation
import Testing

/// A home with a profile on the servers that scripts/services/start.sh runs, as config.toml has it.
struct NetworkedProfile {
    static let environment = ProcessInfo.processInfo.environment
    static let areAvailable = environment["PHOTOTUI_TEST_PGBOUNCER"] != nil
    static let absence: Comment = "no servers: scripts/services/start.sh starts them"

    static func variable(_ name: String) throws -> String { try #require(environment["PHOTOTUI_TEST_\(name)"]) }

    /// A word of a connection string: `host`, `password`.
    static func word(_ name: String, of connection: String) -> String {
        connection.split(separator: " ").first { $0.hasPrefix("\(name)=") }.map {
            String($0.dropFirst(name.count + 1))
        } ?? ""
    }

    let home: TestFolder
    /// The keys of the profile; a test may break one before `program`.
    var keys: [String: String]
    /// Variables beside those of any program.
    var variables: [String: String]

    init() throws {
        home = try TestFolder()
        let bouncer = try Self.variable("PGBOUNCER")
        let direct = try Self.variable("POSTGRES_OWNER")
        func address(_ connection: String) -> String {
            ["host", "port", "dbname", "user"].map { "\($0)=\(Self.word($0, of: connection))" }.joined(separator: " ")
        }
        keys = [
            "database": address(bouncer), "database_owner": address(direct),
            "storage": "s3://\(try Self.variable("S3_BUCKET"))?endpoint=\(try Self.variable("S3_ENDPOINT"))",
            "storage_access_key": try Self.variable("S3_ACCESS_KEY"),
            "owner": "o\(UUID().uuidString.lowercased())",
        ]
        let redis = try Self.variable("REDIS")
        let prefix = "test-\(UUID().uuidString.prefix(8)):"
        variables = [
            "PHOTOTUI_DATABASE_PASSWORD": Self.word("password", of: bouncer),
            "PHOTOTUI_STORAGE_SECRET_KEY": try Self.variable("S3_SECRET_KEY"),
            "PHOTOTUI_BROKER": redis + (redis.contains("?") ? "&" : "?") + "global_keyprefix=\(prefix)",
        ]
    }

    /// The program with the profile `test`, in a file that is written now.
    func program() throws -> Program {
        let lines = keys.sorted { $0.key < $1.key }.map { "\($0.key) = \"\($0.value)\"" }
        let text = (["[profiles.test]"] + lines).joined(separator: "\n")
        try home.write(Data(text.utf8), as: "config.toml")
        return Program(home: home, variables.merging(["PHOTOTUI_CONFIG": home.path + "/config.toml"]) { $1 })
    }

    /// How many owners of the profile's name the database has, by Postgres' own client.
    func owners() async throws -> Int {
        let name = try #require(keys["owner"])
        let psql = Self.environment["PHOTOTUI_TEST_POSTGRES_PROGRAMS"].map { $0 + "/psql" } ?? "psql"
        let asked = try await program().shell(
            """
            '\(psql)' -XqAt '\(try Self.variable("POSTGRES_OWNER"))' \
                -c "SELECT count(*) FROM owners WHERE name = '\(name)'"
            """)
        return try #require(Int(asked.text.trimmingCharacters(in: .newlines)), "\(asked.complaints)")
    }

    /// Brings the schema to this version, as its owner.
    func migrate() async throws {
        var program = try program()
        program.environment["PHOTOTUI_DATABASE_PASSWORD"] = Self.word(
            "password", of: try Self.variable("POSTGRES_OWNER"))
        let result = try await program.run(["migrate", "--profile", "test"])
        #expect(result.exitCode == 0, "\(result.complaints)")
    }
}
