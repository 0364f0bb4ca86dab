import Foundation
import Glibc
import Testing

/// What docs/production.md tells to write, written and run as it stands there, but for names and places.
@Suite("docs/production.md", .serialized, .timeLimit(.minutes(15)))
struct ProductionTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The first block of that language below the heading.
    private func snippet(_ language: String, below heading: String) throws -> String {
        let text = try String(contentsOfFile: Self.root + "/docs/production.md", encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## \(heading)\n").dropFirst().first)
        let block = try #require(section.components(separatedBy: "```\(language)\n").dropFirst().first)
        return try #require(block.components(separatedBy: "```").first)
    }

    private func launch(_ command: String, in place: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(fileURLWithPath: place)
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func await(_ path: String) async throws {
        for _ in 0..<200 where access(path, F_OK) != 0 { try await Task.sleep(for: .milliseconds(50)) }
    }

    @Test(
        "The roles, the database, PgBouncer and Redis as the page has them are all well to doctor",
        .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
    func servers() async throws {
        var profile = try NetworkedProfile()
        let folder = try NetworkedProfile.variable("SERVICES")
        let programs = try NetworkedProfile.variable("POSTGRES_PROGRAMS")
        let name = "docs_\(UUID().uuidString.prefix(8).lowercased())"
        let place = "/tmp/\(name)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        func write(_ text: String, as file: String) throws {
            try text.write(toFile: place + "/" + file, atomically: true, encoding: .utf8)
        }
        /// With this test's names for the page's.
        func renamed(_ text: String) -> String {
            text.replacingOccurrences(of: "phototui", with: name)
        }
        let psql = "'\(programs)/psql' -X -q -v ON_ERROR_STOP=1 -h '\(folder)/postgres' -U postgres -d postgres"
        func shell(_ script: String) async throws {
            let result = try await profile.program().shell("cd '\(place)'; PATH=\(programs):$PATH; \(script)")
            #expect(result.exitCode == 0, "\(script): \(result.complaints)")
        }

        try write(renamed(snippet("sql", below: "Postgres")), as: "roles.sql")
        // Databases of the test server have the extensions from their template.
        try await shell("sed -i 's/^CREATE EXTENSION/& IF NOT EXISTS/' roles.sql; \(psql) -f roles.sql")

        let list = try renamed(snippet("sh", below: "PgBouncer"))
        try await shell("export PGHOST='\(folder)/postgres' PGUSER=postgres PGDATABASE=postgres; \(list)")
        let ini = try renamed(snippet("ini", below: "PgBouncer"))
            .replacingOccurrences(of: "host=/var/run/postgresql", with: "host=\(folder)/postgres")
            .replacingOccurrences(of: "unix_socket_dir = /var/run/postgresql", with: "unix_socket_dir = \(place)")
            .replacingOccurrences(of: "/etc/pgbouncer/", with: place + "/")
            .replacingOccurrences(of: "/var/log/postgresql/", with: place + "/")
            .replacingOccurrences(of: "/var/run/postgresql/", with: place + "/")
            .replacingOccurrences(of: "listen_addr = 127.0.0.1", with: "listen_addr =")
        try write(ini, as: "pgbouncer.ini")

        let conf = try snippet("conf", below: "Redis")
            .replacingOccurrences(of: "/etc/redis/", with: place + "/")
        try write(conf + "port 0\nunixsocket \(place)/redis.sock\nunixsocketperm 777\ndir \(place)\n", as: "redis.conf")
        let user = try snippet("redis", below: "Redis").replacingOccurrences(of: "\\\n", with: " ")
            .replacingOccurrences(of: "ACL SETUSER", with: "user")
            .replacingOccurrences(of: ">PASSWORD", with: ">hush-redis")
        try write("user default off\n\(user)\n", as: "users.acl")

        let isRoot = geteuid() == 0
        if isRoot { try await shell("chown -R nobody .") }
        let before = isRoot ? "exec runuser -u nobody -- " : "exec "
        let bouncer = try launch(before + "/usr/sbin/pgbouncer -q pgbouncer.ini", in: place)
        defer { bouncer.terminate() }
        let redis = try launch(before + "/usr/bin/redis-server redis.conf", in: place)
        defer { redis.terminate() }
        try await self.await(place + "/.s.PGSQL.6432")
        try await self.await(place + "/redis.sock")

        profile.keys["database"] = "postgres://\(name)_app@/\(name)?host=\(place)&port=6432"
        profile.keys["database_owner"] = "postgres://\(name)_owner@/\(name)?host=\(folder)/postgres"
        var owner = try profile.program()
        owner.environment["PHOTOTUI_DATABASE_PASSWORD"] = "choose-one"
        let migrated = try await owner.run(["migrate", "--profile", "test", "--role", "\(name)_app"])
        #expect(migrated.exitCode == 0, "\(migrated.complaints)")
        profile.variables["PHOTOTUI_DATABASE_PASSWORD"] = "choose-another"
        profile.variables["PHOTOTUI_BROKER"] = "redis+socket://phototui@/\(place)/redis.sock"
            .replacingOccurrences(of: "@//", with: "@/")
        profile.variables["PHOTOTUI_BROKER_PASSWORD"] = "hush-redis"
        let lifecycle = try await profile.program().run(["storage", "lifecycle", "--profile", "test"])
        #expect(lifecycle.exitCode == 0, "\(lifecycle.complaints)")
        let seen = try await profile.program().run(["doctor", "--profile", "test", "--json"])
        let checks = try #require(try seen.document()["checks"] as? [[String: Any]])
        let areas: Set = ["Database", "Storage", "Broker"]
        let ours = checks.filter { areas.contains($0["area"] as? String ?? "") }
        #expect(ours.count >= 18)
        for check in ours where check["name"] as? String != "workers" {
            #expect(check["status"] as? String == "ok", "\(check)")
        }
        for secret in ["choose-one", "choose-another", "hush-redis"] { #expect(!seen.text.contains(secret)) }
        bouncer.terminate()
        try await shell("\(psql) -c 'DROP DATABASE \(name) WITH (FORCE)' -c 'DROP ROLE \(name)_app, \(name)_owner'")
    }

    @Test("The unit for workers is one that systemd takes, and exposes little")
    func unit() async throws {
        let home = try TestFolder()
        let program = Program(home: home)
        let made = try await program.shell(
            "mkdir -p ~/prefix/bin && ln -s \"$(command -v phototui)\" ~/prefix/bin/phototui && "
                + "sed \"s,@PREFIX@,$HOME/prefix,\" '\(Self.root)/contrib/systemd/phototui-worker@.service' "
                + "> ~/phototui-worker@home.service && systemd-analyze verify ~/phototui-worker@home.service")
        #expect(made.exitCode == 0 && made.complaints.isEmpty, "\(made.complaints)")
        let exposure = try await program.shell(
            "systemd-analyze security --offline=yes --threshold=20 --no-pager ~/phototui-worker@home.service")
        #expect(exposure.exitCode == 0, "\(exposure.text.suffix(200))")
    }

    @Test(
        "The unit's command works with the unit's environment and credentials, and SIGTERM drains it",
        .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
    func unitCommand() async throws {
        let profile = try NetworkedProfile()
        try await profile.migrate()
        let program = try profile.program()
        let home = profile.home.path
        for (file, variable) in [
            ("database-password", "PHOTOTUI_DATABASE_PASSWORD"), ("storage-secret-key", "PHOTOTUI_STORAGE_SECRET_KEY"),
        ] {
            try profile.home.write(Data(try #require(profile.variables[variable]).utf8), as: file)
        }
        try profile.home.write(Data("\n".utf8), as: "broker-password")
        let text = try String(
            contentsOfFile: Self.root + "/contrib/systemd/phototui-worker@.service", encoding: .utf8)
        func expanded(_ text: Substring) -> String {
            text.replacingOccurrences(of: "%i", with: "test").replacingOccurrences(of: "%d", with: home)
                .replacingOccurrences(of: "%C", with: home).replacingOccurrences(of: "/etc/phototui", with: home)
                .replacingOccurrences(of: "/run/phototui-test", with: home)
                .replacingOccurrences(of: "@PREFIX@/bin", with: Program.folder)
        }
        let lines = text.split(separator: "\n")
        let variables = lines.filter { $0.hasPrefix("Environment=") }
            .map { expanded($0.dropFirst("Environment=".count)) }.joined(separator: " ")
        let command = try #require(lines.first { $0.hasPrefix("ExecStart=") }.map { expanded($0.dropFirst(10)) })
        let broker = try #require(program.environment["PHOTOTUI_BROKER"])
        let script = """
            export \(variables) PHOTOTUI_BROKER='\(broker)'
            \(command) 2> log & worker=$!
            for i in $(seq 600); do
                grep -q takes log && curl -s --max-time 20 --unix-socket health.sock http://x/health/live && break
                sleep 0.1
            done
            kill -TERM $worker; wait $worker; echo ended $?; cat log
            """
        var bare = Program(home: profile.home)
        bare.environment["PHOTOTUI_LIBRARY"] = nil
        let ran = try await bare.shell(script, in: profile.home)
        #expect(ran.text.hasPrefix("live\nended 0\n"), "\(ran.text)\(ran.complaints)")
        #expect(ran.text.contains("phototui: worker: stopped"), "\(ran.text)")
    }
}
