import Foundation
import Testing

/// `phototui health` as it is run, on real servers, with curl and Prometheus's own parser at the other end.
@Suite("phototui health", .serialized, .timeLimit(.minutes(10)))
struct HealthTests {
    /// A server that runs until the test ends.
    private final class Serving {
        let process = Process()
        let log: String
        private(set) var address = ""

        init(_ program: Program, _ arguments: [String], _ home: TestFolder) async throws {
            log = home.path + "/log-\(UUID().uuidString)"
            try Data().write(to: URL(fileURLWithPath: log))
            process.executableURL = URL(fileURLWithPath: Program.folder + "/phototui")
            process.arguments = arguments
            process.environment = program.environment
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
            try process.run()
            while address.isEmpty, process.isRunning {
                try await Task.sleep(for: .milliseconds(20))
                address =
                    logged.components(separatedBy: "/metrics on ").dropFirst().first?
                    .components(separatedBy: "\n").first ?? ""
            }
        }

        var logged: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

        func end() async throws -> Int32 {
            kill(process.processIdentifier, SIGTERM)
            while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    }

    /// curl's status and body.
    private func get(_ program: Program, _ serving: Serving, _ path: String) async throws -> (status: Int, body: String)
    {
        let place =
            serving.address.hasPrefix("/")
            ? "--unix-socket \(serving.address) http://localhost\(path)" : "http://\(serving.address)\(path)"
        let text = try await program.shell("curl --silent --max-time 30 --write-out '\\n%{http_code}' \(place)").text
        let lines = text.components(separatedBy: "\n")
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    /// Asks until the answer is as it should be: a look takes its two seconds on a busy machine.
    private func get(
        _ program: Program, _ serving: Serving, _ path: String,
        until isFine: (_ status: Int, _ body: String) throws -> Bool
    ) async throws -> (status: Int, body: String) {
        var answer = try await get(program, serving, path)
        for _ in 0..<120 where try !isFine(answer.status, answer.body) {
            try await Task.sleep(for: .milliseconds(250))
            answer = try await get(program, serving, path)
        }
        return answer
    }

    private func failing(_ body: String) throws -> [String] {
        let document = try #require(JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        let dependencies = try #require(document["dependencies"] as? [[String: Any]])
        return dependencies.filter { $0["status"] as? String == "fail" }.compactMap { $0["name"] as? String }
    }

    @Test("An embedded library is well where it can be written, and its absence is told")
    func embedded() async throws {
        let program = Program(home: try TestFolder())
        let absent = try await program.run(["health", "--json"])
        #expect(absent.exitCode == 1 && absent.text.contains("there is no library"))
        let pictures = try TestFolder()
        try pictures.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await program.run(["import", pictures.path]).exitCode == 0)
        var document = try await program.run(["health", "--json"]).document()
        for _ in 0..<20 where document["status"] as? String != "ok" {
            document = try await program.run(["health", "--json"]).document()
        }
        #expect(document["status"] as? String == "ok", "\(document)")
        let names = (document["dependencies"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["database", "storage", "decoder"])
        var line = try await program.run(["health", "--check"])
        for _ in 0..<20 where line.exitCode != 0 { line = try await program.run(["health", "--check"]) }
        #expect(
            line.exitCode == 0 && line.text.hasPrefix("PHOTOTUI OK - database, storage, decoder answer | database="))
    }

    @Test("Wrong use is refused, and a monitoring plugin's answer is the unknown")
    func wrongUse() async throws {
        let program = Program(home: try TestFolder())
        #expect(try await program.run(["health", "--serve", "x", "--check"]).exitCode == 64)
        #expect(try await program.run(["health", "--serve", "x"]).complaints.contains("HOST:PORT"))
        let unknown = try await program.run(["health", "--check", "--profile", "none"])
        #expect(unknown.exitCode == 3 && unknown.text.hasPrefix("PHOTOTUI UNKNOWN - there is no profile none"))
        let wrong = try await program.run(["health", "--check", "--broker", "amqp://me:hush@localhost"])
        #expect(wrong.exitCode == 3 && !(wrong.text + wrong.complaints).contains("hush"))
    }

    @Test(
        "Ready tells each dependency, a frozen server by its name within seconds, while live answers; SIGTERM ends it",
        .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
    func ready() async throws {
        var profile = try NetworkedProfile()
        try await profile.migrate()
        // A broker of this test's own, which nobody else misses while it is frozen.
        let redis = Process()
        redis.executableURL = URL(fileURLWithPath: "/usr/bin/redis-server")
        redis.arguments = ["--port", "0", "--unixsocket", profile.home.path + "/redis.sock", "--save", ""]
        redis.currentDirectoryURL = URL(fileURLWithPath: profile.home.path)
        redis.standardInput = FileHandle.nullDevice
        redis.standardOutput = FileHandle.nullDevice
        try redis.run()
        defer { kill(redis.processIdentifier, SIGKILL) }
        profile.variables["PHOTOTUI_BROKER"] = "redis+socket://\(profile.home.path)/redis.sock"
        let program = try profile.program()
        let serving = try await Serving(
            program, ["health", "--profile", "test", "--serve", "127.0.0.1:0"], profile.home)
        let first = try await get(program, serving, "/health/ready") { status, _ in status == 200 }
        #expect(first.status == 200, "\(first.body)\(serving.logged)")
        for name in ["database", "pool", "postgres", "storage", "broker", "decoder"] {
            #expect(first.body.contains("\"name\" : \"\(name)\""), "\(first.body)")
        }
        #expect(try await get(program, serving, "/health/live").status == 200)
        #expect(try await get(program, serving, "/nothing").status == 404)
        let posted =
            "curl --silent --output /dev/null --write-out '%{http_code}' --data x http://\(serving.address)/metrics"
        #expect(try await program.shell(posted).text == "405")

        kill(redis.processIdentifier, SIGSTOP)
        let frozen = try await get(program, serving, "/health/ready") { status, body in
            try status == 503 && failing(body) == ["broker"]
        }
        #expect(try frozen.status == 503 && failing(frozen.body) == ["broker"], "\(frozen.body)")
        #expect(frozen.body.contains("Redis at") && frozen.body.contains("answer"), "\(frozen.body)")
        #expect(try await get(program, serving, "/health/live").status == 200)
        let metrics = try await get(program, serving, "/metrics")
        #expect(metrics.body.contains("phototui_dependency_up{dependency=\"broker\"} 0"))
        kill(redis.processIdentifier, SIGCONT)
        let thawed = try await get(program, serving, "/health/ready") { status, _ in status == 200 }
        #expect(thawed.status == 200, "\(thawed.body)")
        #expect(try await serving.end() == 0)
        for secret in profile.variables.filter({ $0.key != "PHOTOTUI_BROKER" }).values {
            #expect(!(serving.logged + first.body + frozen.body + metrics.body).contains(secret))
        }
    }

    @Test(
        "Looking at a profile whose owner nobody has added writes nothing, and counts nothing",
        .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
    func unknownOwner() async throws {
        let profile = try NetworkedProfile()
        try await profile.migrate()
        let program = try profile.program()
        let serving = try await Serving(
            program, ["health", "--profile", "test", "--serve", "127.0.0.1:0"], profile.home)
        let metrics = try await get(program, serving, "/metrics") { _, body in
            body.contains("phototui_collected{source=\"catalogue\"} 1")
        }
        #expect(metrics.body.contains("\nphototui_photos 0\n"), "\(metrics.body)\(serving.logged)")
        #expect(try await profile.owners() == 0)
        // The first import adds the owner, whom the same server then counts.
        let pictures = try TestFolder()
        try pictures.write(TestPicture.png(seed: 1), as: "a.png")
        var alone = program
        alone.environment["PHOTOTUI_BROKER"] = "inline"
        let imported = try await alone.run(["import", pictures.path, "--profile", "test"])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        #expect(try await profile.owners() == 1)
        let counted = try await get(program, serving, "/metrics") { _, body in body.contains("\nphototui_photos 1\n") }
        #expect(counted.body.contains("\nphototui_photos 1\n"), "\(counted.body)")
        #expect(try await serving.end() == 0)
    }

    @Test(
        "Prometheus reads the metrics, and they are those of the catalogue",
        .enabled(
            if: NetworkedProfile.areAvailable && NetworkedProfile.environment["PHOTOTUI_PEERS_PYTHON"] != nil,
            NetworkedProfile.absence))
    func metrics() async throws {
        let profile = try NetworkedProfile()
        try await profile.migrate()
        let program = try profile.program()
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        // By the import itself, so that the worker has nothing to do.
        var alone = program
        alone.environment["PHOTOTUI_BROKER"] = "inline"
        let imported = try await alone.run(["import", pictures.path, "--profile", "test"])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let socket = "/tmp/phototui-\(UUID().uuidString.prefix(8)).sock"
        let serving = try await Serving(
            program, ["worker", "--profile", "test", "--health", socket], profile.home)
        let metrics = try await get(program, serving, "/metrics") { _, body in
            body.contains("\nphototui_ready 1\n") && !body.contains("phototui_collected{source=\"catalogue\"} 0")
                && !body.contains("phototui_collected{source=\"broker\"} 0")
        }
        try profile.home.write(Data(metrics.body.utf8), as: "metrics")
        let script = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families
            found = {}
            for family in text_string_to_metric_families(open(sys.argv[1]).read()):
                assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
                for sample in family.samples:
                    key = (sample.name, tuple(sorted(sample.labels.items())))
                    assert key not in found, key
                    found[key] = sample.value
            def value(name, **labels): return found[(name, tuple(sorted(labels.items())))]
            assert value("phototui_photos") == 3
            assert value("phototui_jobs", kind="process_photo", queue="high", state="succeeded") == 3
            assert value("phototui_uploads", state="confirmed") == 3
            assert value("phototui_queue_messages", queue="high", state="waiting") == 0
            assert value("phototui_collected", source="catalogue") == value("phototui_collected", source="broker") == 1
            assert value("phototui_ready") == 1
            for server in ("database", "broker", "storage"):
                assert value("phototui_request_seconds_count", server=server) > 0
                assert value("phototui_breaker_open", server=server) == 0
            for name in ("database", "postgres", "storage", "broker", "decoder"):
                assert value("phototui_dependency_check_seconds_count", dependency=name) >= 1
                assert value("phototui_dependency_check_seconds_bucket", dependency=name, le="+Inf") >= 1
            assert value("phototui_worker_tasks_running") == 0
            assert 1e6 < value("process_resident_memory_bytes") < 4e9 and value("process_open_fds") > 3
            assert 0 < value("phototui_uptime_seconds") < 600
            print("read", len(found))
            """
        try profile.home.write(Data(script.utf8), as: "read.py")
        let read = try await program.shell(
            "'\(try #require(NetworkedProfile.environment["PHOTOTUI_PEERS_PYTHON"]))' ~/read.py ~/metrics")
        #expect(read.exitCode == 0 && read.text.hasPrefix("read"), "\(read.complaints)\(metrics.body)")
        #expect(try await serving.end() == 0)
        #expect(!FileManager.default.fileExists(atPath: socket))
    }
}
