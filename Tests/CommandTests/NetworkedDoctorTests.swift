import Foundation
import Glibc
import Testing

/// `phototui doctor --profile` on real servers, and on what is wrong with them.
@Suite(
    "doctor of a networked library", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
struct NetworkedDoctorTests {
    private struct Seen {
        let exitCode: Int32
        /// By area and name: status, value, and what to do.
        let checks: [String: (status: String, value: String, advice: String)]
        let text: String

        func status(_ name: String) -> String { checks[name]?.status ?? "none" }
    }

    /// Something that is wrong with one of the servers, or with what the profile says of it.
    private struct Break {
        let what: String
        let check: String
        let says: [String]
        let change: (inout NetworkedProfile) -> Void

        init(
            _ what: String, _ check: String, _ says: [String], _ change: @escaping (inout NetworkedProfile) -> Void
        ) {
            (self.what, self.check, self.says, self.change) = (what, check, says, change)
        }
    }

    /// Both outputs, of which no secret may be a part.
    private func doctor(
        _ profile: NetworkedProfile, hiding more: [String] = [], readsText: Bool = true
    ) async throws -> Seen {
        let program = try profile.program()
        let json = try await program.run(["doctor", "--profile", "test", "--json"])
        let text = readsText ? try await program.run(["doctor", "--profile", "test"]) : json
        let all = json.text + json.complaints + text.text + text.complaints
        let known = try [
            NetworkedProfile.word("password", of: NetworkedProfile.variable("PGBOUNCER")),
            NetworkedProfile.word("password", of: NetworkedProfile.variable("POSTGRES_OWNER")),
            NetworkedProfile.variable("S3_SECRET_KEY"),
        ]
        for secret in known + more { #expect(!all.contains(secret), "a secret is shown: \(all)") }
        var checks: [String: (status: String, value: String, advice: String)] = [:]
        for check in try #require(try json.document()["checks"] as? [[String: Any]]) {
            func field(_ name: String) -> String { check[name] as? String ?? "" }
            checks["\(field("area")) \(field("name"))"] = (field("status"), field("value"), field("what_to_do"))
        }
        return Seen(exitCode: json.exitCode, checks: checks, text: text.text)
    }

    @Test("What is well is told so, with what it is")
    func well() async throws {
        let profile = try NetworkedProfile()
        try await profile.migrate()
        let seen = try await doctor(profile)
        #expect(seen.exitCode == 0, "\(seen.text)")
        for name in [
            "Database database", "Database pooling", "Database role", "Database schema", "Database owners",
            "Database clocks", "Database extension vector", "Database extension pg_trgm", "Database writing",
            "Database owner's server", "Storage bucket", "Storage write, read, delete", "Storage privacy",
            "Storage traits", "Broker broker", "Broker rights", "Broker persistence", "Broker memory",
        ] {
            #expect(seen.status(name) == "ok", "\(name): \(seen.text)")
        }
        #expect(seen.checks["Database database"]?.value.contains("reached through a pooler") == true, "\(seen.text)")
        #expect(seen.checks["Database pooling"]?.value == "transaction mode")
        #expect(seen.status("Broker workers") == "warn")
        #expect(seen.checks["Broker workers"]?.advice.contains("phototui worker --profile test") == true)
    }

    @Test(
        "A schema that is not there, a superuser, and a server without row-level security are told with their commands")
    func databases() async throws {
        var profile = try NetworkedProfile()
        let folder = try NetworkedProfile.variable("SERVICES")
        let psql = try NetworkedProfile.variable("POSTGRES_PROGRAMS") + "/psql"
        let name = "doctor_\(UUID().uuidString.prefix(8).lowercased())"
        func sql(_ statement: String, in database: String = "postgres") async throws {
            let result = try await profile.program().shell(
                "'\(psql)' -X -q -v ON_ERROR_STOP=1 -h '\(folder)/postgres' -U postgres -d \(database) -c \"\(statement)\""
            )
            #expect(result.exitCode == 0, "\(result.complaints)")
        }
        try await sql("CREATE DATABASE \(name) OWNER phototui_owner")
        for key in ["database", "database_owner"] {
            profile.keys[key] = profile.keys[key]?.replacingOccurrences(of: "dbname=phototui", with: "dbname=\(name)")
        }
        profile.variables["PHOTOTUI_BROKER"] = "inline"
        let empty = try await doctor(profile)
        #expect(empty.exitCode == 1 && empty.status("Database schema") == "fail", "\(empty.text)")
        #expect(empty.checks["Database schema"]?.advice == "run: phototui migrate --profile test")
        try await profile.migrate()
        #expect(try await doctor(profile).status("Database owners") == "ok")
        try await sql("ALTER TABLE photos NO FORCE ROW LEVEL SECURITY", in: name)
        try await sql("DROP EXTENSION vector CASCADE", in: name)
        try await sql("DROP INDEX jobs_error_text", in: name)
        profile.keys["database_replica"] = profile.keys["database"]
        let open = try await doctor(profile)
        #expect(open.checks["Database replica"]?.value.contains("is no standby") == true, "\(open.text)")
        #expect(open.checks["Database text search"]?.advice.contains("phototui migrate --profile test") == true)
        profile.keys["database_replica"] = "host=127.0.0.1 port=1 user=phototui_app"
        #expect(open.checks["Database owners"]?.value == "row-level security is off for photos", "\(open.text)")
        #expect(open.checks["Database extension vector"]?.advice == "as a superuser: CREATE EXTENSION vector")
        try await profile.migrate()
        try await sql("REVOKE UPDATE ON photos FROM phototui_app", in: name)
        let poor = try await doctor(profile)
        #expect(poor.checks["Database replica"]?.value.contains("the primary is read instead") == true)
        #expect(poor.checks["Database owners"]?.value == "this role lacks rights to photos", "\(poor.text)")
        // The server trusts its superuser on the socket.
        profile.keys["database"] = "host=\(folder)/postgres dbname=\(name) user=postgres"
        let mighty = try await doctor(profile)
        #expect(mighty.status("Database role") == "fail", "\(mighty.text)")
        #expect(mighty.checks["Database role"]?.advice.contains("NOSUPERUSER") == true)
        try await sql("DROP DATABASE \(name) WITH (FORCE)")
    }

    @Test("A pooler in another mode than transactions is found out", arguments: ["session", "statement"])
    func poolers(_ mode: String) async throws {
        var profile = try NetworkedProfile()
        try await profile.migrate()
        let folder = try NetworkedProfile.variable("SERVICES")
        let place = "/tmp/phototui-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: place) }
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let ini = """
            [databases]
            * = host=\(folder)/postgres
            [pgbouncer]
            pool_mode = \(mode)
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(place)
            auth_type = scram-sha-256
            auth_file = \(folder)/pgbouncer/users.txt
            """
        try ini.write(toFile: place + "/pgbouncer.ini", atomically: true, encoding: .utf8)
        let run = geteuid() == 0 ? "chown -R nobody '\(place)'; exec runuser -u nobody -- " : "exec "
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\(run)/usr/sbin/pgbouncer -q '\(place)/pgbouncer.ini'"]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.terminate() }
        for _ in 0..<200 where access(place + "/.s.PGSQL.6432", F_OK) != 0 {
            try await Task.sleep(for: .milliseconds(50))
        }
        profile.keys["database"] = "host=\(place) port=6432 dbname=phototui user=phototui_app"
        profile.variables["PHOTOTUI_BROKER"] = "inline"
        let seen = try await doctor(profile)
        #expect(seen.status("Database pooling") == (mode == "session" ? "warn" : "fail"), "\(seen.text)")
        #expect(seen.checks["Database pooling"]?.advice.contains("pool_mode = transaction") == true)
    }

    @Test("Every refusal names the server, the cause and the next step, and no secret")
    func refusals() async throws {
        let wrong = "hush-\(UUID().uuidString)"
        let endpoint = try NetworkedProfile.variable("S3_ENDPOINT")
        let redis = try NetworkedProfile.variable("REDIS_TCP")
        let redisPlace = redis.replacingOccurrences(of: "redis://", with: "")
        let breaks: [Break] = [
            Break("a wrong password", "Database database", ["refused the login", "Postgres at"]) {
                $0.variables["PHOTOTUI_DATABASE_PASSWORD"] = wrong
            },
            Break("a refused connection", "Database database", ["Postgres at 127.0.0.1:1", "refused"]) {
                $0.keys["database"] = "host=127.0.0.1 port=1 dbname=phototui user=phototui_app"
            },
            Break("an unknown host", "Database database", ["Postgres at nowhere.invalid"]) {
                $0.keys["database"] = "postgres://phototui_app@nowhere.invalid/phototui"
            },
            Break("a wrong bucket", "Storage bucket", ["there is no bucket none-of-ours"]) {
                $0.keys["storage"] = "s3://none-of-ours?endpoint=\(endpoint)"
            },
            Break("a wrong secret key", "Storage bucket", ["SignatureDoesNotMatch"]) {
                $0.variables["PHOTOTUI_STORAGE_SECRET_KEY"] = wrong
            },
            Break("a wrong access key", "Storage bucket", ["InvalidAccessKeyId"]) {
                $0.keys["storage_access_key"] = "NOBODYSKEY"
            },
            Break("storage without TLS", "Storage bucket", ["127.0.0.1"]) {
                $0.keys["storage"] =
                    "s3://b?endpoint=\(endpoint.replacingOccurrences(of: "http://", with: "https://"))"
            },
            Break("an unknown storage host", "Storage bucket", ["nowhere.invalid"]) {
                $0.keys["storage"] = "s3://b?endpoint=https://nowhere.invalid"
            },
            Break("a refused broker", "Broker broker", ["redis://127.0.0.1:1/0", "refused"]) {
                $0.variables["PHOTOTUI_BROKER"] = "redis://127.0.0.1:1/0"
            },
            Break("a broker's wrong password", "Broker broker", ["redis://\(redisPlace)", "WRONGPASS"]) {
                $0.variables["PHOTOTUI_BROKER"] = "redis://somebody:\(wrong)@\(redisPlace)"
            },
            Break("a broker without TLS", "Broker broker", ["rediss://\(redisPlace)"]) {
                $0.variables["PHOTOTUI_BROKER"] = "rediss://\(redisPlace)"
            },
            Break("an unknown broker", "Broker broker", ["nowhere.invalid"]) {
                $0.variables["PHOTOTUI_BROKER"] = "redis://:\(wrong)@nowhere.invalid"
            },
        ]
        // Each break touches one server, so that one of each area is tried in one run.
        let areas = Dictionary(grouping: breaks, by: \.check).values
        for turn in 0..<(areas.map(\.count).max() ?? 0) {
            let group = areas.map { $0[turn % $0.count] }
            var profile = try NetworkedProfile()
            for each in group { each.change(&profile) }
            let seen = try await doctor(profile, hiding: [wrong], readsText: false)
            #expect(seen.exitCode == 1)
            for each in group {
                let check = seen.checks[each.check]
                #expect(check?.status == "fail", "\(each.what): \(seen.text)")
                for word in each.says { #expect(check?.value.contains(word) == true, "\(each.what): \(seen.text)") }
                #expect(check?.advice.isEmpty == false, "\(each.what): \(seen.text)")
            }
        }
    }

    @Test("Servers that accept a connection and say nothing are told in time, by name")
    func frozen() async throws {
        // Nobody ever accepts: the kernel does, for the first few.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // SAFETY: a sockaddr_in is a sockaddr of that size, and outlives the calls.
        withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(listener, $0, size) == 0 && listen(listener, 128) == 0)
                getsockname(listener, $0, &size)
            }
        }
        let port = UInt16(bigEndian: place.sin_port)
        var profile = try NetworkedProfile()
        profile.keys["database"] = "host=127.0.0.1 port=\(port) dbname=phototui user=phototui_app"
        profile.keys["database_owner"] = nil
        profile.keys["storage"] = "s3://b?endpoint=http://127.0.0.1:\(port)"
        profile.variables["PHOTOTUI_BROKER"] = "redis://127.0.0.1:\(port)/0"
        let program = try profile.program()
        let start = ContinuousClock.now
        let seen = try await program.run(["doctor", "--profile", "test"])
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(seen.exitCode == 1)
        for area in ["Postgres at 127.0.0.1:\(port)", "s3://b", "redis://127.0.0.1:\(port)/0"] {
            #expect(seen.text.contains(area), "\(area): \(seen.text)")
        }
        #expect(seen.text.components(separatedBy: "FAIL").count >= 4, "\(seen.text)")
    }
}
