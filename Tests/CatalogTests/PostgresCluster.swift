import Core
import Foundation
import Glibc
import Testing

@testable import Catalog

/// A Postgres of a test's own, to be killed, frozen and started again; gone with the test.
final class PostgresCluster {
    /// Of the server that the other tests share; Debian's where there is none.
    static let programs: String? = [
        PostgresServer.environment["PHOTOTUI_TEST_POSTGRES_PROGRAMS"], debianPrograms,
    ].compactMap { $0 }.first
    /// Without pgvector.
    static let debianPrograms: String? = ["15", "16", "17"].map { "/usr/lib/postgresql/\($0)/bin" }.first {
        FileManager.default.isExecutableFile(atPath: "\($0)/postgres")
    }

    private let programs: String
    private let folder: String
    private let connections: Int
    private var server: Process?
    private var standby: Process?
    private var bouncer: Process?

    init(programs: String, connections: Int = 40) async throws {
        self.programs = programs
        self.connections = connections
        // Short: a socket's path has 107 bytes.
        folder = "/tmp/pg-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        if getuid() == 0, let nobody = getpwnam("nobody") {
            chown(folder, nobody.pointee.pw_uid, nobody.pointee.pw_gid)
        }
        let making = try launch(
            "\(programs)/initdb",
            ["-D", "\(folder)/data", "-U", "postgres", "--auth", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"])
        making.waitUntilExit()
        try #require(making.terminationStatus == 0)
        try await start()
        try administer("CREATE ROLE phototui_app LOGIN NOBYPASSRLS")
        try administer("CREATE DATABASE phototui")
    }

    /// To be called at the end of a test: a cluster that is merely not used any more must go on running until then.
    func stop() {
        // What is frozen would outlive the server that it belongs to.
        try? freezeStandby(false)
        for process in [server, standby, bouncer] {
            guard let process, process.isRunning else { continue }
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The schema's owner, who is the superuser here.
    var owner: PostgresSettings { PostgresSettings(connection: "host=\(folder) user=postgres dbname=phototui") }

    func settings(
        throughBouncer: Bool = false, connections: Int = 2, statementSeconds: Int = 60
    ) -> PostgresSettings {
        PostgresSettings(
            connection: "host=\(folder) user=phototui_app dbname=phototui" + (throughBouncer ? " port=6432" : ""),
            connections: connections, statementSeconds: statementSeconds)
    }

    var standbySettings: PostgresSettings {
        PostgresSettings(connection: "host=\(folder) port=5433 user=phototui_app dbname=phototui", connections: 2)
    }

    @discardableResult
    func migrate() async throws -> SchemaMigration {
        try await PostgresCatalog.migrate(owner, applicationRole: "phototui_app")
    }

    func start() async throws {
        for _ in 0..<100 {
            if server?.isRunning != true {
                server = try launch(
                    "\(programs)/postgres",
                    [
                        "-D", "\(folder)/data", "-c", "listen_addresses=", "-c", "unix_socket_directories=\(folder)",
                        "-c", "max_connections=\(connections)", "-c", "shared_buffers=16MB",
                    ])
            }
            if (try? administer("SELECT 1")) != nil { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the cluster in \(folder) does not start")
    }

    /// Starts a streaming standby, copied from the server at the first time; it listens where the server does, at 5433.
    func startStandby() async throws {
        let data = "\(folder)/standby"
        if !FileManager.default.fileExists(atPath: data) {
            let copying = try launch(
                "\(programs)/pg_basebackup",
                ["-h", folder, "-U", "postgres", "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"])
            copying.waitUntilExit()
            try #require(copying.terminationStatus == 0)
        }
        for _ in 0..<100 {
            if standby?.isRunning != true {
                standby = try launch(
                    "\(programs)/postgres",
                    [
                        "-D", data, "-p", "5433", "-c", "listen_addresses=", "-c", "unix_socket_directories=\(folder)",
                        "-c", "max_connections=\(connections)", "-c", "shared_buffers=16MB",
                    ])
            }
            if (try? administer("SELECT 1", standby: true)) != nil { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the standby in \(folder) does not start")
    }

    func killStandby() {
        guard let standby else { return }
        Glibc.kill(standby.processIdentifier, SIGKILL)
        standby.waitUntilExit()
    }

    /// Stops the standby as a machine does that hangs: every one of its processes, its connections left open; or lets it go on.
    func freezeStandby(_ isFrozen: Bool = true) throws {
        guard let standby else { return }
        let main = standby.processIdentifier
        let children = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
            // The parent is the second word behind the name in brackets.
            let text = try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8)
            let words = text?.components(separatedBy: ") ").last?.split(separator: " ") ?? []
            return words.count > 1 && pid_t(words[1]) == main
        }
        for process in [main] + children { Glibc.kill(process, isFrozen ? SIGSTOP : SIGCONT) }
    }

    /// `waitSeconds` is how long a client waits for a server behind it.
    func startBouncer(waitSeconds: Int = 120) async throws {
        try """
        [databases]
        * = host=\(folder)
        [pgbouncer]
        pool_mode = transaction
        listen_addr =
        listen_port = 6432
        unix_socket_dir = \(folder)
        auth_type = any
        server_login_retry = 1
        query_wait_timeout = \(waitSeconds)
        [users]
        """.replacingOccurrences(of: "* = host=\(folder)", with: "phototui = host=\(folder) user=phototui_app")
            .write(toFile: "\(folder)/pgbouncer.ini", atomically: true, encoding: .utf8)
        chmod("\(folder)/pgbouncer.ini", 0o644)
        // What a killed one left behind is not yet the new one's.
        try? FileManager.default.removeItem(atPath: "\(folder)/.s.PGSQL.6432")
        bouncer = try launch("/usr/sbin/pgbouncer", ["\(folder)/pgbouncer.ini"])
        for _ in 0..<400 where !FileManager.default.fileExists(atPath: "\(folder)/.s.PGSQL.6432") {
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// As by the kernel when memory runs out: nothing is written, nobody told.
    func kill() {
        guard let server else { return }
        Glibc.kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
    }

    func killBouncer() {
        guard let bouncer else { return }
        Glibc.kill(bouncer.processIdentifier, SIGKILL)
        bouncer.waitUntilExit()
        try? FileManager.default.removeItem(atPath: "\(folder)/.s.PGSQL.6432")
        try? FileManager.default.removeItem(atPath: "\(folder)/.s.PGSQL.6432.lock")
    }

    /// One statement as the superuser; its rows.
    @discardableResult
    func administer(_ sql: String, in database: String = "postgres", standby: Bool = false) throws -> [SQLRow] {
        let port = standby ? " port=5433" : ""
        return try PostgresConnection(
            PostgresSettings(connection: "host=\(folder) user=postgres dbname=\(database)\(port)"),
            server: "the cluster"
        ).rows(sql, [])
    }

    /// Neither Postgres nor PgBouncer runs as root.
    private func launch(_ program: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        let unprivileged = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        process.executableURL = URL(fileURLWithPath: getuid() == 0 ? "/usr/bin/setpriv" : program)
        process.arguments = getuid() == 0 ? unprivileged + [program] + arguments : arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.environment = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
