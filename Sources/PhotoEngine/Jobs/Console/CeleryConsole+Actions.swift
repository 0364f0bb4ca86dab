public import Core
internal import Foundation

extension CeleryConsole {
    private static let batch = 500
    /// For a worker that is busy, or on a busy machine; all others have answered long before.
    private static let patience = Duration.seconds(5)

    public func waiting(in queue: String) async throws -> Int {
        try await connection.sendAll(await learnedKeys().lists(of: queue).map { RedisCommand("LLEN", .key($0)) })
            .reduce(0) { $0 + ($1.integer ?? 0) }
    }

    public func mark(_ queue: String) async throws -> QueueMark {
        let lists = await learnedKeys().lists(of: queue)
        let values = try await ConsoleScripts.mark.runReading(on: connection, keys: lists, []).array
        return QueueMark(
            lists: stride(from: 0, to: values.count - 1, by: 2).map {
                QueueMark.List(length: values[$0].integer ?? 0, newest: values[$0 + 1].text ?? "")
            })
    }

    public func purge(_ queue: String, upTo mark: QueueMark) async throws -> PurgeOutcome {
        let lists = keys.lists(of: queue)
        guard lists.count == mark.lists.count else {
            throw EngineError(
                .conflict, "\(queue) has lists of more priorities now than were counted", whatToDo: "count them again")
        }
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
        guard RedisName.bytes(of: other) == nil else {
            throw EngineError(
                .invalidInput, "\(other) is not UTF-8", whatToDo: "name a queue that a message can name, too")
        }
        guard queue != other else {
            throw EngineError(.invalidInput, "the messages are in \(queue) already")
        }
        var (moved, poison) = (0, 0)
        let keys = await learnedKeys()
        for (list, otherList) in zip(keys.lists(of: queue), keys.lists(of: other)) {
            // Poison at the head stays.
            poison += try await walk(list) { page, skipped in
                let wanted = withPoison ? page[...] : page.prefix { !Self.isPoison($0) }
                guard !wanted.isEmpty else { return .on(passed: page.prefix(while: Self.isPoison).count, gone: 0) }
                let count =
                    try await ConsoleScripts.move.run(
                        on: connection, keys: [list, otherList],
                        [RedisArgument(skipped)]
                            + wanted.flatMap { [.bytes($0), .bytes(CeleryMessage.rerouted($0, to: other))] }
                    ).integer ?? 0
                moved += count
                progress(moved)
                return count < wanted.count ? .anew(gone: count) : .on(passed: 0, gone: count)
            }
        }
        return MoveOutcome(moved: moved, poison: poison)
    }

    private enum Step {
        /// So many of the page's first stay at the head of the list, and so many are gone.
        case on(passed: Int, gone: Int)
        /// Less went than was wanted: a worker took from the head meanwhile, perhaps also of what was passed by.
        case anew(gone: Int)
    }

    /// Goes through what a list holds now, a page at a time, in the order of delivery; returns how many messages were passed by and
    /// stay. `body` is told the page and how many lie before it.
    private func walk(
        _ list: String, _ body: (_ page: [[UInt8]], _ skipped: Int) async throws -> Step
    ) async throws -> Int {
        var left = try await connection.send(RedisCommand("LLEN", .key(list))).integer ?? 0
        var skipped = 0
        while left > 0 {
            try Task.checkCancellation()
            let page = try await page(of: list, behind: skipped, atMost: min(left, Self.batch))
            if page.isEmpty { break }
            switch try await body(page, skipped) {
            case .on(let passed, let gone): (skipped, left) = (skipped + passed, left - passed - gone)
            case .anew(let gone): (skipped, left) = (0, left + skipped - max(gone, 1))
            }
        }
        return skipped
    }

    /// In one page no more than this, but one message at least.
    private static let pageBytes = 8 << 20

    /// Whole messages behind the first of a list, in the order of their delivery.
    private func page(of list: String, behind skipped: Int, atMost most: Int) async throws -> [[UInt8]] {
        let heads = try await heads(
            of: list, behind: skipped, atMost: most, each: Self.pageBytes, all: Self.pageBytes, part: 1)
        let whole = heads.prefix { $0.length == $0.beginning.count }.map(\.beginning)
        guard whole.isEmpty, heads.first != nil else { return whole }
        return try await connection.send(RedisCommand("LINDEX", .key(list), RedisArgument(-1 - skipped))).bytes
            .map { [$0] } ?? []
    }

    private static func isPoison(_ raw: [UInt8]) -> Bool {
        Poison.found(in: raw, JSONValue(parsing: raw))?.isHarmful == true
    }

    public func quarantine(_ queue: String, progress: @Sendable (Int) -> Void) async throws -> [Poison] {
        var found: [Poison] = []
        var seen = 0
        for list in await learnedKeys().lists(of: queue) {
            _ = try await walk(list) { page, _ in
                var gone = 0
                for raw in page {
                    guard let poison = Poison.found(in: raw, JSONValue(parsing: raw)), poison.isHarmful,
                        try await setAside(raw, of: queue, from: list, poison)
                    else { continue }
                    found.append(poison)
                    gone += 1
                }
                seen += page.count
                progress(seen)
                return .on(passed: page.count - gone, gone: gone)
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
