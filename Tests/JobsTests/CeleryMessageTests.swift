import Core
import Foundation
import Testing

@testable import Jobs

@Suite("CeleryMessage")
struct CeleryMessageTests {
    @Test("A message as Celery wrote it is read, and its raw text is kept to the byte")
    func recorded() throws {
        let raw = """
            {"body": "W1sxLCAyXSwge30sIHsiY2FsbGJhY2tzIjogbnVsbCwgImVycmJhY2tzIjogbnVsbCwgImNoYWluIjogbnVsbCwgImNob3JkIjogbnVsbH1d", "content-encoding": "utf-8", "content-type": "application/json", "headers": {"lang": "py", "task": "photo.add", "id": "311b9e44-0000-4000-8000-000000000000", "shadow": null, "eta": null, "expires": null, "group": null, "group_index": null, "retries": 2, "timelimit": [null, null], "root_id": "311b9e44-0000-4000-8000-000000000000", "parent_id": null, "argsrepr": "(1, 2)", "kwargsrepr": "{}", "origin": "gen26642@vm", "ignore_result": false, "replaced_task_nesting": 0, "stamped_headers": null, "stamps": {}}, "properties": {"correlation_id": "311b9e44-0000-4000-8000-000000000000", "reply_to": "6cdcdedc-0000-4000-8000-000000000000", "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": "high"}, "priority": 0, "body_encoding": "base64", "delivery_tag": "d81aa605-0000-4000-8000-000000000000"}}
            """
        let message = try CeleryMessage(raw: Array(raw.utf8))
        #expect(message.task == "photo.add")
        #expect(message.arguments == [.number("1"), .number("2")])
        #expect(message.keywords.isEmpty)
        #expect(message.retries == 2)
        #expect(message.raw == Array(raw.utf8))
        let again = String(decoding: CeleryMessage.redelivered(message.raw), as: UTF8.self)
        #expect(
            again
                == raw.replacingOccurrences(
                    of: "\"delivery_info\": {", with: "\"delivery_info\": {\"redelivered\":true,"))
        #expect(try CeleryMessage(raw: Array(again.utf8)).isRedelivered)
    }

    @Test(
        "What is no message that can be run here says why",
        arguments: [
            ("", CeleryMessageFault.notJSON),
            ("{", .notJSON),
            ("[]", .notJSON),
            (String(repeating: "[", count: 100_000), .notJSON),
            (#"{"headers":{},"properties":{}}"#, .missing("task name")),
            (#"{"headers":{"task":"a"},"properties":{}}"#, .missing("task id")),
            (#"{"headers":{"task":"a","id":"b"},"properties":{},"body":"[]"}"#, .contentType("of no known type")),
            (
                #"{"headers":{"task":"a","id":"b"},"properties":{},"body":"","content-type":"application/x-python-serialize"}"#,
                .contentType("application/x-python-serialize")
            ),
            (
                #"{"headers":{"task":"a","id":"b","compression":"application/x-gzip"},"properties":{},"body":"H4sI","content-type":"application/json","content-encoding":"utf-8"}"#,
                .compressed("application/x-gzip")
            ),
            (
                #"{"headers":{"task":"a","id":"b"},"properties":{"body_encoding":"base64"},"body":"?","content-type":"application/json"}"#,
                .bodyEncoding
            ),
            (
                #"{"headers":{"task":"a","id":"b"},"properties":{},"body":"[1,2]","content-type":"application/json"}"#,
                .bodyShape
            ),
            (
                #"{"headers":{"task":"a","id":"b"},"properties":{},"body":"[[],{},{\"chord\":{}}]","content-type":"application/json"}"#,
                .workflow("chord")
            ),
            (
                #"{"headers":{"task":"a","id":"b"},"properties":{},"body":"[[],{},{\"callbacks\":[{\"task\":\"celery.group\",\"subtask_type\":\"group\"}]}]","content-type":"application/json"}"#,
                .workflow("link to a group")
            ),
            (
                #"{"headers":{"task":"a","id":"b"},"properties":{},"body":"[[],{},{\"chain\":[{\"task\":7}]}]","content-type":"application/json"}"#,
                .bodyShape
            ),
        ])
    func faults(_ text: String, _ fault: CeleryMessageFault) {
        #expect(throws: fault) { try CeleryMessage(raw: Array(text.utf8)) }
    }

    @Test("No damaged message crashes the reader")
    func damaged() throws {
        let message = CeleryMessage.make(
            task: "photo.add", id: "x", arguments: [.string("é\u{1F600}\"\\\n")], queue: "high", origin: "t",
            now: Date())
        var random = SystemRandomNumberGenerator()
        for turn in 0..<1000 {
            var bytes = message.raw
            switch turn % 3 {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 1:
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            default:
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes.insert(contentsOf: [UInt8](repeating: 0xFF, count: 3), at: place)
            }
            _ = try? CeleryMessage(raw: bytes)
            _ = CeleryMessage.redelivered(bytes, workerDeaths: 3)
            _ = CeleryUnacked([UInt8(ascii: "[")] + bytes + Array(#", "", "high"]"#.utf8))
        }
    }

    @Test(
        "The count of lost workers is put into any delivery information, and nothing else changes",
        arguments: [
            (#"{}"#, #"{"redelivered":true,"phototui_worker_deaths":2}"#),
            (#"{"exchange": ""}"#, #"{"redelivered":true,"phototui_worker_deaths":2,"exchange": ""}"#),
            // As kombu writes what it restored.
            (
                #"{"phototui_worker_deaths": 1, "redelivered": true}"#,
                #"{"phototui_worker_deaths": 2, "redelivered": true}"#
            ),
            (#"{"redelivered": true}"#, #"{"phototui_worker_deaths":2,"redelivered": true}"#),
            (#"{"phototui_worker_deaths":2,"redelivered":true}"#, #"{"phototui_worker_deaths":2,"redelivered":true}"#),
            // What would not be counted.
            (
                #"{"redelivered":"no","phototui_worker_deaths":"x"}"#,
                #"{"redelivered":true,"phototui_worker_deaths":2}"#
            ),
            (
                #"{"phototui_worker_deaths":1,"a":[1.0],"phototui_worker_deaths":0}"#,
                #"{"redelivered":true,"phototui_worker_deaths":2,"a":[1.0]}"#
            ),
            (#"{"phototui_worker_deaths":1e0}"#, #"{"redelivered":true,"phototui_worker_deaths":2}"#),
            (#"[]"#, #"{"redelivered":true,"phototui_worker_deaths":2}"#),
        ])
    func workerDeaths(information: String, expected: String) throws {
        for blank in ["", " ", "\n"] {
            let body = #""body":"\"delivery_info\":{","headers":{"task":"a","id":"b","n":1.0}"#
            func text(_ information: String, _ blank: String) -> String {
                #"{\#(body),"properties":{"delivery_info"\#(blank):\#(information),"priority":0}}"#
            }
            let counted = CeleryMessage.redelivered(Array(text(information, blank).utf8), workerDeaths: 2)
            #expect(JSONValue(parsing: counted) == JSONValue(parsing: Array(text(expected, "").utf8)))
            // Where the place is as kombu writes it, to the byte.
            if blank.isEmpty { #expect(String(decoding: counted, as: UTF8.self) == text(expected, "")) }
        }
    }

    @Test("A message that is restored the first time counts its worker, unless it only waited for its time")
    func restored() throws {
        let now = Date()
        func deaths(_ message: CeleryMessage, times: Int = 1) -> JSONValue? {
            var raw = message.raw
            for _ in 0..<times { raw = CeleryMessage.restored(raw, now: now) }
            return JSONValue(parsing: raw)?["properties"]["delivery_info"][CeleryMessage.workerDeathsMember]
        }
        func message(_ eta: Date?) -> CeleryMessage {
            CeleryMessage.make(task: "a", id: "b", queue: "high", eta: eta, origin: "test", now: now)
        }
        #expect(deaths(message(nil)) == .integer(1))
        // From then on whoever takes it counts.
        #expect(deaths(message(nil), times: 3) == .integer(1))
        #expect(deaths(message(now + 60)) == .null)
        #expect(deaths(message(now - 60)) == .integer(1))
    }

    @Test("Times are read and written as Python's isoformat has them")
    func times() throws {
        for (text, seconds) in [
            ("1970-01-01T00:00:00+00:00", 0.0), ("2026-11-21T08:00:00.250000+00:00", 1_795_248_000.25),
            ("2024-02-29T23:59:59Z", 1_709_251_199), ("2024-02-29T23:59:59.5+02:00", 1_709_243_999.5),
            ("1969-12-31T23:59:59", -1),
        ] {
            let date = try #require(CeleryTime.parse(text))
            #expect(date.timeIntervalSince1970 == seconds)
            let written = try #require(CeleryTime.parse(CeleryTime.text(date)))
            #expect(written == date)
        }
        for text in ["", "now", "2024-13-01T00:00:00", "2024-01-01", "2024-01-01T25:00:00Z"] {
            #expect(CeleryTime.parse(text) == nil)
        }
    }

    @Test(
        "Celery's own messages of any arguments are read as Python meant them",
        .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
    func readsCelerys() async throws {
        let peer = try CeleryPeer()
        let text = try await peer.run(
            """
            import random
            random.seed(20261121)
            def value(depth=0):
                kind = random.randrange(9 if depth < 3 else 7)
                if kind == 0: return None
                if kind == 1: return random.random() < 0.5
                if kind == 2: return random.randrange(-10**40, 10**40)
                if kind == 3: return random.choice([0.1, 1.0, -1e300, 5e-324, float("inf"), float("nan"), 1e22])
                if kind < 7: return "".join(chr(random.choice([0, 9, 10, 34, 39, 92, 127, 233, 0x65e5, 0x1f600])) for _ in range(random.randrange(6)))
                if kind == 7: return [value(depth + 1) for _ in range(random.randrange(4))]
                return {value(4) if False else str(i): value(depth + 1) for i in range(random.randrange(4))}
            client = app.backend.client
            for _ in range(300):
                args, kwargs = [value() for _ in range(random.randrange(4))], {"k%d" % i: value() for i in range(random.randrange(3))}
                sent = app.send_task("photo.any", args=args, kwargs=kwargs, queue="high", exchange="high", routing_key="high",
                                     countdown=random.choice([None, 5]), expires=random.choice([None, 60]), priority=random.choice([0, 4, 9]))
                print(json.dumps([sent.id, args, kwargs]))
            """)
        let client = CeleryBroker(try RedisService.address(prefix: peer.prefix), visibilitySeconds: 60)
        var received: [String: CeleryMessage] = [:]
        while let one = try await client.pop(["high"], count: 1).received.first {
            let message = try CeleryMessage(raw: one.raw)
            received[message.id] = message
        }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 300)
        for line in lines {
            let expected = try #require(JSONValue(parsing: Array(line.utf8))?.array)
            let message = try #require(received[expected[0].string ?? ""])
            #expect(JSONValue.array(message.arguments) == expected[1])
            #expect(JSONValue.object(message.keywords) == expected[2])
        }
    }

    @Test(
        "Celery reads our messages of any arguments as we meant them",
        .enabled(if: CeleryPeer.isUsable, "\(CeleryPeer.reason)"))
    func celeryReadsOurs() async throws {
        let peer = try CeleryPeer()
        let client = CeleryClient(try RedisService.address(prefix: peer.prefix))
        let texts = ["", "é", "\u{0}\u{7f}\n\"\\'", "日本\u{1F600}", "None", "</script>"]
        var sent: [String: [String]] = [:]
        for text in texts {
            let id = try await client.send(
                "python.any", arguments: [.string(text), .number("1.0"), .integer(1), .bool(true), .null],
                keywords: [JSONMember("k", .array([.object([JSONMember("é", .string(text))])]))], queue: "python")
            sent[id] = texts
        }
        let output = try await peer.run(
            """
            import base64
            from kombu import Queue, Exchange
            with app.connection() as connection:
                queue = connection.SimpleQueue(Queue("python", Exchange("python"), routing_key="python"))
                for _ in range(6):
                    m = queue.get(timeout=5)
                    args, kwargs, embed = m.payload
                    assert embed == {"callbacks": None, "errbacks": None, "chain": None, "chord": None}, embed
                    assert type(args[1]) is float and type(args[2]) is int, args
                    assert kwargs["k"][0]["é"] == args[0], kwargs
                    assert eval(m.headers["argsrepr"]) == tuple(args), m.headers["argsrepr"]
                    assert eval(m.headers["kwargsrepr"]) == kwargs, m.headers["kwargsrepr"]
                    print(m.headers["id"], json.dumps(args[0]))
                    m.ack()
            """)
        let lines = output.split(separator: "\n")
        #expect(lines.count == 6)
        let read = try lines.map { line in
            try #require(JSONValue(parsing: Array(line.drop { $0 != " " }.utf8))?.string)
        }
        #expect(Set(read) == Set(texts))
        #expect(lines.allSatisfy { sent[String($0.prefix { $0 != " " })] != nil })
    }
}
