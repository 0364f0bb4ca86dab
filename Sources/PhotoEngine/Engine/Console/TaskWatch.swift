public import Core
internal import Foundation
public import Jobs

/// Keeps the history of a broker's tasks while it runs. Of several on one machine one writes; the others stand by, and take over
/// within a second from where it ended.
public actor TaskWatch {
    /// How it goes.
    public struct Report: Sendable {
        public let state: TaskWatchState
        /// Whether this process writes the history.
        public let isWriting: Bool
        public let byteCount: Int64
        /// What keeps it from going on; it tries again.
        public let problem: EngineError?
        /// Tasks dropped by the limits, so far.
        public let dropped: Int
        /// Whether there are workers, none of which tells of its tasks.
        public let isUntold: Bool
        /// Whether the watch has ended with it.
        public internal(set) var isLast = false
    }

    /// A watch that ends at any moment has lost no more than this.
    private static let pause = Duration.milliseconds(400)
    /// While another writes, so many seconds of what was heard are kept.
    private static let standbySeconds = 5.0
    private static let depthSeconds = 5.0
    private static let pruneSeconds = 1.0
    private static let idleSeconds = 5.0
    private static let queuesSeconds = 30.0
    /// Of messages, in one transaction.
    private static let bytesAtOnce = 1 << 20
    /// Events that wait for a disk that is full, or a file that is locked.
    private static let mostUnwritten = 50_000

    private let file: TaskHistoryFile
    private let limits: TaskHistoryLimits
    private let listener: CeleryEventListener
    private let console: CeleryConsole
    private let blocking = BlockingQueue(label: "phototui.watch", isSerial: true)
    private var history: (any TaskHistory)?
    private var lock: WatchLock?
    private var state: TaskWatchState
    private var heard: [CeleryEventListener.Payload] = []
    /// What could not be written yet.
    private var unwritten: (events: [TaskEvent], marks: [UInt64]) = ([], [])
    private var signs = WorkerSigns()
    private var consumed: [String: [String]] = [:]
    private var asksWorkers = true
    private var dropped = 0
    private var isUntold = false
    private var bytes: Int64 = 0
    private var due: [String: Double] = [:]
    private let losses = LostTasks()
    /// The queues at the last look that saw all of them.
    private var lastLook: (at: Double, queues: Set<String>)?

    public init(_ address: RedisAddress, file: TaskHistoryFile, limits: TaskHistoryLimits) {
        self.file = file
        self.limits = limits
        listener = CeleryEventListener(address)
        console = CeleryConsole(address)
        state = TaskWatchState(id: UUID().uuidString.lowercased(), since: Date().timeIntervalSince1970)
    }

    /// Watches until the task is cancelled, and then writes what it has heard. Throws where the history can't be opened.
    public func run(_ report: @Sendable (Report) -> Void) async throws {
        history = try await file.create()
        listener.start()
        while !Task.isCancelled {
            report(await step())
            if heard.isEmpty || lock == nil || !unwritten.events.isEmpty { try? await Task.sleep(for: Self.pause) }
        }
        // Not cancelled with the rest.
        let last = await Task {
            var report = await self.step()
            while self.hasBacklog { report = await self.step() }
            report.isLast = true
            return report
        }.value
        report(last)
        listener.close()
        console.close()
        await history?.close()
        lock = nil
        if let problem = last.problem, !unwritten.events.isEmpty { throw problem }
    }

    /// More to write, and nothing that keeps it from being written.
    private var hasBacklog: Bool { lock != nil && !heard.isEmpty && unwritten.events.isEmpty }

    private func step() async -> Report {
        // What can't be written yet stays with the listener, which has a limit.
        if heard.isEmpty || lock == nil {
            let new = listener.take()
            heard += new.payloads
            state.missed += new.missed
        }
        var problem: EngineError?
        do {
            if try await holdsLock() { try await write() } else { standBy() }
        } catch let error as EngineError {
            problem = error
        } catch is CancellationError {
            // Ctrl-C in the middle of it: what was not written is, by the last step.
        } catch {
            problem = EngineError(.internal, "the history could not be written", cause: error)
        }
        return Report(
            state: state, isWriting: lock != nil, byteCount: bytes, problem: problem, dropped: dropped,
            isUntold: isUntold)
    }

    private func isDue(_ name: String, every seconds: Double, now: Double) -> Bool {
        // Also when the clock was set back.
        guard let last = due[name], last <= now, now - last < seconds else {
            due[name] = now
            return true
        }
        return false
    }

    // Standing by

    private func standBy() {
        let now = Date().timeIntervalSince1970
        heard.removeAll { $0.heardAt < now - Self.standbySeconds }
        if state.since < now - Self.standbySeconds {
            state = TaskWatchState(id: state.id, since: now - Self.standbySeconds)
        }
    }

    private func holdsLock() async throws -> Bool {
        if lock != nil { return true }
        let path = file.lock
        lock = try await blocking.run { try WatchLock(path) }
        guard lock != nil, let history else { return false }
        // What the one before has written; and what it had not heard of, or not written, when it ended.
        let recent = try await history.recentMarks()
        heard.removeAll { $0.heardAt < recent.at - 2 || recent.marks.contains($0.mark) }
        return true
    }

    // Writing

    private func write() async throws {
        guard let history else { return }
        let now = Date().timeIntervalSince1970
        let payloads = nextPayloads()
        let before = signs
        let (read, signs) = try await blocking.run {
            var signs = before
            let read = payloads.map { payload in
                let found = TaskEvent.reading(payload)
                if found.events.isEmpty { signs.take(payload) }
                for event in found.events { signs.take(event) }
                return (payload.mark, found)
            }
            return (read, signs)
        }
        self.signs = signs
        unwritten.marks += read.map(\.0)
        var events = read.flatMap { $0.1.events }
        state.unreadable += read.reduce(0) { $0 + $1.1.unreadable }
        state.events += events.count
        state.until = max(now, state.until)
        await nameQueues(&events, now: now)
        unwritten.events += events
        if unwritten.events.count > Self.mostUnwritten {
            state.missed += unwritten.events.count - Self.mostUnwritten
            unwritten.events.removeFirst(unwritten.events.count - Self.mostUnwritten)
        }
        if !unwritten.events.isEmpty || isDue("idle", every: Self.idleSeconds, now: now) {
            try await history.record(unwritten.events, marks: unwritten.marks, watch: state)
            unwritten = ([], [])
        }
        let hasGone = self.signs.workers.values.contains { $0.leftAt != nil }
        if !self.signs.isEmpty, hasGone || isDue("workers", every: Self.depthSeconds, now: now) {
            let restarted = self.signs.restarted
            try await history.record(
                Array(self.signs.workers.values), restarted: Set(restarted.keys),
                heardByTasks: self.signs.heardByTasks)
            self.signs = WorkerSigns()
            try await losses.look(after: restarted, in: history, console, now: now)
            isUntold = try await history.workers(since: now - SeenWorker.patience).areSilentOnTasks(until: now)
        }
        if isDue("depth", every: Self.depthSeconds, now: now), let listing = try? await console.queues() {
            try await history.record(depths: samples(of: listing, at: now))
            // Of workers that tell nothing it may long be done.
            if !isUntold { try await losses.look(at: listing, in: history, now: now) }
        }
        if isDue("prune", every: Self.pruneSeconds, now: now) {
            dropped += try await history.prune(limits, now: now)
            bytes = try await history.byteCount()
        }
    }

    /// Of a queue that wasn't there at the last look none waited then: else what came first would be no arrival.
    private func samples(of listing: QueueListing, at now: Double) -> [QueueDepthSample] {
        let known = listing.queues.prefix(1000)
        var samples = known.map { QueueDepthSample(queue: $0.name, at: now, depth: $0.depth) }
        if let before = lastLook, now - before.at < 3 * Self.depthSeconds {
            samples += known.filter { !before.queues.contains($0.name) }.map {
                QueueDepthSample(queue: $0.name, at: before.at, depth: 0)
            }
        }
        lastLook = listing.isComplete ? (now, Set(listing.queues.map(\.name))) : nil
        return samples
    }

    /// The first of what was heard, as much as goes into one transaction.
    private func nextPayloads() -> [CeleryEventListener.Payload] {
        var bytes = 0
        let count = heard.prefix { payload in
            defer { bytes += payload.bytes.count }
            return bytes < Self.bytesAtOnce
        }.count
        defer { heard.removeFirst(count) }
        return Array(heard.prefix(count))
    }

    /// Celery's workers do not tell which queue a task came from: it is had from what they hold, and from those that consume
    /// one alone.
    private func nameQueues(_ events: inout [TaskEvent], now: Double) async {
        let isUnknown: (TaskEvent) -> Bool = { $0.kind == .received && $0.queue == nil }
        guard events.contains(where: isUnknown) else { return }
        let held = (try? await console.queuesOfDeliveries()) ?? [:]
        if asksWorkers, isDue("queues", every: Self.queuesSeconds, now: now) {
            do {
                consumed = try await console.consumedQueues(patience: .milliseconds(500))
            } catch let error as EngineError where error.code == .permissionDenied {
                asksWorkers = false
            } catch {
                // Asked again later.
            }
        }
        for index in events.indices where isUnknown(events[index]) {
            if let queue = held[events[index].id] {
                events[index].queue = queue
            } else if let worker = events[index].worker, let queues = consumed[worker], queues.count == 1 {
                events[index].queue = queues[0]
            }
        }
    }
}
