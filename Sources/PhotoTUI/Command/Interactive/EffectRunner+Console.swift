import App
import Core
import Foundation
import Jobs
import PhotoEngine
import Synchronization

extension EffectRunner {
    /// Performs what the screens of a broker ask for.
    func performForConsole(_ effect: Effect) {
        switch effect {
        case .loadQueues(let request):
            guard let console else { return }
            runAlone(request) { [self] in
                let opened = try await console.value
                let found = await consumers.telling(try await opened.console.queues(), opened.console, waits: false)
                let (listing, rates) = await watched.past(of: found, opened)
                return .queuesLoaded(request, listing, rates: rates, at: Self.now)
            }
        case .loadMessages(let request, let queue, let limit):
            guard let console else { return }
            runAlone(request) { [self] in
                let opened = try await console.value
                let waiting = try await opened.console.waiting(in: queue)
                let messages = await watched.dating(try await opened.console.peek(queue, limit: limit), opened)
                return .messagesLoaded(request, messages, waiting: max(waiting, messages.count), at: Self.now)
            }
        case .loadWorkers(let request):
            guard let console else { return }
            runAlone(request) { [self] in
                let opened = try await console.value
                let workers = try await opened.console.workers(patience: Self.patience)
                let gone = await watched.gone(opened, besides: workers)
                return .workersLoaded(request, workers, gone: gone, at: Self.now)
            }
        case .loadDeadLetter(let request, let id):
            ask(request) { console in
                guard let letter = try await console.deadLetter(id) else { return .deadLetterLoaded(request, nil) }
                let message = QueuedMessage(reading: letter.raw)
                var traceback: String?
                if let task = message.id { traceback = try await console.traceback(ofTask: task) }
                return .deadLetterLoaded(
                    request, DeadDetails(letter: letter, message: message, traceback: traceback))
            }
        case .markQueue(let request, let queue):
            ask(request) { .queueMarked(request, try await $0.mark(queue)) }
        case .tellTime(let request, let seconds):
            runAlone(request) {
                try await Task.sleep(for: .seconds(seconds))
                return .timeTold(request, Self.now)
            }
        case .act(let request, let action, let reason): act(request, action, reason)
        case .recordRefusal(let refusal):
            if let console { record(refusal, console) }
        default: break
        }
    }

    /// For answers and heartbeats, which come every two seconds.
    private static let patience = Duration.milliseconds(2600)

    private func ask(
        _ request: RequestID, _ question: @escaping @Sendable (any BrokerConsole) async throws -> Message
    ) {
        guard let console else { return }
        runAlone(request) { try await question(console.value.console) }
    }

    private func act(_ request: RequestID, _ action: ConsoleAction, _ reason: String) {
        switch action {
        case .mend(let fix):
            return changeAlone(request) { [self] in .acted(request, try await mend(fix, reason: reason)) }
        case .retry(let choice):
            return changeAlone(request) { [self] in .acted(request, try await retryDead(choice, reason)) }
        case .onJobs(let choice) where choice.isOfHistory:
            return changeAlone(request) { [self] in
                .acted(request, try await resend(choice.ids, to: choice.to, on: choice.subject, reason).notice)
            }
        case .onJobs(let choice) where choice.deed == .retry || choice.deed == .cancel:
            return changeAlone(request) { [self] in
                .acted(request, try await Self.changeJobs(choice, reason, library(of: choice.owner)))
            }
        default: break
        }
        guard let console else { return }
        changeAlone(request) {
            let opened = try await console.value
            let detour = Mutex<String?>(nil)
            var notice = try await Self.perform(action, reason, opened) { text in detour.withLock { $0 = text } }
            if let text = detour.withLock({ $0 }) { notice = Notice(.warning, "\(notice.text); \(text)") }
            return .acted(request, notice)
        }
    }

    private static func perform(
        _ action: ConsoleAction, _ reason: String, _ opened: OpenConsole,
        _ tellDetour: @escaping @Sendable (String) -> Void
    ) async throws -> Notice {
        let console = opened.console
        let (name, subject) = action.deed
        switch action {
        case .pause(let queue):
            let outcome = try await opened.act(
                name, on: subject, reason: reason, outcome: QueueFormat.outcome, tellDetour: tellDetour
            ) { try await console.pause(queue) }
            return Notice(outcome, "\(queue) is paused")
        case .resume(let queue):
            let outcome = try await opened.act(
                name, on: subject, reason: reason, outcome: QueueFormat.outcome, tellDetour: tellDetour
            ) { try await console.resume(queue) }
            return Notice(outcome, "\(queue) is resumed")
        case .move(let queue, let other, let creates):
            let waiting = try await opened.preparing(
                name, on: subject, reason: reason, tellDetour: tellDetour
            ) {
                if !creates { try await opened.requireQueue(other, unless: "phototui queues move --create") }
                return try await console.waiting(in: queue)
            }
            let outcome = try await opened.act(
                name, on: "\(waiting) messages of \(subject)", reason: reason,
                outcome: { "\($0.moved) moved" + ($0.poison > 0 ? ", \($0.poison) poison stayed" : "") },
                tellDetour: tellDetour
            ) { try await console.move(from: queue, to: other, withPoison: false) { _ in } }
            let text = "\(counted(outcome.moved, "message")) moved from \(queue) to \(other)"
            return outcome.poison == 0
                ? Notice(.success, text)
                : Notice(
                    .warning,
                    "\(text), \(outcome.poison) stayed: poison (phototui queues quarantine \(shellQuoted(queue)))")
        case .purge(let queue, let mark):
            let outcome: PurgeOutcome = try await opened.act(
                name, on: subject, reason: reason,
                outcome: { "\($0.dropped) dropped" + ($0.arrived > 0 ? ", \($0.arrived) came since" : "") },
                tellDetour: tellDetour
            ) {
                guard let mark else { return PurgeOutcome(dropped: 0, arrived: try await console.waiting(in: queue)) }
                return try await opened.purge(queue, upTo: mark)
            }
            let since = outcome.arrived > 0 ? ", \(outcome.arrived) came since, and wait" : ""
            return Notice(.success, "\(counted(outcome.dropped, "message")) of \(queue) dropped\(since)")
        case .delete(let choice):
            let done = try await opened.act(
                name, on: subject, reason: reason, outcome: { "\($0) done" }, tellDetour: tellDetour
            ) { try await inParts(choice.ids) { try await console.forget($0) } }
            return Notice(done, of: choice.ids.count, "deleted")
        case .onJobs(let choice):
            let signal = choice.deed == .terminate ? "SIGTERM" : nil
            let outcome = try await opened.act(
                name, on: subject, reason: reason, outcome: ControlFormat.outcome, tellDetour: tellDetour
            ) { try await opened.control.revoke(choice.ids, signal: signal) }
            return Notice(outcome, "\(choice.subject) \(signal == nil ? "revoked" : "stopped")")
        case .shutDown(let worker):
            let heard = try await opened.act(
                name, on: subject, reason: reason, outcome: { $0 ? "told" : "it did not answer" },
                tellDetour: tellDetour
            ) { try await console.shutDown(worker: worker) }
            return heard
                ? Notice(.success, "\(worker) was told to end") : Notice(.warning, "no worker \(worker) answers")
        case .limitRate(let task, let rate, let worker):
            let outcome = try await opened.act(
                name, on: subject, reason: reason, outcome: ControlFormat.outcome, tellDetour: tellDetour
            ) { try await opened.control.limitRate(of: task, to: rate, worker: worker) }
            return Notice(outcome, RateText.sentence(task, rate))
        case .retry, .mend: return Notice(.information, "")
        }
    }

    /// Of a library: the catalogue decides.
    private static func changeJobs(_ choice: JobChoice, _ reason: String, _ library: Library) async throws -> Notice {
        let ids = choice.ids.compactMap { JobID($0) }
        let jobs = LibraryJobs(library)
        let verb = choice.deed == .retry ? "queued again" : "cancelled"
        let (done, more) = try await JobJournal.act(
            choice.deed.name, on: choice.subject, reason: reason, library,
            outcome: { (done: Int, more: String) in "\(done) \(verb)\(more)" }
        ) { () -> (Int, String) in
            if choice.deed == .retry {
                try await library.checkBudget(adding: RetryQuote.price(of: ids.count, library) ?? 0)
                return (try await jobs.retry(ids), "")
            }
            let result = try await jobs.cancel(ids)
            var more = ""
            if let told = result.control?.workers, !told.isEmpty { more = ", told \(told.joined(separator: " "))" }
            if let problem = result.problem { more = "; workers could not be told: \(problem.description)" }
            return (result.ids.count, more)
        }
        let text = "\(counted(done, "job")) \(verb)\(more)"
        return done == ids.count
            ? Notice(.success, text) : Notice(.warning, "\(text), \(ids.count - done) were in another state by then")
    }

    /// A thousand at a time, so that it can be stopped.
    static func inParts(_ ids: [String], _ body: ([String]) async throws -> Int) async throws -> Int {
        var done = 0
        for start in stride(from: 0, to: ids.count, by: 1000) {
            try Task.checkCancellation()
            done += try await body(Array(ids[start..<min(start + 1000, ids.count)]))
        }
        return done
    }
}

extension Notice {
    fileprivate init(_ outcome: ControlOutcome, _ sentence: String) {
        if outcome.workers.isEmpty, outcome.refusals.isEmpty {
            self.init(.warning, "no worker answers: nothing was done")
            return
        }
        var text =
            outcome.workers.isEmpty ? "nobody did it" : sentence + ", told \(outcome.workers.joined(separator: " "))"
        for refusal in outcome.refusals { text += ", refused by \(refusal.worker): \(refusal.reason)" }
        if outcome.silent > 0 { text += ", \(counted(outcome.silent, "listener")) did not answer" }
        self.init(outcome.refusals.isEmpty && outcome.silent == 0 ? .success : .warning, text)
    }

    fileprivate init(_ outcome: PauseOutcome, _ sentence: String) {
        var text = outcome.hasChanged ? sentence : "\(sentence) (it was already)"
        if !outcome.workers.isEmpty { text += ", told \(outcome.workers.joined(separator: " "))" }
        if !outcome.unheard.isEmpty { text += ", no answer from \(outcome.unheard.joined(separator: " "))" }
        if outcome.silent > 0 { text += ", \(counted(outcome.silent, "listener")) did not say what they consume" }
        self.init(outcome.unheard.isEmpty && outcome.silent == 0 ? .success : .warning, text)
    }

    fileprivate init(_ done: Int, of asked: Int, _ verb: String) {
        let text = "\(counted(done, "dead letter")) \(verb)"
        self =
            done == asked
            ? Notice(.success, text) : Notice(.warning, "\(text), \(asked - done) were gone: somebody was faster")
    }
}
