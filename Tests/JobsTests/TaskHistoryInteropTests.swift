import Core
import Foundation
import Testing

@testable import Jobs

/// `phototui jobs watch` beside real Celery workers, and Celery's own monitor as the judge of what it keeps.
@Suite("the history of tasks and Celery", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct TaskHistoryInteropTests {
    private struct Watcher {
        let peer: CeleryPeer
        var url: String {
            RedisService.url + (RedisService.url.contains("?") ? "&" : "?") + "global_keyprefix=\(peer.prefix)"
        }

        func start(_ more: [String] = []) throws -> (process: Process, output: URL) {
            try peer.launch(CeleryPeer.programs + "/phototui", ["jobs", "watch", "--json", "--broker", url] + more)
        }

        func isWriting(_ output: URL) throws -> Bool {
            String(decoding: try Data(contentsOf: output), as: UTF8.self).contains("\"writing\":true")
        }

        /// `jobs …` with --json.
        func jobs(_ arguments: [String]) async throws -> JSONValue {
            let text = try await peer.launchAndRead(
                CeleryPeer.programs + "/phototui", ["jobs"] + arguments + ["--json", "--broker", url])
            return try #require(JSONValue(parsing: Array(text.utf8)), "\(text)")
        }
    }

    @Test("A name of thousands of characters is whole in JSON, and leaves the table a table", .timeLimit(.minutes(2)))
    func longName() async throws {
        let peer = try CeleryPeer()
        let client = RedisConnection(try RedisService.address(prefix: peer.prefix))
        defer { client.close() }
        let name = String(repeating: "n", count: 4990) + "\u{1b}[31m-end"
        let message = CeleryMessage.make(task: "t", id: "a", queue: name, origin: "o", now: Date()).raw
        try await client.send(RedisCommand("LPUSH", .text(peer.prefix + name), .bytes(message)))
        let words = ["queues", "--broker", Watcher(peer: peer).url]
        let table = try await peer.launchAndRead(CeleryPeer.programs + "/phototui", words)
        #expect(table.contains("nnnn…") && table.contains("\\x1b[31m-end"), "\(table)")
        #expect(table.split(separator: "\n").allSatisfy { $0.count < 200 })
        let json = try await peer.launchAndRead(CeleryPeer.programs + "/phototui", words + ["--json"])
        #expect(JSONValue(parsing: Array(json.utf8))?["queues"].array?.map { $0["name"].string } == [name])
    }

    @Test("How old a waiting message is, is known where Celery's publisher told", .timeLimit(.minutes(5)))
    func ages() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        func phototui(_ words: [String]) async throws -> JSONValue {
            let text = try await peer.launchAndRead(
                CeleryPeer.programs + "/phototui", words + ["--json", "--broker", watcher.url])
            return try #require(JSONValue(parsing: Array(text.utf8)), "\(text)")
        }
        func high() async throws -> JSONValue? {
            try await phototui(["queues"])["queues"].array?.first { $0["name"].string == "high" }
        }
        // One that is sent before anybody watches: of that one nobody knows.
        _ = try await peer.run("app.conf.task_send_sent_event = True\nsend('python.add', 0, 0, task_id='before')")
        #expect(try await high()?["oldest_seconds"].isNull == true)
        let watch = try watcher.start()
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(watch.output) }
        let told = try await peer.run(
            """
            app.conf.task_send_sent_event = True
            send('python.add', 1, 2, task_id='first')
            print(time.time())
            time.sleep(3)
            send('python.add', 1, 3, task_id='second')
            """)
        let sent = try #require(Double(told.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await wait("they were not kept") { try await watcher.jobs(["list"])["jobs"].array?.count == 2 }
        #expect(try await high()?["oldest_seconds"].isNull == true)
        let client = RedisConnection(try RedisService.address(prefix: peer.prefix))
        defer { client.close() }
        _ = try await client.send(RedisCommand("RPOP", .text(peer.prefix + "high")))
        let oldest = try #require(try await high()?["oldest_seconds"].real)
        #expect(abs(Date().timeIntervalSince1970 - oldest - sent) < 2, "\(oldest)")
        let messages = try #require(try await phototui(["queues", "peek", "high"])["messages"].array)
        #expect(messages.map { $0["id"].string } == ["first", "second"])
        let published = try #require(messages[0]["published_at"].string)
        let moment = try #require(
            try? Date(published, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        #expect(abs(moment.timeIntervalSince1970 - sent) < 2, "\(published)")
    }

    @Test(
        "What Celery's workers and ours did is kept as Celery's own monitor sees it, retries and errors too",
        .timeLimit(.minutes(15)))
    func judged() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        let judge = try peer.launch(
            try #require(CeleryPeer.python),
            [
                "-c",
                """
                from peer import *
                state = app.events.State()
                connection = app.connection_for_read()
                receiver = app.events.Receiver(connection, handlers={"*": state.event})
                print("listening", flush=True)
                try:
                    for _ in receiver.itercapture(limit=None, timeout=None, wakeup=False):
                        if os.path.exists("stop"): break
                except Exception as error:
                    print("error", error, flush=True)
                facts = {u: [t.state, t.name, t.retries, t.exception, t.runtime, t.worker.hostname if t.worker else None]
                         for u, t in state.tasks.items()}
                print(json.dumps(facts), flush=True)
                """,
            ])
        defer { kill(judge.process.processIdentifier, SIGKILL) }
        let python = try await peer.startWorker(queues: "python", concurrency: 2)
        defer { kill(python.processIdentifier, SIGKILL) }
        // This one sends none of its tasks until it is told to.
        let ours = try await peer.startOurs(queues: "high")
        defer { kill(ours.processIdentifier, SIGKILL) }
        let watch = try watcher.start(["--enable-events"])
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(watch.output) }
        try await wait("the judge did not begin") {
            String(decoding: try Data(contentsOf: judge.output), as: UTF8.self).contains("listening")
        }
        // Until both are subscribed: an answer that both have heard of.
        _ = try await peer.run("print(send('python.add', 1, 2, queue='python').get(timeout=30))")
        try await Task.sleep(for: .seconds(2))
        _ = try await peer.run(
            """
            app.conf.task_send_sent_event = True
            sent = [send('python.add', n, 2, queue='python') for n in range(10)]
            sent += [send('photo.add', n, 2, queue='high') for n in range(5)]
            failed = [send('python.fail', queue='python', task_id=f'fail-{n}') for n in range(3)]
            flaky = send('python.flaky', 7, queue='python', task_id='flaky')
            for result in sent: result.get(timeout=40)
            for result in failed + [flaky]: result.get(timeout=40, propagate=False)
            app.control.revoke('never', reply=True, timeout=5)
            send('python.add', 1, 1, queue='python', task_id='never')
            """)
        try await wait("the end of all was not kept") {
            try await watcher.jobs(["list"])["jobs"].array?.filter { $0["finished_at"].isNull == false }.count ?? 0
                >= 20
        }
        try await Task.sleep(for: .seconds(2))
        try Data().write(to: peer.folder.appendingPathComponent("stop"))
        // Wakes the judge.
        _ = try await peer.run("print(send('python.add', 1, 2, queue='python').get(timeout=30))")
        try await wait("the judge did not end") { !judge.process.isRunning }
        let lines = String(decoding: try Data(contentsOf: judge.output), as: UTF8.self).split(separator: "\n")
        let facts = try #require(
            lines.last.flatMap { JSONValue(parsing: Array($0.utf8)) }?.members, "\(lines)")
        #expect(facts.count >= 20)
        let states = [
            "SUCCESS": "succeeded", "FAILURE": "failed", "REVOKED": "revoked", "STARTED": "running",
            "RECEIVED": "received", "PENDING": "queued",
        ]
        // The last that the judge heard of may be on its way to the disk.
        try await wait("what the judge heard of was not kept") {
            let kept = try await watcher.jobs(["list", "--limit", "1000"])["jobs"].array ?? []
            let ended = kept.filter { ["succeeded", "failed", "revoked"].contains($0["state"].string) }
            let known = Set(ended.compactMap { $0["id"].string })
            return facts.allSatisfy { fact in
                let state = fact.value.array?.first?.string
                return !["SUCCESS", "FAILURE", "REVOKED"].contains(state) || known.contains(fact.name)
            }
        }
        let kept = try #require(try await watcher.jobs(["list", "--limit", "1000"])["jobs"].array)
        for fact in facts {
            let told = try #require(fact.value.array)
            guard let word = told[0].string.flatMap({ states[$0] }),
                word == "succeeded" || word == "failed" || word == "revoked"
            else { continue }
            let task = try #require(kept.first { $0["id"].string == fact.name }, "\(fact)")
            #expect(task["state"].string == word && task["task"] == told[1], "\(task) \(told)")
            if word == "failed" { #expect(task["error"] == told[3]) }
            if word == "succeeded" {
                #expect(abs((task["run_seconds"].real ?? -1) - (told[4].real ?? 99)) < 0.001)
            }
            #expect(task["worker"] == told[5])
        }
        // A queue is told by our workers, by what a worker holds, or by the only one that it consumes.
        for task in kept where task["worker"].string?.hasPrefix("python@") == true {
            #expect(task["queue"].string == "python", "\(task)")
        }
        #expect(kept.contains { $0["worker"].string == "ours@test" && $0["queue"].string == "high" })
        let flaky = try await watcher.jobs(["show", "flaky"])
        let timeline = try #require(flaky["timeline"].array)
        #expect(timeline.map { $0["state"].string } == ["retrying", "retrying", "failed"], "\(timeline)")
        #expect(timeline.map { $0["retries"].integer } == [0, 1, 2])
        #expect(timeline.allSatisfy { $0["error"].string == "ValueError('flaky 7')" && !$0["finished_at"].isNull })
        #expect(flaky["trace"].string?.contains("Traceback") == true)
        let found = try await watcher.jobs(["list", "--match", #"as asked"#, "--state", "failed"])["jobs"].array
        #expect(Set(found?.compactMap { $0["id"].string } ?? []) == ["fail-0", "fail-1", "fail-2"])
    }

    @Test(
        "A watch that is killed loses nothing where another stands by, and without one at most the last second",
        .timeLimit(.minutes(10)))
    func killed() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        let client = RedisConnection(try RedisService.address(prefix: peer.prefix))
        defer { client.close() }
        let keys = CeleryKeys(prefix: peer.prefix, database: client.address.database)
        func tell(_ numbers: Range<Int>) async throws {
            for number in numbers {
                let events = ["received", "started", "succeeded"].map { kind in
                    JSONValue.members([
                        "type": .string("task-\(kind)"), "uuid": .string("t\(number)"), "name": .string("t.x"),
                        "hostname": .string("w@h"), "timestamp": .real(Date().timeIntervalSince1970),
                        "clock": .integer(number),
                    ])
                }
                let envelope = CeleryEnvelope.make(
                    body: .array(events), exchange: "celeryev", routingKey: "task.multi", headers: .object([]))
                try await client.send(
                    RedisCommand("PUBLISH", .text(keys.eventChannel("task.multi")), .bytes(envelope.encoded)))
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        func kept() async throws -> [JSONValue] {
            try await watcher.jobs(["list", "--limit", "100000"])["jobs"].array ?? []
        }
        let first = try watcher.start()
        defer { kill(first.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(first.output) }
        let second = try watcher.start()
        defer { kill(second.process.processIdentifier, SIGKILL) }
        try await wait("the other did not stand by") {
            String(decoding: try Data(contentsOf: second.output), as: UTF8.self).contains("\"writing\":false")
        }
        try await wait("not all were subscribed") {
            try await client.send(RedisCommand("PUBSUB", "NUMSUB", .text(keys.eventChannel("task.multi")))).array.last?
                .integer == 2
        }
        async let told: Void = tell(0..<300)
        try await Task.sleep(for: .milliseconds(800))
        kill(first.process.processIdentifier, SIGKILL)
        try await told
        try await wait("not all was kept") {
            try await Task.sleep(for: .milliseconds(300))
            return try await kept().count == 300
        }
        #expect(try watcher.isWriting(second.output))
        #expect(try await kept().allSatisfy { $0["state"].string == "succeeded" && $0["attempts"].integer == 1 })
        try await tell(300..<400)
        try await Task.sleep(for: .seconds(2))
        kill(second.process.processIdentifier, SIGKILL)
        #expect(try await kept().count == 400)
    }

    @Test(
        "Where no worker tells of tasks, they are told as not known until the workers are asked; one that ends is gone",
        .timeLimit(.minutes(8)))
    func untold() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        try Data("from peer import *\napp.conf.worker_send_task_events = False\n".utf8)
            .write(to: peer.folder.appendingPathComponent("quiet.py"))
        func startQuiet(_ name: String) throws -> Process {
            try peer.launch(
                try #require(CeleryPeer.python),
                ["-m", "celery", "-A", "quiet", "worker", "-Q", "python", "-c", "1", "-n", name]
            ).process
        }
        func text(_ words: String...) async throws -> String {
            try await peer.launchAndRead(CeleryPeer.programs + "/phototui", words + ["--broker", watcher.url])
        }
        let watch = try watcher.start()
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(watch.output) }
        let quiet = try startQuiet("quiet@a")
        defer { kill(quiet.processIdentifier, SIGKILL) }
        let send =
            "app.conf.task_send_sent_event = True\nprint(send('python.add', 1, 2, queue='python').get(timeout=60))"
        _ = try await peer.run(send)
        try await wait("it is not told that no worker tells") {
            try await watcher.jobs(["list"])["workers_tell"].bool == false
        }
        let listed = try await text("jobs", "list")
        let row = try #require(listed.split(separator: "\n").first { $0.contains("python.add") })
        #expect(!row.contains("queued") && row.contains(" - "), "\(listed)")
        #expect(listed.contains("phototui workers enable-events --broker '"), "\(listed)")
        try await Task.sleep(for: .seconds(11))
        let rates = try await text("queues", "list", "--json")
        let queue = try #require(
            JSONValue(parsing: Array(rates.utf8))?["queues"].array?.first { $0["name"].string == "python" })
        #expect(queue["out_per_second"].isNull && queue["in_per_second"].isNull, "\(rates)")
        #expect(try await text("workers", "enable-events").contains("quiet@a tells of its tasks"))
        _ = try await peer.run(send)
        try await wait("it is still told that no worker tells") {
            try await watcher.jobs(["list", "--state", "succeeded"])["workers_tell"].bool == true
        }
        #expect(try await watcher.jobs(["list", "--state", "succeeded"])["jobs"].array?.count == 1)

        // One says goodbye, and one has no time to.
        let other = try startQuiet("other@a")
        defer { kill(other.processIdentifier, SIGKILL) }
        func state(of name: String) async throws -> JSONValue {
            let workers = JSONValue(parsing: Array(try await text("workers", "--json").utf8))?["workers"].array ?? []
            return workers.first { $0["name"].string == name } ?? .null
        }
        try await wait("it is not alive") { try await state(of: "other@a")["state"].string == "alive" }
        try await Task.sleep(for: .seconds(6))
        kill(other.processIdentifier, SIGKILL)
        // A test's children may not hear SIGTERM.
        #expect(try await text("workers", "shutdown", "quiet@a", "--yes").contains("was told to end"))
        try await wait("they did not end") { !quiet.isRunning && !other.isRunning }
        // Who said nothing may only hang: for a minute it is silent.
        try await wait("one is not gone, or the other not silent") {
            let (first, second) = (try await state(of: "quiet@a"), try await state(of: "other@a"))
            return first["state"].string == "gone" && first["said_goodbye"].bool == true
                && second["state"].string == "silent" && second["answers"].bool == false
        }
        try await Task.sleep(for: .seconds(40))
        try await wait("it is not gone") {
            let found = try await state(of: "other@a")
            return found["state"].string == "gone" && found["said_goodbye"].bool == false
        }
        let shown = try await text("workers")
        #expect(shown.contains("said goodbye") && shown.contains("last heard of"), "\(shown)")

        // The one that had no time to is told of everywhere, the one that said goodbye nowhere.
        func gone() async throws -> JSONValue {
            let inbox = try #require(JSONValue(parsing: Array(try await text("inbox", "--json").utf8)))
            return inbox["items"].array?.first { $0["kind"].string == "gone_workers" } ?? .null
        }
        let told = try await gone()
        #expect(told["subject"].string == "other@a" && told["count"].integer == 1, "\(told)")
        #expect(told["command"].string?.hasPrefix("phototui workers --broker ") == true, "\(told)")
        let health = try await text("health", "--check")
        let warning = "PHOTOTUI WARNING - workers: 0 workers answered; without goodbye went other@a"
        #expect(health.hasPrefix(warning), "\(health)")
        #expect(!health.contains("quiet@a"), "\(health)")
        let back = try startQuiet("other@a")
        defer { kill(back.processIdentifier, SIGKILL) }
        try await wait("it is told of though it is back") { try await gone().isNull }
        #expect(try await text("health", "--check").hasPrefix("PHOTOTUI OK"))
    }

    @Test(
        "A task whose worker was killed and started anew is lost, as are those whose messages were purged, and an unknown one is told",
        .timeLimit(.minutes(8)))
    func lost() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        func text(_ words: String...) async throws -> String {
            try await peer.launchAndRead(CeleryPeer.programs + "/phototui", words + ["--broker", watcher.url])
        }
        func count(_ state: String) async throws -> Int {
            try await watcher.jobs(["list", "--state", state])["jobs"].array?.count ?? -1
        }
        let watch = try watcher.start()
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(watch.output) }
        let first = try await peer.startWorker(queues: "python")
        defer { kill(first.processIdentifier, SIGKILL) }
        // Until it is known that workers tell of their tasks.
        _ = try await peer.run("print(send('python.add', 1, 2, queue='python').get(timeout=60))")
        try await wait("nothing was told") { try await count("succeeded") == 1 }
        // What somebody else purges is seen once nothing is left anywhere.
        let announce = "app.conf.task_send_sent_event = True\n"
        _ = try await peer.run(announce + "[send('python.add', n, 2, queue='nobody') for n in range(2)]")
        try await wait("they are not queued") { try await count("queued") == 2 }
        _ = try await peer.run("app.connection_for_write().default_channel.queue_purge('nobody')")
        try await wait("they are not lost") { try await count("lost") == 2 }
        _ = try await peer.run("send('photo.sleep', 600, queue='python')")
        try await wait("it does not run") { try await count("running") == 1 }
        // Itself before its children, whose end it would tell, and them, too: they would go on.
        _ = try await peer.run(
            """
            import os, signal, subprocess
            parent = \(first.processIdentifier)
            children = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()
            for one in [parent, *map(int, children)]: os.kill(one, signal.SIGKILL)
            """)
        first.waitUntilExit()
        let second = try await peer.startWorker(queues: "python")
        defer { kill(second.processIdentifier, SIGKILL) }
        try await wait("it is not lost") { try await count("lost") == 3 }
        let lost = try await text("jobs", "list", "--state", "lost")
        #expect(lost.contains("photo.sleep") && lost.contains("has started anew since"), "\(lost)")
        #expect(try await count("running") == 0)

        _ = try await peer.run(announce + "[send('python.add', n, 2, queue='nobody') for n in range(3)]")
        try await wait("they are not queued") { try await count("queued") == 3 }
        #expect(try await text("queues", "purge", "nobody", "--yes").contains("3 messages"))
        #expect(try await count("queued") == 0)
        #expect(try await count("lost") == 6)
        let known = try #require(
            try await watcher.jobs(["list", "--state", "lost"])["jobs"].array?.first?["id"].string)
        let revoked = try await text("jobs", "revoke", "nosuch", known)
        #expect(revoked.contains("nosuch: nobody here has heard of such a task"), "\(revoked)")
        #expect(!revoked.contains("\(known): nobody"), "\(revoked)")
    }

    @Test("Tasks that fail are told by the inbox and by health", .timeLimit(.minutes(8)))
    func failing() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        func text(_ words: String...) async throws -> String {
            try await peer.launchAndRead(CeleryPeer.programs + "/phototui", words + ["--broker", watcher.url])
        }
        func inbox() async throws -> [String: JSONValue] {
            let found = try #require(JSONValue(parsing: Array(try await text("inbox", "--json").utf8)))
            return Dictionary((found["items"].array ?? []).map { ($0["kind"].string ?? "", $0) }) { $1 }
        }
        let watch = try watcher.start()
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(watch.output) }
        let worker = try await peer.startWorker(queues: "python")
        defer { kill(worker.processIdentifier, SIGKILL) }
        _ = try await peer.run(
            """
            for n in range(20): send('python.add', n, 2, queue='python').get(timeout=60)
            time.sleep(6)
            sent = [send('python.fail', queue='python', task_id=f'fail-{n}') for n in range(120)]
            for result in sent: result.get(timeout=60, propagate=False)
            """)
        try await wait("they are not told of") { try await inbox()["failed_tasks"]?["count"].integer == 120 }
        try await wait("their share is not told of") { try await inbox()["error_rate"] != nil }
        let told = try await inbox()
        let failed = try #require(told["failed_tasks"])
        #expect(failed["subject"].string == "python.fail", "\(failed)")
        #expect(failed["explanation"].string?.contains("120 python.fail: ") == true, "\(failed)")
        #expect(failed["command"].string?.hasPrefix("phototui dead list --group --broker ") == true, "\(failed)")
        let rate = try #require(told["error_rate"])
        #expect(rate["subject"].string == "python", "\(rate)")
        #expect(rate["explanation"].string?.hasPrefix("86 % of the 140 tasks of python") == true, "\(rate)")
        let health = try await text("health", "--check")
        #expect(health.hasPrefix("PHOTOTUI WARNING - tasks: 86 % of the 140 tasks of python"), "\(health)")
        #expect(health.contains("120 tasks failed for good, and nobody has sent them again (python.fail)"), "\(health)")
    }

    @Test("What is no event, from whomever, is counted and ends no watch", .timeLimit(.minutes(8)))
    func hostile() async throws {
        let peer = try CeleryPeer()
        let watcher = Watcher(peer: peer)
        let client = RedisConnection(try RedisService.address(prefix: peer.prefix))
        defer { client.close() }
        let keys = CeleryKeys(prefix: peer.prefix, database: client.address.database)
        let watch = try watcher.start()
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") { try watcher.isWriting(watch.output) }
        try await wait("it was not subscribed") {
            try await client.send(RedisCommand("PUBSUB", "NUMSUB", .text(keys.eventChannel("task.multi")))).array.last?
                .integer == 1
        }
        func publish(_ bytes: [UInt8]) async throws {
            try await client.send(RedisCommand("PUBLISH", .text(keys.eventChannel("task.multi")), .bytes(bytes)))
        }
        try await publish([0xFF, 0x1B])
        try await publish(Array(repeating: UInt8(ascii: "["), count: 20 << 20))
        let events: [JSONValue] = ["\u{1B}[2Jevil", "plain"].map { id in
            .members([
                "type": .string("task-failed"), "uuid": .string(id), "name": .string("\u{202E}name\u{7}"),
                "exception": .string("E(\u{1B}]0;title\u{7})"), "timestamp": .integer(4_102_444_800),
            ])
        }
        let body = JSONValue.array(events + [.integer(1)])
        try await publish(
            CeleryEnvelope.make(body: body, exchange: "celeryev", routingKey: "task.multi", headers: .object([]))
                .encoded)
        try await wait("the events were not kept") {
            try await watcher.jobs(["list"])["jobs"].array?.count == 2
        }
        let year = try await watcher.jobs(["show", "plain"])["finished_at"].string?.prefix(4)
        #expect(year.map(String.init) == String(Calendar(identifier: .gregorian).component(.year, from: Date())))
        let text = try await peer.launchAndRead(
            CeleryPeer.programs + "/phototui", ["jobs", "list", "--broker", watcher.url])
        #expect(text.contains("evil") && !text.contains("\u{1B}") && !text.contains("\u{202E}"))
        kill(watch.process.processIdentifier, SIGINT)
        try await wait("it did not end") { !watch.process.isRunning }
        #expect(watch.process.terminationStatus == 0)
        let said = String(decoding: try Data(contentsOf: watch.output), as: UTF8.self)
        #expect(said.contains("\"unreadable\":3"), "\(said)")
    }
}
