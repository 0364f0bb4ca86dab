import Core
import Grid
import Widgets

extension AppState {
    mutating func openQueues() -> [Effect] { goTo(.queues) }

    /// What an action does on the console's screens.
    mutating func performInConsole(_ action: Action) -> [Effect] {
        if let effects = performOnJobs(action) ?? performInInbox(action) { return effects }
        switch action {
        case .moveUp: return moveInConsole(by: -1)
        case .moveDown: return moveInConsole(by: 1)
        case .halfPageDown: return moveInConsole(by: max(1, shownRows / 2))
        case .halfPageUp: return moveInConsole(by: -max(1, shownRows / 2))
        case .pageDown: return moveInConsole(by: shownRows)
        case .pageUp: return moveInConsole(by: -shownRows)
        case .firstRow:
            if context == .jobs, !showsText { console?.jobs.follows = true }
            return moveInConsole(by: -1_000_000_000)
        case .lastRow: return moveInConsole(by: 1_000_000_000)
        case .openRow: return openRow()
        case .closeRow: return stepBack() ?? []
        case .leaveConsole: return stepBack() ?? quit()
        case .sortQueues:
            console?.queues.nextOrder()
            arrangeConsole()
        case .filterRows:
            let text = console?.filter(in: context) ?? ""
            layers.append(.consoleFilter(TextField(text), before: text))
        case .lookAgain:
            if context == .messages { console?.messages?.messages = nil }
            if context == .dead { console?.dead.distrust() }
            if context == .jobs { console?.jobs.forgetMark() }
            return lookAgain()
        case .pauseQueue:
            guard let queue = actionQueue else { return [] }
            decide(queue.isPaused ? .resume(queue: queue.name) : .pause(queue: queue.name))
        case .moveQueue: if let queue = actionQueue { decide(.move(queue: queue.name, to: "")) }
        case .purgeQueue: if let queue = actionQueue { return decidePurge(of: queue.name) }
        case .shutDownWorker:
            if let row = console?.workers.cursorRow { decide(.shutDown(worker: row.worker.name)) }
        case .limitRate:
            guard let row = console?.workers.cursorRow else { return [] }
            decide(.limitRate(task: row.worker.active.first?.task ?? "", rate: "", worker: row.worker.name))
        case .retryDead, .deleteDead, .retryAllDead, .deleteAllDead: return performOnDead(action)
        default: break
        }
        return []
    }

    /// Why an action can't be done on the console's screens; nil when it can.
    func reasonUnavailableInConsole(_ action: Action) -> String? {
        guard let console else { return reasonNoConsole }
        switch action {
        case .retryJob, .retryAllJobs, .cancelJob, .cancelAllJobs, .revokeJob, .revokeAllJobs, .terminateJob:
            return reasonNoChange(action, console) ?? reasonUnavailableOnJobs(action, console)
        case .followJobs, .showJobPhoto: return reasonUnavailableOnJobs(action, console)
        case .mendFinding, .lookThoroughly: return reasonUnavailableInInbox(action, console)
        case .shutDownWorker, .limitRate, .pauseQueue, .moveQueue, .purgeQueue, .retryDead, .retryAllDead, .deleteDead,
            .deleteAllDead:
            return reasonNoChange(action, console)
        case .undo: return console.pending == nil ? "nothing waits to be done" : nil
        case .openRow:
            if context == .dead, console.dead.letter != nil { return "there is nothing to look into" }
            if context == .messages, console.messages?.detail != nil { return "there is nothing to look into" }
            if context == .jobs, console.jobs.detail != nil { return "there is nothing to look into" }
            return consoleKeys.isEmpty ? "there is nothing to look into" : nil
        case .filterRows:
            if context == .jobs, console.jobs.detail != nil { return "one job is all that shows" }
            return context == .dead && console.dead.letter != nil ? "one letter is all that shows" : nil
        case .closeRow:
            return canStepBack ? nil : "this is the first screen: \(keyMap.keyName(for: .leaveConsole)) leaves"
        default: return nil
        }
    }

    private func reasonNoChange(_ action: Action, _ console: ConsoleState) -> String? {
        if let obstacle = console.obstacle { return obstacle }
        if let reason = reasonBusy(console) { return reason }
        if console.poll.isLate || console.poll.error != nil || isDoubted {
            return reasonUnread
        }
        switch action {
        case .retryJob, .retryAllJobs, .cancelJob, .cancelAllJobs, .revokeJob, .revokeAllJobs, .terminateJob: return nil
        case .shutDownWorker, .limitRate:
            guard let row = console.workers.cursorRow else { return "there is no worker" }
            if row.presence == .gone { return "it is gone" }
            return row.worker.hasAnswered ? nil : "it does not answer"
        case .pauseQueue: return actionQueue == nil ? "there is no queue" : nil
        case .moveQueue, .purgeQueue:
            guard let queue = actionQueue else { return "there is no queue" }
            return queue.depth == 0 ? "nothing waits in it" : nil
        default: return reasonNoChangeOfDead(action, console)
        }
    }

    /// What an action would do, as the journal has it; nil for one that changes nothing.
    private func deed(of action: Action) -> (name: String, subject: String)? {
        let queue = "queue \(actionQueue?.name ?? "?")"
        let job = "task \(console?.jobs.chosen?.id ?? "?")"
        let worker = console?.workers.cursorRow.map { "worker \($0.worker.name)" } ?? "no worker"
        switch action {
        case .pauseQueue: return (actionQueue?.isPaused == true ? "resume queue" : "pause queue", queue)
        case .moveQueue: return ("move queue", queue)
        case .purgeQueue: return ("purge queue", queue)
        case .retryDead: return ("retry dead", deadSubject)
        case .retryAllDead: return ("retry dead", "all that the filter lets through")
        case .deleteDead: return ("delete dead", deadSubject)
        case .deleteAllDead: return ("delete dead", "all that the filter lets through")
        case .shutDownWorker: return ("shut down worker", worker)
        case .limitRate: return ("limit rate", worker)
        case .retryJob: return ("retry jobs", job)
        case .cancelJob: return ("cancel jobs", job)
        case .revokeJob: return ("revoke task", job)
        case .terminateJob: return ("terminate task", job)
        case .retryAllJobs: return ("retry jobs", "all that the filter lets through")
        case .cancelAllJobs: return ("cancel jobs", "all that the filter lets through")
        case .revokeAllJobs: return ("revoke task", "all that the filter lets through")
        case .mendFinding: return ("mend", console?.inbox.cursorItem.map { $0.kind.rawValue } ?? "a finding")
        default: return nil
        }
    }

    /// Why nothing is done while nobody answers.
    var reasonUnread: String { context == .jobs ? "the jobs can't be read now" : "the broker does not answer" }

    /// Has it written down that an action was refused since nothing may be changed here, or nobody answers.
    mutating func recordRefusal(of action: Action, _ reason: String) -> [Effect] {
        guard isOnConsole, reason == console?.obstacle || reason == reasonUnread, let deed = deed(of: action) else {
            return []
        }
        return record(ConsoleState.Refusal(action: deed.name, subject: deed.subject, reason: reason))
    }

    /// Once, however often it is tried.
    mutating func record(_ refusal: ConsoleState.Refusal) -> [Effect] {
        guard console?.hasBroker == true, console?.refused != refusal else { return [] }
        console?.refused = refusal
        return [.recordRefusal(refusal)]
    }

    func reasonBusy(_ console: ConsoleState) -> String? {
        if console.pending != nil { return "another action waits: \(keyMap.keyName(for: .undo)) takes it back" }
        return console.acting.isEmpty ? nil : "another action is under way"
    }

    /// Whether the jobs are those of a library.
    var hasJobsOfLibrary: Bool { hasLibrary || console?.hasCatalog == true }

    var reasonNoConsole: String? {
        console?.hasBroker != true ? "this library has no broker: phototui console --broker URL shows any" : nil
    }

    /// The queue that an action is for: in its messages, too.
    var actionQueue: QueueState? {
        guard let console else { return nil }
        guard context == .messages else { return console.queues.cursorQueue }
        return console.queues.listing?.queues.first { $0.name == console.messages?.queue }
    }

    var consoleFilterHint: String {
        switch context {
        case .workers: "name, queue, task, or alive, silent, gone"
        case .jobs: "state:failed task:photo.* since:2h owner:NAME, text of the error, or /regex/"
        case .dead: "text of the error or the task"
        default: "name of a queue"
        }
    }

    // In and out

    private mutating func openRow() -> [Effect] {
        guard var console else { return [] }
        switch context {
        case .queues:
            guard let queue = console.queues.cursorQueue else { return [] }
            self.console?.messages = MessagesState(queue: queue.name)
            return goTo(.messages)
        case .messages:
            guard let messages = console.messages, let message = messages.cursorMessage else { return [] }
            let at = messages.answeredAt ?? console.now
            console.messages?.detail = MessagesState.pane(of: message, in: messages.queue, now: at)
            self.console = console
            reflowConsole()
        case .dead:
            if let letter = console.dead.cursorLetter {
                console.dead.letter = (letter.id, nil)
            } else if let group = console.dead.cursorGroup, console.dead.group == nil {
                console.dead.group = group
                if group.source != .letter { console.dead.forgetMembers() }
                console.dead.letterCursor = RowCursor()
            }
            self.console = console
            arrangeConsole()
        case .jobs:
            guard let job = console.jobs.cursorJob else { return [] }
            let given = console.poll.underway
            console.jobs.detail = JobsState.Detail(id: job.id)
            console.poll = ConsoleState.Poll()
            self.console = console
            return given.map { .cancel($0) }
        default: break
        }
        return []
    }

    private var canStepBack: Bool {
        showsText || context != .queues || hasLibrary || !(console?.filter(in: context) ?? "").isEmpty
    }

    /// Out of a text, a group, a filter, a queue, to the photos; nil where there is nothing behind.
    private mutating func stepBack() -> [Effect]? {
        if context == .messages, console?.messages?.detail != nil {
            console?.messages?.detail = nil
            return []
        }
        if context == .dead, console?.dead.letter != nil {
            console?.dead.letter = nil
            guard let request = console?.dead.letterRequest else { return [] }
            console?.dead.letterRequest = nil
            return [.cancel(request)]
        }
        if context == .dead, console?.dead.group != nil {
            console?.dead.group = nil
            guard let request = console?.dead.membersRequest else { return [] }
            console?.dead.membersRequest = nil
            return [.cancel(request)]
        }
        if context == .jobs, console?.jobs.detail != nil {
            console?.jobs.detail = nil
            let given = console?.poll.underway ?? []
            console?.poll = ConsoleState.Poll()
            return given.map { .cancel($0) }
        }
        if let filter = console?.filters[context], !filter.isEmpty {
            console?.filters[context] = ""
            arrangeConsole()
            return context == .jobs ? jobQueryChanged() : []
        }
        guard context != .queues, console?.hasBroker == true else { return hasLibrary ? goTo(.timeline) : nil }
        return goTo(.queues)
    }

    /// The filter being typed: it holds at once.
    mutating func handleConsoleFilter(_ press: KeyPress, _ field: TextField, before: String) -> [Effect] {
        var field = field
        switch press.key {
        case .escape: field = TextField(before)
        case .enter:
            // Jobs are asked for by it: not by each half of a word.
            if context == .jobs, field.text != console?.filter(in: .jobs) {
                console?.filters[.jobs] = field.text
                return jobQueryChanged()
            }
        default:
            _ = field.handle(press)
            layers.append(.consoleFilter(field, before: before))
        }
        if context != .jobs { consoleFilterTyped(field.text) }
        return []
    }

    mutating func consoleFilterTyped(_ text: String) {
        if context == .jobs { return }
        console?.filters[context] = text
        arrangeConsole()
    }

    /// A list under the mouse.
    mutating func handleInConsole(_ event: MouseEvent) -> [Effect] {
        guard let area = console?.area else { return [] }
        switch event.action {
        case .wheelDown, .wheelUp:
            let lines = event.action == .wheelDown ? 3 : -3
            if showsText { return moveInConsole(by: lines) }
            let (keys, visible) = (consoleKeys, consoleRows)
            changeCursor { $0.wheel(by: lines, in: keys, visible: visible) }
        case .press(.left) where !showsText && context != .costs:
            let line = event.position.row - area.row - 2
            guard area.contains(event.position), (0..<consoleRows).contains(line) else { return [] }
            let (keys, visible) = (consoleKeys, consoleRows)
            changeCursor { cursor in
                if cursor.scroll.offset + line < keys.count {
                    cursor.move(to: cursor.scroll.offset + line, in: keys, visible: visible)
                }
            }
        case .press(.right): return stepBack() ?? []
        default: break
        }
        return []
    }
}
