import Core
import Foundation
import PhotoEngine
import Testing

/// A profile with a broker, by whole processes: `phototui import` hands over, `phototui worker` processes, and Redis may
/// forget everything in between.
@Suite("Workers of a networked library", .serialized, .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
struct NetworkedWorkerTests {
    @Test("An import hands its photos to workers, and a flushed Redis loses none", .timeLimit(.minutes(3)))
    func handsOver() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<16 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let imported = try await home.program.run(["import", "--profile", "test", "--json", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let report = try imported.document()
        #expect(report["imported"] as? Int == 16 && report["handed_over"] as? Int == 16)
        #expect(report["broker_problem"] is NSNull)
        #expect(try await home.jobs() == ["queued": 16])
        #expect(try await home.redis("LLEN", "high") == "16")

        #expect(try await home.redis("FLUSHALL") == "OK")
        let worker = try home.startWorker()
        try await home.wait("nothing was done") { try await home.jobs()["succeeded", default: 0] >= 2 }
        #expect(try await home.redis("FLUSHALL") == "OK")
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 16] }
        try await home.expectRenditions(16)
        try await home.drain(worker)

        // A second import finds all of it known, and hands nothing over.
        let again = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(again.exitCode == 0 && !again.text.contains("handed to workers"), "\(again.text)")
    }

    @Test("--wait waits for the workers, and tells what they could not read", .timeLimit(.minutes(3)))
    func waits() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<4 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try pictures.write(TestPicture.png(seed: 9).prefix(20), as: "broken.png")
        let worker = try home.startWorker()
        let imported = try await home.program.run(["import", "--profile", "test", "--wait", "--json", pictures.path])
        #expect(imported.exitCode == 2, "\(imported.complaints)")
        let report = try imported.document()
        #expect(report["imported"] as? Int == 4 && report["rejected"] as? Int == 1)
        #expect(try await home.jobs()["succeeded"] == 4)
        try await home.expectRenditions(4)
        try await home.drain(worker)
    }

    @Test("With the broker away an import succeeds, and the next relay announces its photos", .timeLimit(.minutes(3)))
    func brokerAway() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let imported = try await home.program.run(["import", "--profile", "test", "--json", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let report = try imported.document()
        #expect(report["imported"] as? Int == 3 && report["handed_over"] as? Int == 0)
        let problem = try #require(report["broker_problem"] as? String)
        #expect(problem.contains(home.redisSocket) && !problem.contains(NetworkedHome.password))
        #expect(try await home.jobs() == ["queued": 3])

        try home.startRedis()
        try pictures.write(TestPicture.png(seed: 3), as: "3.png")
        let next = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(next.exitCode == 0 && next.text.contains("4 photos handed to workers"), "\(next.text)")
        #expect(try await home.redis("LLEN", "high") == "4")
        let worker = try home.startWorker()
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 4] }
        try await home.drain(worker)
    }

    @Test(
        "A worker that starts before its database waits for it and says so, and an import says what is missing",
        .timeLimit(.minutes(3)))
    func databaseAway() async throws {
        let home = try await NetworkedHome(isDatabaseAway: true)
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let early = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(early.exitCode == 1)
        #expect(
            early.complaints.contains("Postgres at \(home.databaseFolder)")
                && early.complaints.contains("can't be reached")
                && early.complaints.contains("see whether the server runs"), "\(early.complaints)")
        let worker = try home.startWorker(["--health", home.databaseFolder + "/health"])
        try await home.wait("it did not wait twice") {
            try #require(worker.isRunning, "\(home.log())")
            return home.log().components(separatedBy: "can't be reached").count > 2
                && home.log().contains("trying again in")
        }
        let live = try await home.program.shell(
            "curl --silent --unix-socket \(home.databaseFolder)/health --write-out '%{http_code}' http://x/health/live")
        #expect(live.text.hasSuffix("200"), "\(live.text)")

        try home.connectDatabase()
        let imported = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 3] }
        try await home.drain(worker)

        // One that waits ends as soon as it is told to.
        try home.disconnectDatabase()
        let waiting = try home.startWorker()
        let before = home.log()
        try await home.wait("it did not wait") { home.log() != before }
        kill(waiting.processIdentifier, SIGTERM)
        try await home.wait("it did not end") { !waiting.isRunning }
        #expect(waiting.terminationReason == .exit && waiting.terminationStatus == 0, "\(home.log())")
    }
}

/// A home with a profile on real servers, an owner and a Redis of its own.
private final class NetworkedHome {
    static let environment = ProcessInfo.processInfo.environment
    static let isUsable = environment["PHOTOTUI_TEST_PGBOUNCER"] != nil
    static let absence: Comment = "no servers: scripts/services/start.sh starts them"
    static let password = "only-for-this-test"

    let program: Program
    let redisSocket: String
    private let home: TestFolder
    private let redisFolder: String
    /// Where the profile looks for its database when that is away; the server itself is elsewhere, and goes on for others.
    var databaseFolder: String { redisFolder + "/database" }
    private let database: (folder: String, port: String)
    private var processes: [Process] = []

    init(isDatabaseAway: Bool = false) async throws {
        home = try TestFolder()
        // A short path: a unix socket's has at most 107 bytes.
        redisFolder = "/tmp/phototui-redis-\(UUID().uuidString.prefix(8))"
        redisSocket = redisFolder + "/redis.sock"
        func variable(_ name: String) throws -> String { try #require(Self.environment["PHOTOTUI_TEST_\(name)"]) }
        func word(_ name: String, of connection: String) -> String {
            let found = connection.split(separator: " ").first { $0.hasPrefix("\(name)=") }
            return found.map { String($0.dropFirst(name.count + 1)) } ?? ""
        }
        func address(_ connection: String) -> String {
            ["host", "port", "user", "dbname"].map { "\($0)=\(word($0, of: connection))" }.joined(separator: " ")
        }
        let (bouncer, owner) = (try variable("PGBOUNCER"), try variable("POSTGRES_OWNER"))
        database = (word("host", of: bouncer), word("port", of: bouncer))
        let reached =
            isDatabaseAway
            ? address(bouncer).replacing("host=\(database.folder)", with: "host=\(redisFolder)/database")
            : address(bouncer)
        try FileManager.default.createDirectory(atPath: redisFolder + "/database", withIntermediateDirectories: true)
        try home.write(
            Data(
                """
                [profiles.test]
                database = "\(reached)"
                database_owner = "\(address(owner))"
                storage = "s3://\(try variable("S3_BUCKET"))?endpoint=\(try variable("S3_ENDPOINT"))"
                storage_access_key = "\(try variable("S3_ACCESS_KEY"))"
                broker = "redis+socket://\(redisSocket)?virtual_host=2"
                broker_password_command = "printf %s \(Self.password)"
                owner = "o\(UUID().uuidString.lowercased())"
                """.utf8), as: "config.toml")
        program = Program(
            home: home,
            [
                "PHOTOTUI_CONFIG": home.path + "/config.toml",
                "PHOTOTUI_STORAGE_SECRET_KEY": try variable("S3_SECRET_KEY"),
                "PHOTOTUI_DATABASE_PASSWORD": word("password", of: bouncer),
            ])
        var migrating = program
        migrating.environment["PHOTOTUI_DATABASE_PASSWORD"] = word("password", of: owner)
        let migrated = try await migrating.run(["migrate", "--profile", "test"])
        #expect(migrated.exitCode == 0, "\(migrated.complaints)")
    }

    func stop() {
        for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: redisFolder)
    }

    private var databaseSocket: String { "/.s.PGSQL.\(database.port)" }

    /// From now on the server answers where the profile looks for it.
    func connectDatabase() throws {
        try FileManager.default.createSymbolicLink(
            atPath: databaseFolder + databaseSocket, withDestinationPath: database.folder + databaseSocket)
    }

    func disconnectDatabase() throws {
        try FileManager.default.removeItem(atPath: databaseFolder + databaseSocket)
    }

    func startRedis() throws {
        try launch(
            "/usr/bin/redis-server",
            [
                "--port", "0", "--unixsocket", redisSocket, "--dir", redisFolder, "--save", "", "--requirepass",
                Self.password,
            ])
    }

    func startWorker(_ more: [String] = []) throws -> Process {
        try launch(
            Program.folder + "/phototui", ["worker", "--profile", "test", "--concurrency", "1"] + more,
            environment: program.environment)
    }

    /// What redis-cli prints.
    func redis(_ words: String...) async throws -> String {
        let shell = try await program.shell(
            "redis-cli --no-auth-warning -a \(Self.password) -s \(redisSocket) -n 2 \(words.joined(separator: " "))")
        return shell.text.trimmingCharacters(in: .newlines)
    }

    /// Jobs by their state.
    func jobs() async throws -> [String: Int] {
        let listed = try await program.run(["jobs", "list", "--profile", "test", "--json"]).document()
        let states = try #require(listed["jobs"] as? [[String: Any]]).compactMap { $0["state"] as? String }
        return states.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// Another machine, with nothing cached, fetches a rendition of each of `count` photos.
    func expectRenditions(_ count: Int) async throws {
        var environment = program.environment
        environment["XDG_CACHE_HOME"] = home.path + "/elsewhere"
        let configuration = Configuration.load(environment: environment)
        let library = try await Library.open(
            try #require(configuration.profiles["test"]), configuration: configuration, environment: environment)
        let photos = try await library.catalog.photos(after: nil, limit: 99).filter { $0.status == .ready }
        #expect(photos.count == count)
        for photo in photos {
            try await library.objects.makeLocal(
                RenditionKind(size: 256, format: .webp).key(of: photo.sha256), sha256: nil)
        }
        await library.close()
    }

    func drain(_ worker: Process) async throws {
        kill(worker.processIdentifier, SIGTERM)
        while worker.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        #expect(worker.terminationStatus == 0 && worker.terminationReason == .exit, "\(log())")
    }

    func wait(_ what: String, _ isTrue: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !isTrue() {
            if ContinuousClock.now > deadline {
                Issue.record("\(what): \(try await jobs()) \(log())")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    func log() -> String { (try? String(contentsOfFile: home.path + "/log", encoding: .utf8)) ?? "" }

    @discardableResult
    private func launch(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil
    ) throws -> Process {
        let log = home.path + "/log"
        if !FileManager.default.fileExists(atPath: log) { try home.write(Data(), as: "log") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try handle.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = environment == nil ? FileHandle.nullDevice : handle
        try process.run()
        processes.append(process)
        return process
    }
}
