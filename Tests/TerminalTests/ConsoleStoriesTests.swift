import Foundation
import Glibc
import Testing

/// Celery itself, as it is installed for tests, on a Redis of the test.
private final class CeleryShop {
    static var python: String? { ProcessInfo.processInfo.environment["PHOTOTUI_PEERS_PYTHON"] }
    static let isInstalled =
        OwnRedis.isInstalled && (python != nil || ProcessInfo.processInfo.environment["CI"] == "true")

    let redis: OwnRedis
    let folder: String
    private var started: [Process] = []

    init(_ redis: OwnRedis) throws {
        self.redis = redis
        folder = NSTemporaryDirectory() + "/pt-shop-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let module = """
            from celery import Celery
            app = Celery("shop", broker="\(redis.url)", backend="\(redis.url)")
            app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)

            @app.task(name="shop.export")
            def export(number):
                return number

            @app.task(name="shop.charge")
            def charge(number, card):
                import os
                if not os.path.exists("mended"):
                    raise ValueError(f"no such column: card_{number}")
                return [number, card]
            """
        try Data(module.utf8).write(to: URL(fileURLWithPath: folder + "/shop.py"))
    }

    deinit {
        for process in started { end(process) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// By the shell, with whatever it starts in its process group.
    @discardableResult
    func start(_ line: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = [
            "PATH": "\(Home.programs):/usr/bin:/bin", "HOME": folder, "C_FORCE_ROOT": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        started.append(process)
        return process
    }

    /// What a script prints that runs where the application is.
    func python(_ script: String) async throws -> String {
        try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/judge.py"))
        let process = try start("\(try #require(Self.python)) judge.py >judged 2>&1")
        try await wait("the judge did not end") { !process.isRunning }
        return (try? String(contentsOfFile: folder + "/judged", encoding: .utf8)) ?? ""
    }

    func worker(_ queue: String, _ more: String = "") throws -> String {
        let python = try #require(Self.python)
        let options = "-P threads -c 2 -n w@shop --loglevel info \(more)"
        return "\(python) -m celery -A shop --no-color worker -Q \(queue) \(options) >>log 2>&1"
    }

    var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    func end(_ process: Process) {
        guard process.isRunning else { return }
        let id = process.processIdentifier
        kill(getpgid(id) == id ? -id : id, SIGKILL)
    }

    /// Tasks that Celery's own result store says have succeeded.
    func succeeded() async throws -> Int {
        let script = """
            local count = 0
            for _, key in ipairs(redis.call('KEYS', 'celery-task-meta-*')) do
                if string.find(redis.call('GET', key), '"SUCCESS"', 1, true) then count = count + 1 end
            end
            return count
            """
        return Int(try await redis.cli("EVAL", script, "0")) ?? -1
    }

    func wait(_ failure: String, seconds: Double = 90, _ isTrue: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if try await isTrue() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        try #require(Bool(false), "\(failure)\n\(log)")
    }
}

/// What an admin is paged for, from the first look to the end, in tmux as over SSH, with Celery's workers and Redis' own client as
/// the judges.
@Suite(
    "Stories of the console in tmux", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: CeleryShop.isInstalled, "needs redis-server and PHOTOTUI_PEERS_PYTHON (scripts/peers.sh)"))
struct ConsoleStoriesTests {
    private func withShop(_ body: (CeleryShop, TmuxSession) async throws -> Void) async throws {
        let shop = try CeleryShop(try await OwnRedis())
        let session = try TmuxSession()
        do {
            try await session.start()
            try await body(shop, session)
        } catch {
            try? await session.end()
            throw error
        }
        try await session.end()
    }

    @Test("A queue is stuck: nobody consumes it; the inbox says so, and one moves its messages to where a worker is")
    func stuck() async throws {
        try await withShop { shop, session in
            try shop.start(shop.worker("celery"))
            try await shop.wait("Celery did not start") { shop.log.contains(" ready.") }
            try await shop.redis.push("mails", task: "shop.export", count: 120)
            try await session.line("phototui console --broker '\(shop.redis.url)'")
            try await session.wait(for: "1 over 100")
            try await session.press("i")
            try await session.wait(for: "no worker that")
            // Only who knows the workers knows where these may go.
            try await session.press("6", "j", "m")
            try await session.wait(for: "the other queue")
            try await session.press("celery")
            try await session.wait(for: "throws away what it has no task for")
            try await session.press("Enter")
            try await session.wait(for: "moving 120 messages of mails to celery in")
            try await shop.wait("the messages were not run") { try await shop.succeeded() == 120 }
            #expect(try await shop.redis.cli("EXISTS", "mails") == "0")
            try await session.press("i")
            try await session.wait(for: "nothing waits for you")
            try await session.press("q", "q")
            try await session.wait(for: "PROMPT>")
            try await session.line(
                "phototui journal --broker '\(shop.redis.url)' | cut -c 1-2000 | grep -c '120 moved'")
            try await session.wait(for: "\n1\n")
        }
    }

    @Test("A bad deploy failed 300 jobs: they are one group of dead letters, which goes back at once when it is mended")
    func badDeploy() async throws {
        try await withShop { shop, session in
            // The deploy lacks the task.
            let bad = try shop.start("exec phototui-bench celery-worker '\(shop.redis.url)' '' high 4 3600 bad@shop")
            try await shop.redis.push("high", task: "shop.export", count: 300)
            try await shop.wait("they did not fail") { try await shop.redis.cli("HLEN", "phototui.dead") == "300" }
            try await session.line("phototui console --broker '\(shop.redis.url)'")
            try await session.wait(for: "high")
            try await session.press("D")
            let screen = try await session.wait(for: "300 letters")
            #expect(screen.contains("1 group") && screen.contains("shop.export"))
            try await session.press("Enter")
            try await session.wait(for: "DIED")
            try await session.press("Escape")
            try await session.wait(for: "1 group")
            shop.end(bad)
            try shop.start(shop.worker("high"))
            try await shop.wait("Celery did not start") { shop.log.contains(" ready.") }
            try await session.press("r")
            try await session.wait(for: "300 dead letters")
            try await session.line("mended in 1.4.2")
            try await session.wait(for: "retrying 300 dead letters in")
            // A moment to think: taken back, and then done.
            try await session.press("u")
            try await session.wait(for: "taken back")
            #expect(try await shop.redis.cli("HLEN", "phototui.dead") == "300")
            try await session.press("r", "Enter")
            try await shop.wait("they were not run") { try await shop.succeeded() == 300 }
            try await session.wait(for: "there are no dead letters")
            #expect(try await shop.redis.cli("HLEN", "phototui.dead") == "0")
            try await session.press("q", "q")
            try await session.wait(for: "PROMPT>")
        }
    }

    @Test(
        "A bad deploy failed 300 tasks of Celery's own workers: they are one group, sent again at once when it is mended"
    )
    func badDeployOfCelery() async throws {
        try await withShop { shop, session in
            try shop.start(shop.worker("orders", "-E"))
            try await shop.wait("Celery did not start") { shop.log.contains(" ready.") }
            // From the first look on it is known what fails.
            try await session.line("phototui console --broker '\(shop.redis.url)'")
            try await session.wait(for: "orders")
            try await session.press("D")
            try await session.wait(for: "what fails in Celery's workers from now on")
            let python = try #require(CeleryShop.python)
            let send =
                "from shop import app\n"
                + "for n in range(300): app.send_task('shop.charge', [n], {'card': f'c {n}'}, queue='orders', task_id=f't{n}')"
            try shop.start("\(python) -c \"\(send)\"")
            let screen = try await session.wait(for: "300 tasks")
            #expect(screen.contains("1 group") && screen.contains("shop.charge"))
            // Below the list the whole of it.
            #expect(screen.contains("error    ValueError: no such column: card_N"))
            try await session.press("Enter")
            try await session.wait(for: "DIED")
            try await session.press("Enter")
            try await session.wait(for: "Traceback (most recent call last)")
            try await session.press("Escape", "Escape")
            try await session.wait(for: "1 group")
            try Data().write(to: URL(fileURLWithPath: shop.folder + "/mended"))
            try await session.press("r")
            try await session.wait(for: "300 tasks are sent again, as new ones")
            try await session.line("mended in 1.4.2")
            try await session.wait(for: "retrying 300 failed tasks in")
            try await session.press("u")
            try await session.wait(for: "taken back")
            #expect(try await shop.succeeded() == 0)
            // So late that nothing can tell beforehand.
            try await session.press("r")
            try await session.wait(for: "300 tasks are sent again, as new ones")
            try await session.line("too soon")
            try await session.wait(for: "retrying 300 failed tasks in 1 s")
            shop.redis.freeze()
            try await session.wait(for: "retrying failed")
            shop.redis.thaw()
            #expect(try await shop.succeeded() == 0)
            try await session.press("r")
            try await session.wait(for: "300 tasks are sent again, as new ones")
            try await session.line("mended in 1.4.2")
            try await shop.wait("they were not run") { try await shop.succeeded() == 300 }
            try await session.wait(for: "there are no dead letters")
            try await session.press("q", "q")
            try await session.wait(for: "PROMPT>")
            // Each once, with what it was called with; and the journal says who, and why.
            let judged = try await shop.python(
                """
                from shop import app
                found = [app.backend.get_task_meta(key.decode()[17:]) for key in app.backend.client.keys('celery-task-meta-*')]
                done = sorted(meta['result'] for meta in found if meta['status'] == 'SUCCESS')
                print(done == [[n, f'c {n}'] for n in range(300)], sum(meta['status'] == 'FAILURE' for meta in found))
                """)
            #expect(judged == "True 300\n")
            try await session.line(
                "phototui journal --broker '\(shop.redis.url)' | cut -c 1-2000 "
                    + "| grep -cE \"$(id -un).*300 failed tasks.*(300 sent again|does not answer.*) "
                    + "\\((mended in 1.4.2|too soon)\\)\"")
            try await session.wait(for: "\n2\n")
        }
    }

    @Test("A poison message kills workers: the inbox names it and sets it aside, and what was behind it is run")
    func poison() async throws {
        try await withShop { shop, session in
            let poison =
                #"{"body":"W1sxN10se30se31d","headers":{"task":"shop.export","id":"bad"},"properties":"#
                + #"{"delivery_info":{"exchange":"","routing_key":"celery"},"body_encoding":"base64","delivery_tag":"bad"}}"#
            try await shop.redis.cli("LPUSH", "celery", poison)
            try await shop.redis.push("celery", task: "shop.export", count: 5)
            // As systemd does: whoever dies is started again.
            try shop.start("while true; do \(try shop.worker("celery")); sleep 0.5; done")
            func deaths() -> Int { shop.log.components(separatedBy: "Unrecoverable error").count - 1 }
            try await shop.wait("it does not end again and again") { deaths() >= 2 }
            #expect(try await shop.succeeded() == 0)
            try await session.line("phototui console --broker '\(shop.redis.url)'")
            try await session.wait(for: "celery")
            try await session.press("i")
            try await session.wait(for: "poison")
            // Workers that die may be told of above it.
            for _ in 0..<5 {
                try await session.press("Enter")
                try await Task.sleep(for: .milliseconds(500))
                if try await session.screen().contains("The command below is run.") { break }
                try await session.press("j")
            }
            try await session.wait(for: "The command below is run.")
            try await session.press("Enter")
            try await shop.wait("what was behind it was not run") { try await shop.succeeded() == 5 }
            let then = deaths()
            try await session.press("D")
            try await session.wait(for: "1 letter")
            try await session.press("Enter", "Enter")
            try await session.wait(for: "it has no content-type")
            // Celery has written it anew each time it gave it back.
            let kept = try await shop.redis.cli("HVALS", "phototui.dead")
            #expect(kept.contains("W1sxN10se30se31d") && kept.contains("redelivered"))
            try await Task.sleep(for: .seconds(3))
            #expect(deaths() == then)
            try await session.press("q", "q", "q")
        }
    }
}
