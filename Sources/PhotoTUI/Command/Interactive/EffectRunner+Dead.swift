import App
import Core
import Foundation
import PhotoEngine
import Synchronization

extension EffectRunner {
    /// Of one group so many jobs or tasks are listed; what is done is done to all.
    private static let mostMembers = 500

    /// Performs what the screen of dead letters asks for.
    func performForDead(_ effect: Effect) {
        switch effect {
        case .loadDeadLetters(let request, let known):
            inDeadPlace(request) { place, mark in
                let began = ContinuousClock.now
                let mark = try await Self.mark(of: place, mark)
                if mark == known { return .deadLettersLoaded(request, nil, mark: mark, at: Self.now) }
                let groups = try await place.groups().map(DeadSummaryGroup.init)
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                return .deadLettersLoaded(request, groups, mark: mark, seconds: seconds, at: Self.now)
            }
        case .loadDeadMembers(let request, let group):
            inDeadPlace(request) { place, _ in
                guard let key = group.key else { return .deadMembersLoaded(request, []) }
                let rows = try await place.members(of: key, group.source, limit: Self.mostMembers)
                return .deadMembersLoaded(
                    request, rows.map { DeadSummary(id: $0.id, at: $0.at, reason: $0.reason) })
            }
        case .loadDeadJob(let request, let id, let source):
            if source == .job { door?.wake() }
            runAlone(request) { [self] in
                let details =
                    source == .job
                    ? try await details(of: id, in: library(of: nil)) : try await detailsFromHistory(of: id)
                return .deadJobLoaded(request, details)
            }
        case .collectDead(let request, let groups, let only, let match):
            inDeadPlace(request) { place, _ in try await Self.collect(request, groups, only, match, place) }
        default: break
        }
    }

    /// For a library that may be away: so long is waited for it before what the broker has is shown without it.
    private static let libraryPatience = Duration.seconds(2)

    /// With what there is: a broker, a library and its mark of changes, a history.
    private func inDeadPlace(
        _ request: RequestID, _ work: @escaping @Sendable (DeadPlace, Int64) async throws -> Message
    ) {
        if place.hasCatalog { door?.wake() }
        runAlone(request) { [self] in
            let opened = try await console?.value
            let (library, mark) = try await libraryOfDeadJobs(isAlone: opened == nil)
            var history: (any TaskHistory)?
            if let opened { history = try await watched.opened(opened, watches: !place.hasCatalog) }
            let found = DeadPlace(
                opened: opened, library: library, owner: library == nil ? nil : place.profile?.owner, history: history,
                hasLibrary: place.hasCatalog)
            return try await work(found, mark)
        }
    }

    /// A catalogue that is away must not hide what the broker has.
    private func libraryOfDeadJobs(isAlone: Bool) async throws -> (Library?, mark: Int64) {
        guard place.hasCatalog else { return (nil, 0) }
        let ask: @Sendable () async throws -> (Library, Int64) = { [self] in
            let library = try await library(of: nil)
            return (library, try await library.catalog.changeMark())
        }
        if isAlone { return try await ask() }
        let (answers, answer) = AsyncStream.makeStream(
            of: Result<(Library, Int64), any Error>.self, bufferingPolicy: .bufferingOldest(1))
        let work = Task {
            do { answer.yield(.success(try await ask())) } catch { answer.yield(.failure(error)) }
        }
        let alarm = Task {
            try? await Task.sleep(for: Self.libraryPatience)
            answer.yield(.failure(EngineError(.timedOut, "the catalogue does not answer")))
        }
        defer {
            work.cancel()
            alarm.cancel()
        }
        let subject = "the library's dead jobs"
        for await result in answers {
            switch result {
            case .success(let found):
                queue.post(.warningEnded(subject: subject))
                return found
            case .failure(let error):
                try Task.checkCancellation()
                let words = (error as? EngineError)?.description ?? "\(error)"
                queue.post(.warning(subject: subject, text: "\(subject) are not shown: \(words)"))
                return (nil, -1)
            }
        }
        throw CancellationError()
    }

    /// Changes with whatever may change the groups.
    private static func mark(of place: DeadPlace, _ library: Int64) async throws -> Int {
        let parts = [
            Int64(try await place.opened?.console.deadLetterCount() ?? 0), library,
            try await place.history?.lastChange() ?? 0,
        ]
        return parts.reduce(0) { $0 &* 1_000_003 &+ Int(truncatingIfNeeded: $1) }
    }

    private static func collect(
        _ request: RequestID, _ groups: [DeadSummaryGroup], _ only: String?, _ match: String, _ place: DeadPlace
    ) async throws -> Message {
        let wanted = match.lowercased()
        let fits: (DeadRow) -> Bool = { row in
            if let only { return row.id == only }
            return wanted.isEmpty || row.reason.lowercased().contains(wanted)
                || row.task?.lowercased().contains(wanted) == true
        }
        var jobs: [String] = []
        for group in groups where group.source == .job {
            jobs += try await place.jobs(in: group.key, where: fits).map(\.description)
        }
        let keys = groups.filter { $0.source == .task }.compactMap(\.key)
        let plan = keys.isEmpty ? RetryPlan() : try await place.tasks(in: keys, where: fits)
        var price: Double?
        if let library = place.library { price = try await RetryQuote.price(of: jobs.count, library) }
        return .deadCollected(
            request, jobs: jobs, tasks: plan.calls.map(\.task), queueless: plan.queueless.reversed(),
            hindrances: plan.hindrances, price: price)
    }

    // Retrying

    func retryDead(_ choice: DeadChoice, _ reason: String) async throws -> Notice {
        var parts: [String] = []
        var isWhole = true
        let detour = Mutex<String?>(nil)
        if let subject = choice.subject(.letter), let opened = try await console?.value {
            let done = try await opened.act(
                "retry dead", on: subject, reason: reason, outcome: { "\($0) done" },
                tellDetour: { text in detour.withLock { $0 = text } }
            ) { try await Self.inParts(choice.ids) { try await opened.console.revive($0) } }
            let gone = choice.ids.count - done
            parts.append(
                "\(counted(done, "dead letter")) retried" + (gone > 0 ? ", \(gone) were gone: somebody was faster" : "")
            )
            isWhole = gone == 0
        }
        if let subject = choice.subject(.job) {
            let library = try await library(of: nil)
            let done = try await JobJournal.act(
                "retry dead jobs", on: subject, reason: reason, library, outcome: { "\($0) queued" }
            ) { () -> Int in
                try await library.checkBudget(adding: RetryQuote.price(of: choice.jobs.count, library) ?? 0)
                return try await LibraryJobs(library).retry(choice.jobs.compactMap { JobID($0) })
            }
            let gone = choice.jobs.count - done
            parts.append(
                "\(counted(done, "dead job")) queued again"
                    + (gone > 0 ? ", \(gone) were in another state by then" : ""))
            isWhole = isWhole && gone == 0
        }
        if let subject = choice.subject(.task) {
            let sent = try await resend(choice.tasks, to: choice.to, on: subject, reason)
            parts.append(sent.notice.text)
            isWhole = isWhole && sent.isWhole
        }
        if let text = detour.withLock({ $0 }) { parts.append(text) }
        return Notice(isWhole ? .success : .warning, parts.joined(separator: "; "))
    }

    /// Sends tasks of the history again that were counted before; to where they came from, unless a queue is named.
    func resend(
        _ ids: [String], to queue: String, on subject: String, _ reason: String
    ) async throws -> (notice: Notice, isWhole: Bool) {
        guard let opened = try await console?.value,
            let history = try await watched.opened(opened, watches: !place.hasCatalog)
        else { return (Notice(.warning, "there is no history of the broker's tasks"), false) }
        let detour = Mutex<String?>(nil)
        let plan = try await opened.preparing(
            "retry tasks", on: subject, reason: reason, tellDetour: { text in detour.withLock { $0 = text } }
        ) {
            if !queue.isEmpty { try await opened.requireQueue(queue) }
            return try await TaskRetries(history, broker: opened.retrying).plan(
                ids: ids, to: queue.isEmpty ? nil : queue)
        }
        let sent = try await TaskRetry.send(
            plan, history: history, on: subject, reason: reason, opened,
            tellDetour: { text in detour.withLock { $0 = text } })
        let count = sent.count(where: \.isSent)
        var text = "\(counted(count, "task")) sent again"
        if count < ids.count { text += ", \(ids.count - count) not: \(TaskRetry.hindrances(plan, sent))" }
        if let detour = detour.withLock({ $0 }) { text += "; \(detour)" }
        let isWhole = count == ids.count
        return (Notice(isWhole ? .success : .warning, text), isWhole)
    }
}

extension RetryPlan {
    /// What no named queue helps.
    var hindrances: [RetryHindrance] {
        let others = RetryPlan(obstacles: obstacles.filter { !$0.lacksQueue })
        return others.reasons.map { RetryHindrance(reason: $0.reason, count: $0.count) }
    }

    /// Tasks that can be sent again once their queue is named.
    var queueless: [String] { obstacles.filter(\.lacksQueue).map(\.task) }
}

extension DeadSummaryGroup {
    init(_ group: DeadGroup) {
        if let key = group.key {
            self.init(
                id: group.id, source: group.source, key: key, error: group.error, owners: group.owners,
                count: group.count, firstAt: group.firstAt, lastAt: group.lastAt)
        } else {
            self.init(
                id: group.id, queue: group.queue ?? "-", task: group.task, kind: group.kind, error: group.error,
                owners: group.owners,
                letters: group.letters.map { DeadSummary(id: $0.id, at: $0.at, reason: $0.reason) })
        }
    }
}
