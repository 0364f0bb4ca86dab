import Core
import Foundation
import Jobs

extension Benchmark {
    static let celeryWorker = Benchmark(
        name: "celery-worker", arguments: "BROKER PREFIX QUEUES CONCURRENCY [VISIBILITY-SECONDS] [NODE]",
        summary: "A worker with small tasks, for Celery's publishers and tools to meet; ends at SIGTERM."
    ) { arguments in
        guard arguments.count >= 4 else {
            throw EngineError(.invalidInput, "name a broker, a prefix, queues, a number")
        }
        var address = try RedisAddress(arguments[0])
        address.keyPrefix = arguments[1]
        var options = CeleryWorker.Options(node: arguments.count > 5 ? arguments[5] : nil)
        options.queues = arguments[2].split(separator: ",").map { (String($0), nil) }
        options.concurrency = Int(arguments[3]) ?? 1
        options.version = "bench"
        if arguments.count > 4 { options.visibilitySeconds = Double(arguments[4]) ?? 3600 }
        // As a Celery worker without -E.
        options.sendsTaskEvents = ProcessInfo.processInfo.environment["BENCH_EVENTS"] == "1"
        let worker = CeleryWorker(address, handlers: BenchmarkTasks.all, options: options)
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM)
        source.setEventHandler { worker.drain() }
        source.resume()
        FileHandle.standardOutput.write(Data("ready\n".utf8))
        try await worker.run()
        source.cancel()
    }

    static let celeryPublish = Benchmark(
        name: "celery-publish", arguments: "BROKER PREFIX QUEUE TASK COUNT ONE-BY-ONE",
        summary: "Messages published a second, one at a time (yes) or together (no)."
    ) { arguments in
        guard arguments.count == 6, let count = Int(arguments[4]) else {
            throw EngineError(.invalidInput, "name a broker, a prefix, a queue, a task, a count and yes or no")
        }
        var address = try RedisAddress(arguments[0])
        address.keyPrefix = arguments[1]
        let client = CeleryClient(address)
        let clock = ContinuousClock()
        let taken = try await clock.measure {
            if arguments[5] == "yes" {
                for _ in 0..<count { try await client.send(arguments[3], queue: arguments[2]) }
            } else {
                _ = try await client.send(arguments[3], calls: Array(repeating: [], count: count), queue: arguments[2])
            }
        }
        print("{\"per_second\": \(decimal(Double(count) / (taken / .seconds(1))))}")
    }

    static let celeryLatency = Benchmark(
        name: "celery-latency", arguments: "BROKER PREFIX QUEUE COUNT",
        summary:
            "Milliseconds from publishing to the start of a task on an idle queue, in a worker of another connection."
    ) { arguments in
        guard arguments.count == 4, let count = Int(arguments[3]) else {
            throw EngineError(.invalidInput, "name a broker, a prefix, a queue and a count")
        }
        var address = try RedisAddress(arguments[0])
        address.keyPrefix = arguments[1]
        let (starts, started) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        var options = CeleryWorker.Options()
        options.queues = [(arguments[2], nil)]
        options.concurrency = 1
        let task = CeleryClosureTask("bench.start") { _ in
            started.yield(.now)
            return .null
        }
        let worker = CeleryWorker(address, handlers: [task], options: options)
        let running = Task { try await worker.run() }
        let client = CeleryClient(address)
        var times: [Duration] = []
        var next = starts.makeAsyncIterator()
        for turn in 0..<(count + 20) {
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...60)))
            let before = ContinuousClock.now
            try await client.send("bench.start", queue: arguments[2], ignoresResult: true)
            if let start = await next.next(), turn >= 20 { times.append(start - before) }
        }
        worker.drain()
        try await running.value
        print(Measurement(times).line("publish to start"))
    }
}

/// Tasks that a worker in a test or a benchmark runs.
enum BenchmarkTasks {
    static let all: [any CeleryTaskHandler] = [
        CeleryClosureTask("bench.noop") { _ in .null },
        CeleryClosureTask("photo.add") { call in
            .integer((call.arguments.first?.integer ?? 0) + (call.arguments.last?.integer ?? 0))
        },
        CeleryClosureTask("photo.echo") { call in .array([.array(call.arguments), .object(call.message.keywords)]) },
        CeleryClosureTask("photo.sleep") { call in
            try await Task.sleep(for: .seconds(call.arguments.first?.real ?? 1))
            return call.arguments.first ?? .null
        },
        CeleryClosureTask("photo.kill") { _ in
            kill(getpid(), SIGKILL)
            return .null
        },
        CeleryClosureTask("photo.fail") { _ in throw EngineError(.corrupt, "it fails as it was asked to") },
        CeleryClosureTask("photo.flaky") { call in
            guard call.message.retries > 0 else {
                throw EngineError(.unavailable, "not yet", isRetryable: true)
            }
            return .integer(call.message.retries)
        },
    ]
}
