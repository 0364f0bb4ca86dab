import Foundation
import Testing

/// `phototui worker` as it is run, with Celery's own client at the other end.
@Suite("phototui worker")
struct WorkerTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let redis = environment["PHOTOTUI_TEST_REDIS", default: ""]
    private static let python = environment["PHOTOTUI_PEERS_PYTHON", default: ""]
    static let isUsable = (!redis.isEmpty && !python.isEmpty) || environment["CI"] == "true"

    @Test("Without a broker, or with a wrong one, it says what to do, and never a password")
    func refusals() async throws {
        let program = Program(home: try TestFolder())
        let none = try await program.run(["worker"])
        #expect(none.exitCode == 1 && none.complaints.contains("PHOTOTUI_BROKER"))
        let wrong = try await program.run(["worker", "--broker", "amqp://me:hush@localhost"])
        #expect(wrong.exitCode == 1 && wrong.complaints.contains("redis://") && !wrong.complaints.contains("hush"))
        let absent = try await program.run(["worker", "--broker", "redis://localhost:1"])
        #expect(absent.exitCode == 1 && absent.complaints.contains("there is no library"))
        for queues in ["", "high,high", "high:0", "high:2:3", ",low"] {
            #expect(
                try await program.run(["worker", "--queues", queues, "--broker", "redis://localhost:1"]).exitCode == 64)
        }
    }

    @Test(
        "Python enqueues photos by their ids, the worker processes them, and SIGTERM drains it",
        .enabled(if: isUsable, "needs Redis (scripts/services/start.sh) and PHOTOTUI_PEERS_PYTHON"),
        .timeLimit(.minutes(8)))
    func processesPhotos() async throws {
        let home = try TestFolder()
        let pictures = try TestFolder()
        for seed in 0..<3 { try pictures.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let prefix = "test-\(UUID().uuidString.prefix(8)):"
        let broker = Self.redis + (Self.redis.contains("?") ? "&" : "?") + "global_keyprefix=\(prefix)"
        let program = Program(home: home, ["PHOTOTUI_BROKER": broker])
        #expect(try await program.run(["import", pictures.path]).exitCode == 0)
        let photos = try #require(try await program.run(["photos", "--json"]).document()["photos"] as? [[String: Any]])
        let ids = photos.compactMap { $0["id"] as? String }
        #expect(ids.count == 3)

        let log = home.path + "/worker.log"
        try Data().write(to: URL(fileURLWithPath: log))
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: Program.folder + "/phototui")
        worker.arguments = ["worker", "--concurrency", "2", "--name", "ours@test"]
        worker.environment = program.environment
        worker.standardInput = FileHandle.nullDevice
        worker.standardOutput = FileHandle.nullDevice
        worker.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try worker.run()
        defer { if worker.isRunning { kill(worker.processIdentifier, SIGKILL) } }
        func logged() -> String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

        let script = """
            import json, sys
            from celery import Celery
            url, prefix = sys.argv[1:3]
            app = Celery("peer", broker=url, backend=url)
            app.conf.update(broker_transport_options={"global_keyprefix": prefix},
                            result_backend_transport_options={"global_keyprefix": prefix})
            sent = [app.send_task("phototui.process_photo", kwargs={"photo_id": i}, queue="high") for i in sys.argv[3:]]
            for photo, result in zip(sys.argv[3:], sent):
                value = result.get(timeout=60)
                print(value["photo_id"] == photo, value["state"])
            lost = app.send_task("phototui.process_photo", queue="high")
            try:
                lost.get(timeout=60)
            except Exception as problem:
                print(problem)
            print(app.control.ping(timeout=2))
            """
        let (python, output) = try background(Self.python, ["-c", script, Self.redis, prefix] + ids, home)
        while python.isRunning { try await Task.sleep(for: .milliseconds(50)) }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(text.components(separatedBy: "True succeeded").count == 4, "\(text)\(logged())")
        #expect(text.contains("no job of this library"), "\(text)")
        #expect(text.contains("{'ours@test': {'ok': 'pong'}}"), "\(text)")

        let jobs = try #require(
            try await program.run(["jobs", "list", "--json"]).document()["jobs"] as? [[String: Any]])
        #expect(jobs.count == 6)
        #expect(jobs.allSatisfy { $0["state"] as? String == "succeeded" && $0["attempts"] as? Int == 1 })

        kill(worker.processIdentifier, SIGTERM)
        while worker.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        #expect(worker.terminationStatus == 0 && worker.terminationReason == .exit)
        #expect(logged().contains("stopped"))
    }

    private func background(
        _ program: String, _ arguments: [String], _ folder: TestFolder
    ) throws -> (process: Process, output: String) {
        let output = folder.path + "/python.out"
        try Data().write(to: URL(fileURLWithPath: output))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        defer { try? handle.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return (process, output)
    }
}
