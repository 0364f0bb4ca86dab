import App
import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension EffectRunner {
    /// Performs what the screen of jobs asks for.
    func performForJobs(_ effect: Effect) {
        switch effect {
        case .loadJobs(let request, let query, let limit, let mark):
            ofJobs(request, query.owner) { [self] library in
                let began = ContinuousClock.now
                let (page, watched): (JobPage?, Double?)
                if let library {
                    (page, watched) = (try await self.page(of: library, query, limit, mark), nil)
                } else {
                    (page, watched) = try await pageOfHistory(query, limit, mark)
                }
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                return .jobsLoaded(request, page, watchedUntil: watched, seconds: seconds, at: Self.now)
            }
        case .loadJob(let request, let id, let owner):
            ofJobs(request, owner) { [self] library in
                guard let library else {
                    return .jobLoaded(request, try await detailsFromHistory(of: id), at: Self.now)
                }
                return .jobLoaded(request, try await details(of: id, in: library), at: Self.now)
            }
        case .collectJobs(let request, let query, let deed, let only):
            ofJobs(request, query.owner) { [self] library in
                guard let library else {
                    guard deed == .retry else { return .jobsCollected(request, try await collectFromHistory(query)) }
                    let plan = try await planFromHistory(query, only: only)
                    return .jobsCollected(
                        request, plan.calls.map(\.task), queueless: plan.queueless, hindrances: plan.hindrances)
                }
                let possible: Set<JobState> =
                    switch deed {
                    case .retry: [.dead, .cancelled]
                    case .cancel: [.queued, .retrying]
                    case .revoke, .terminate: JobState.unfinished
                    }
                var filter = try Self.filter(query)
                filter.states = filter.states.isEmpty ? possible : filter.states.intersection(possible)
                guard !filter.states.isEmpty else { return .jobsCollected(request, []) }
                let ids = try await LibraryJobs(library).ids(filter).map(\.description)
                let price = deed == .retry ? try await RetryQuote.price(of: ids.count, library) : nil
                return .jobsCollected(request, ids, price: price)
            }
        default: break
        }
    }

    static var now: Double { Date().timeIntervalSince1970 }

    /// With the library whose jobs show; nil where a broker's history has them.
    private func ofJobs(
        _ request: RequestID, _ owner: String?, _ work: @escaping @Sendable (Library?) async throws -> Message
    ) {
        guard place.hasCatalog else {
            return runAlone(request) {
                if owner != nil {
                    throw EngineError(
                        .invalidInput, "a broker's tasks know of no owner", whatToDo: "drop owner: from the filter")
                }
                return try await work(nil)
            }
        }
        door?.wake()
        runAlone(request) { [self] in try await work(library(of: owner)) }
    }

    /// The library, or that of another of its database's owners.
    func library(of owner: String?) async throws -> Library {
        guard let owner, owner != place.profile?.owner else { return try await opening.value }
        guard let profile = place.profile else {
            throw EngineError(
                .invalidInput, "a library in a folder has one owner", whatToDo: "drop owner: from the filter")
        }
        return try await owners.library(profile.belonging(to: owner), place)
    }

    /// Unfinished tasks of a broker that the filter lets through.
    private func collectFromHistory(_ query: JobQuery) async throws -> [String] {
        guard let console else { return [] }
        let options = try Self.options(query)
        let unfinished = Set(BrokerTask.State.allCases.filter { !$0.isFinished })
        let asked = try StateWords.parse(options.state, as: BrokerTask.State.self)
        let states = asked.isEmpty ? unfinished : asked.intersection(unfinished)
        guard !states.isEmpty, let history = try await watched.opened(console.value, watches: true) else { return [] }
        return try await history.tasks(options.tasks.filter(states: states), limit: 1_000_000).tasks.map(\.id)
    }

    /// Failed tasks of a broker that the filter lets through and that nobody has sent again, or one.
    private func planFromHistory(_ query: JobQuery, only: String?) async throws -> RetryPlan {
        guard let opened = try await console?.value,
            let history = try await watched.opened(opened, watches: true)
        else { return RetryPlan() }
        let retries = TaskRetries(history, broker: opened.retrying)
        if let only { return try await retries.plan(ids: [only]) }
        let options = try Self.options(query)
        let states = try StateWords.parse(options.state, as: BrokerTask.State.self)
        var plan = try await retries.plan(options.tasks.filter(states: states), to: nil, again: false)
        plan.obstacles.removeAll { $0.before != nil }
        return plan
    }

    /// The query as `phototui jobs list` understands it.
    private static func options(_ query: JobQuery) throws -> JobsCommand.List {
        do {
            return try JobsCommand.List.parse(query.words)
        } catch {
            throw EngineError(
                .invalidInput, JobsCommand.List.message(for: error),
                whatToDo: "correct the filter: its words are the options of phototui jobs list")
        }
    }

    private static func filter(_ query: JobQuery) throws -> JobFilter {
        let options = try options(query)
        do {
            return try options.tasks.jobFilter(
                states: StateWords.parse(options.state, as: JobState.self), photo: options.photo)
        } catch {
            throw EngineError(.invalidInput, "\(error)", whatToDo: "correct the filter")
        }
    }

    // A library's

    private func page(of library: Library, _ query: JobQuery, _ limit: Int, _ mark: Int64?) async throws -> JobPage? {
        let filter = try Self.filter(query)
        let now = try await library.catalog.changeMark()
        if now == mark { return nil }
        let found = try await library.catalog.jobs(filter, after: nil, limit: limit + 1)
        let counts = try await library.catalog.jobCounts()
        return JobPage(
            source: .library(hasBroker: library.broker != nil), jobs: found.prefix(limit).map(ListedJob.init),
            hasMore: found.count > limit,
            counts: Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }), mark: now)
    }

    func details(of id: String, in library: Library) async throws -> JobDetails? {
        guard let id = JobID(id), let job = try await library.catalog.job(id) else { return nil }
        var photo: JobDetails.Photo?
        if let found = job.photo, let known = try await library.catalog.photo(found) {
            photo = JobDetails.Photo(
                id: known.id, filename: known.filename, sha256: known.sha256, status: known.status,
                problem: known.problem,
                jobs: try await library.catalog.jobs(of: known.id, limit: 50).map(ListedJob.init))
        }
        var facts = [JobDetails.Fact("created", Self.moment(job.createdAt))]
        if !job.state.isFinished { facts.append(.init("runs at", Self.moment(job.runAt))) }
        if let at = job.startedAt { facts.append(.init("started", Self.moment(at))) }
        if let at = job.finishedAt { facts.append(.init("finished", Self.moment(at))) }
        if job.workerDeaths > 0 { facts.append(.init("deaths", "\(job.workerDeaths) workers ended with it")) }
        let attempts = try await library.catalog.attempts(of: id)
        // What workers told of it, where somebody watched its broker from here.
        var task: BrokerTask?
        if let console, let opened = try? await console.value,
            let history = try? await watched.opened(opened, watches: false)
        {
            task = try? await history.task(id.description)
        }
        return JobDetails(
            job: ListedJob(job), facts: facts, arguments: task?.arguments, keywords: task?.keywords,
            result: task?.result, trace: task?.trace, attempts: attempts.map(TaskAttempt.init),
            firstAttempt: attempts.first?.number ?? 1, photo: photo)
    }

    private static func moment(_ microseconds: Int64) -> String { rfc3339(microseconds: microseconds) }

    // A broker's

    private func pageOfHistory(
        _ query: JobQuery, _ limit: Int, _ mark: Int64?
    ) async throws -> (JobPage?, Double?) {
        guard let console else { return (nil, nil) }
        let options = try Self.options(query)
        if options.photo != nil {
            throw EngineError(
                .invalidInput, "a broker's tasks know of no photo", whatToDo: "drop photo: from the filter")
        }
        let states = try StateWords.parse(options.state, as: BrokerTask.State.self)
        let opened = try await console.value
        guard let history = try await watched.opened(opened, watches: true) else {
            return (JobPage(source: .history, jobs: [], hasMore: false, mark: 0), nil)
        }
        let until = try await history.watches(limit: 1).first?.until
        let seen = try await history.workers(since: (until ?? 0) - SeenWorker.patience)
        let isUntold = seen.areSilentOnTasks(until: until ?? 0)
        // Whether workers tell changes what is shown, too.
        let last = try await history.lastChange() &* 2 &+ (isUntold ? 1 : 0)
        if last == mark { return (nil, until) }
        let filter = options.tasks.filter(states: states)
        let page = try await history.tasks(filter, limit: limit + 1)
        return (
            JobPage(
                source: .history, jobs: page.tasks.prefix(limit).map { ListedJob($0, in: filter.order) },
                hasMore: page.tasks.count > limit, mark: last, isUntold: isUntold), until
        )
    }

    func detailsFromHistory(of id: String) async throws -> JobDetails? {
        guard let console else { return nil }
        let opened = try await console.value
        guard let history = try await watched.opened(opened, watches: true), let task = try await history.task(id)
        else { return nil }
        let attempts = try await history.attempts(of: id)
        var facts: [JobDetails.Fact] = []
        if let eta = task.eta { facts.append(.init("not before", eta)) }
        if let root = task.root, root != task.id { facts.append(.init("root", root)) }
        if let parent = task.parent, parent != task.id { facts.append(.init("parent", parent)) }
        return JobDetails(
            job: ListedJob(task), facts: facts, arguments: task.arguments, keywords: task.keywords,
            result: task.result, trace: task.trace, attempts: attempts,
            firstAttempt: task.earlierAttempts + 2 - attempts.count)
    }
}

extension TaskAttempt {
    fileprivate init(_ attempt: JobAttempt) {
        let state: BrokerTask.State =
            switch attempt.outcome {
            case .running, .lost: .running
            case .succeeded: .succeeded
            case .failed: .failed
            }
        self.init(
            retries: attempt.number - 1, state: state, worker: attempt.worker.map(WorkerWords.short), sentAt: nil,
            receivedAt: nil, startedAt: Double(attempt.startedAt) / 1e6,
            endedAt: attempt.endedAt.map { Double($0) / 1e6 }, runSeconds: nil, error: attempt.error, trace: nil)
    }
}

extension ListedJob {
    init(_ job: Job) {
        let standing: Standing =
            switch job.state {
            case .queued, .retrying: .waiting
            case .running: .running
            case .succeeded: .succeeded
            case .dead: .failed
            case .cancelled: .stopped
            }
        let run = job.startedAt.flatMap { start in
            job.finishedAt.map { Double($0 - start) / 1e6 }
        }
        self.init(
            id: job.id.description, task: job.kind.rawValue, state: job.state.rawValue, standing: standing,
            queue: job.kind.queue.rawValue, worker: job.worker.map(WorkerWords.short), attempts: job.attempts,
            waitSeconds: job.startedAt.map { max(0, Double($0 - job.waitsSince) / 1e6) },
            runSeconds: run.flatMap { $0 >= 0 ? $0 : nil }, changedAt: Double(job.changedAt) / 1e6, error: job.error)
    }
}
