import Core
import Foundation
import PhotoEngine
import Testing

/// A home with a profile on real servers, an owner and a Redis of its own.
final class NetworkedHome {
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

    /// What redis-cli prints; a file is the last word of its command.
    func redis(_ words: String..., file: String? = nil) async throws -> String {
        let words = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
        let shell = try await program.shell(
            "redis-cli --no-auth-warning -a \(Self.password) -s \(redisSocket) -n 2 "
                + (file.map { "-x \(words) < \($0)" } ?? words))
        return shell.text.trimmingCharacters(in: .newlines)
    }

    /// Jobs by their state.
    func jobs(of profile: String = "test") async throws -> [String: Int] {
        let listed = try await program.run(["jobs", "list", "--profile", profile, "--json"]).document()
        let states = try #require(listed["jobs"] as? [[String: Any]]).compactMap { $0["state"] as? String }
        return states.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// A command that goes on, and the lines that it has written so far.
    func follow(_ arguments: [String]) throws -> (process: Process, lines: @Sendable () -> [String]) {
        let output = URL(fileURLWithPath: home.path + "/followed-\(UUID().uuidString)")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.folder + "/phototui")
        process.arguments = arguments
        process.environment = program.environment
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return (
            process,
            {
                String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self)
                    .split(separator: "\n").map(String.init)
            }
        )
    }

    /// Entries of the journal by their actions.
    func journal() async throws -> [String: Int] {
        let configuration = Configuration.load(environment: program.environment)
        let library = try await Library.open(
            try #require(configuration.profiles["test"]), configuration: configuration,
            environment: program.environment, unknownOwner: .refused)
        let entries = try await library.catalog.journal(limit: 99)
        await library.close()
        return entries.reduce(into: [:]) { $0[$1.action, default: 0] += 1 }
    }

    /// Another machine, with nothing cached, fetches a rendition of each of `count` photos.
    func expectRenditions(_ count: Int, of profile: String = "test") async throws {
        var environment = program.environment
        environment["XDG_CACHE_HOME"] = home.path + "/elsewhere-\(profile)"
        let configuration = Configuration.load(environment: environment)
        let library = try await Library.open(
            try #require(configuration.profiles[profile]), configuration: configuration, environment: environment,
            unknownOwner: .refused)
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
    func launch(
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
