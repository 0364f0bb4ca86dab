import Core
import Foundation
import Testing

@testable import Jobs

/// `phototui jobs retry` and `dead` for the tasks of a plain Celery deployment, with Celery's workers and AsyncResult as the judges.
@Suite("retried tasks and Celery", .serialized, .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
struct TaskRetryInteropTests {
    private struct Deployment {
        let peer: CeleryPeer
        var url: String {
            RedisService.url + (RedisService.url.contains("?") ? "&" : "?") + "global_keyprefix=\(peer.prefix)"
        }

        /// A task that fails until the file `mended` is there.
        init(isExtended: Bool = false, tellsSent: Bool = false) throws {
            peer = try CeleryPeer()
            let module = """
                from peer import *
                app.conf.result_extended = \(isExtended ? "True" : "False")
                app.conf.task_send_sent_event = \(tellsSent ? "True" : "False")

                @app.task(name="shop.charge", bind=True)
                def charge(self, *args, **kwargs):
                    if not os.path.exists("mended"):
                        raise ValueError(f"user {args[0]} not found")
                    request = self.request
                    note = (request.headers or {}).get("phototui_retry_of") or request.get("phototui_retry_of")
                    return [args, kwargs, request.root_id, request.retries, note]

                def charge_all(calls):
                    sent = [charge.apply_async(args=args, kwargs=kwargs, task_id=id, queue="python", routing_key="python",
                                               exchange="python") for id, args, kwargs in calls]
                    for result in sent: result.get(timeout=60, propagate=False)
                """
            try Data(module.utf8).write(to: peer.folder.appendingPathComponent("shop.py"))
        }

        func start(queues: String = "python") async throws -> [Process] {
            let watch = try peer.launch(
                CeleryPeer.programs + "/phototui", ["jobs", "watch", "--json", "--broker", url])
            let worker = try peer.launch(
                try #require(CeleryPeer.python),
                [
                    "-m", "celery", "-A", "shop", "worker", "-E", "-Q", queues, "-c", "2", "-n", "python@%h",
                    "--loglevel", "info",
                ])
            try await wait("the watch did not begin") {
                String(decoding: try Data(contentsOf: watch.output), as: UTF8.self).contains("\"writing\":true")
            }
            try await wait("the Celery worker did not start") {
                String(decoding: try Data(contentsOf: worker.output), as: UTF8.self).contains(" ready.")
            }
            return [watch.process, worker.process]
        }

        func mend() throws { try Data().write(to: peer.folder.appendingPathComponent("mended")) }

        func text(_ words: [String]) async throws -> String {
            try await peer.launchAndRead(CeleryPeer.programs + "/phototui", words + ["--broker", url])
        }

        func json(_ words: [String]) async throws -> JSONValue {
            let text = try await text(words + ["--json"])
            // Complaints are in the same output, behind the document.
            let document = text.components(separatedBy: "\nphototui:")[0]
            return try #require(JSONValue(parsing: Array(document.utf8)), "\(text)")
        }

        func failed(_ count: Int) async throws {
            try await wait("they did not fail") {
                try await json(["jobs", "list", "--state", "failed", "--limit", "1000"])["jobs"].array?.count == count
            }
        }
    }

    @Test(
        "A group of failed tasks is sent again once, with the arguments it had; the rest is refused with the reason",
        .timeLimit(.minutes(10)))
    func group() async throws {
        let shop = try Deployment()
        let running = try await shop.start()
        defer { for process in running { kill(process.processIdentifier, SIGKILL) } }
        _ = try await shop.peer.run(
            """
            from shop import *
            import datetime
            calls = [(f"t{n}", [n, "it's", "ä\\n", [1.5, None]], {"card": "v" * 300, "deep": {"a": [True]}}) for n in range(30)]
            calls += [("long", [90, "x" * 3000], {}), ("when", [91, datetime.datetime(2024, 1, 2)], {}),
                      ("path", [92, "C:\\\\new"], {})]
            charge_all(calls)
            """)
        try await shop.failed(33)
        let groups = try #require(try await shop.json(["dead", "list", "--group"])["groups"].array)
        #expect(groups.map { $0["count"].integer } == [33] && groups[0]["source"].string == "task")
        #expect(groups[0]["error"].string == "ValueError: user N not found")
        #expect(groups[0]["task"].string == "shop.charge" && groups[0]["queue"].string == "python")
        let group = try #require(groups[0]["group"].string)
        try shop.mend()

        let unasked = try await shop.text(["dead", "retry", "--group", group])
        #expect(unasked.contains("30 of 33 tasks can be sent again: 30 shop.charge on python; 3 can't: "), "\(unasked)")
        #expect(unasked.contains("nobody is there to agree"))
        let planned = try await shop.json(["dead", "retry", "--group", group, "--dry-run"])
        #expect(planned["would_send"].array?.count == 30)
        #expect(
            Set(planned["failed"].array?.map { "\($0["id"].string ?? "") \($0["reason"].string ?? "")" } ?? []) == [
                "long its arguments were cut when they were told", "when among its arguments is what is no plain value",
                "path a backslash in its arguments may stand for itself or not",
            ])

        let retried = try await shop.json([
            "dead", "retry", "--group", String(group.prefix(8)), "--yes", "--reason", "1.4.2",
        ])
        #expect(retried["retried"].integer == 30, "\(retried)")
        let pairs = try #require(retried["tasks"].array).map { [$0["id"].string ?? "", $0["retried_as"].string ?? ""] }
        #expect(Set(pairs.map { $0[1] }).count == 30)
        let list = try #require(String(data: JSONEncoder().encode(pairs), encoding: .utf8))
        let judged = try await shop.peer.run(
            """
            from shop import *
            pairs = json.loads(sys.argv[1])
            wrong = 0
            for old, new in pairs:
                n = int(old[1:])
                got = app.AsyncResult(new).get(timeout=60)
                want = [[n, "it's", "ä\\n", [1.5, None]], {"card": "v" * 300, "deep": {"a": [True]}}, old, 0, old]
                if got != want: print("got", got, "want", want)
                else: wrong += 1
            states = [app.AsyncResult(i).state for i in ("t0", "long", "when", "path")]
            print(wrong, states)
            """, arguments: [list])
        #expect(judged == "30 ['FAILURE', 'FAILURE', 'FAILURE', 'FAILURE']\n", "\(judged)")

        // Once: whoever asks again is told as what.
        let again = try await shop.json(["jobs", "retry", "--all", "--task", "shop.charge", "--yes"])
        #expect(again["retried"].integer == 0)
        let before = again["failed"].array?.filter { !$0["retried_as"].isNull } ?? []
        #expect(Set(before.map { [$0["id"].string ?? "", $0["retried_as"].string ?? ""] }) == Set(pairs))
        let one = try await shop.text(["jobs", "retry", "t7"])
        #expect(one.contains("retried before as \(pairs.first { $0[0] == "t7" }?[1] ?? "?")"), "\(one)")
        let shown = try await shop.json(["jobs", "show", "t7"])
        #expect(shown["retried_as"].string == pairs.first { $0[0] == "t7" }?[1])
        #expect(try await shop.json(["dead", "list", "--group"])["groups"].array?.map { $0["count"].integer } == [3])
        // Unless it is wanted.
        #expect(try await shop.json(["jobs", "retry", "t7", "--again"])["retried"].integer == 1)
        let journal = try await shop.json(["journal"])
        let entry = journal["entries"].array?.first { $0["outcome"].string?.hasPrefix("30 sent again") == true }
        #expect(
            entry?["action"].string == "retry tasks" && entry?["outcome"].string?.contains("(1.4.2)") == true,
            "\(journal)")
        #expect(
            entry?["subject"].string?.hasPrefix("30 tasks (group ") == true && entry?["actor"].string?.isEmpty == false)
    }

    @Test(
        "What is sent again keeps its queue and moment where its worker consumes several; Celery's monitor is told of it",
        .timeLimit(.minutes(10)))
    func announced() async throws {
        let shop = try Deployment(tellsSent: true)
        // What Celery's State makes of the events, which Flower shows.
        let monitor = """
            import threading
            from celery.events.state import State
            heard, tasks = [], State()
            def hear(event):
                tasks.event(event)
                if event["type"] == "task-sent": heard.append(event)
            def capture():
                with app.connection() as connection:
                    app.events.Receiver(connection, handlers={"*": hear}).capture(limit=None, timeout=None, wakeup=False)
            threading.Thread(target=capture, daemon=True).start()
            time.sleep(2)
            """
        let running = try await shop.start(queues: "python,batch")
        defer { for process in running { kill(process.processIdentifier, SIGKILL) } }
        _ = try await shop.peer.run(
            "from shop import *\ncharge_all([(f't{n}', [n, 'it'], {'card': 'v'}) for n in range(30)])")
        try await shop.failed(30)
        let retry = try shop.peer.launch(
            try #require(CeleryPeer.python),
            [
                "-c",
                """
                from shop import *
                import subprocess
                \(monitor)
                def again(count):
                    before = len(heard)
                    said = subprocess.run(sys.argv[1:], capture_output=True, text=True)
                    end = time.time() + 30
                    while len(heard) < before + count and time.time() < end: time.sleep(0.1)
                    return said.stdout + said.stderr
                print(again(30))
                ours = {frozenset(event) for event in heard}
                one = heard[0]
                heard.clear()
                charge.apply_async(args=[90, "it"], kwargs={"card": "v"}, task_id="own", queue="python",
                                   routing_key="python", exchange="python")
                end = time.time() + 30
                while not heard and time.time() < end: time.sleep(0.1)
                own = heard[0]
                print("fields", [sorted(set(own) ^ fields) for fields in ours])
                print("types", [key for key in own if key not in ("parent_id", "utcoffset")
                                and type(own[key]) is not type(one[key])])
                print("told", one["name"], one["queue"], one["args"], one["kwargs"], one["retries"])
                sent = [task for id, task in tasks.tasks_by_time() if task.sent and task.client.startswith("phototui@")]
                print("state", len(sent), {(task.name, task.queue if hasattr(task, "queue") else None) for task in sent})
                """, CeleryPeer.programs + "/phototui", "dead", "retry", "--all", "--yes", "--broker", shop.url,
            ])
        try await wait("the retry was not told", seconds: 90) { !retry.process.isRunning }
        let said = String(decoding: try Data(contentsOf: retry.output), as: UTF8.self)
        #expect(said.contains("30 tasks sent again"), "\(said)")
        #expect(said.contains("fields [[]]\ntypes []\n"), "\(said)")
        #expect(said.contains("told shop.charge python ("), "\(said)")
        #expect(said.contains("state 30 {('shop.charge', "), "\(said)")

        for round in 1...2 {
            try await wait("they did not fail again") {
                let groups = try await shop.json(["dead", "list", "--group"])["groups"].array
                return groups?.reduce(0) { $0 + ($1["count"].integer ?? 0) } == 31
            }
            let groups = try #require(try await shop.json(["dead", "list", "--group"])["groups"].array)
            #expect(groups.map { $0["queue"].string } == ["python"], "\(groups)")
            #expect(try await shop.json(["dead", "list", "--queue", "python"])["total"].integer == 31)
            let failed = try #require(
                try await shop.json(["jobs", "list", "--state", "failed", "--limit", "31"])["jobs"].array)
            #expect(failed.allSatisfy { !$0["sent_at"].isNull && !$0["wait_seconds"].isNull }, "\(failed)")
            let group = try #require(groups.first?["group"].string)
            if round == 2 { try shop.mend() }
            let again = try await shop.json(["dead", "retry", "--group", group, "--yes"])
            #expect(again["retried"].integer == 31, "\(again)")
        }
        try await wait("they did not succeed") {
            try await shop.json(["jobs", "list", "--state", "succeeded", "--limit", "100"])["jobs"].array?.count == 31
        }
    }

    @Test("What was sent again is on record with queue and moment also where nobody watches", .timeLimit(.minutes(5)))
    func unwatched() async throws {
        let shop = try Deployment()
        let client = RedisConnection(try RedisService.address(prefix: shop.peer.prefix))
        defer { client.close() }
        let keys = CeleryKeys(prefix: shop.peer.prefix, database: client.address.database)
        let watch = try shop.peer.launch(
            CeleryPeer.programs + "/phototui", ["jobs", "watch", "--json", "--broker", shop.url])
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") {
            String(decoding: try Data(contentsOf: watch.output), as: UTF8.self).contains("\"writing\":true")
        }
        let events = ["python", nil].enumerated().map { number, queue in
            JSONValue.members([
                "type": .string("task-failed"), "uuid": .string("t\(number)"), "name": .string("shop.charge"),
                "queue": .text(queue), "args": .string("(\(number),)"), "kwargs": .string("{}"),
                "hostname": .string("w@h"), "timestamp": .real(Date().timeIntervalSince1970),
                "exception": .string("ValueError('\(number)')"), "clock": .integer(number),
            ])
        }
        let envelope = CeleryEnvelope.make(
            body: .array(events), exchange: "celeryev", routingKey: "task.multi", headers: .object([]))
        try await client.send(
            RedisCommand("PUBLISH", .text(keys.eventChannel("task.multi")), .bytes(envelope.encoded)))
        try await shop.failed(2)
        kill(watch.process.processIdentifier, SIGKILL)
        watch.process.waitUntilExit()
        // One error, one group, also where the queue of one of them is not known; that one waits for its queue to be named.
        let groups = try #require(try await shop.json(["dead", "list", "--group"])["groups"].array)
        #expect(groups.map { $0["count"].integer } == [2] && groups[0]["queue"].string == "python", "\(groups)")
        #expect(try await shop.json(["dead", "list", "--queue", "python"])["total"].integer == 1)
        let group = try #require(groups[0]["group"].string)
        let first = try await shop.json(["dead", "retry", "--group", group, "--yes"])
        #expect(first["retried"].integer == 1 && first["failed"].array?.map { $0["id"].string } == ["t1"], "\(first)")
        let left = try #require(try await shop.json(["dead", "list", "--group"])["groups"].array?.first)
        let second = try await shop.json([
            "dead", "retry", "--group", try #require(left["group"].string), "--to", "python", "--yes",
        ])
        #expect(second["retried"].integer == 1, "\(second)")
        let queued = try #require(try await shop.json(["jobs", "list", "--state", "queued"])["jobs"].array)
        #expect(queued.count == 2 && queued.allSatisfy { $0["queue"].string == "python" }, "\(queued)")
        #expect(queued.allSatisfy { !$0["sent_at"].isNull && $0["task"].string == "shop.charge" }, "\(queued)")
    }

    @Test("Where results keep the arguments, long ones and dates are sent again whole, too", .timeLimit(.minutes(10)))
    func extended() async throws {
        let shop = try Deployment(isExtended: true)
        let running = try await shop.start()
        defer { for process in running { kill(process.processIdentifier, SIGKILL) } }
        let calls = """
            calls = [("long", [90, "x" * 3000], {"deep": [[[[[1]]]]]}), ("when", [91, datetime.datetime(2024, 1, 2)], {}),
                     ("path", [92, "C:\\\\new"], {"secret": "***"})]
            """
        _ = try await shop.peer.run("from shop import *\nimport datetime\n\(calls)\ncharge_all(calls)")
        try await shop.failed(3)
        try shop.mend()
        let retried = try await shop.json(["jobs", "retry", "long", "when", "path", "--yes"])
        #expect(retried["retried"].integer == 3, "\(retried)")
        let pairs = try #require(retried["tasks"].array).map { [$0["id"].string ?? "", $0["retried_as"].string ?? ""] }
        let list = try #require(String(data: JSONEncoder().encode(pairs), encoding: .utf8))
        let judged = try await shop.peer.run(
            """
            from shop import *
            import datetime
            \(calls)
            wanted = {id: (args, kwargs) for id, args, kwargs in calls}
            for old, new in json.loads(sys.argv[1]):
                result = app.AsyncResult(new)
                value = result.get(timeout=60)
                same = [list(result.args), result.kwargs] == [list(app.AsyncResult(old).args), app.AsyncResult(old).kwargs]
                print(old, same, value[:2] == list(wanted[old]), result.queue)
            """, arguments: [list])
        #expect(
            Set(judged.split(separator: "\n")) == [
                "long True True python", "when True True python", "path True True python",
            ],
            "\(judged)")
    }

    @Test(
        "A retry that is killed in the middle loses nothing and sends nothing twice, nor do two at once",
        .timeLimit(.minutes(10)))
    func killed() async throws {
        let shop = try Deployment()
        let client = RedisConnection(try RedisService.address(prefix: shop.peer.prefix))
        defer { client.close() }
        let keys = CeleryKeys(prefix: shop.peer.prefix, database: client.address.database)
        let watch = try shop.peer.launch(
            CeleryPeer.programs + "/phototui", ["jobs", "watch", "--json", "--broker", shop.url])
        defer { kill(watch.process.processIdentifier, SIGKILL) }
        try await wait("the watch did not begin") {
            String(decoding: try Data(contentsOf: watch.output), as: UTF8.self).contains("\"writing\":true")
        }
        let count = 20_000
        for start in stride(from: 0, to: count, by: 200) {
            let events = (start..<(start + 200)).map { number in
                JSONValue.members([
                    "type": .string("task-failed"), "uuid": .string("t\(number)"), "name": .string("shop.charge"),
                    "queue": .string("python"), "args": .string("(\(number),)"), "kwargs": .string("{}"),
                    "hostname": .string("w@h"), "timestamp": .real(Date().timeIntervalSince1970),
                    "exception": .string("ValueError('\(number)')"), "clock": .integer(number),
                ])
            }
            let envelope = CeleryEnvelope.make(
                body: .array(events), exchange: "celeryev", routingKey: "task.multi", headers: .object([]))
            try await client.send(
                RedisCommand("PUBLISH", .text(keys.eventChannel("task.multi")), .bytes(envelope.encoded)))
        }
        try await wait("not all was kept") {
            try await shop.json(["dead", "list", "--group"])["groups"].array?.first?["count"].integer == count
        }
        func waiting() async throws -> Int {
            try await client.send(RedisCommand("LLEN", .text(keys.prefix + "python"))).integer ?? 0
        }
        let words = ["jobs", "retry", "--all", "--yes", "--broker", shop.url]
        let first = try shop.peer.launch(CeleryPeer.programs + "/phototui", words)
        try await wait("nothing was sent") { try await waiting() > 0 }
        kill(first.process.processIdentifier, SIGKILL)
        first.process.waitUntilExit()
        let then = try await waiting()
        #expect(then > 0 && then < count, "\(then)")
        // Two go on from there.
        let others = try (0..<2).map { _ in try shop.peer.launch(CeleryPeer.programs + "/phototui", words) }
        for other in others {
            try await wait("it did not end", seconds: 120) { !other.process.isRunning }
        }
        #expect(try await waiting() == count)
        let messages = try await client.send(RedisCommand("LRANGE", .text(keys.prefix + "python"), "0", "-1")).array
        let retried = messages.compactMap { $0.bytes.flatMap { try? CeleryMessage(raw: $0) } }.map {
            ($0.headers["phototui_retry_of"].string ?? "", $0.arguments)
        }
        #expect(Set(retried.map(\.0)).count == count)
        #expect(retried.allSatisfy { "t\($0.1[0].integer ?? -1)" == $0.0 })
        #expect(try await shop.json(["dead", "list", "--group"])["groups"].array?.isEmpty == true)
    }
}
