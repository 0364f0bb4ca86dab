public import Core
internal import Foundation
internal import Synchronization

extension CeleryConsole {
    /// About how many entries the server looks through in one page: under half a millisecond.
    private static let pageSize = 1000
    /// Pages of each kind that one call reads at most, when nothing is known yet and afterwards.
    private static let firstPages = 200
    private static let laterPages = 2
    /// Lists, or sets, in one question.
    private static let listsAtOnce = 2000

    public func queues() async throws -> QueueListing {
        try await lookForNames()
        async let paused = pausedQueues()
        async let deliveries = countDeliveries()
        async let dead = countDeadLetters()
        let keys = keys
        let names = survey.withLock { survey in
            let declared = Set(survey.bindings.values.joined())
            let lists = survey.listPass.names.map { String($0.dropFirst(keys.prefix.count)) }
            return (declared: declared, listed: Set(lists.map { keys.queue(ofList: $0, declared: declared) }))
        }
        let known = Set(knownQueues)
        let (pausedNames, byQueue, deadByQueue) = try await (paused, deliveries, dead)
        let all = names.declared.union(names.listed).union(known).union(pausedNames)
            .union(byQueue.keys).union(deadByQueue.keys).subtracting([""]).union(names.listed.filter(\.isEmpty))
            .filter { !Self.isPlumbing($0) }.sorted()
        let lists = try await states(of: all)
        let now = Date().timeIntervalSince1970
        var states: [QueueState] = []
        for (name, lists) in zip(all, lists) {
            let isKnown = names.declared.contains(name) || known.contains(name) || pausedNames.contains(name)
            let delivered = byQueue[name] ?? .zero
            let dead = deadByQueue[name] ?? 0
            // A list of somebody's own that is no queue.
            guard isKnown || delivered.count > 0 || dead > 0 || lists.contains(where: \.looksLikeMessages) else {
                continue
            }
            var state = QueueState(
                name: name, waitingByPriority: lists.map { max(0, $0.length) }, unacknowledged: delivered.count,
                scheduled: delivered.scheduled,
                oldestSeconds: lists.compactMap(\.oldest).min().map { max(0, now - $0) }, dead: dead,
                isPaused: pausedNames.contains(name), isDeclared: names.declared.contains(name),
                traffic: Self.traffic(of: lists))
            state.prioritySteps = keys.prioritySteps
            state.undatedTasks = lists.compactMap(\.undated)
            states.append(state)
        }
        return survey.withLock { survey in
            QueueListing(
                queues: states,
                isComplete: survey.listPass.isComplete && survey.bindingPass.isComplete
                    && survey.deliveries.isComplete && survey.deadLetters.isComplete,
                unreadable: survey.listPass.unreadable)
        }
    }

    func pausedQueues() async throws -> Set<String> {
        Set(try await connection.send(RedisCommand("SMEMBERS", .text(keys.paused))).array.compactMap(\.text))
    }

    /// The queues that a delivery may have come from: all that are bound to its route have had a message each.
    func queueNames(
        _ route: BrokerSurvey.Route, _ bindings: [BrokerSurvey.Route: Set<String>]
    ) -> Set<String> {
        guard !route.exchange.isEmpty, let bound = bindings[route], !bound.contains(route.routingKey) else {
            return [route.routingKey]
        }
        return bound
    }

    /// Where remote control, its answers and events pass: no queue of tasks.
    static func isPlumbing(_ name: String) -> Bool {
        name.hasSuffix(".celery.pidbox") || name.hasPrefix("celeryev.")
    }

    // Names

    /// Goes on with the passes over the server's keys; KEYS would stop the server for as long as it takes.
    private func lookForNames() async throws {
        try await goOn(\.listPass, type: "list", pattern: Self.escaped(keys.prefix) + "*")
        let bindings = Self.escaped(keys.binding(of: ""))
        let wasAtStart = survey.withLock { $0.bindingPass.cursor == "0" }
        try await goOn(\.bindingPass, type: "set", pattern: bindings + "*")
        guard wasAtStart || survey.withLock({ $0.bindingPass.cursor == "0" }) else { return }
        let names = survey.withLock { $0.bindingPass.names }.sorted()
        var sets: [RedisValue] = []
        for start in stride(from: 0, to: names.count, by: Self.listsAtOnce) {
            let some = Array(names[start..<min(start + Self.listsAtOnce, names.count)])
            sets += try await ConsoleScripts.members.runReading(on: connection, keys: some, []).array
        }
        learn(from: sets.flatMap { $0.array.compactMap(\.bytes).map(RedisName.text) })
        let keys = keys
        var found: [BrokerSurvey.Route: Set<String>] = [:]
        for (name, set) in zip(names, sets) {
            let exchange = String(name.dropFirst(keys.binding(of: "").count))
            for member in set.array.compactMap(\.bytes).map(RedisName.text) {
                guard let (key, queue) = keys.route(in: member), !Self.isPlumbing(queue) else { continue }
                found[BrokerSurvey.Route(exchange: exchange, routingKey: key), default: []].insert(queue)
            }
        }
        survey.withLock { $0.bindings = found }
    }

    private func goOn(
        _ pass: any WritableKeyPath<BrokerSurvey, BrokerSurvey.KeyPass> & Sendable, type: String, pattern: String
    ) async throws {
        let isFirst = survey.withLock { !$0[keyPath: pass].isComplete && $0[keyPath: pass].cursor == "0" }
        for _ in 0..<(isFirst ? Self.firstPages : Self.laterPages) {
            let cursor = survey.withLock { $0[keyPath: pass].cursor }
            let page = try await connection.send(
                RedisCommand(
                    "SCAN", .text(cursor), "MATCH", .text(pattern), "COUNT", RedisArgument(Self.pageSize), "TYPE",
                    .text(type))
            ).array
            guard page.count == 2, let next = page[0].text else { return }
            survey.withLock { $0[keyPath: pass].take(page[1].array.compactMap(\.bytes), next: next) }
            if next == "0" { return }
        }
    }

    /// What the address doesn't say.
    private func learn(from members: [String]) {
        var keys = keys
        let lists = survey.withLock { Set($0.listPass.names.map { String($0.dropFirst(keys.prefix.count)) }) }
        if address.separator == nil { keys.learnSeparator(from: members) }
        let queues = Set(members.compactMap { keys.route(in: $0)?.queue })
        if address.prioritySteps == nil { keys.learnSteps(from: lists, queues: queues) }
        survey.withLock { [keys] in $0.keys = keys }
    }

    /// The names of this deployment's keys, looked for if nobody has yet. Where that is refused they are taken for kombu's own.
    func learnedKeys() async -> CeleryKeys {
        if survey.withLock({ $0.keys == nil }) { try? await lookForNames() }
        return keys
    }

    /// As a pattern that finds nothing but itself.
    private static func escaped(_ text: String) -> String {
        text.map { "*?[]\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    // Counts

    private struct ListState {
        let length: Int
        let oldest: Double?
        let undated: String?
        let looksLikeMessages: Bool
        /// Nil at the first look.
        let traffic: QueueTraffic?
    }

    /// For each queue, its lists by priority.
    private func states(of queues: [String]) async throws -> [[ListState]] {
        let keys = keys
        let lists = queues.flatMap(keys.lists)
        let (before, beforeAt) = survey.withLock { ($0.glances, $0.glancedAt) }
        let now = ContinuousClock.now
        let seconds = beforeAt.map { ($0.duration(to: now)) / .seconds(1) }
        var glances: [String: BrokerSurvey.Glance] = [:]
        var states: [ListState] = []
        for start in stride(from: 0, to: lists.count, by: Self.listsAtOnce) {
            let some = Array(lists[start..<min(start + Self.listsAtOnce, lists.count)])
            let values = try await ConsoleScripts.lists.runReading(
                on: connection, keys: some, some.map { .text(before[$0]?.newest ?? "") }
            ).array
            for (index, list) in zip(stride(from: 0, to: values.count - 5, by: 6), some) {
                let length = values[index].integer ?? 0
                let glance = BrokerSurvey.Glance(length: max(0, length), newest: values[index + 3].text ?? "")
                let traffic = seconds.map { seconds in
                    Self.traffic(
                        from: before[list]?.length ?? 0, to: glance.length, newer: values[index + 4].integer ?? -1,
                        seconds: seconds)
                }
                if glance.length > 0 { glances[list] = glance }
                states.append(
                    ListState(
                        length: length, oldest: values[index + 1].text.flatMap(Double.init),
                        undated: values[index + 5].text.flatMap { $0.isEmpty ? nil : $0 },
                        looksLikeMessages: values[index + 2].integer == 1, traffic: traffic))
            }
        }
        survey.withLock { [glances] in ($0.glances, $0.glancedAt) = (glances, now) }
        let steps = keys.prioritySteps.count
        return stride(from: 0, to: states.count, by: steps).map { Array(states[$0..<min($0 + steps, states.count)]) }
    }

    /// What passed through a list that had `before` messages and has `length`, with `newer` as `ConsoleScripts.lists` tells it.
    static func traffic(from before: Int, to length: Int, newer: Int, seconds: Double) -> QueueTraffic {
        let arrived = newer >= 0 ? newer : max(-1 - newer, length - before, 0)
        let left = before + arrived - length
        // More than the newer ones came where fewer left than none: some were put back behind the others.
        return QueueTraffic(
            seconds: seconds, arrived: arrived + max(0, -left), left: max(0, left), isAtLeast: newer < 0)
    }

    private static func traffic(of lists: [ListState]) -> QueueTraffic? {
        let all = lists.compactMap(\.traffic)
        guard let first = all.first else { return nil }
        // An empty list beside others that hold messages says nothing against what those tell.
        let isAtLeast = zip(lists, all).contains { list, traffic in
            traffic.isAtLeast && (list.length > 0 || traffic.left > 0)
        }
        return QueueTraffic(
            seconds: first.seconds, arrived: all.reduce(0) { $0 + $1.arrived }, left: all.reduce(0) { $0 + $1.left },
            isAtLeast: isAtLeast || lists.allSatisfy { $0.length <= 0 })
    }

    private func countDeliveries() async throws -> [String: BrokerSurvey.Delivered] {
        try await goOn(\.deliveries, ConsoleScripts.deliveries, keys.unacked, width: 4) { fields in
            guard let exchange = fields[0].text, let key = fields[1].text, let count = fields[2].integer,
                let scheduled = fields[3].integer
            else { return nil }
            return (
                BrokerSurvey.Route(exchange: exchange, routingKey: key),
                BrokerSurvey.Delivered(count: count, scheduled: scheduled)
            )
        }
        return byQueue(\.deliveries)
    }

    private func countDeadLetters() async throws -> [String: Int] {
        try await goOn(\.deadLetters, ConsoleScripts.deadLetters, keys.deadReasons, width: 2) { fields in
            guard let queue = fields[0].text, let count = fields[1].integer else { return nil }
            return (BrokerSurvey.Route(exchange: "", routingKey: queue), count)
        }
        return byQueue(\.deadLetters)
    }

    private func byQueue<Value>(
        _ census: any WritableKeyPath<BrokerSurvey, BrokerSurvey.Census<Value>> & Sendable
    ) -> [String: Value] {
        survey.withLock { survey in
            var sums: [String: Value] = [:]
            for (route, value) in survey[keyPath: census].values {
                // Counted once, wherever it came from.
                sums[queueNames(route, survey.bindings).min() ?? route.routingKey, default: .zero] += value
            }
            return sums
        }
    }

    private func goOn<Value>(
        _ census: any WritableKeyPath<BrokerSurvey, BrokerSurvey.Census<Value>> & Sendable, _ script: RedisScript,
        _ key: String, width: Int, _ entry: ([RedisValue]) -> (BrokerSurvey.Route, Value)?
    ) async throws {
        let isFirst = survey.withLock { !$0[keyPath: census].isComplete && $0[keyPath: census].cursor == "0" }
        for _ in 0..<(isFirst ? Self.firstPages : Self.laterPages) {
            let cursor = survey.withLock { $0[keyPath: census].cursor }
            let page = try await script.runReading(
                on: connection, keys: [key], [.text(cursor), RedisArgument(Self.pageSize)]
            ).array
            guard let next = page.first?.text else { return }
            let entries = stride(from: 1, to: page.count - width + 1, by: width).compactMap {
                entry(Array(page[$0..<($0 + width)]))
            }
            survey.withLock { $0[keyPath: census].take(entries, next: next) }
            if next == "0" { return }
        }
    }
}
