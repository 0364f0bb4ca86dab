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

    public func mark(_ queue: String) async throws -> QueueMark {
        let values = try await ConsoleScripts.mark.runReading(on: connection, keys: keys.lists(of: queue), []).array
        return QueueMark(
            lists: stride(from: 0, to: values.count - 1, by: 2).map {
                QueueMark.List(length: values[$0].integer ?? 0, newest: values[$0 + 1].text ?? "")
            })
    }

    public func purge(_ queue: String, upTo mark: QueueMark) async throws -> PurgeOutcome {
        let lists = keys.lists(of: queue)
        let values = try await ConsoleScripts.purge.run(
            on: connection, keys: lists,
            zip(lists, mark.lists).flatMap { [RedisArgument($1.length), .text($1.newest)] }
        ).array.map { $0.integer ?? 0 }
        guard values.count == 3 else { return PurgeOutcome(dropped: 0, arrived: 0) }
        if values[2] > 0, values[0] == 0 {
            throw EngineError(
                .conflict,
                "workers took so much of \(queue) meanwhile that what waited then can't be told from what came since",
                whatToDo: "pause it first: phototui queues pause \(shellQuoted(queue))")
        }
        return PurgeOutcome(dropped: values[0], arrived: values[1])
    }

    /// Each message is told its new queue, where a worker that dies would else put it back into the old one. A batch moves as
    /// a whole or, where a worker takes a part of it meanwhile, up to there.
    public func move(
        from queue: String, to other: String, withPoison: Bool, progress: @Sendable (Int) -> Void
    ) async throws -> MoveOutcome {
        guard !other.allSatisfy(\.isWhitespace) else {
            throw EngineError(.invalidInput, "a queue has a name", whatToDo: "name the queue that they are to wait in")
        }
        guard queue != other else {
            throw EngineError(.invalidInput, "the messages are in \(queue) already")
        }
        var (moved, poison) = (0, 0)
        for (list, otherList) in zip(keys.lists(of: queue), keys.lists(of: other)) {
            var left = try await connection.send(RedisCommand("LLEN", .text(list))).integer ?? 0
            // Poison at the head, which stays.
            var skipped = 0
            while left > 0 {
                try Task.checkCancellation()
                let page = try await page(of: list, behind: skipped, atMost: min(left, Self.batch))
                if page.isEmpty { break }
                let wanted = withPoison ? page[...] : page.prefix { !Self.isPoison($0) }
                guard !wanted.isEmpty else {
                    let stay = page.prefix(while: Self.isPoison).count
                    (skipped, left) = (skipped + stay, left - stay)
                    continue
                }
                let count =
                    try await ConsoleScripts.move.run(
                        on: connection, keys: [list, otherList],
                        [RedisArgument(skipped)]
                            + wanted.flatMap { [.bytes($0), .bytes(CeleryMessage.rerouted($0, to: other))] }
                    ).integer ?? 0
                moved += count
                if count < wanted.count {
                    // What is gone from the head meanwhile was taken by a worker, perhaps with poison that was passed by.
                    left += skipped - max(count, 1)
                    skipped = 0
                } else {
                    left -= count
                }
                progress(moved)
            }
            poison += skipped
        }
        return MoveOutcome(moved: moved, poison: poison)
    }

    /// In one page no more than this, but one message at least.
    private static let pageBytes = 8 << 20

    /// Whole messages behind the first of a list, in the order of their delivery.
    private func page(of list: String, behind skipped: Int, atMost most: Int) async throws -> [[UInt8]] {
        let heads = try await heads(
            of: list, behind: skipped, atMost: most, each: Self.pageBytes, all: Self.pageBytes, part: 1)
        let whole = heads.prefix { $0.length == $0.beginning.count }.map(\.beginning)
        guard whole.isEmpty, heads.first != nil else { return whole }
        return try await connection.send(RedisCommand("LINDEX", .text(list), RedisArgument(-1 - skipped))).bytes
            .map { [$0] } ?? []
    }

    private static func isPoison(_ raw: [UInt8]) -> Bool {
        Poison.found(in: raw, JSONValue(parsing: raw))?.isHarmful == true
    }

    public func quarantine(_ queue: String, progress: @Sendable (Int) -> Void) async throws -> [Poison] {
        var found: [Poison] = []
        var seen = 0
        for list in keys.lists(of: queue) {
            var left = try await connection.send(RedisCommand("LLEN", .text(list))).integer ?? 0
            var skipped = 0
            while left > 0 {
                try Task.checkCancellation()
                let page = try await page(of: list, behind: skipped, atMost: min(left, Self.batch))
                if page.isEmpty { break }
                for raw in page {
                    left -= 1
                    seen += 1
                    guard let poison = Poison.found(in: raw, JSONValue(parsing: raw)), poison.isHarmful,
                        try await setAside(raw, of: queue, from: list, poison)
                    else {
                        skipped += 1
                        continue
                    }
                    found.append(poison)
                }
                progress(seen)
            }
        }
        return found
    }

    private func setAside(_ raw: [UInt8], of queue: String, from list: String, _ poison: Poison) async throws -> Bool {
        let reason: JSONValue = .members([
            "queue": .string(queue), "reason": .string(poison.description),
            "kind": .string(DeadLetter.Kind.poison.rawValue),
            "at": .string(String(Date().timeIntervalSince1970)),
        ])
        return try await ConsoleScripts.quarantine.run(
            on: connection, keys: [list, keys.dead, keys.deadReasons],
            [.bytes(raw), .text(CeleryID.make()), .bytes(reason.encoded)]
        ).integer == 1
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
    static func readsPauses(_ configuration: JSONValue) -> Bool {
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
