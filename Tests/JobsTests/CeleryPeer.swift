import Core
import Foundation
import Testing

/// Celery itself, as it is installed for tests: the judge of everything here that claims to speak its protocol.
struct CeleryPeer {
    static var python: String? { ProcessInfo.processInfo.environment["PHOTOTUI_PEERS_PYTHON"] }
    /// Without it, or without Redis, a suite is skipped; where everything must be there, it runs and fails.
    static let isUsable =
        RedisService.isUsable && (python != nil || ProcessInfo.processInfo.environment["CI"] == "true")
    static let reason = "needs Redis (scripts/services/start.sh) and PHOTOTUI_PEERS_PYTHON (scripts/peers.sh)"

    let prefix: String
    private let url: String
    let folder: URL
    private let environment: [String: String]

    /// On the Redis of the tests with keys of its own, unless another is named.
    init(
        visibilitySeconds: Int = 3600, url: String = RedisService.url,
        prefix: String = "test-\(UUID().uuidString.prefix(8)):"
    ) throws {
        self.url = url
        self.prefix = prefix
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("phototui-celery-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(Self.module.utf8).write(to: folder.appendingPathComponent("peer.py"))
        environment = [
            "PATH": "/usr/bin:/bin", "HOME": folder.path, "PEER_URL": url, "PEER_PREFIX": prefix,
            "PEER_VISIBILITY": String(visibilitySeconds), "PYTHONUNBUFFERED": "1", "C_FORCE_ROOT": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "FLOWER_UNAUTHENTICATED_API": "true",
        ]
    }

    /// A Celery application as any Python project has one.
    private static let module = """
        import json, os, sys, time
        from celery import Celery
        from kombu import Exchange, Queue

        url, prefix = os.environ["PEER_URL"], os.environ["PEER_PREFIX"]
        app = Celery("peer", broker=url, backend=url)
        app.conf.update(
            broker_transport_options={
                "global_keyprefix": prefix, "visibility_timeout": int(os.environ["PEER_VISIBILITY"])},
            result_backend_transport_options={"global_keyprefix": prefix},
            task_acks_late=True, worker_prefetch_multiplier=1, worker_send_task_events=True,
            broker_connection_retry_on_startup=True,
            task_queues=[Queue(name, Exchange(name), routing_key=name) for name in ("high", "low", "batch", "python")],
        )

        @app.task(name="python.add")
        def add(a, b):
            return a + b

        @app.task(name="python.fail")
        def fail():
            raise ValueError("as asked")

        @app.task(name="python.flaky", bind=True, max_retries=2)
        def flaky(self, number):
            raise self.retry(countdown=1, exc=ValueError(f"flaky {number}"))

        @app.task(name="python.echo")
        def echo(*args):
            return args

        @app.task(name="python.ids", bind=True)
        def ids(self, *args):
            return [self.request.root_id, self.request.parent_id, *args]

        @app.task(name="photo.sleep")
        def sleep(seconds):
            time.sleep(seconds)
            return "python slept"

        def send(name, *args, queue="high", **options):
            return app.send_task(name, args=args, queue=queue, routing_key=queue, exchange=queue, **options)
        """

    func launch(_ program: String, _ arguments: [String]) throws -> (process: Process, output: URL) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder
        let output = folder.appendingPathComponent("output-\(UUID().uuidString)")
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        defer { try? handle.close() }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return (process, output)
    }

    /// What a Python script prints; it has `from peer import *`.
    func run(_ script: String, arguments: [String] = []) async throws -> String {
        try await output(of: try #require(Self.python), ["-c", "from peer import *\n" + script] + arguments)
    }

    /// What `celery -A peer …` prints.
    func celery(_ arguments: [String]) async throws -> String {
        try await output(of: try #require(Self.python), ["-m", "celery", "-A", "peer", "--no-color"] + arguments)
    }

    /// What another program prints, whatever its exit code.
    func launchAndRead(_ program: String, _ arguments: [String]) async throws -> String {
        let (process, file) = try launch(program, arguments)
        while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        return String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }

    private func output(of program: String, _ arguments: [String]) async throws -> String {
        let (process, file) = try launch(program, arguments)
        let end = ContinuousClock.now + .seconds(90)
        while process.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw EngineError(.internal, "\(arguments.suffix(2)) failed:\n\(text)")
        }
        return text
    }

    /// A Celery worker in a process of its own; ready when it says so.
    func startWorker(queues: String, concurrency: Int = 1) async throws -> Process {
        let (process, output) = try launch(
            try #require(Self.python),
            [
                "-m", "celery", "-A", "peer", "worker", "-Q", queues, "-c", String(concurrency), "-n", "python@%h",
                "--loglevel", "info",
            ])
        try await wait("the Celery worker did not start") {
            String(decoding: try Data(contentsOf: output), as: UTF8.self).contains(" ready.")
        }
        return process
    }

    /// Our worker in a process of its own, with the tasks of the benchmarks.
    func startOurs(queues: String, visibilitySeconds: Double = 3600, node: String = "ours@test") async throws -> Process
    {
        let (process, output) = try launch(
            Self.programs + "/phototui-bench",
            ["celery-worker", url, prefix, queues, "1", String(visibilitySeconds), node])
        try await wait("our worker did not start") {
            String(decoding: try Data(contentsOf: output), as: UTF8.self).contains("ready")
        }
        return process
    }

    /// Where the build puts its programs: beside this test.
    static let programs: String = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = URL(fileURLWithPath: test).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.path + "/phototui-bench") {
            folder.deleteLastPathComponent()
        }
        return folder.path
    }()
}

/// Waits up to `seconds` for what is asked.
func wait(
    _ failure: String, seconds: Double = 40, _ isTrue: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await isTrue() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw EngineError(.timedOut, failure)
}
