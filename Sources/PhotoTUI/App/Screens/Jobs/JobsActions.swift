import Core
import Grid
import Widgets

extension AppState {
    /// What an action does on the screen of jobs; nil for those of all of the console's screens.
    mutating func performOnJobs(_ action: Action) -> [Effect]? {
        guard context == .jobs, let jobs = console?.jobs else { return nil }
        switch action {
        case .followJobs:
            console?.jobs.follows.toggle()
            arrangeConsole()
        case .retryJob:
            if jobs.page?.source == .history { return collectJobs(.retry, only: jobs.chosen?.id) }
            decideOnJob(.retry)
        case .cancelJob: decideOnJob(.cancel)
        case .revokeJob: decideOnJob(.revoke)
        case .terminateJob: decideOnJob(.terminate)
        case .retryAllJobs: return collectJobs(.retry)
        case .cancelAllJobs: return collectJobs(.cancel)
        case .revokeAllJobs: return collectJobs(.revoke)
        case .showJobPhoto:
            guard let photo = jobs.detail?.details?.photo else { return [] }
            timeline.cursorPhoto = photo.id
            timeline.hasMoved = true
            return goTo(.timeline) + locateCursor()
        default: return nil
        }
        return []
    }

    func reasonUnavailableOnJobs(_ action: Action, _ console: ConsoleState) -> String? {
        let jobs = console.jobs
        switch action {
        case .showJobPhoto:
            if let reason = reasonNoPhotos { return reason }
            return jobs.detail?.details?.photo == nil ? "no photo shows: look into a job of one" : nil
        case .followJobs: return jobs.detail == nil ? nil : "one job is all that shows"
        case .revokeAllJobs:
            if jobs.detail != nil { return "one job is all that shows" }
            if jobs.page == nil { return "there is no job" }
            return jobs.page?.source == .library(hasBroker: false) ? reasonNoWorkers : nil
        case .retryAllJobs, .cancelAllJobs:
            if jobs.detail != nil { return "one job is all that shows" }
            if jobs.page == nil { return "there is no job" }
            if case .library? = jobs.page?.source { return nil }
            if action == .cancelAllJobs { return reasonNoCancelOfTask }
            return jobs.jobs.isEmpty ? "there is no job" : nil
        default: break
        }
        guard let job = jobs.chosen, let source = jobs.page?.source else { return "there is no job" }
        switch (action, source) {
        case (.retryJob, .history):
            if let id = job.retriedAs { return "it was retried before, as \(displayEscaped(id))" }
            return ["failed", "revoked", "rejected"].contains(job.state) ? nil : "it is \(job.state)"
        case (.cancelJob, .history): return reasonNoCancelOfTask
        case (.retryJob, .library):
            return ["dead", "cancelled"].contains(job.state) ? nil : "it is \(job.state)"
        case (.cancelJob, .library):
            if job.state == "running" { return "it runs: \(keyMap.keyName(for: .terminateJob)) stops it" }
            return ["queued", "retrying"].contains(job.state) ? nil : "it is \(job.state)"
        case (_, .library(hasBroker: false)): return reasonNoWorkers
        default: return job.standing.isFinished ? "it is \(job.state)" : nil
        }
    }

    /// Why no photo shows here; nil where they do.
    var reasonNoPhotos: String? {
        if hasLibrary { return nil }
        guard console?.hasCatalog == true else { return "there is no library here, only a broker" }
        return "the console shows no photos: phototui \(console?.options.joined(separator: " ") ?? "") does"
    }

    private var reasonNoCancelOfTask: String {
        "it is no library's job: \(keyMap.keyName(for: .revokeJob)) revokes it"
    }

    private var reasonNoWorkers: String {
        "this library has no broker, and so no worker to tell: \(keyMap.keyName(for: .cancelAllJobs)) cancels what waits"
    }

    private mutating func decideOnJob(_ deed: JobDeed) {
        guard let job = console?.jobs.chosen else { return }
        decide(.onJobs(JobChoice(deed, ids: [job.id], owner: jobOwner)))
    }

    /// Which they are is asked first: the dialog says how many.
    private mutating func collectJobs(_ deed: JobDeed, only: String? = nil) -> [Effect] {
        let request = makeRequest()
        let given = console?.jobs.collecting?.request
        console?.jobs.collecting = (request, deed, only)
        let query = JobQuery(console?.filter(in: .jobs) ?? "")
        return (given.map { [.cancel($0)] } ?? []) + [.collectJobs(request, query, deed, only: only)]
    }

    mutating func jobsCollected(
        _ request: RequestID, _ ids: [String], queueless: [String], _ hindrances: [RetryHindrance], price: Double?
    ) {
        guard let collecting = console?.jobs.collecting, collecting.request == request else { return }
        console?.jobs.collecting = nil
        guard context == .jobs, layers.isEmpty else { return }
        let isOfHistory = console?.jobs.page?.source == .history
        guard !ids.isEmpty || !queueless.isEmpty else {
            if let sentence = RetryHindrance.sentence(hindrances) {
                activity.notice = Notice(.warning, sentence)
                return
            }
            let states =
                switch collecting.deed {
                case .retry: isOfHistory ? "failed, and not retried yet" : "dead or cancelled"
                case .cancel: "waiting"
                case .revoke, .terminate: "unfinished"
                }
            activity.notice = Notice(.information, "no job that the filter lets through is \(states)")
            return
        }
        let query = JobQuery(console?.filter(in: .jobs) ?? "")
        var choice = JobChoice(
            collecting.deed, ids: ids, filter: collecting.only == nil ? query.words : nil, owner: query.owner,
            isOfHistory: isOfHistory && collecting.deed == .retry, hindrances: hindrances, price: price)
        choice.queueless = queueless
        decide(.onJobs(choice))
    }

    /// Whose jobs show, where they are not the library's own owner's.
    var jobOwner: String? { JobQuery(console?.filter(in: .jobs) ?? "").owner }

    /// Jobs of the photo under the cursor.
    mutating func openPhotoJobs() -> [Effect] {
        guard let photo = timeline.cursorEntry?.id else { return [] }
        console?.jobs.detail = nil
        console?.filters[.jobs] = "photo:\(photo)"
        let effects = goTo(.jobs)
        return effects + jobQueryChanged()
    }

    /// What shows is another filter's.
    mutating func jobQueryChanged() -> [Effect] {
        console?.jobs.distrust()
        console?.jobs.limit = JobsState.pageSize
        console?.jobs.follows = true
        arrangeConsole()
        guard context == .jobs, let poll = console?.poll else { return [] }
        console?.poll = ConsoleState.Poll()
        return poll.underway.map { .cancel($0) }
    }

    /// Near the end of the jobs that were read, more of them are.
    mutating func askForMoreJobs() -> [Effect] {
        guard context == .jobs, let jobs = console?.jobs, let page = jobs.page, page.hasMore,
            jobs.cursor.scroll.cursor >= page.jobs.count - 1, jobs.limit < JobsState.mostListed
        else { return [] }
        console?.jobs.limit = min(JobsState.mostListed, jobs.limit + JobsState.pageSize * 2)
        console?.jobs.forgetMark()
        let given = console?.poll.underway ?? []
        console?.poll = ConsoleState.Poll()
        return given.map { .cancel($0) }
    }

    // Words

    /// Of tasks that have ended and are sent once more.
    func consequencesOfSending(
        _ count: Int, queueless: Int, to queue: String, _ hindrances: [RetryHindrance]
    ) -> [(text: String, isWarning: Bool)] {
        var lines: [(text: String, isWarning: Bool)] = []
        if queueless > 0 {
            let subject = count == 0 && queueless == 1 ? "it" : counted(queueless, "task")
            lines.append(("Nobody knows which queue \(subject) came from: name the one that all go to.", true))
        }
        if count > 0 {
            let way = count == 1 ? "is sent again, as a new one" : "are sent again, as new ones"
            lines.append(
                (
                    "\(counted(count, "task")) \(way). What was to follow (chains, callbacks) is not known, and not sent.",
                    false
                ))
        }
        if !queue.isEmpty {
            let known = console?.queues.listing?.queues.contains { $0.name == queue } != false
            lines.append(
                known ? ("They go to \(queue).", false) : ("There is no queue \(queue): it will be refused.", true))
        }
        if let sentence = RetryHindrance.sentence(hindrances) { lines.append((sentence, true)) }
        return lines
    }

    /// What a library's jobs cost that are run again.
    static func consequences(ofPrice price: Double?) -> [(text: String, isWarning: Bool)] {
        price.map {
            [("It costs about \(Money.text($0)): originals are read, and renditions written again.", false)]
        } ?? []
    }

    func consequences(of choice: JobChoice) -> [(text: String, isWarning: Bool)] {
        let jobs = choice.ids.count == 1 ? "job \(choice.ids[0])" : counted(choice.ids.count, "job")
        let verb = choice.ids.count == 1 ? "is" : "are"
        switch choice.deed {
        case .retry where choice.isOfHistory:
            return consequencesOfSending(
                choice.ids.count, queueless: choice.queueless.count, to: choice.to, choice.hindrances)
        case .retry:
            return [("The \(jobs) \(verb) queued again, with attempts counted from 0.", false)]
                + Self.consequences(ofPrice: choice.price)
        case .cancel:
            var lines: [(text: String, isWarning: Bool)] = [
                ("The \(jobs) \(verb) cancelled, unless a worker has begun it by then.", false)
            ]
            if console?.jobs.page?.source == .library(hasBroker: true) {
                lines.append(("Workers are told to end its message, too.", false))
            }
            return lines
        case .revoke:
            return [
                (
                    choice.ids.count == 1
                        ? "The \(jobs) is ended when its turn comes. What runs goes on."
                        : "The \(jobs) are ended when their turns come. What runs goes on.", false
                ),
                ("Celery's workers remember it until all of them have ended.", false),
            ]
        case .terminate:
            return [
                ("The \(jobs) \(verb) ended, also where it runs.", true),
                ("Celery kills the process that runs it; phototui's workers stop at its next step.", false),
            ]
        }
    }
}
