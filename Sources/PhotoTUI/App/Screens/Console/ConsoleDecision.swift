import Core
import Grid
public import Widgets

/// An action before it is agreed to: what it would touch, and why it is done.
public struct ConsoleDecision: Hashable, Sendable {
    public internal(set) var action: ConsoleAction
    /// What has to be typed, or may be: the name of a queue.
    public var typed: TextField?
    /// For the journal.
    public var reason = TextField()
    var isOnReason: Bool

    init(_ action: ConsoleAction) {
        self.action = action
        switch action {
        case .move, .purge: typed = TextField()
        case .limitRate(let task, _, _): typed = TextField(task.isEmpty ? "" : task + " ")
        case .retry(let choice) where !choice.queueless.isEmpty: typed = TextField()
        case .onJobs(let choice) where !choice.queueless.isEmpty: typed = TextField()
        default: typed = nil
        }
        isOnReason = typed == nil
    }

    /// With what was typed.
    var complete: ConsoleAction {
        if case .move(let queue, _, _) = action { return .move(queue: queue, to: typed?.text ?? "") }
        if case .limitRate(_, _, let worker) = action {
            let words = (typed?.text ?? "").split(separator: " ")
            let rate = words.count > 1 ? String(words[words.count - 1]) : ""
            let task = words.dropLast(rate.isEmpty ? 0 : 1).joined(separator: " ")
            return .limitRate(task: task, rate: rate, worker: worker)
        }
        if case .retry(let choice) = action { return .retry(choice.sent(to: typed?.text ?? "")) }
        if case .onJobs(let choice) = action { return .onJobs(choice.sent(to: typed?.text ?? "")) }
        return action
    }

    /// Why it can't be agreed to yet.
    var fault: String? {
        switch complete {
        case .move(_, "", _): "type the queue that they move to"
        case .move(let queue, let other, _) where queue == other: "they are in \(queue) already"
        case .limitRate(let task, let rate, _) where task.isEmpty || !Self.isRate(rate):
            "type the task and its rate: shop.export 10/m, or 0 for no limit"
        case .purge(let queue, _) where typed?.text != queue: "type the queue's name: \(queue)"
        case .purge(_, nil): "what waits is not counted yet"
        case .retry(let choice) where choice.count == 0: "type the queue that they go to"
        case .onJobs(let choice) where choice.ids.isEmpty: "type the queue that they go to"
        default: nil
        }
    }

    /// `5/s`, `10/m`, `100/h`, `0`: as the command takes it.
    public static func isRate(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isUnit = parts.count == 1 || (parts.count == 2 && ["s", "m", "h"].contains(parts[1]))
        guard isUnit, let count = parts.first.flatMap({ Double($0) }) else { return false }
        return (0...1e9).contains(count)
    }

    mutating func insert(_ text: String) {
        if isOnReason { reason.insert(text) } else { typed?.insert(text) }
    }

    mutating func handle(_ press: KeyPress) {
        switch press.key {
        case .tab, .up, .down: if typed != nil { isOnReason.toggle() }
        default:
            if isOnReason { _ = reason.handle(press) } else { _ = typed?.handle(press) }
        }
    }
}

extension AppState {
    mutating func decide(_ action: ConsoleAction) { layers.append(.consoleDecision(ConsoleDecision(action))) }

    /// What is agreed to is what waited when it was asked.
    mutating func decidePurge(of queue: String) -> [Effect] {
        decide(.purge(queue: queue))
        let request = makeRequest()
        console?.marking = request
        return [.markQueue(request, queue: queue)]
    }

    mutating func queueMarked(_ request: RequestID, _ mark: QueueMark) {
        guard console?.marking == request else { return }
        console?.marking = nil
        guard case .consoleDecision(var decision)? = layers.last, case .purge(let queue, _) = decision.action else {
            return
        }
        decision.action = .purge(queue: queue, upTo: mark)
        layers[layers.count - 1] = .consoleDecision(decision)
    }

    mutating func handleConsoleDecision(_ press: KeyPress, _ decision: ConsoleDecision) -> [Effect] {
        var decision = decision
        switch press.key {
        case .escape:
            activity.notice = Notice(.information, "nothing was changed")
            return []
        case .enter:
            if let fault = decision.fault {
                activity.notice = Notice(.warning, fault)
                decision.isOnReason = false
                layers.append(.consoleDecision(decision))
                guard case .purge(let queue, _) = decision.action, let typed = decision.typed?.text, !typed.isEmpty,
                    typed != queue
                else { return [] }
                return record(
                    ConsoleState.Refusal(
                        action: "purge queue", subject: "queue \(queue)", reason: "the name typed was \(typed)",
                        purpose: decision.reason.text))
            }
            if let fault = faultBefore(decision.complete) {
                activity.notice = Notice(.warning, fault)
                let deed = decision.complete.deed
                return record(
                    ConsoleState.Refusal(
                        action: deed.name, subject: deed.subject, reason: fault, purpose: decision.reason.text))
            }
            return schedule(settled(decision.complete), reason: decision.reason.text)
        default:
            decision.handle(press)
            layers.append(.consoleDecision(decision))
            return []
        }
    }

    /// A queue that nobody knows is made by what moves to it.
    private func settled(_ action: ConsoleAction) -> ConsoleAction {
        guard case .move(let queue, let other, _) = action, !other.isEmpty, let listing = console?.queues.listing,
            !listing.queues.contains(where: { $0.name == other })
        else { return action }
        return .move(queue: queue, to: other, creates: true)
    }

    /// What has changed since the dialog was opened.
    private func faultBefore(_ action: ConsoleAction) -> String? {
        // What the inbox could not look at is among its findings.
        if case .mend = action { return nil }
        guard let poll = console?.poll, !poll.isLate, poll.error == nil, !poll.isDoubted else {
            return reasonUnread
        }
        return nil
    }

    private mutating func schedule(_ action: ConsoleAction, reason: String) -> [Effect] {
        let timer = makeRequest()
        console?.pending = PendingAction(
            action: action, reason: reason, secondsLeft: PendingAction.seconds, timer: timer)
        return [.tellTime(timer, after: 1)]
    }

    mutating func countDown() -> [Effect] {
        guard var pending = console?.pending else { return [] }
        pending.secondsLeft -= 1
        if pending.secondsLeft > 0 {
            pending.timer = makeRequest()
            console?.pending = pending
            return [.tellTime(pending.timer, after: 1)]
        }
        console?.pending = nil
        if let fault = faultBefore(pending.action) {
            // Sent now, it would be done whenever somebody answers at that address.
            activity.notice = Notice(
                .warning, "not done, since \(fault): \(pending.action.verb) \(subject(of: pending.action))")
            let deed = pending.action.deed
            return record(
                ConsoleState.Refusal(
                    action: deed.name, subject: deed.subject, reason: fault, purpose: pending.reason))
        }
        let request = makeRequest()
        console?.acting[request] = pending.action
        return [.act(request, pending.action, reason: pending.reason)]
    }

    /// Takes back what waits to be done; nil where nothing does.
    mutating func withdraw() -> [Effect]? {
        guard let pending = console?.pending else { return nil }
        console?.pending = nil
        activity.notice = Notice(.success, "taken back: nothing is done to \(subject(of: pending.action))")
        let deed = pending.action.deed
        let refusal = ConsoleState.Refusal(
            action: deed.name, subject: deed.subject, reason: "taken back", purpose: pending.reason)
        // Each time: whoever takes back the same twice has done it twice.
        return [.cancel(pending.timer)] + (console?.hasBroker == true ? [.recordRefusal(refusal)] : [])
    }

    // Words

    /// `312 messages of celery`.
    func subject(of action: ConsoleAction) -> String {
        switch action {
        case .pause(let queue), .resume(let queue): return "queue \(queue)"
        case .move(let queue, "", _): return "\(counted(depth(of: queue), "message")) of \(queue)"
        case .purge(let queue, let mark):
            return "\(counted(mark?.count ?? depth(of: queue), "message")) of \(queue)"
        case .move(let queue, let other, _):
            return "\(counted(depth(of: queue), "message")) of \(queue) to \(other)"
        case .retry(let choice), .delete(let choice): return choice.counts
        case .onJobs(let choice):
            return choice.ids.count == 1 ? "job \(choice.ids[0])" : counted(choice.ids.count, "job")
        case .shutDown(let worker): return worker
        case .limitRate(let task, let rate, let worker):
            return "\(task.isEmpty ? "a task" : task)\(rate.isEmpty ? "" : " to \(rate)") on \(worker)"
        case .mend(let fix): return "it by " + fix.words.prefix(2).joined(separator: " ")
        }
    }

    private func depth(of queue: String) -> Int {
        console?.queues.listing?.queues.first { $0.name == queue }?.depth ?? 0
    }

    /// `retrying 312 dead letters in 8 s, u undoes`; nil where nothing waits.
    var pendingText: String? {
        guard let console else { return nil }
        if let pending = console.pending {
            let undo = keyMap.keyName(for: .undo)
            return "\(pending.action.verb) \(subject(of: pending.action)) in \(pending.secondsLeft) s"
                + (undo.isEmpty ? "" : ", \(undo) undoes")
        }
        return console.acting.values.first.map { "\($0.verb) \(subject(of: $0))" + look.lines.ellipsis }
    }

    /// What leaving now keeps from being done; nil where nothing waits.
    public var refusalOfLeaving: ConsoleState.Refusal? {
        console?.pending.map { pending in
            let deed = pending.action.deed
            return ConsoleState.Refusal(
                action: deed.name, subject: deed.subject, reason: "left before it was done", purpose: pending.reason)
        }
    }

    /// The same in words.
    public var leftUndone: String? {
        console?.pending.map { "\($0.action.verb) \(subject(of: $0.action))" }
    }

    /// What an action would touch, a sentence each; the second is whether it is to be minded.
    func consequences(of action: ConsoleAction) -> [(text: String, isWarning: Bool)] {
        guard let console else { return [] }
        let queues = console.queues.listing?.queues ?? []
        func state(_ name: String) -> QueueState? { queues.first { $0.name == name } }
        switch action {
        case .pause(let queue):
            return [
                ("\(counted(depth(of: queue), "message")) of \(queue) will wait. What runs is finished.", false),
                ("phototui's workers heed it also after a restart; Celery's are asked to stop consuming it.", false),
            ]
        case .resume(let queue):
            return [("\(counted(depth(of: queue), "message")) of \(queue) may be taken again.", false)]
        case .move(let queue, let other, _):
            var lines = [("\(subject(of: .move(queue: queue, to: ""))) move to the end of the other queue.", false)]
            if !other.isEmpty, other != queue {
                let target = state(other)
                let waiting = target.map { "\(counted($0.depth, "message")) wait in \(other)." }
                let none = "There is no queue \(other) yet: no worker is known to take it."
                lines.append((waiting ?? none, target == nil))
                lines.append(("A Celery worker there throws away what it has no task for.", true))
            }
            return lines
        case .purge(let queue, _):
            return [
                ("\(subject(of: action)) will be lost, for good. What comes from now on stays.", true),
                ("What workers hold (\(grouped(state(queue)?.unacknowledged ?? 0))) is not touched.", false),
            ]
        case .retry(let choice):
            let way = choice.ids.count == 1 ? "goes back to the end of its queue" : "go back to the end of their queues"
            var lines: [(text: String, isWarning: Bool)] = []
            if !choice.ids.isEmpty { lines.append(("\(counted(choice.ids.count, "dead letter")) \(way).", false)) }
            if !choice.jobs.isEmpty {
                let verb = choice.jobs.count == 1 ? "is" : "are"
                lines.append(
                    (
                        "\(counted(choice.jobs.count, "dead job")) \(verb) queued again, with attempts counted from 0.",
                        false
                    ))
                lines += Self.consequences(ofPrice: choice.price)
            }
            lines += consequencesOfSending(
                choice.tasks.count, queueless: choice.queueless.count, to: choice.to, choice.hindrances)
            if choice.poison > 0 {
                let stay = choice.poison == 1 ? "stays" : "stay"
                lines.append(("\(counted(choice.poison, "letter")) of poison \(stay).", true))
            }
            return lines
        case .delete: return [("\(subject(of: action)) will be lost, for good.", true)]
        case .onJobs(let choice): return consequences(of: choice)
        case .shutDown(let worker):
            let active = console.workers.rows.first { $0.worker.name == worker }?.worker.active.count ?? 0
            return [
                ("\(worker) finishes what it runs (\(counted(active, "task"))), and ends.", true),
                ("Whatever started it may start it again.", false),
            ]
        case .limitRate(_, let rate, let worker):
            let isNone = !rate.isEmpty && Double(rate.prefix { $0 != "/" }) == 0
            return [
                (
                    isNone
                        ? "\(worker) has no limit for tasks of this name any more."
                        : "\(worker) begins no more tasks of this name than that, until it ends.", false
                ),
                ("phototui's workers have no such limit, and refuse it.", false),
            ]
        case .mend(let fix): return [(fix.explanation, false), ("The command below is run.", false)]
        }
    }

    func drawConsoleDecision(_ decision: ConsoleDecision, into grid: inout Grid) -> Position? {
        let action = settled(decision.complete)
        let width = min(76, size.columns - 2)
        let labelWidth = min(9, width / 4)
        var lines: [(label: String, text: String, role: StyleRole)] = []
        func add(_ label: String, _ text: String, _ role: StyleRole) {
            for (row, line) in displayEscaped(text).pieces(atMost: max(4, width - labelWidth - 4)).enumerated() {
                lines.append((row == 0 ? label : "", line, role))
            }
        }
        for line in consequences(of: action) { add("", line.text, line.isWarning ? .warning : .value) }
        if let console {
            let words = action.words(options: console.options, reason: decision.reason.text)
            // Escaped where it is quoted.
            let command = (["phototui"] + words.map { shellQuoted($0) }).joined(separator: " ")
            for (row, line) in command.pieces(atMost: max(4, width - labelWidth - 4)).enumerated() {
                lines.append((row == 0 ? "same as" : "", line, .dim))
            }
        }
        let fields = decision.typed == nil ? 1 : 2
        let rect = Rect(size).centered(GridSize(columns: width, rows: min(size.rows, lines.count + 4 + fields)))
        grid.fill(rect, with: Cell(" ", paint: .role(.dialog)))
        let inside = grid.drawBox(
            rect, title: action.title, role: .dialogBorder, titleRole: .dialogTitle, lines: look.lines
        ).inset(columns: 1)
        let (foot, list) = inside.splitBottom(min(fields + 1, inside.rows))
        for (row, line) in lines.prefix(list.rows).enumerated() {
            grid.write(
                line.label, at: Position(row: list.row + row, column: list.column), role: .label,
                maxWidth: labelWidth - 1, ascii: look.lines.isASCII)
            grid.write(
                line.text, at: Position(row: list.row + row, column: list.column + labelWidth), role: line.role,
                maxWidth: list.columns - labelWidth, ascii: look.lines.isASCII)
        }
        var cursor: Position?
        func drawField(_ label: String, _ field: TextField, row: Int, hint: String, isFocused: Bool) {
            guard foot.row + row < foot.endRow - 1 else { return }
            grid.write(
                label, at: Position(row: foot.row + row, column: foot.column), role: .label, maxWidth: labelWidth - 1)
            let area = Rect(
                row: foot.row + row, column: foot.column + labelWidth, rows: 1, columns: foot.columns - labelWidth)
            let place = field.draw(
                into: &grid, in: area, placeholder: hint, isFocused: isFocused, lines: look.lines)
            if isFocused { cursor = place }
        }
        if let typed = decision.typed {
            let (label, hint) =
                switch action {
                case .move: ("to", "the other queue")
                case .limitRate: ("task", "shop.export 10/m")
                case .retry, .onJobs: ("to", "the queue that they go to")
                default: ("queue", "its name, to be sure")
                }
            drawField(
                label, typed, row: 0, hint: hint,
                isFocused: !decision.isOnReason)
        }
        drawField(
            "why", decision.reason, row: fields - 1, hint: "optional, for the journal", isFocused: decision.isOnReason)
        let foundFault = decision.typed?.text.isEmpty == false ? decision.fault : nil
        let tab = decision.typed == nil ? "" : ", tab goes to the other field"
        grid.write(
            foundFault.map { displayEscaped($0) }
                ?? "enter does it in \(PendingAction.seconds) s, esc changes nothing\(tab)",
            at: Position(row: foot.endRow - 1, column: foot.column), role: foundFault == nil ? .label : .warning,
            maxWidth: foot.columns, ascii: look.lines.isASCII)
        return cursor
    }
}
