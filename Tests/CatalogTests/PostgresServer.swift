import Core
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Catalog

/// The Postgres that scripts/services/start.sh runs, with a database of this test process's own.
enum PostgresServer {
    static let environment = ProcessInfo.processInfo.environment
    static let isAvailable = environment["PHOTOTUI_TEST_POSTGRES"] != nil
    static let absence: Comment = "no Postgres: scripts/services/start.sh starts one"

    /// The databases that were made, dropped when the process ends.
    private static let made = Mutex<[String]>([])

    /// Made at the first use; its name.
    private static let shared = Task { try await makeDatabase() }

    /// A new database with its schema; its name.
    static func makeDatabase() async throws -> String {
        let name = "phototui_test_\(UUID().uuidString.prefix(8).lowercased())"
        let owner = try #require(environment["PHOTOTUI_TEST_POSTGRES_OWNER"])
        let connection = try PostgresConnection(PostgresSettings(connection: owner), server: "Postgres")
        _ = try connection.execute("CREATE DATABASE \(name)", [])
        dropAtExit(name)
        _ = try await PostgresCatalog.migrate(
            PostgresSettings(connection: "\(owner) dbname=\(name)"), applicationRole: "phototui_app")
        return name
    }

    /// Drops a database when the process ends, whoever is still connected to it.
    static func dropAtExit(_ name: String) {
        let isFirst = made.withLock { names in
            names.append(name)
            return names.count == 1
        }
        guard isFirst else { return }
        atexit {
            guard let owner = PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_OWNER"],
                let connection = try? PostgresConnection(PostgresSettings(connection: owner), server: "Postgres")
            else { return }
            for name in PostgresServer.made.withLock({ $0 }) {
                _ = try? connection.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", [])
            }
        }
    }

    enum Way: String, CaseIterable {
        case direct = "PHOTOTUI_TEST_POSTGRES"
        case pgbouncer = "PHOTOTUI_TEST_PGBOUNCER"
    }

    /// The role that owns the schema, in the database that the tests share.
    static func ownerSettings() async throws -> PostgresSettings {
        PostgresSettings(
            connection:
                "\(try #require(environment["PHOTOTUI_TEST_POSTGRES_OWNER"])) dbname=\(try await shared.value)",
            connections: 1)
    }

    /// For `database`, else for the one that the tests share.
    static func settings(
        _ way: Way, connections: Int = 2, database: String? = nil
    ) async throws -> PostgresSettings {
        var name = database
        if name == nil { name = try await shared.value }
        return PostgresSettings(
            connection: "\(try #require(environment[way.rawValue])) dbname=\(try #require(name))",
            connections: connections)
    }
}
