import Core
import Grid
import Widgets

@testable import App

/// A broker whose queues, workers and dead letters are what a test says, and that answers when it is asked to.
struct SampleBroker {
    var queues: [QueueState] = []
    var messages: [QueuedMessage] = []
    var workers: [WorkerState] = []
    var groups: [DeadSummaryGroup] = []
    var details: DeadDetails?
    /// Of groups of jobs and tasks, by their ids.
    var members: [String: [DeadSummary]] = [:]
    var hindrances: [RetryHindrance] = []
    /// Tasks of which nobody knows the queue.
    var queueless: Set<String> = []
    /// What a library's jobs cost that are retried.
    var price: Double?
    var jobs: [ListedJob] = []
    var jobSource = JobPage.Source.history
    var jobCounts: [String: Int] = [:]
    var watchedUntil: Double?
    var jobDetails: [String: JobDetails] = [:]
    var findings: [InboxItem] = []
    var health: [HealthEntry] = []
    var rates: [String: QueueRates] = [:]
    var costs: CostReport?
    /// Unix seconds.
    var now = 1_800_000_000.0
    /// What each question fails with.
    var fault: EngineError?

    func answer(_ effect: Effect) -> Message? {
        let (request, answer): (RequestID, Message)
        switch effect {
        case .loadQueues(let id):
            (request, answer) = (
                id, .queuesLoaded(id, QueueListing(queues: queues, isComplete: true), rates: rates, at: now)
            )
        case .loadMessages(let id, let queue, let limit):
            let waiting = queues.first { $0.name == queue }?.depth ?? 0
            (request, answer) = (id, .messagesLoaded(id, Array(messages.prefix(limit)), waiting: waiting, at: now))
        case .loadWorkers(let id): (request, answer) = (id, .workersLoaded(id, workers, at: now))
        case .loadDeadLetters(let id, let known):
            let count = groups.reduce(0) { $0 + $1.count }
            (request, answer) = (id, .deadLettersLoaded(id, known == count ? nil : groups, mark: count, at: now))
        case .loadDeadMembers(let id, let group):
            (request, answer) = (id, .deadMembersLoaded(id, members[group.id] ?? []))
        case .loadDeadJob(let id, let job, _): (request, answer) = (id, .deadJobLoaded(id, jobDetails[job]))
        case .collectDead(let id, let groups, let only, _):
            func ids(_ source: DeadSource) -> [String] {
                groups.filter { $0.source == source }.flatMap { members[$0.id] ?? [] }.map(\.id)
                    .filter { only == nil || $0 == only }
            }
            let tasks = ids(.task)
            (request, answer) = (
                id,
                .deadCollected(
                    id, jobs: ids(.job), tasks: tasks.filter { !queueless.contains($0) },
                    queueless: tasks.filter(queueless.contains), hindrances: hindrances, price: price)
            )
        case .loadJobs(let id, _, let limit, let mark):
            let page = JobPage(
                source: jobSource, jobs: Array(jobs.prefix(limit)), hasMore: jobs.count > limit, counts: jobCounts,
                mark: Int64(jobs.hashValue))
            let same = mark == page.mark
            (request, answer) = (
                id, .jobsLoaded(id, same ? nil : page, watchedUntil: watchedUntil, seconds: 0.001, at: now)
            )
        case .loadJob(let id, let job, _): (request, answer) = (id, .jobLoaded(id, jobDetails[job], at: now))
        case .collectJobs(let id, _, let deed, let only):
            let states =
                switch deed {
                case .retry where jobSource == .history: ["failed"]
                case .retry: ["dead", "cancelled"]
                case .cancel: ["queued", "retrying"]
                case .revoke, .terminate: ["queued", "received", "running", "retrying"]
                }
            let found = jobs.filter {
                states.contains($0.state) && $0.retriedAs == nil && (only == nil || $0.id == only)
            }.map(\.id)
            (request, answer) = (
                id,
                .jobsCollected(
                    id, found.filter { !queueless.contains($0) }, queueless: found.filter(queueless.contains),
                    hindrances: deed == .retry ? hindrances : [], price: price)
            )
        case .loadInbox(let id, let isThorough):
            (request, answer) = (id, .inboxLoaded(id, findings, isThorough: isThorough, at: now))
        case .loadCosts(let id):
            guard let costs else { return nil }
            (request, answer) = (id, .costsLoaded(id, costs, at: now))
        case .loadHealth(let id): (request, answer) = (id, .healthLoaded(id, health, at: now))
        case .markQueue(let id, let queue):
            let waiting = queues.first { $0.name == queue }?.depth ?? 0
            let mark = QueueMark(lists: [.init(length: waiting, newest: "a1")])
            (request, answer) = (id, .queueMarked(id, mark))
        case .loadDeadLetter(let id, _): (request, answer) = (id, .deadLetterLoaded(id, details))
        default: return nil
        }
        return fault.map { .failed(request, $0) } ?? answer
    }

    static func queue(
        _ name: String, _ waiting: [Int] = [0, 0, 0, 0], unacked: Int = 0, scheduled: Int = 0, oldest: Double? = nil,
        dead: Int = 0, isPaused: Bool = false, isDeclared: Bool = true, arrived: Int? = nil, left: Int = 0,
        isAtLeast: Bool = false
    ) -> QueueState {
        QueueState(
            name: name, waitingByPriority: waiting, unacknowledged: unacked, scheduled: scheduled,
            oldestSeconds: oldest, dead: dead, isPaused: isPaused, isDeclared: isDeclared,
            traffic: arrived.map { QueueTraffic(seconds: 1, arrived: $0, left: left, isAtLeast: isAtLeast) })
    }

    static func message(
        _ id: String?, task: String? = "shop.mail.send", arguments: String? = "[17]", keywords: String? = "{}",
        priority: Int = 0, publishedAt: Double? = nil, poison: Poison? = nil
    ) -> QueuedMessage {
        QueuedMessage(
            priority: priority, task: task, id: id, arguments: arguments, keywords: keywords,
            headers: [.init(name: "lang", value: "\"py\""), .init(name: "origin", value: "\"gen1@web\"")], retries: 2,
            publishedAt: publishedAt, eta: nil, isRedelivered: false, byteCount: 812, poison: poison)
    }

    static func worker(
        _ name: String, _ presence: WorkerState.Presence = .alive, hasAnswered: Bool = true, beat: Double? = 1,
        active: [WorkerState.Activity] = [], queues: [String] = ["celery"]
    ) -> WorkerState {
        WorkerState(
            name: name, presence: presence, hasAnswered: hasAnswered, heartbeatSeconds: beat,
            software: "py-celery 5.7.0", processID: 4711, queues: queues, concurrency: 4, active: active, reserved: 3,
            scheduled: 1, processed: 12_345, load: [0.42, 0.5, 0.61], uptimeSeconds: 7300, clockSkewSeconds: 0.01)
    }

    static func group(
        _ id: String, error: String, count: Int, task: String? = "shop.mail.send", kind: DeadLetter.Kind = .failed,
        queue: String = "celery", now: Double = 1_800_000_000
    ) -> DeadSummaryGroup {
        DeadSummaryGroup(
            id: id, queue: queue, task: task, kind: kind, error: error, owners: [],
            letters: (0..<count).map {
                DeadSummary(
                    id: "\(id)-\($0)", at: now - 30 - Double($0) * 60,
                    reason: error.replacing("N", with: "\($0)"))
            })
    }
}

/// The app on a broker, answered question by question.
struct RunningConsole {
    var state: AppState
    var broker: SampleBroker
    /// Every effect so far.
    var effects: [Effect] = []
    var answers = true

    init(
        _ broker: SampleBroker = .shop, columns: Int = 80, rows: Int = 24, isReadOnly: Bool = false,
        look: Look = Look(), hasLibrary: Bool = false, hasBroker: Bool = true, hasCatalog: Bool? = nil
    ) {
        self.broker = broker
        state = AppState(
            size: GridSize(columns: columns, rows: rows), look: look, libraryName: "prod",
            console: ConsoleState(
                address: "redis://queue.example:6379/0", options: ["--broker", "redis://queue.example:6379/0"],
                isReadOnly: isReadOnly, hasBroker: hasBroker, hasCatalog: hasCatalog ?? hasLibrary),
            hasLibrary: hasLibrary)
        state.themes = ["dark", "light"]
    }

    mutating func start() { perform(state.start()) }
    mutating func send(_ message: Message) { perform(update(&state, message)) }

    mutating func press(_ names: String) {
        for name in names.split(separator: " ") { send(.input(.key(KeyPress(name: String(name))!))) }
    }

    mutating func type(_ text: String) {
        for character in text { send(.input(.key(KeyPress(character)))) }
    }

    mutating func perform(_ effects: [Effect]) {
        self.effects += effects
        // The time is told whoever else is silent.
        for case .tellTime(let request, after: 0) in effects { perform(update(&state, .timeTold(request, broker.now))) }
        for effect in answers ? effects : [] {
            if let answer = broker.answer(effect) { perform(update(&state, answer)) }
        }
    }

    /// Lets seconds pass, in which the newest timer of the screen fires each second.
    mutating func pass(_ seconds: Int = 1) {
        for _ in 0..<seconds {
            broker.now += 1
            let timers = [
                state.console?.pending?.timer, state.console?.poll.timer, state.console?.poll.watch,
            ]
            for timer in timers.compactMap(\.self) { send(.timeTold(timer, broker.now)) }
        }
    }

    var acts: [(action: ConsoleAction, reason: String)] {
        effects.compactMap { if case .act(_, let action, let reason) = $0 { (action, reason) } else { nil } }
    }

    var refusals: [ConsoleState.Refusal] {
        effects.compactMap { if case .recordRefusal(let refusal) = $0 { refusal } else { nil } }
    }

    var lastQueuesQuestion: RequestID? {
        effects.compactMap { if case .loadQueues(let request) = $0 { request } else { nil } }.last
    }

    var lastAct: RequestID? {
        effects.compactMap { if case .act(let request, _, _) = $0 { request } else { nil } }.last
    }

    var questions: Int {
        effects.count {
            switch $0 {
            case .loadQueues, .loadMessages, .loadWorkers, .loadDeadLetters, .loadJobs, .loadJob, .loadInbox,
                .loadHealth, .loadCosts:
                true
            default: false
            }
        }
    }

    func frame() -> Grid {
        var grid = Grid(size: state.size)
        draw(state, into: &grid)
        return grid
    }

    var screen: String { frame().textLines.joined(separator: "\n") }
    var lastLine: String { frame().textLines.last ?? "" }
}

extension SampleBroker {
    /// A shop whose broker belongs to a library: letters, dead jobs, and tasks that failed in Celery's workers.
    static var failures: SampleBroker {
        var broker = SampleBroker.shop
        let now = broker.now
        broker.groups = [
            DeadSummaryGroup(
                id: "aa00000000000001", source: .task,
                key: FailureKey(task: "shop.charge\u{1b}[2J", queue: "celery", fingerprint: 1),
                error: "ValueError: user N not found", owners: [], count: 402, firstAt: now - 900, lastAt: now - 40),
            DeadSummaryGroup(
                id: "bb00000000000002", source: .job,
                key: FailureKey(task: "process_photo", queue: "high", fingerprint: 2),
                error: "no space left: N bytes", owners: ["ann\u{202e}"], count: 88, firstAt: now - 7300,
                lastAt: now - 3),
            group("3f2a91bc", error: "ConnectionError: mail.example:N refused", count: 2),
            group("00d1e5a2", error: "it is not JSON", count: 1, task: nil, kind: .poison),
        ]
        broker.members = [
            "aa00000000000001": (1...2).map {
                DeadSummary(id: "t-\($0)", at: now - 40 * Double($0), reason: "ValueError('user \($0) not found')")
            },
            "bb00000000000002": (1...2).map {
                DeadSummary(id: "j-\($0)", at: now - 3 * Double($0), reason: "no space left: \(12 * $0) bytes")
            },
        ]
        broker.hindrances = [RetryHindrance(reason: "its arguments were cut when they were told", count: 1)]
        for id in ["j-1", "j-2"] {
            broker.jobDetails[id] = JobDetails(
                job: job(
                    id, task: "process_photo", state: "dead", .failed, queue: "high", worker: "photos1/4711",
                    attempts: 8,
                    changed: now - 6, error: "no space left: 12 bytes"))
        }
        return broker
    }
}

extension SampleBroker {
    /// A shop with a queue that is stuck, one that is paused, and names that mean harm.
    static var shop: SampleBroker {
        var broker = SampleBroker()
        broker.queues = [
            queue("celery", [300, 0, 0, 12], unacked: 4, scheduled: 2, oldest: 754, dead: 5, arrived: 20, left: 8),
            queue("images", [40, 0, 0, 0], unacked: 8, oldest: 12, arrived: 12, left: 30),
            queue("mail", isPaused: true, arrived: 0, isAtLeast: true),
            queue("\u{1b}]52;c;eA==\u{7}\u{202e}evil", [1, 0, 0, 0], isDeclared: false, arrived: 1),
        ]
        broker.messages = [
            message(
                "8c1d7f00-0001", arguments: "[17, \"Ann\"]", keywords: "{\"retry\": true}",
                publishedAt: broker.now - 754),
            message("8c1d7f00-0002", task: "shop.\u{1b}[31mred", arguments: "[\"\u{202e}gpj\"]", priority: 3),
            message(
                nil, task: nil, arguments: nil, keywords: nil,
                poison: Poison("it is not JSON", .ends)),
        ]
        broker.workers = [
            worker(
                "celery@web1",
                active: [.init(id: "8c1d7f00-0009", task: "shop.\u{1b}[2Jreport", seconds: 312)],
                queues: ["celery", "mail"]),
            worker("celery@web2", .silent, hasAnswered: false, beat: 1.4, queues: []),
            worker("images@gpu1", beat: 0.2, queues: ["images"]),
        ]
        broker.groups = [
            group("3f2a91bc", error: "ConnectionError: mail.example:N refused\u{1b}[2J", count: 3),
            group("77aa01ef", error: "user N not found", count: 1, task: "shop.user.sync"),
            group("00d1e5a2", error: "it is not JSON", count: 1, task: nil, kind: .poison),
        ]
        let letter = DeadLetter(
            id: "3f2a91bc-0", queue: "celery", kind: .failed,
            reason: "ConnectionError: mail.example:0 refused\u{1b}[2J", at: broker.now - 30, raw: [])
        let long = "[" + (0..<200).map { "\($0)" }.joined(separator: ", ") + "]"
        broker.details = DeadDetails(
            letter: letter, message: message("8c1d7f00-0042", arguments: long),
            traceback: """
                Traceback (most recent call last):
                  File "mail.py", line 9, in send
                    connect()
                ConnectionError: \u{9b}31m refused
                """)
        return broker
    }
}
