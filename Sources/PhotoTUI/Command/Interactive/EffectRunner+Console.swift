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
                let listing = try await opened.console.queues()
                return .queuesLoaded(request, listing, rates: await watched.rates(opened), at: Self.now)
            }
        case .loadMessages(let request, let queue, let limit):
            ask(request) { console in
                let waiting = try await console.waiting(in: queue)
                let messages = try await console.peek(queue, limit: limit)
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
        case .loadDeadLetters(let request, let known):
            guard let console else { return }
            runAlone(request) { [self] in
                let sources = try await deadSources(console.value)
                let mark = try await sources.mark()
                if mark == known { return .deadLettersLoaded(request, nil, mark: mark, seconds: 0, at: Self.now) }
                let began = ContinuousClock.now
                let groups = DeadGroup.all(of: try await sources.letters())
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                return .deadLettersLoaded(
                    request, groups.map(DeadSummaryGroup.init), mark: mark, seconds: seconds, at: Self.now)
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
            guard let console else { return }
            // As far as somebody who may only look can have anything written down.
            Task {
                await (try? console.value)?.refuse(refusal.action, on: refusal.subject, refusal.reason)
            }
        default: break
        }
    }

    /// Beside the broker's messages a library's dead jobs, or what is known of a foreign broker's tasks.
    private func deadSources(_ opened: OpenConsole) async throws -> DeadSources {
        guard place.hasCatalog else {
            return DeadSources(
                opened: opened, library: nil, owner: nil, history: try await watched.opened(opened, watches: true))
        }
        door?.wake()
        return DeadSources(
            opened: opened, library: try await opening.value, owner: place.profile?.owner,
            history: try await watched.opened(opened, watches: false))
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
        case .onJobs(let choice) where place.hasCatalog && (choice.deed == .retry || choice.deed == .cancel):
            return changeAlone(request) { [self] in
                .acted(request, try await Self.changeJobs(choice, reason, library(of: choice.owner)))
            }
        default: break
        }
        guard let console else { return }
        changeAlone(request) { [self] in
            let opened = try await console.value
            let detour = Mutex<String?>(nil)
            var notice = try await perform(action, reason, opened) { text in detour.withLock { $0 = text } }
            if let text = detour.withLock({ $0 }) { notice = Notice(.warning, "\(notice.text); \(text)") }
            return .acted(request, notice)
        }
    }

    private func perform(
        _ action: ConsoleAction, _ reason: String, _ opened: OpenConsole,
        _ tellDetour: @escaping @Sendable (String) -> Void
    ) async throws -> Notice {
        let console = opened.console
        switch action {
        case .pause(let queue):
            let outcome = try await opened.act(
                "pause queue", on: "queue \(queue)", reason: reason, outcome: QueueFormat.outcome,
                tellDetour: tellDetour
            ) { try await console.pause(queue) }
            return Notice(outcome, "\(queue) is paused")
        case .resume(let queue):
            let outcome = try await opened.act(
                "resume queue", on: "queue \(queue)", reason: reason, outcome: QueueFormat.outcome,
                tellDetour: tellDetour
            ) { try await console.resume(queue) }
            return Notice(outcome, "\(queue) is resumed")
        case .move(let queue, let other, let creates):
            let waiting = try await opened.preparing(
                "move queue", on: "queue \(queue) to \(other)", reason: reason, tellDetour: tellDetour
            ) {
                if !creates { try await opened.requireQueue(other, unless: "phototui queues move --create") }
                return try await console.waiting(in: queue)
            }
            let outcome = try await opened.act(
                "move queue", on: "\(waiting) messages of queue \(queue) to \(other)", reason: reason,
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
            let asked = mark?.count ?? 0
            let outcome: PurgeOutcome = try await opened.act(
                "purge queue", on: "\(asked) messages of queue \(queue)", reason: reason,
                outcome: { "\($0.dropped) dropped" + ($0.arrived > 0 ? ", \($0.arrived) came since" : "") },
                tellDetour: tellDetour
            ) {
                guard let mark else { return PurgeOutcome(dropped: 0, arrived: try await console.waiting(in: queue)) }
                return try await console.purge(queue, upTo: mark)
            }
            let since = outcome.arrived > 0 ? ", \(outcome.arrived) came since, and wait" : ""
            return Notice(.success, "\(counted(outcome.dropped, "message")) of \(queue) dropped\(since)")
        case .retry(let choice):
            let sources = try await deadSources(opened)
            let outcome = try await opened.act(
                "retry dead", on: choice.subject, reason: reason,
                outcome: { (["\($0.done) done"] + $0.sentences).joined(separator: ", ") }, tellDetour: tellDetour
            ) { () -> DeadSources.Outcome in
                var outcome = DeadSources.Outcome()
                for ids in Self.parts(choice.ids) {
                    try Task.checkCancellation()
                    outcome.add(
                        try await sources.retry(
                            messages: ids.filter { !choice.jobs.contains($0) && !choice.tasks.contains($0) },
                            jobs: ids.filter(choice.jobs.contains), tasks: ids.filter(choice.tasks.contains)))
                }
                return outcome
            }
            let notice = Notice(outcome.done, of: choice.ids.count - outcome.kept.count, "retried")
            guard !outcome.kept.isEmpty else { return notice }
            return Notice(.warning, ([notice.text] + outcome.sentences).joined(separator: "; "))
        case .delete(let choice):
            let done = try await opened.act(
                "delete dead", on: choice.subject, reason: reason, outcome: { "\($0) done" }, tellDetour: tellDetour
            ) { () -> Int in
                var done = 0
                for ids in Self.parts(choice.messages) {
                    try Task.checkCancellation()
                    done += try await console.forget(ids)
                }
                return done
            }
            return Notice(done, of: choice.messages.count, "deleted")
        case .onJobs(let choice) where choice.deed == .retry:
            let history = try await watched.opened(opened, watches: true)
            let outcome = try await opened.act(
                "retry task", on: choice.subject, reason: reason, outcome: { $0.summary }, tellDetour: tellDetour
            ) { try await DeadSources.resend(choice.ids, history, opened) }
            return Notice(
                outcome.kept.isEmpty ? .success : .warning,
                (["\(counted(outcome.sent.count, "task")) sent again"] + outcome.sentences).joined(separator: "; "))
        case .onJobs(let choice):
            let signal = choice.deed == .terminate ? "SIGTERM" : nil
            let outcome = try await opened.act(
                signal == nil ? "revoke task" : "terminate task", on: choice.subject, reason: reason,
                outcome: ControlFormat.outcome, tellDetour: tellDetour
            ) { try await opened.control.revoke(choice.ids, signal: signal) }
            return Notice(outcome, "\(choice.subject) \(signal == nil ? "revoked" : "stopped")")
        case .shutDown(let worker):
            let heard = try await opened.act(
                "shut down worker", on: "worker \(worker)", reason: reason,
                outcome: { $0 ? "told" : "it did not answer" }, tellDetour: tellDetour
            ) { try await console.shutDown(worker: worker) }
            return heard
                ? Notice(.success, "\(worker) was told to end") : Notice(.warning, "no worker \(worker) answers")
        case .limitRate(let task, let rate, let worker):
            let outcome = try await opened.act(
                "limit rate", on: "task \(task) of worker \(worker) to \(rate)", reason: reason,
                outcome: ControlFormat.outcome, tellDetour: tellDetour
            ) { try await opened.control.limitRate(of: task, to: rate, worker: worker) }
            return Notice(outcome, RateText.sentence(task, rate))
        case .mend: return Notice(.information, "")
        }
    }

    /// Of a library: the catalogue decides.
    private static func changeJobs(_ choice: JobChoice, _ reason: String, _ library: Library) async throws -> Notice {
        let ids = choice.ids.compactMap { JobID($0) }
        let jobs = LibraryJobs(library)
        let verb = choice.deed == .retry ? "queued again" : "cancelled"
        let (done, more) = try await JobJournal.act(
            choice.deed == .retry ? "retry jobs" : "cancel jobs", on: choice.subject, reason: reason, library,
            outcome: { (done: Int, more: String) in "\(done) \(verb)\(more)" }
        ) { () -> (Int, String) in
            if choice.deed == .retry {
                try await library.checkBudget()
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
    private static func parts(_ ids: [String]) -> [[String]] {
        stride(from: 0, to: ids.count, by: 1000).map { Array(ids[$0..<min($0 + 1000, ids.count)]) }
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

extension DeadSummaryGroup {
    init(_ group: DeadGroup) {
        self.init(
            id: group.id, queue: group.queue, task: group.task, kind: group.letters[0].kind, source: group.source,
            error: group.error.description, owners: group.owners,
            letters: group.letters.map { DeadSummary(id: $0.id, at: $0.at, reason: $0.reason) })
    }
}
