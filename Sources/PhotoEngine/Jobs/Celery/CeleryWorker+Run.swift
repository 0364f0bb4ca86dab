internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

extension CeleryWorker {
    /// Runs a task that has a place, and reports its end.
    ///
    /// `isNext` where the place was that of a task whose thread calls this: it goes on with it.
    func begin(_ held: CeleryWorkerState.Held, isNext: Bool = false) {
        let message = held.call.message
        let isRevoked = state.withLock { $0.isRevoked(message) }
        let isExpired = message.expires.map { $0 < Date() } ?? false
        if isRevoked || isExpired {
            state.withLock { $0.leavePlace(held.received.tag) }
            Task {
                if let reserved = await held.reservation?.value {
                    await reserved.giveBack()
                    // Only now can it be cancelled: in our hands it was as good as running.
                    if isRevoked { await cancelsJobs?([message.id]) }
                }
                await refuse(held.received, message, isExpired: isExpired)
                finishedOne(held.received.tag)
            }
            return
        }
        let body = { @Sendable [self] in await perform(held) }
        held.task.attach(isNext ? Task.immediate(operation: body) : Task(operation: body))
    }

    /// Holds a task until its time, unacknowledged, as Celery does.
    func schedule(_ received: CeleryReceived, _ call: CeleryCall, at moment: Date) {
        state.withLock { state in
            let held = CeleryWorkerState.Held(
                received: received, call: call, startedAt: moment.timeIntervalSince1970)
            state.scheduled[received.tag] = held
            let task = Task {
                let wait = max(0, moment.timeIntervalSinceNow)
                guard (try? await Task.sleep(for: .seconds(wait))) != nil else { return }
                let isOurs = await isCounted(received)
                let (isHeld, isPaused) = self.state.withLock { state in
                    (
                        state.scheduled.removeValue(forKey: received.tag) != nil,
                        state.pausedQueues.contains(received.queue)
                    )
                }
                guard isHeld, isOurs else { return }
                // Its time has come in a queue that is paused: it waits there like the others.
                if isPaused {
                    return await retrying { _ = try await self.broker.giveBack(received, isRedelivered: false) }
                }
                admit(received, call)
            }
            held.task.attach(task)
        }
    }

    private func perform(_ held: CeleryWorkerState.Held) async {
        let (received, call) = (held.received, held.call)
        note(.started(call))
        // As Celery counts: what was begun.
        state.withLock { $0.count(call.message.task) }
        events.task("task-started", call.id)
        let end: CeleryEnd
        do {
            if let reserved = await held.reservation?.value {
                end = try await reserved.perform()
            } else if let handler = handlers[call.message.task] {
                end = try await handler.perform(call)
            } else {
                throw EngineError(.unsupported, "no worker here knows the task \(call.message.task)")
            }
        } catch {
            end = .outcome(judged(error, call))
        }
        let seconds = Date().timeIntervalSince1970 - held.startedAt
        var isRecorded = false
        if case .outcome(let outcome) = end {
            pauseOrGoOn(after: outcome)
            isRecorded = true
        }
        // The place is free now; the rest is bookkeeping that the next task need not wait for. It is asked for first, at once,
        // so that it shares a transaction with the next one's beginning.
        let next = state.withLock { $0.end(received.tag, after: seconds, isRecorded: isRecorded) }
        Task.immediate { [self] in
            await settle(received, call, end, seconds)
            finishedOne(received.tag)
        }
        if let next { begin(next, isNext: true) } else { wakeUp() }
    }

    private func settle(_ received: CeleryReceived, _ call: CeleryCall, _ end: CeleryEnd, _ seconds: Double) async {
        let outcome: CeleryOutcome
        switch end {
        case .outcome(let known): outcome = known
        case .unrecorded(let record):
            do {
                outcome = try await record()
            } catch {
                outcome = judged(error, call)
            }
            let canGoOn = state.withLock { state in
                state.recording -= 1
                return state.plan() != .full
            }
            if canGoOn { wakeUp() }
            pauseOrGoOn(after: outcome)
        }
        await conclude(received, call, outcome, seconds)
        note(.ended(call, outcome, seconds: seconds))
    }

    private func pauseOrGoOn(after outcome: CeleryOutcome) {
        switch outcome {
        case .succeeded:
            if state.withLock({ $0.noteSuccess() }) { note(.resumed) }
        case .refused(let error, _):
            let (wait, isFirst) = state.withLock { ($0.pause(), $0.refusals == 1) }
            guard let wait else { return }
            if isFirst { note(.paused(error)) }
            Task {
                try? await Task.sleep(for: .seconds(wait))
                state.withLock { $0.endPause() }
                wakeUp()
            }
        default: break
        }
    }

    private func judged(_ error: any Error, _ call: CeleryCall) -> CeleryOutcome {
        if error is CancellationError {
            return state.withLock { $0.isRevoked(call.message) } ? .revoked : .givenBack
        }
        let error = error as? EngineError ?? EngineError(.internal, "the task failed: \(error)", cause: error)
        guard error.isRetryable, call.message.retries + 1 < JobPolicy.maximumAttempts else {
            return .failed(error, isRecorded: false)
        }
        let wait = JobPolicy.backoffSeconds(attempt: call.message.retries + 1, random: SystemRandom())
        return .retried(error, seconds: wait, isAnnounced: false)
    }

    private func conclude(
        _ received: CeleryReceived, _ call: CeleryCall, _ outcome: CeleryOutcome, _ seconds: Double
    ) async {
        let message = call.message
        switch outcome {
        case .succeeded(let value):
            events.task(
                "task-succeeded", message.id,
                [JSONMember("result", .string(PythonText.text(value))), JSONMember("runtime", .real(seconds))])
            await record("SUCCESS", value, received, message) { try await $0.successors(of: call, result: value) }
        case .failed(let error, let isRecorded):
            let text = error.description
            events.task(
                "task-failed", message.id,
                [
                    JSONMember("exception", .string("PhototuiError(\(PythonText.text(.string(text))))")),
                    JSONMember("traceback", .string(text)),
                ])
            let exception = CeleryResults.exception("PhototuiError", text)
            // What would have come behind it fails with it, so that who waits for the last of a chain hears of it.
            let behind = message.links.chain.compactMap(\.id).flatMap {
                results.commands("FAILURE", exception, id: $0, traceback: text, parent: message.id)
            }
            await record(
                "FAILURE", exception, received, message, traceback: text, more: behind,
                burying: isRecorded ? nil : text
            ) { try await $0.errbacks(of: call) }
        case .retried(let error, let wait, let isAnnounced):
            let text = error.description
            events.task(
                "task-retried", message.id,
                [
                    JSONMember("exception", .string("PhototuiError(\(PythonText.text(.string(text))))")),
                    JSONMember("traceback", .string(text)),
                ])
            if !isAnnounced { await publishRetry(received, call, seconds: wait) }
            await record("RETRY", CeleryResults.exception("PhototuiError", text), received, message, traceback: text)
        case .revoked: await refuse(received, message, isExpired: false, wasRunning: true)
        case .dropped: await retrying { [self] in try await broker.acknowledge([received.tag]) }
        case .givenBack: await retrying { [self] in try await broker.giveBack(received) }
        case .refused(_, let isAnnounced):
            await retrying { [self] in
                if isAnnounced {
                    try await broker.acknowledge([received.tag])
                } else {
                    // To the end: what only this task is refused must not keep the others from being tried.
                    try await broker.giveBack(received, isRedelivered: false, toEnd: true)
                }
            }
        }
    }

    /// What follows, the result and the acknowledgement, in this order: a worker that dies between them repeats the task
    /// rather than losing one of them. In one go where all are in one place. `reason` says why the message becomes a dead
    /// letter.
    private func record(
        _ status: String, _ result: JSONValue, _ received: CeleryReceived, _ message: CeleryMessage,
        traceback: String? = nil, more: [RedisCommand] = [], burying reason: String? = nil,
        following: @Sendable (CeleryWorker) async throws -> [(message: CeleryMessage, queue: String)] = { _ in [] }
    ) async {
        var next: [(message: CeleryMessage, queue: String)] = []
        if !message.links.isEmpty {
            let found = Mutex(next)
            await retrying { [self] in
                let made = try await following(self)
                found.withLock { $0 = made }
            }
            next = found.withLock { $0 }
        }
        let publishing = next.map { broker.pushing($0.message, to: $0.queue) }
        let storing =
            results.commands(
                status, result, of: message, traceback: traceback, children: next.map(\.message.id)) + more
        await retrying { [self] in
            if let reason {
                try await broker.connection.sendAll(publishing)
                try await store(storing)
                try await broker.bury(received, kind: .failed, reason: reason)
            } else if options.results == nil {
                let commands = publishing + storing
                let all = commands + [broker.acknowledgement(of: received.tag)]
                let values = try await broker.connection.send(all)
                if case .error(let text)? = values.last, text.hasPrefix("NOSCRIPT") {
                    try broker.connection.check(values.dropLast(), of: commands)
                    try await broker.acknowledge([received.tag])
                } else {
                    try broker.connection.check(values, of: all)
                }
            } else {
                try await broker.connection.sendAll(publishing)
                try await store(storing)
                try await broker.acknowledge([received.tag])
            }
        }
    }

    private func store(_ commands: [RedisCommand]) async throws {
        let connection = options.results == nil ? broker.connection : results.connection
        try await connection.sendAll(commands)
    }

    /// A retry is a new message of the same id with one retry more, due later; then the old one is acknowledged.
    private func publishRetry(_ received: CeleryReceived, _ call: CeleryCall, seconds: Double) async {
        let old = call.message
        let message = CeleryMessage.make(
            task: old.task, id: old.id, arguments: old.arguments, keywords: old.keywords, queue: received.queue,
            priority: old.priority, retries: old.retries + 1, eta: Date(timeIntervalSinceNow: seconds),
            expires: old.expires, rootID: old.headers["root_id"].string, parentID: old.headers["parent_id"].string,
            origin: options.node, ignoresResult: old.ignoresResult, now: Date(),
            headers: (old.headers.members ?? []).filter {
                ["group", "group_index", "shadow", CeleryMessage.ownerHeader].contains($0.name)
            },
            replyTo: old.properties["reply_to"].string, embedded: old.links.embedded)
        await retrying { [self] in try await broker.push([(message.raw, received.queue, message.priority)]) }
    }

    /// Ends a task that was revoked or has expired.
    func refuse(
        _ received: CeleryReceived, _ message: CeleryMessage, isExpired: Bool, wasRunning: Bool = false
    ) async {
        events.task(
            "task-revoked", message.id,
            [
                JSONMember("terminated", .bool(wasRunning)), JSONMember("signum", .null),
                JSONMember("expired", .bool(isExpired)),
            ])
        let reason = isExpired ? "expired" : wasRunning ? "terminated" : "revoked"
        await record(
            "REVOKED", CeleryResults.exception("TaskRevokedError", reason, module: "celery.exceptions"), received,
            message)
    }

    /// What heartbeats tell.
    func information() -> [JSONMember] {
        var loads = [Double](repeating: 0, count: 3)
        getloadavg(&loads, 3)
        let (active, processed) = state.withLock { ($0.running.count, $0.processed) }
        return [
            JSONMember("freq", .real(2)), JSONMember("active", .integer(active)),
            JSONMember("processed", .integer(processed)), JSONMember("loadavg", .array(loads.map(JSONValue.real))),
            JSONMember("sw_ident", .string("phototui")), JSONMember("sw_ver", .string(options.version)),
            JSONMember("sw_sys", .string("Linux")),
        ]
    }
}
