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

        // A worker that waits for the broker has nothing to finish.
        let early = try home.startWorker()
        try await home.wait("it did not wait") { home.log().contains(home.redisSocket) }
        kill(early.processIdentifier, SIGTERM)
        try await home.wait("it did not end") { !early.isRunning }
        #expect(early.terminationReason == .exit && early.terminationStatus == 0, "\(home.log())")

        try home.startRedis()
        try pictures.write(TestPicture.png(seed: 3), as: "3.png")
        let next = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(next.exitCode == 0 && next.text.contains("4 photos handed to workers"), "\(next.text)")
        #expect(try await home.redis("LLEN", "high") == "4")
        let worker = try home.startWorker()
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 4] }
        try await home.drain(worker)
    }

    @Test("One owner's worker does the jobs of both, each in its owner's own catalogue", .timeLimit(.minutes(3)))
    func twoOwners() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let (hers, his) = (try TestFolder(), try TestFolder())
        for seed in 0..<3 { try hers.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        // One picture is both's.
        for seed in 2..<6 { try his.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let ada = try await home.program.run(["import", "--profile", "test", hers.path])
        let bob = try await home.program.run(["import", "--profile", "other", his.path])
        #expect(ada.exitCode == 0 && bob.exitCode == 0, "\(ada.complaints)\(bob.complaints)")
        #expect(try await home.redis("LLEN", "high") == "7")
        let worker = try home.startWorker()
        try await home.wait("hers were not done") { try await home.jobs() == ["succeeded": 3] }
        try await home.wait("his were not done") { try await home.jobs(of: "other") == ["succeeded": 4] }
        #expect(try await home.redis("HLEN", "phototui.dead") == "0", "\(home.log())")
        try await home.expectRenditions(3)
        try await home.expectRenditions(4, of: "other")

        // A message with endless names is told of in a line.
        let id = String(repeating: "x", count: 1_000_000)
        let message = """
            {"body":"W1tdLHt9LHt9XQ==","content-type":"application/json","content-encoding":"utf-8",\
            "headers":{"task":"phototui.process_photo","id":"\(id)"},\
            "properties":{"delivery_info":{},"body_encoding":"base64"}}
            """
        try hers.write(Data(message.utf8), as: "message.json")
        #expect(try await home.redis("-x", "LPUSH", "high", "<", hers.path + "/message.json") == "1")
        try await home.wait("it was not set aside") { try await home.redis("HLEN", "phototui.dead") == "1" }
        try await home.wait("nothing was said") { home.log().contains("names neither a job nor a photo") }
        #expect(home.log().utf8.count < 20_000)
        try await home.drain(worker)
    }

    @Test(
        "A storage that refuses the key ends a worker at its start and an import, and harms no job",
        .timeLimit(.minutes(3)))
    func wrongKey() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        try home.startRedis()
        let pictures = try TestFolder()
        try pictures.write(TestPicture.png(seed: 1), as: "1.png")
        let imported = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(imported.text.contains("1 photo handed to workers\n"), "\(imported.text)")

        var locked = home.program
        locked.environment["PHOTOTUI_STORAGE_SECRET_KEY"] = "wrong"
        let worker = try await locked.run(["worker", "--profile", "test"])
        #expect(worker.exitCode == 1 && worker.complaints.contains("SignatureDoesNotMatch"), "\(worker.complaints)")
        #expect(worker.complaints.contains("check the access key"), "\(worker.complaints)")

        // A profile of the same owner without a broker: this import runs the job itself.
        let inline = try await locked.run(["import", "--profile", "inline", pictures.path])
        #expect(inline.exitCode == 1 && inline.complaints.contains("SignatureDoesNotMatch"), "\(inline.complaints)")
        #expect(try await home.jobs() == ["queued": 1])
        #expect(try await home.redis("HLEN", "phototui.dead") == "0")
        let mended = try await home.program.run(["import", "--profile", "inline", pictures.path])
        #expect(mended.exitCode == 0, "\(mended.complaints)")
        #expect(try await home.jobs() == ["succeeded": 1])
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

        try await home.connectDatabase()
        let imported = try await home.program.run(["import", "--profile", "test", pictures.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        try await home.wait("not all was done") { try await home.jobs() == ["succeeded": 3] }
        // Away while it works: said once, and once when it is back.
        try home.disconnectDatabase()
        try await home.wait("it did not say so") { home.log().contains("no jobs are found meanwhile: Postgres at") }
        try await Task.sleep(for: .seconds(3))
        try await home.connectDatabase()
        try await home.wait("it did not say so") { home.log().contains("the catalogue answers again") }
        #expect(home.log().components(separatedBy: "no jobs are found meanwhile").count == 2, "\(home.log())")
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
    private var passage: Process?

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
        let ada = "o\(UUID().uuidString.lowercased())"
        let bucket = "s3://\(try variable("S3_BUCKET"))?endpoint=\(try variable("S3_ENDPOINT"))"
        let key = try variable("S3_ACCESS_KEY")
        let schema = address(owner)
        let redis = """
            broker = "redis+socket://\(redisSocket)?virtual_host=2"
            broker_password_command = "printf %s \(Self.password)"
            """
        func profile(_ name: String, _ broker: String, owner: String) -> String {
            """
            [profiles.\(name)]
            database = "\(reached)"
            database_owner = "\(schema)"
            storage = "\(bucket)"
            storage_access_key = "\(key)"
            \(broker)
            owner = "\(owner)"

            """
        }
        let config =
            profile("test", redis, owner: ada) + profile("inline", "", owner: ada)
            + profile("other", redis, owner: "o\(UUID().uuidString.lowercased())")
        try home.write(Data(config.utf8), as: "config.toml")
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
    func connectDatabase() async throws {
        let place = databaseFolder + databaseSocket
        passage = try launch("/usr/bin/python3", ["-c", Self.passage, place, database.folder + databaseSocket])
        try await wait("there is no passage") { FileManager.default.fileExists(atPath: place) }
    }

    /// Ends the connections that there are, too.
    func disconnectDatabase() throws {
        let passage = try #require(passage)
        kill(passage.processIdentifier, SIGKILL)
        try FileManager.default.removeItem(atPath: databaseFolder + databaseSocket)
    }

    /// Passes on what comes to one unix socket to another, and back.
    private static let passage = """
        import os, socket, sys, threading

        def copy(source, target):
            try:
                while data := source.recv(65536): target.sendall(data)
            except OSError: pass
            for end in (source, target):
                try: end.shutdown(socket.SHUT_RDWR)
                except OSError: pass

        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[1] + ".new")
        listener.listen(64)
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(sys.argv[2])
            for ends in ((client, server), (server, client)):
                threading.Thread(target=copy, args=ends, daemon=True).start()
        """

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
    func jobs(of profile: String = "test") async throws -> [String: Int] {
        let listed = try await program.run(["jobs", "list", "--profile", profile, "--json"]).document()
        let states = try #require(listed["jobs"] as? [[String: Any]]).compactMap { $0["state"] as? String }
        return states.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// Another machine, with nothing cached, fetches a rendition of each of `count` photos.
    func expectRenditions(_ count: Int, of profile: String = "test") async throws {
        var environment = program.environment
        environment["XDG_CACHE_HOME"] = home.path + "/elsewhere-\(profile)"
        let configuration = Configuration.load(environment: environment)
        let library = try await Library.open(
            try #require(configuration.profiles[profile]), configuration: configuration, environment: environment)
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
        defer { try? handle.close() }
        try handle.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = environment == nil ? FileHandle.nullDevice : handle
        try process.run()
        processes.append(process)
        return process
    }
}
