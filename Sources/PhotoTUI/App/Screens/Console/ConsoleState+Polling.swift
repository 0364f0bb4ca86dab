import Core
import Grid

extension AppState {
    /// Asks what the screen shows, one question at a time and a second after the answer to the one before.
    mutating func reconcileConsole() -> [Effect] {
        guard isOnConsole, hasStarted, let console else { return [] }
        var effects: [Effect] = []
        if context == .dead, let letter = console.dead.letter, letter.pane == nil, console.dead.letterRequest == nil {
            let request = makeRequest()
            self.console?.dead.letterRequest = request
            let source = console.dead.group?.source ?? .letter
            effects.append(
                source == .letter ? .loadDeadLetter(request, letter.id) : .loadDeadJob(request, letter.id, source))
        }
        if context == .dead, let group = console.dead.unreadGroup {
            let request = makeRequest()
            self.console?.dead.membersRequest = request
            effects.append(.loadDeadMembers(request, group))
        }
        guard console.poll.request == nil, console.poll.timer == nil else { return effects }
        // What waits in a queue is a picture of one moment, so that it can be read; only its age goes on.
        if context == .messages, console.messages?.messages != nil, console.poll.error == nil {
            let timer = makeRequest()
            self.console?.poll.timer = timer
            return effects + [.tellTime(timer, after: ConsoleState.Poll.pause)]
        }
        let (request, watch) = (makeRequest(), makeRequest())
        self.console?.poll.request = request
        self.console?.poll.watch = watch
        effects.append(question(request, console))
        if !console.poll.hasAnswered, console.poll.error == nil, consoleAnsweredAt != nil {
            let clock = makeRequest()
            self.console?.poll.clock = clock
            effects.append(.tellTime(clock, after: 0))
        }
        return effects + [.tellTime(watch, after: patience(console))]
    }

    private func patience(_ console: ConsoleState) -> Double {
        switch context {
        case .workers: ConsoleState.Poll.workersPatience
        case .inbox:
            console.inbox.wantsThorough ? ConsoleState.Poll.thoroughPatience : ConsoleState.Poll.surveyPatience
        case .health, .costs: ConsoleState.Poll.workersPatience
        default: ConsoleState.Poll.patience
        }
    }

    private func question(_ request: RequestID, _ console: ConsoleState) -> Effect {
        switch context {
        case .messages:
            .loadMessages(request, queue: console.messages?.queue ?? "", limit: console.messages?.limit ?? 0)
        case .workers: .loadWorkers(request)
        case .dead: .loadDeadLetters(request, unlessMark: console.dead.knownMark)
        case .jobs:
            console.jobs.detail.map { .loadJob(request, $0.id, owner: jobOwner) }
                ?? .loadJobs(
                    request, JobQuery(console.filter(in: .jobs)), limit: console.jobs.limit,
                    unlessMark: console.jobs.page?.mark)
        case .inbox: .loadInbox(request, isThorough: console.inbox.wantsThorough)
        case .health: .loadHealth(request)
        case .costs: .loadCosts(request)
        default: .loadQueues(request)
        }
    }

    /// Applies an answer about the broker; nil for any other message.
    mutating func applyToConsole(_ message: Message) -> [Effect]? {
        switch message {
        case .queuesLoaded(let request, let listing, let rates, let at):
            return answered(request, at) { $0.queues.take(listing, rates: rates, at: at) }
        case .messagesLoaded(let request, let messages, let waiting, let at):
            return answered(request, at) { console in
                console.messages?.messages = messages
                console.messages?.waiting = waiting
                console.messages?.answeredAt = at
            }
        case .workersLoaded(let request, let workers, let gone, let at):
            return answered(request, at) { $0.workers.take(workers, gone: gone, at: at) }
        case .deadLettersLoaded(let request, let groups, let mark, let seconds, let at):
            return answered(request, at, pause: JobsState.pause(after: seconds)) {
                $0.dead.take(groups, mark: mark, at: at)
            }
        case .deadMembersLoaded(let request, let members):
            guard console?.dead.membersRequest == request else { return [] }
            console?.dead.membersRequest = nil
            console?.dead.takeMembers(members)
            arrangeConsole()
            return []
        case .deadCollected(let request, let jobs, let tasks, let queueless, let hindrances, let price):
            deadCollected(request, jobs: jobs, tasks: tasks, queueless: queueless, hindrances, price: price)
            return []
        case .jobsLoaded(let request, let page, let watched, let seconds, let at):
            let pause = JobsState.pause(after: seconds, moving: console?.jobs.arrivals(in: page) ?? 0)
            return answered(request, at, pause: pause) {
                $0.jobs.take(page, watchedUntil: watched, at: at)
            }
        case .jobLoaded(let request, let details, let at):
            guard let details else { return jobGone(request, at) }
            let effects = answered(request, at) { $0.jobs.takeDetails(details, at: at) }
            reflowConsole()
            return effects
        case .jobsCollected(let request, let ids, let queueless, let hindrances, let price):
            jobsCollected(request, ids, queueless: queueless, hindrances, price: price)
            return []
        case .inboxLoaded(let request, let items, let isThorough, let at):
            return answered(request, at, pause: InboxState.pause) {
                $0.inbox.take(items, isThorough: isThorough, at: at)
            }
        case .healthLoaded(let request, let entries, let at):
            return answered(request, at, pause: HealthState.pause) { $0.health.take(entries, at: at) }
        case .costsLoaded(let request, let report, let at):
            return answered(request, at, pause: CostsState.pause) { $0.costs.take(report, at: at) }
        case .deadLetterLoaded(let request, let details):
            deadLetterLoaded(request, details.map(DeadState.pane(of:)))
            return []
        case .deadJobLoaded(let request, let details):
            deadLetterLoaded(request, details.map(JobPane.pane(of:)))
            return []
        case .queueMarked(let request, let mark):
            queueMarked(request, mark)
            return []
        case .acted(let request, let notice):
            guard let action = console?.acting.removeValue(forKey: request) else { return [] }
            activity.notice = notice
            return lookAgain(after: action)
        case .onlyLookingAllowed:
            console?.mayOnlyLook = true
            return []
        case .timeTold(let request, let now): return timeTold(request, now)
        default: return nil
        }
    }

    private mutating func answered(
        _ request: RequestID, _ moment: Double, pause: Double = ConsoleState.Poll.pause,
        _ take: (inout ConsoleState) -> Void
    ) -> [Effect] {
        guard var console, console.poll.request == request else { return [] }
        let watch = console.poll.watch
        let timer = makeRequest()
        let clock = console.poll.clock
        console.poll = ConsoleState.Poll(timer: timer, hasAnswered: true)
        console.now = max(console.now, moment)
        take(&console)
        self.console = console
        arrangeConsole()
        return [watch, clock].compactMap(\.self).map { .cancel($0) } + [.tellTime(timer, after: pause)]
    }

    private mutating func jobGone(_ request: RequestID, _ moment: Double) -> [Effect] {
        guard console?.poll.request == request else { return [] }
        console?.jobs.detail = nil
        activity.notice = Notice(.information, "the job is gone")
        return answered(request, moment) { _ in }
    }

    private mutating func deadLetterLoaded(_ request: RequestID, _ pane: TextPane?) {
        guard console?.dead.letterRequest == request else { return }
        console?.dead.letterRequest = nil
        guard let pane else {
            console?.dead.letter = nil
            activity.notice = Notice(.information, "it is gone: somebody was faster")
            return
        }
        console?.dead.letter?.pane = pane
        reflowConsole()
    }

    private mutating func timeTold(_ request: RequestID, _ now: Double) -> [Effect] {
        guard let poll = console?.poll else { return [] }
        if request == console?.pending?.timer { return countDown() }
        if request == poll.clock {
            console?.poll.clock = nil
            if let known = console?.now, known < now { console?.now = now }
        } else if request == poll.timer {
            console?.poll.timer = nil
            console?.now = now
        } else if request == poll.watch {
            console?.now = now
            console?.poll.isLate = true
            let watch = makeRequest()
            console?.poll.watch = watch
            return [.tellTime(watch, after: ConsoleState.Poll.pause)]
        }
        return []
    }

    /// What failed, if it was the console's; the effects, or nil for anything else.
    mutating func consoleFailed(_ request: RequestID, _ error: EngineError) -> [Effect]? {
        guard var poll = console?.poll else { return nil }
        if request == poll.request {
            let watch = poll.watch
            let hasAnswered = poll.hasAnswered
            poll = ConsoleState.Poll(timer: makeRequest(), error: error, hasAnswered: hasAnswered)
            console?.poll = poll
            let wait: [Effect] = poll.timer.map { [.tellTime($0, after: ConsoleState.Poll.pause)] } ?? []
            return (watch.map { [.cancel($0)] } ?? []) + wait
        }
        if request == console?.dead.letterRequest {
            console?.dead.letterRequest = nil
            console?.dead.letter = nil
            activity.notice = Notice(error)
            return []
        }
        if request == console?.dead.membersRequest {
            // Asked again once the group is looked into again.
            console?.dead.membersRequest = nil
            console?.dead.group = nil
            activity.notice = Notice(error)
            return []
        }
        if request == console?.dead.collecting?.request {
            console?.dead.collecting = nil
            activity.notice = Notice(error)
            return []
        }
        if request == console?.marking {
            console?.marking = nil
            activity.notice = Notice(error)
            return []
        }
        if request == console?.jobs.collecting?.request {
            console?.jobs.collecting = nil
            activity.notice = Notice(error)
            return []
        }
        if let action = console?.acting.removeValue(forKey: request) {
            activity.notice = Notice(.error, "\(action.verb) failed: \(error.description)")
            return lookAgain(after: action)
        }
        return nil
    }

    /// Asks at once, instead of after the pause.
    mutating func lookAgain(after action: ConsoleAction? = nil) -> [Effect] {
        if action?.isOnDeadLetters == true { console?.dead.distrust() }
        if case .onJobs = action { console?.jobs.forgetMark() }
        guard let timer = console?.poll.timer else { return [] }
        console?.poll.timer = nil
        return [.cancel(timer)]
    }

    /// Gives up what only the console's screens wait for. What is to be done, and is being done, goes on.
    mutating func leaveConsole() -> [Effect] {
        guard let console else { return [] }
        let given =
            console.poll.underway
            + [
                console.dead.letterRequest, console.dead.membersRequest, console.dead.collecting?.request,
                console.jobs.collecting?.request,
            ].compactMap(\.self)
        // Who is asked next may be somebody else.
        let isOfBroker = [.queues, .messages, .workers, .dead].contains(context)
        let isSilent = console.poll.isLate || console.poll.error != nil
        self.console?.poll = ConsoleState.Poll(wasSilent: isOfBroker && (isSilent || console.poll.isDoubted))
        self.console?.jobs.collecting = nil
        self.console?.inbox.wantsThorough = false
        self.console?.dead.letterRequest = nil
        self.console?.dead.membersRequest = nil
        self.console?.dead.collecting = nil
        return given.map { .cancel($0) }
    }

    // Rows

    /// Rows of the list that shows.
    var consoleRows: Int {
        let rows = (console?.area.rows ?? 0) - 2
        switch context {
        case .workers: return max(1, rows - workerDetailRows)
        case .dead: return max(1, rows - deadDetailRows)
        case .inbox: return max(1, rows - inboxDetailRows)
        case .health: return max(1, rows - healthDetailRows)
        default: return max(1, rows)
        }
    }

    /// Rows of a text that shows instead of a list.
    var consolePaneRows: Int { max(1, (console?.area.rows ?? 1) - 1) }

    /// Filters and sorts what came, and keeps each cursor on its row.
    mutating func arrangeConsole() {
        guard var console else { return }
        let visible = max(1, console.area.rows - 2)
        console.queues.arrange(filter: console.filter(in: .queues), visible: visible)
        console.workers.arrange(filter: console.filter(in: .workers), visible: max(1, visible - workerDetailRows))
        console.dead.arrange(filter: console.filter(in: .dead), visible: max(1, visible - deadDetailRows))
        console.jobs.arrange(visible: visible)
        console.inbox.arrange(visible: max(1, visible - inboxDetailRows))
        console.costs.arrange(visible: visible)
        console.health.arrange(visible: max(1, visible - healthDetailRows))
        if let messages = console.messages {
            console.messages?.cursor.settle(in: messages.keys, visible: visible)
        }
        self.console = console
    }

    mutating func reflowConsole() {
        guard let console else { return }
        let (width, rows) = (max(1, console.area.columns - 2), consolePaneRows)
        self.console?.messages?.detail?.wrap(to: width, rows: rows)
        self.console?.dead.letter?.pane?.wrap(to: width, rows: rows)
        let textWidth = max(1, jobAreas(console.area).text.columns - 2)
        self.console?.jobs.detail?.pane?.wrap(to: textWidth, rows: rows)
        arrangeConsole()
    }
}
