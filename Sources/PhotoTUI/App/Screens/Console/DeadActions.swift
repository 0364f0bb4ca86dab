import Core

extension AppState {
    /// What is done to what will not be tried again by itself.
    mutating func performOnDead(_ action: Action) -> [Effect] {
        switch action {
        case .retryDead: return retryDead()
        case .deleteDead: if let choice = deadChoice(forRetry: false) { decide(.delete(choice)) }
        case .retryAllDead:
            let choice = allDead(forRetry: true)
            let groups = (console?.dead.groups ?? []).filter { $0.source != .letter }
            if !groups.isEmpty { return collectDead(choice, groups) }
            decide(.retry(choice))
        default: decide(.delete(allDead(forRetry: false)))
        }
        return []
    }

    func reasonNoChangeOfDead(_ action: Action, _ console: ConsoleState) -> String? {
        switch action {
        case .retryDead, .retryAllDead:
            let groups = action == .retryDead ? [console.dead.cursorGroup].compactMap(\.self) : console.dead.groups
            if groups.contains(where: { $0.source != .letter }) { return nil }
            let choice = action == .retryDead ? deadChoice(forRetry: true) : allDead(forRetry: true)
            guard let choice else { return "there is no dead letter" }
            guard choice.ids.isEmpty else { return nil }
            return choice.poison > 0
                ? "poison may end a worker: phototui dead retry --poison puts it back" : "there is no dead letter"
        default:
            let choice = action == .deleteDead ? deadChoice(forRetry: false) : allDead(forRetry: false)
            guard choice?.ids.isEmpty != false else { return nil }
            switch action == .deleteDead ? console.dead.cursorGroup?.source : console.dead.groups.first?.source {
            case .job: return "a dead job stays in the catalogue"
            case .task: return "a failed task stays in the history for as long as that keeps it"
            default: return "there is no dead letter"
            }
        }
    }

    /// `dead job ID`, or `88 dead jobs (group ID)`.
    var deadSubject: String {
        guard let dead = console?.dead, let group = dead.cursorGroup else { return "dead letters" }
        if dead.group != nil, let id = dead.letter?.id ?? dead.cursorLetter?.id { return "\(group.source.noun) \(id)" }
        return "\(counted(group.count, group.source.noun)) (group \(group.id))"
    }

    /// The letters under the cursor: one, or a group. Jobs and tasks are none.
    private func deadChoice(forRetry isRetry: Bool) -> DeadChoice? {
        guard let dead = console?.dead, let group = dead.cursorGroup else { return nil }
        var extent = DeadChoice.Extent.group(group.id)
        var ids = group.letters.reversed().map(\.id)
        if dead.group != nil {
            guard let id = dead.letter?.id ?? dead.cursorLetter?.id else { return nil }
            (extent, ids) = (.letter(id), [id])
        }
        if group.source != .letter { ids = [] }
        let isKept = isRetry && group.kind == .poison
        return DeadChoice(
            extent: extent, match: dead.group == nil ? console?.filter(in: .dead) ?? "" : "", ids: isKept ? [] : ids,
            poison: isKept ? ids.count : 0)
    }

    /// The group or the letter under the cursor; which jobs and tasks a group has is asked first.
    private mutating func retryDead() -> [Effect] {
        guard let choice = deadChoice(forRetry: true), let group = console?.dead.cursorGroup else { return [] }
        guard group.source != .letter else {
            decide(.retry(choice))
            return []
        }
        var only: String?
        if case .letter(let id) = choice.extent { only = id }
        return collectDead(choice, [group], only: only)
    }

    private mutating func collectDead(
        _ choice: DeadChoice, _ groups: [DeadSummaryGroup], only: String? = nil
    ) -> [Effect] {
        let request = makeRequest()
        let given = console?.dead.collecting?.request
        console?.dead.collecting = (request, choice)
        return (given.map { [.cancel($0)] } ?? [])
            + [.collectDead(request, groups, only: only, match: choice.match)]
    }

    mutating func deadCollected(
        _ request: RequestID, jobs: [String], tasks: [String], queueless: [String], _ hindrances: [RetryHindrance],
        price: Double?
    ) {
        guard let collecting = console?.dead.collecting, collecting.request == request else { return }
        console?.dead.collecting = nil
        guard context == .dead, layers.isEmpty else { return }
        var choice = collecting.choice
        (choice.jobs, choice.tasks, choice.hindrances, choice.price) = (jobs, tasks, hindrances, price)
        choice.queueless = queueless
        guard choice.count > 0 || !queueless.isEmpty else {
            activity.notice = Notice(
                .warning, RetryHindrance.sentence(hindrances) ?? "they are gone: somebody was faster")
            return
        }
        decide(.retry(choice))
    }

    /// All that the filter lets through, whatever of it shows.
    private func allDead(forRetry isRetry: Bool) -> DeadChoice {
        let groups = (console?.dead.groups ?? []).filter { $0.source == .letter }
        let poison = groups.filter { $0.kind == .poison }.reduce(0) { $0 + $1.letters.count }
        let letters = groups.filter { !isRetry || $0.kind != .poison }.flatMap(\.letters).sorted { $0.at < $1.at }
        return DeadChoice(
            extent: .all, match: console?.filter(in: .dead) ?? "", ids: letters.map(\.id), poison: isRetry ? poison : 0)
    }
}
