public import Core
internal import Foundation

extension CeleryConsole {
    private static let batch = 500
    /// For a worker that is busy, or on a busy machine; all others have answered long before.
    private static let patience = Duration.seconds(5)

    public func waiting(in queue: String) async throws -> Int {
        try await connection.sendAll(keys.lists(of: queue).map { RedisCommand("LLEN", .text($0)) })
            .reduce(0) { $0 + ($1.integer ?? 0) }
    }

    public func purge(_ queue: String) async throws -> Int { try await broker.purge(queue) }

    /// Each message is told its new queue, where a worker that dies would else put it back into the old one. A batch moves as
    /// a whole or, where a worker takes a part of it meanwhile, up to there.
    public func move(
        from queue: String, to other: String, progress: @Sendable (Int) -> Void
    ) async throws -> Int {
        guard !other.allSatisfy(\.isWhitespace) else {
            throw EngineError(.invalidInput, "a queue has a name", whatToDo: "name the queue that they are to wait in")
        }
        guard queue != other else {
            throw EngineError(.invalidInput, "the messages are in \(queue) already")
        }
        var count = 0
        for (list, otherList) in zip(keys.lists(of: queue), keys.lists(of: other)) {
            var left = try await connection.send(RedisCommand("LLEN", .text(list))).integer ?? 0
            while left > 0 {
                try Task.checkCancellation()
                let page = try await connection.send(
                    RedisCommand("LRANGE", .text(list), RedisArgument(-min(left, Self.batch)), "-1")
                ).array.reversed().compactMap(\.bytes)
                if page.isEmpty { break }
                let moved =
                    try await ConsoleScripts.move.run(
                        on: connection, keys: [list, otherList],
                        page.flatMap { [.bytes($0), .bytes(CeleryMessage.rerouted($0, to: other))] }
                    ).integer ?? 0
                count += moved
                // What is gone from the head meanwhile was taken by a worker.
                left -= max(moved, 1)
                progress(count)
            }
        }
        return count
    }

    public func pause(_ queue: String) async throws -> PauseOutcome {
        let added = try await connection.send(RedisCommand("SADD", .text(keys.paused), .text(queue))).integer
        return try await tell("cancel_consumer", of: queue, hasChanged: added == 1)
    }

    public func resume(_ queue: String) async throws -> PauseOutcome {
        let removed = try await connection.send(RedisCommand("SREM", .text(keys.paused), .text(queue))).integer
        return try await tell("add_consumer", of: queue, hasChanged: removed == 1)
    }

    /// Tells Celery's workers of the queue; ours read the set of paused queues themselves. Whoever consumed the queue when it was
    /// paused is remembered, since a worker that stopped no longer says so.
    private func tell(_ method: String, of queue: String, hasChanged: Bool) async throws -> PauseOutcome {
        let isPause = method == "cancel_consumer"
        let memory = keys.pausedWorkers(of: queue)
        let questions = RemoteQuestions(broker)
        let answers = try await questions.ask([.init("active_queues"), .init("conf")], patience: Self.patience)
        let foreign = answers[0].filter { node, _ in !Self.readsPauses(answers[1][node] ?? .null) }
        var targets = Set(
            foreign.filter { _, queues in (queues.array ?? []).contains { $0["name"].string == queue } }.keys)
        if !isPause {
            let remembered = try await connection.send(RedisCommand("SMEMBERS", .text(memory))).array
            targets.formUnion(remembered.compactMap(\.text).filter { foreign[$0] != nil })
        }
        // Both questions reach the same.
        let silent = (answers.missing + 1) / 2
        guard !targets.isEmpty else {
            return PauseOutcome(hasChanged: hasChanged, workers: [], unheard: [], silent: silent)
        }
        if isPause {
            _ = try await connection.send(
                RedisCommand("SADD", [.text(memory)] + targets.map(RedisArgument.text)))
        }
        let arguments: JSONValue = .members(["queue": .string(queue)])
        let done = try await questions.ask(
            [.init(method, arguments, destination: targets.sorted())], patience: Self.patience)[0]
        let heard = done.filter { !$0.value["ok"].isNull }.map(\.key).sorted()
        if !isPause { _ = try await connection.send(RedisCommand("DEL", .text(memory))) }
        return PauseOutcome(
            hasChanged: hasChanged, workers: heard, unheard: targets.subtracting(heard).sorted(), silent: silent)
    }

    /// Whether a worker's configuration says that it heeds the set of paused queues.
    private static func readsPauses(_ configuration: JSONValue) -> Bool {
        configuration["phototui_reads_pauses"].bool == true
    }

    public func shutDown(worker: String) async throws -> Bool {
        let questions = RemoteQuestions(broker)
        guard try await questions.ask([.init("ping", destination: [worker])], patience: Self.patience)[0][worker] != nil
        else { return false }
        try await questions.tell(.init("shutdown", destination: [worker]))
        return true
    }
}
