public import Core
internal import Foundation

/// What of a broker waits for a person.
public struct BrokerInbox: Sendable {
    let console: CeleryConsole
    /// The longest run times by task in the last days, in seconds, where somebody watched.
    let longest: [String: Double]
    private let past: BrokerPast
    /// What the commands name the broker by: `--broker URL` or `--profile NAME`.
    let words: [String]
    let patience: Duration

    /// Clocks that differ by less are not worth a word.
    private static let mostSkew = 5.0

    public init(
        _ console: CeleryConsole, longest: [String: Double], past: BrokerPast = BrokerPast(), words: [String],
        patience: Duration
    ) {
        self.console = console
        self.past = past
        self.longest = longest
        self.words = words
        self.patience = patience
    }

    public func items() async throws -> [InboxItem] {
        // The first look may not have seen all keys of a large server.
        let listing = try await console.queues()
        let workers = try await console.workers(patience: patience)
        let hasAnswers = workers.contains(where: \.hasAnswered)
        let (poison, unseen) = try await poison(in: listing.queues)
        var items = poisonItems(poison) + unseenItems(unseen)
        let unheard = unheard(besides: workers)
        let silent = workers.filter { !$0.hasAnswered }.map(\.name) + unheard.map(\.name)
        items += queueItems(listing.queues, workers, poison, silent: silent, hasAnswers: hasAnswers)
        items += try await pauseItems(listing.queues, workers)
        for worker in workers where worker.presence == .silent {
            items.append(
                InboxItem(
                    .silentWorker, worker.name,
                    worker.hasAnswered
                        ? "\(worker.name) answers, but its heart was not heard: monitors take it for gone."
                        : "The heart of \(worker.name) beats, but it answers nothing: it hangs, or is stopped, or remote control is "
                            + "switched off for it. Which queues it consumes is not known.",
                    remedy: worker.hasAnswered ? nil : .listWorkers, place: words,
                    advice: worker.hasAnswered
                        ? "start it without --without-heartbeat"
                        : "where worker_enable_remote_control is False it can't answer, and all may be well; else see on its machine "
                            + "what it waits for, and restart it if it stays so"))
        }
        for worker in unheard {
            let age = Int(max(0, Date().timeIntervalSince1970 - worker.heardAt).rounded())
            items.append(
                InboxItem(
                    .silentWorker, worker.name,
                    "\(worker.name) was heard \(age) s ago, and now neither answers nor beats: it hangs, or runs a task in its only "
                        + "thread (-P solo), or its machine is away. Which queues it consumes is not known.",
                    remedy: .listWorkers, place: words,
                    advice: "see on its machine what it does; after a minute it is told of as gone"))
        }
        items += goneItems(besides: workers)
        items += failureItems()
        items += try await skewItems(workers)
        items += try await visibilityItems(workers)
        let dead = listing.queues.reduce(0) { $0 + $1.dead }
        if dead > 0 {
            items.append(
                InboxItem(
                    .deadLetters, "dead letters", count: dead,
                    "\(counted(dead, "message")) failed for good, or could not be run, and nobody tries again.",
                    remedy: .listDeadLetters, place: words))
        }
        return items
    }

    /// Those that were heard within the last minute, and are not now.
    private func unheard(besides workers: [WorkerState]) -> [SeenWorker] {
        let now = Date().timeIntervalSince1970
        return past.seen.gone(besides: Set(workers.map(\.name))).filter { !$0.isGone(at: now) }
    }

    /// Told together: where workers come and go under names of their own, there may be many in a day.
    private func goneItems(besides workers: [WorkerState]) -> [InboxItem] {
        let now = Date().timeIntervalSince1970
        let lost = past.lost(besides: Set(workers.map(\.name)), at: now)
        guard !lost.isEmpty else { return [] }
        let isOne = lost.count == 1
        return [
            InboxItem(
                .goneWorkers, isOne ? lost[0].name : "workers", count: lost.count,
                "\(lost.named(at: now)) went without goodbye: killed, or hanging, or on a machine that is away. What "
                    + "\(isOne ? "it" : "they") held is given back when its visibility ends; what was acknowledged before it ran is lost "
                    + "(phototui jobs list --state lost).",
                remedy: .listWorkers, place: words,
                advice:
                    "see on its machine whether it runs (a frozen one is ended with kill -KILL), and in its log and the "
                    + "kernel's (dmesg) what ended it; start it again. It is told of until it is heard under that name, or "
                    + "for a day")
        ]
    }

    // Failures

    /// Groups that are told of by what they have in common.
    private static let mostGroups = 3

    /// What failed lately.
    private func failureItems() -> [InboxItem] {
        let now = Date().timeIntervalSince1970
        var items = past.failing.map { queue, rates in
            InboxItem(
                .errorRate, queue, count: rates.ended,
                "\(rates.failing(in: queue) ?? ""): something they all need is away, or what was deployed last is wrong.",
                remedy: .listDeadLetters, place: words,
                advice: "pause the queue until it is mended: "
                    + (["phototui", "queues", "pause"] + words + [queue]).map { shellQuoted($0) }.joined(separator: " ")
            )
        }
        let groups = past.recentFailures(at: now)
        let count = groups.reduce(0) { $0 + $1.count }
        guard count > 0 else { return items }
        let shown = groups.prefix(Self.mostGroups).map { group in
            let error = group.error.map { ": " + $0.prefix(120) } ?? ""
            return "\(grouped(group.count)) \(group.key.task ?? "of unknown name")\(error)"
        }
        let more =
            groups.count > Self.mostGroups ? "; and \(counted(groups.count - Self.mostGroups, "group")) more" : ""
        items.append(
            InboxItem(
                .failedTasks, groups.count == 1 ? groups[0].key.task ?? "tasks" : "tasks", count: count,
                "\(counted(count, "task")) failed for good in workers that keep no message, and nobody has sent "
                    + "\(count == 1 ? "it" : "them") again: \(shown.joined(separator: "; "))\(more).",
                remedy: .listDeadLetters, place: words,
                advice:
                    "phototui dead retry --group ID sends those of a group once more, where their arguments are known; they are "
                    + "told of for a day after the last"))
        return items
    }

    // Poison

    /// What is looked at of each queue: what is delivered next; and of all together.
    private static let nextMessages = 200
    private static let mostMessages = 5000

    /// What was found among the next messages of a queue.
    private struct PoisonFound {
        let queue: String
        let looked: Int
        let poison: [Poison]
    }

    /// `unseen` is how many queues were not looked into.
    private func poison(in queues: [QueueState]) async throws -> (found: [PoisonFound], unseen: Int) {
        var left = Self.mostMessages
        var found: [PoisonFound] = []
        let waiting = queues.filter { $0.depth > 0 }
        var unseen = 0
        for queue in waiting {
            guard left > 0 else {
                unseen += 1
                continue
            }
            let messages = try await console.peek(queue.name, limit: min(left, Self.nextMessages))
            left -= messages.count
            let poison = messages.compactMap(\.poison).filter(\.isHarmful)
            if !poison.isEmpty {
                found.append(PoisonFound(queue: queue.name, looked: messages.count, poison: poison))
            }
        }
        return (found, unseen)
    }

    private func unseenItems(_ unseen: Int) -> [InboxItem] {
        if unseen == 0 { return [] }
        return [
            InboxItem(
                .unknown, "queues", count: unseen,
                "Into \(counted(unseen, "queue")) with waiting messages nobody looked for poison: \(Self.mostMessages) messages of the "
                    + "others were read.",
                place: words,
                advice: "look into one with: "
                    + (["phototui", "queues", "peek"] + words + ["QUEUE"]).map { shellQuoted($0) }.joined(
                        separator: " "))
        ]
    }

    private func poisonItems(_ found: [PoisonFound]) -> [InboxItem] {
        found.map { found in
            let kinds = Dictionary(grouping: found.poison, by: \.self).sorted {
                ($1.key.effect, $1.value.count, $0.key.fault) < ($0.key.effect, $0.value.count, $1.key.fault)
            }
            let shown = kinds.prefix(4).map { "\($0.value.count) where \($0.key)" }
            let more = kinds.count > 4 ? "; and \(kinds.count - 4) kinds more" : ""
            return InboxItem(
                .poison, found.queue, count: found.poison.count,
                "\(found.poison.count) of the next \(found.looked) messages in \(found.queue) "
                    + "\(found.poison.count == 1 ? "is" : "are") poison: \(shown.joined(separator: "; "))\(more).",
                remedy: .quarantine(queue: found.queue), place: words,
                advice: "it sets them aside with the dead letters, byte for byte; to look first: "
                    + (["phototui", "queues", "peek"] + words + [found.queue, "--raw"]).map { shellQuoted($0) }
                    .joined(separator: " "))
        }
    }

    // Pauses

    /// Celery's workers know of a pause only when they were there as it began.
    private func pauseItems(_ queues: [QueueState], _ workers: [WorkerState]) async throws -> [InboxItem] {
        let paused = queues.filter(\.isPaused)
        guard workers.contains(where: { worker in paused.contains { worker.queues.contains($0.name) } }) else {
            return []
        }
        let heeding = try await console.workersThatReadPauses(patience: patience)
        return paused.compactMap { queue in
            let names = workers.filter { $0.queues.contains(queue.name) && !heeding.contains($0.name) }.map(\.name)
            guard !names.isEmpty else { return nil }
            return InboxItem(
                .pauseUnheeded, queue.name, count: queue.depth,
                "\(queue.name) is paused, but \(names.joined(separator: ", ")) "
                    + "\(names.count == 1 ? "consumes" : "consume") it: Celery's workers are told of a pause when it begins, "
                    + "and one that starts later does not know of it.",
                remedy: .pause(queue: queue.name), place: words)
        }
    }

    private func queueItems(
        _ queues: [QueueState], _ workers: [WorkerState], _ poison: [PoisonFound], silent: [String], hasAnswers: Bool
    ) -> [InboxItem] {
        let names = silent.prefix(3).joined(separator: ", ") + (silent.count > 3 ? ", …" : "")
        // Who says nothing may consume what nobody else does.
        let perhaps = silent.isEmpty ? "" : " (\(names), of whom that is not known, may)"
        let waiting = queues.filter { $0.depth > 0 }
        let isDeadly = poison.contains { $0.poison.contains(where: \.isDeadly) }
        var items = waiting.filter(\.isPaused).map { queue in
            InboxItem(
                .paused, queue.name, count: queue.depth,
                "\(waits(queue.depth)) in \(queue.name), which is paused.",
                remedy: .resume(queue: queue.name), place: words)
        }
        if workers.isEmpty {
            let held = queues.reduce(0) { $0 + $1.unacknowledged }
            let others =
                held > 0
                ? " Workers hold \(counted(held, "message")) more: they hang, or run a task in their only thread (-P solo), or are gone."
                : ""
            let depth = waiting.reduce(0) { $0 + $1.depth }
            if depth > 0 {
                items.append(
                    InboxItem(
                        .noWorker, "workers", count: depth,
                        "No worker is heard\(silent.isEmpty ? "" : " now (\(names) a moment ago)"), and \(waits(depth)) in \(waiting.map(\.name).joined(separator: ", ")).\(others)",
                        advice: (isDeadly ? "set the poison aside first, which would end it; then " : "")
                            + "start a worker: celery -A APP worker -Q \(shellQuoted(waiting[0].name)), or phototui worker"
                    ))
            }
            return items
        }
        // Who may only read hears hearts, which don't tell of queues.
        guard hasAnswers else {
            if waiting.contains(where: { !$0.isPaused }) {
                items.append(
                    InboxItem(
                        .unknown, "workers", count: workers.count,
                        "No worker could be asked what it consumes: whether anyone does what waits in "
                            + waiting.map(\.name).joined(separator: ", ") + " is not known.",
                        advice: "look as a user that may ask workers (docs/console.md), or see that they answer"))
            }
            return items
        }
        let consumed = Set(workers.flatMap(\.queues))
        for queue in waiting where !queue.isPaused && !consumed.contains(queue.name) {
            let bad = poison.first { $0.queue == queue.name }?.poison.count ?? 0
            // No command: a Celery worker throws away what comes to it of tasks that it doesn't know.
            items.append(
                InboxItem(
                    .unconsumed, queue.name, count: queue.depth,
                    "\(waits(queue.depth)) in \(queue.name), which no worker that answers consumes\(perhaps)."
                        + (bad > 0 ? " \(bad) of them, at least, are poison." : ""),
                    advice: (bad > 0 ? "set the poison aside first, then " : "")
                        + "start a worker for it (celery -A APP worker -Q \(shellQuoted(queue.name))); move them to another "
                        + "queue only if its workers know their tasks, since Celery's throw away what they don't"))
        }
        return items
    }

    private func waits(_ count: Int) -> String { "\(counted(count, "message")) \(count == 1 ? "waits" : "wait")" }

    private func skewItems(_ workers: [WorkerState]) async throws -> [InboxItem] {
        var clocks = workers.compactMap { worker in worker.clockSkewSeconds.map { (worker.name, $0) } }
        if let server = try await console.serverClockSkew() { clocks.append(("Redis", server)) }
        return clocks.filter { abs($0.1) > Self.mostSkew }.map { name, seconds in
            let direction = seconds > 0 ? "ahead of" : "behind"
            return InboxItem(
                .clockSkew, name,
                "The clock of \(name) is \(Int(abs(seconds).rounded())) s \(direction) this machine's: tasks with a time or "
                    + "an expiry run too early or late, and deliveries are given back at the wrong time.",
                advice: "set the clock of its machine: timedatectl set-ntp true")
        }
    }
}

extension CeleryConsole {
    /// Workers that look up which queues are paused, as phototui's do.
    func workersThatReadPauses(patience: Duration) async throws -> Set<String> {
        let answers = try await RemoteQuestions(broker).ask([.init("conf")], patience: patience)[0]
        return Set(answers.filter { Self.readsPauses($0.value) }.keys)
    }

    /// By how much the server's clock is ahead of ours; nil where it may not be asked.
    func serverClockSkew() async throws -> Double? {
        let before = Date().timeIntervalSince1970
        let values: [RedisValue]
        do {
            values = try await connection.send(RedisCommand("TIME")).array
        } catch let error as EngineError where error.code == .permissionDenied {
            return nil
        }
        let after = Date().timeIntervalSince1970
        guard values.count == 2, let seconds = Double(values[0].text ?? ""), let micros = Double(values[1].text ?? "")
        else { return nil }
        return seconds + micros / 1e6 - (before + after) / 2
    }

    /// How many messages of our tasks there are for an owner, waiting and under way.
    func messages(of owner: String?) async throws -> Int {
        try await broker.messageCounts(of: QueueName.allCases.map(\.rawValue), isReader: true)[owner] ?? 0
    }
}

extension BrokerInbox {
    /// How many messages of our tasks the broker has for an owner; those that name none are the worker's own.
    public func messages(of owner: String?) async throws -> Int {
        let named = try await console.messages(of: owner)
        return owner == nil ? named : named + (try await console.messages(of: nil))
    }
}
