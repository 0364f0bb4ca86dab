public import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// A worker that Celery's publishers, workers and tools take for one of their own, on any broker on Redis.
///
/// It pops a message and records it as unacknowledged at once, so that a worker killed at any moment loses nothing; runs it;
/// and acknowledges it together with its result. What it can't run goes to the dead letters, never away.
public final class CeleryWorker: Sendable {
    public struct Options: Sendable {
        /// The queues in the order they are served, and how many tasks of each run at a time; nil for no limit of its own.
        public var queues: [(name: String, limit: Int?)] = [("high", nil), ("low", nil), ("batch", nil)]
        /// Tasks at a time.
        public var concurrency = 2
        /// What monitors call it: `name@host`, different for each worker of a broker.
        public var node: String
        /// kombu's `visibility_timeout`, in seconds.
        public var visibilitySeconds: Double = 3600
        /// How long what a worker has stays with it after it fell silent.
        public var leaseSeconds = JobPolicy.leaseSeconds
        /// Celery's `result_backend`; the broker where nil.
        public var results: RedisAddress?
        /// Celery's `result_expires`.
        public var resultSeconds = 86400
        /// Send task events from the start; monitors may switch them on and off.
        public var sendsTaskEvents = true
        public var version = ""

        public init(node: String? = nil) {
            self.node = node ?? "phototui-\(getpid())@\(ProcessInfo.processInfo.hostName)"
        }
    }

    /// What happens to tasks, for logs.
    public enum Event: Sendable {
        case started(CeleryCall)
        case ended(CeleryCall, CeleryOutcome, seconds: Double)
        case buried(queue: String, reason: String)
        /// A call to Redis failed; it is tried again.
        case troubled(EngineError)
        /// Redis can't be reached, or refuses this worker's user. Said once, until `answeredAgain`.
        case unanswered(EngineError)
        case answeredAgain
        /// A server refuses this worker: nothing is begun for a while. Said once, until `resumed`.
        case paused(EngineError)
        case resumed
        /// The catalogue is away, or something else keeps its jobs from being announced. Said once, until `announcedAgain`.
        case unannounced(EngineError)
        case announcedAgain
    }

    let options: Options
    let broker: CeleryBroker
    let results: CeleryResults
    let events: CeleryEvents
    let handlers: [String: any CeleryTaskHandler]
    let state: Mutex<CeleryWorkerState>
    let relay: OutboxRelay?
    let cancelsJobs: (@Sendable ([String]) async -> Void)?
    private let bell: CeleryBell
    private let absence: BrokerAbsence
    private let report: @Sendable (Event) -> Void
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// `relay` publishes the jobs of a catalogue meanwhile; `cancelJobs` is told the task ids that a monitor revokes.
    public init(
        _ address: RedisAddress, handlers: [any CeleryTaskHandler], options: Options, relay: OutboxRelay? = nil,
        cancelJobs: (@Sendable ([String]) async -> Void)? = nil, report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.options = options
        self.handlers = Dictionary(handlers.map { ($0.task, $0) }, uniquingKeysWith: { $1 })
        self.relay = relay
        self.report = report
        absence = BrokerAbsence(report)
        cancelsJobs = cancelJobs
        broker = CeleryBroker(
            address, visibilitySeconds: options.visibilitySeconds, leaseSeconds: options.leaseSeconds,
            onChange: absence.note)
        results = CeleryResults(options.results ?? address, lifetimeSeconds: options.resultSeconds)
        events = CeleryEvents(broker, node: options.node, isEnabled: options.sendsTaskEvents)
        bell = CeleryBell(address, keys: broker.keys)
        state = Mutex(CeleryWorkerState(options.queues, concurrency: options.concurrency))
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Works until `drain` or `stop`, or the task is cancelled (as `stop`). Throws only where the broker refuses us at the start;
    /// one that is away, or refuses us later, is waited for.
    public func run() async throws {
        try await greet()
        let control = CeleryControl(self)
        await control.start()
        let background: [Task<Void, Never>] = [
            Task { await beat() }, Task { await flushEvents() }, Task { await restore() },
            Task { await keepDeliveries() },
            Task { await publish() },
        ]
        await withTaskCancellationHandler {
            await serve()
        } onCancel: {
            stop()
        }
        for task in background { task.cancel() }
        control.stop()
        await giveBackWaiting()
        try? await events.flush()
        try? await events.worker("worker-offline", information())
        bell.close()
    }

    /// Takes nothing more, finishes what runs, and gives back what waits.
    public func drain() {
        state.withLock { $0.isDraining = true }
        wake.yield()
    }

    /// Stops what runs too, and gives it back.
    public func stop() {
        let tasks = state.withLock { state in
            state.isDraining = true
            return state.running.values.map(\.task)
        }
        for task in tasks { task.cancel() }
        wake.yield()
    }

    private func publish() async {
        await relay?.run { [self] in note($0.map { .unannounced($0) } ?? .announcedAgain) }
    }

    /// Whether it has made itself known to the broker: before, it has nothing to finish.
    public var isOnline: Bool { state.withLock { $0.isOnline } }

    func note(_ event: Event) { report(event) }
    func wakeUp() { wake.yield() }

    private func greet() async throws {
        while true {
            do {
                try await broker.bind(options.queues.map(\.name))
                try await broker.checkRights(options.queues.map(\.name))
                try await events.worker("worker-online", information())
                state.withLock { $0.isOnline = true }
                return
            } catch let error as EngineError where error.isRetryable {
                note(.troubled(error))
                if Task.isCancelled || state.withLock({ $0.isDraining }) { throw error }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Pops while there is room, and sleeps while there is not.
    private func serve() async {
        var wakes = wakes.makeAsyncIterator()
        var failures = 0
        while true {
            let plan = state.withLock { $0.plan() }
            switch plan {
            case .finished: return
            case .full: await wakes.next()
            case .begin:
                if let next = state.withLock({ $0.placeNext() }) { begin(next) }
            case .take(let queues, let count):
                do {
                    let taken = try await broker.pop(queues, count: count)
                    failures = 0
                    absence.note(nil)
                    state.withLock { $0.pausedQueues = taken.paused }
                    if taken.received.isEmpty {
                        // A paused queue's bell would ring without end.
                        let open = queues.filter { !taken.paused.contains($0) }
                        await bell.wait(for: open, until: .now + CeleryDelivery.lookInterval)
                    }
                    for delivery in taken.received { await take(delivery) }
                } catch let error as EngineError where error.code == .permissionDenied {
                    // Rights are lost by a mistake, and given back: no reason for every worker to end.
                    absence.note(error)
                    failures += 1
                    await pause(after: failures)
                } catch {
                    failures += 1
                    note(.troubled(error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)))
                    await pause(after: failures)
                }
            }
        }
    }

    private func pause(after failures: Int) async {
        let wait = JobPolicy.backoffSeconds(attempt: min(failures, 4), random: SystemRandom())
        try? await Task.sleep(for: .seconds(wait / 8))
    }

    func accept(_ received: CeleryReceived) {
        let message: CeleryMessage
        do {
            message = try CeleryMessage(raw: received.raw)
        } catch {
            return bury(received, kind: error.isForeign ? .unknown : .poison, reason: error.description)
        }
        guard handlers[message.task] != nil else {
            return bury(
                received, kind: .unknown, reason: "no worker here knows the task \(message.task.prefix(200))",
                exception: CeleryResults.exception("NotRegistered", message.task, module: "celery.exceptions"))
        }
        events.task("task-received", message.id, CeleryWorkerState.received(message, from: received.queue))
        let call = CeleryCall(message: message, queue: received.queue)
        if let eta = message.eta, eta.timeIntervalSinceNow > 0.02 {
            return schedule(received, call, at: eta)
        }
        admit(received, call)
    }

    /// Begins a task, or reserves it for the next free place.
    func admit(_ received: CeleryReceived, _ call: CeleryCall) {
        var held = CeleryWorkerState.Held(received: received, call: call, startedAt: Date().timeIntervalSince1970)
        if state.withLock({ [held] in $0.place(held) }) { return begin(held) }
        if let handler = handlers[call.message.task] {
            held.reservation = Task.immediate { await handler.reserve(call) }
        }
        state.withLock { $0.reserved.append(held) }
        wakeUp()
    }

    /// Moves a message to the dead letters; its publisher, who may be waiting for a result, collects the exception.
    func bury(
        _ received: CeleryReceived, kind: DeadLetter.Kind, reason: String, exception: JSONValue? = nil
    ) {
        state.withLock { $0.finishing += 1 }
        Task {
            await retrying {
                try await self.broker.bury(received, kind: kind, reason: reason)
                if let exception, let message = try? CeleryMessage(raw: received.raw) {
                    _ = try await self.results.connection.send(
                        self.results.commands("FAILURE", exception, of: message))
                }
            }
            note(.buried(queue: received.queue, reason: reason))
            finishedOne(received.tag)
        }
    }

    func finishedOne(_ tag: String) {
        let canGoOn = state.withLock { state in
            state.finish(tag)
            return state.plan() != .full
        }
        if canGoOn { wakeUp() }
    }

    /// Tries until it succeeds, or can't ever, or the worker has been asked to end and Redis stays away.
    func retrying(_ body: @Sendable () async throws -> Void) async {
        for attempt in 0... {
            do {
                return try await body()
            } catch {
                let error = error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)
                note(.troubled(error))
                if !error.isRetryable { return }
                if attempt > 3, state.withLock({ $0.isDraining }) { return }
                let wait = JobPolicy.backoffSeconds(attempt: min(attempt, 5), random: SystemRandom())
                try? await Task.sleep(for: .seconds(wait / 8))
            }
        }
    }

    // In the background

    private func beat() async {
        while (try? await Task.sleep(for: .seconds(2))) != nil {
            try? await events.worker("worker-heartbeat", information())
        }
    }

    private func flushEvents() async {
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            try? await events.flush()
            let stale = state.withLock { $0.takeStale(now: Date().timeIntervalSince1970) }
            for held in stale.reversed() { await giveBack(held) }
        }
    }

    /// Gives back what was not begun.
    private func giveBack(_ held: CeleryWorkerState.Held) async {
        held.task.cancel()
        held.reservation?.cancel()
        await held.reservation?.value?.giveBack()
        _ = try? await broker.giveBack(held.received, isRedelivered: false)
    }

    /// Restores anyone's expired deliveries: at the start, then as often as the visibility makes useful.
    private func restore() async {
        while !Task.isCancelled {
            _ = try? await broker.restoreExpired()
            let shortest = min(options.visibilitySeconds, options.leaseSeconds)
            let pause = min(10, max(0.5, shortest / 8)) * Double.random(in: 0.8...1)
            try? await Task.sleep(for: .seconds(pause))
        }
    }

    /// Extends what is held. Often: of all workers on one database, the smallest visibility timeout counts.
    private func keepDeliveries() async {
        let pause = min(10, max(0.5, min(options.visibilitySeconds, options.leaseSeconds) / 4))
        while (try? await Task.sleep(for: .seconds(pause))) != nil {
            let tags = state.withLock { $0.heldTags }
            _ = try? await broker.extend(tags, seconds: options.visibilitySeconds)
        }
    }

    private func giveBackWaiting() async {
        let waiting = state.withLock { state in
            defer { state.scheduled = [:] }
            return Array(state.scheduled.values)
        }
        let reserved = state.withLock { $0.takeStale(now: .infinity) }
        for held in waiting + reserved.reversed() { await giveBack(held) }
    }
}

/// Tells when a broker stops answering a worker, and when it does again, each once.
private final class BrokerAbsence: Sendable {
    private let isAbsent = Mutex(false)
    private let report: @Sendable (CeleryWorker.Event) -> Void

    init(_ report: @escaping @Sendable (CeleryWorker.Event) -> Void) { self.report = report }

    func note(_ error: EngineError?) {
        let isNews = isAbsent.withLock { isAbsent in
            defer { isAbsent = error != nil }
            return isAbsent != (error != nil)
        }
        if isNews { report(error.map { .unanswered($0) } ?? .answeredAgain) }
    }
}

extension CeleryMessageFault {
    /// Whether a Celery worker could run it.
    fileprivate var isForeign: Bool {
        switch self {
        case .workflow, .contentType, .compressed: true
        default: false
        }
    }
}
