import Foundation
import Testing

/// The real program on a real Redis, seen and typed at as a person does.
@Suite(
    "The console on a terminal", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: OwnRedis.isInstalled, "redis-server is not installed"))
struct ConsoleOnTerminalTests {
    private func open(_ redis: OwnRedis, _ arguments: String...) throws -> ProgramOnTerminal {
        try ProgramOnTerminal(arguments: ["console", "--broker", redis.url] + arguments)
    }

    @Test("A queue that is stuck is seen, looked into, and purged, with a word in the journal")
    func stuck() async throws {
        let redis = try await OwnRedis()
        try await redis.push("celery", task: "shop.\\u001b[31mmail", count: 120)
        let program = try open(redis)
        #expect(try await program.comesToShow { $0.contains("!120") && $0.contains("1 over 100") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("120 of 120") && $0.contains("shop.\\x1b[31mmail") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("id-0") && $0.contains("[17]") })
        program.type("\u{1B}")
        _ = try await program.settle()
        program.type("\u{1B}")
        #expect(try await program.comesToShow { $0.contains("WAITING") })
        program.type("Xcelery\tbad deploy")
        // What waits is counted by then, which nobody types as fast as.
        #expect(try await program.comesToShow { $0.contains("--reason 'bad deploy'") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("purging 120 messages of celery in") })
        let waiting = try await redis.cli("LLEN", "celery")
        // A machine that is busy may have let the seconds pass by now.
        if try await program.screen().contains("purging 120 messages of celery in") { #expect(waiting == "120") }
        #expect(try await program.comesToShow { $0.contains("there are no queues") })
        #expect(try await redis.cli("EXISTS", "celery") == "0")
        program.type("q")
        #expect(try await program.ending() == 0)
        let journal = try ProgramOnTerminal(
            columns: 200, home: program.home, arguments: ["journal", "--broker", redis.url])
        #expect(try await journal.ending() == 0)
        let entries = String(decoding: journal.written, as: UTF8.self)
        #expect(entries.contains("purge queue") && entries.contains("120 dropped (bad deploy)"))
    }

    @Test("A Redis that hangs leaves the keys alive, and what it said last with its age; idle, nothing is sent")
    func frozen() async throws {
        let redis = try await OwnRedis()
        try await redis.push("alpha", task: "a", count: 3)
        try await redis.push("beta", task: "b", count: 7)
        let program = try open(redis)
        #expect(try await program.comesToShow { $0.contains("alpha") && $0.contains("2 queues") })
        // The rates and trends of the first looks are drawn by then.
        _ = try await program.settle(for: .milliseconds(2500))
        #expect(try await program.settle(for: .milliseconds(2500)).isEmpty)
        redis.freeze()
        defer { redis.thaw() }
        #expect(try await program.comesToShow { $0.contains("old: no answer") })
        #expect(try await program.answer(to: "j") > 0)
        #expect(try await program.answer(to: "?") > 0)
        program.type("\u{1B}")
        #expect(try await program.comesToShow { $0.contains("beta") && $0.contains("old: no answer") })
        redis.thaw()
        #expect(try await program.comesToShow { !$0.contains("no answer") })
        redis.freeze()
        program.type("q")
        #expect(try await program.ending() == 0)
    }

    @Test("Dead letters go back as a group; what was taken back is not done; read only does nothing")
    func dead() async throws {
        let redis = try await OwnRedis()
        for number in 0..<3 {
            try await redis.push("scratch", task: "shop.mail", count: 1)
            let message = try await redis.cli("RPOP", "scratch")
            try await redis.cli("HSET", "phototui.dead", "dead-\(number)", message)
            try await redis.cli(
                "HSET", "phototui.dead.reasons", "dead-\(number)",
                #"{"queue":"work","kind":"failed","at":"17\#(number)0000000","reason":"user \#(number) not found"}"#)
        }
        let looking = try open(redis, "--read-only")
        looking.type("Dr")
        #expect(try await looking.comesToShow { $0.contains("read only") && $0.contains("user N not found") })
        looking.type("qq")
        #expect(try await looking.ending() == 0)
        let program = try open(redis)
        program.type("D")
        #expect(try await program.comesToShow { $0.contains("1 group") && $0.contains("3 letters") })
        program.type("r\r")
        #expect(try await program.comesToShow { $0.contains("retrying 3 dead letters in") })
        program.type("u")
        #expect(try await program.comesToShow { $0.contains("taken back") || $0.contains("3 letters") })
        program.type("r\r")
        #expect(try await program.comesToShow { $0.contains("there are no dead letters") })
        #expect(try await redis.cli("LLEN", "work") == "3")
        #expect(try await redis.cli("HLEN", "phototui.dead") == "0")
    }

    @Test("Jobs are followed from the workers' events; the inbox mends; health tells a Redis that hangs")
    func screens() async throws {
        let redis = try await OwnRedis()
        try await redis.push("stuck", task: "shop.mail", count: 3)
        _ = try await redis.cli("SADD", "phototui.paused", "stuck")
        let program = try open(redis)
        #expect(try await program.comesToShow { $0.contains("stuck") })
        program.type("7")
        #expect(try await program.comesToShow { $0.contains("no task was heard of yet") })
        let event =
            #"{"uuid":"job-1","type":"task-failed","hostname":"celery@a","timestamp":1800000000,"clock":1,"#
            + #""exception":"KeyError('user 7')","traceback":"Traceback: \u001b[2J","utcoffset":0,"pid":1}"#
        let envelope =
            #"{"body":"\#(Data(event.utf8).base64EncodedString())","content-encoding":"utf-8","#
            + #""content-type":"application/json","headers":{"hostname":"celery@a"},"properties":"#
            + #"{"body_encoding":"base64","delivery_info":{"exchange":"celeryev","routing_key":"task.failed"}}}"#
        _ = try await redis.cli("PUBLISH", "/0.celeryev/task.failed", envelope)
        #expect(try await program.comesToShow { $0.contains("failed") && $0.contains("user 7") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("attempt 1") && $0.contains("\\x1b[2J") })
        program.type("i")
        #expect(try await program.comesToShow { $0.contains("queues resume") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("The command below is run.") })
        program.type("\r")
        #expect(try await program.comesToShow { $0.contains("mending") })
        // Who told of the task was heard, and is silent since.
        #expect(
            try await program.comesToShow {
                $0.contains("3 findings") && $0.contains("silent worker") && !$0.contains("queues resume")
            })
        #expect(try await redis.cli("SISMEMBER", "phototui.paused", "stuck") == "0")
        program.type("8")
        // Nobody works here.
        #expect(try await program.comesToShow { $0.contains("1 warning") && $0.contains("0 workers") })
        redis.freeze()
        defer { redis.thaw() }
        #expect(try await program.comesToShow { $0.contains("1 failing") && $0.contains("not answer") })
        #expect(try await program.answer(to: "?") > 0)
        redis.thaw()
        program.type("\u{1B}")
        #expect(try await program.comesToShow { $0.contains("1 warning") && !$0.contains("failing") })
        program.type("qq")
        #expect(try await program.ending() == 0)
    }
}
