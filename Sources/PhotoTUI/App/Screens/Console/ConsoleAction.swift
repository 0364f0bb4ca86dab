public import Core

/// Something done to a broker.
public enum ConsoleAction: Hashable, Sendable {
    case pause(queue: String)
    case resume(queue: String)
    /// `creates` where there is no such other queue yet.
    case move(queue: String, to: String, creates: Bool = false)
    /// Of what waited when it was counted; nil until it is.
    case purge(queue: String, upTo: QueueMark? = nil)
    case retry(DeadChoice)
    case delete(DeadChoice)
    case onJobs(JobChoice)
    /// Has a worker finish what it runs, and end.
    case shutDown(worker: String)
    /// How many tasks of a name the worker begins: `10/m`.
    case limitRate(task: String, rate: String, worker: String)
    /// Runs what mends a finding of the inbox.
    case mend(InboxFix)

    public var isOnDeadLetters: Bool {
        switch self {
        case .retry, .delete: true
        default: false
        }
    }

    /// `retrying`.
    var verb: String {
        switch self {
        case .pause: "pausing"
        case .resume: "resuming"
        case .move: "moving"
        case .purge: "purging"
        case .retry: "retrying"
        case .delete: "deleting"
        case .onJobs(let choice): choice.deed.verb
        case .mend: "mending"
        case .shutDown: "shutting down"
        case .limitRate: "limiting"
        }
    }

    var title: String {
        switch self {
        case .pause: "Pause"
        case .resume: "Resume"
        case .move: "Move"
        case .purge: "Purge"
        case .retry: "Retry"
        case .delete: "Delete"
        case .onJobs(let choice): choice.deed.title
        case .mend: "Mend"
        case .shutDown: "Shut down"
        case .limitRate: "Limit the rate"
        }
    }

    /// As the journal has it.
    public var deed: (name: String, subject: String) {
        switch self {
        case .pause(let queue): ("pause queue", "queue \(queue)")
        case .resume(let queue): ("resume queue", "queue \(queue)")
        case .move(let queue, let other, _): ("move queue", "queue \(queue) to \(other)")
        case .purge(let queue, let mark): ("purge queue", "\(mark?.count ?? 0) messages of queue \(queue)")
        case .retry(let choice): (choice.deedName, choice.deedSubject)
        case .delete(let choice): ("delete dead", choice.subject(.letter) ?? "0 dead letters")
        case .onJobs(let choice): (choice.deed.name, choice.subject)
        case .shutDown(let worker): ("shut down worker", "worker \(worker)")
        case .limitRate(let task, let rate, let worker):
            ("limit rate", "task \(task) of worker \(worker) to \(rate)")
        case .mend(let fix): ("mend", fix.words.joined(separator: " "))
        }
    }

    /// The command line that does the same, behind the program's name.
    public func words(options: [String], reason: String) -> [String] {
        let words =
            switch self {
            case .pause(let queue): ["queues", "pause", queue]
            case .resume(let queue): ["queues", "resume", queue]
            case .move(let queue, let other, let creates):
                ["queues", "move", queue, "--to", other] + (creates ? ["--create"] : []) + ["--yes"]
            case .purge(let queue, _): ["queues", "purge", queue, "--yes"]
            case .retry(let choice): ["dead", "retry"] + choice.words
            case .delete(let choice): ["dead", "delete"] + choice.words
            case .onJobs(let choice): choice.words
            case .shutDown(let worker): ["workers", "shutdown", worker, "--yes"]
            case .limitRate(let task, let rate, let worker):
                ["workers", "rate-limit", task, rate, "--worker", worker]
            // It names its place itself.
            case .mend(let fix): fix.line(reason: reason)
            }
        if case .mend = self { return words }
        return words + options + (reason.isEmpty ? [] : ["--reason", reason])
    }
}

extension JobDeed {
    /// As the journal has it.
    public var name: String {
        switch self {
        case .retry: "retry jobs"
        case .cancel: "cancel jobs"
        case .revoke: "revoke task"
        case .terminate: "terminate task"
        }
    }

    var verb: String {
        switch self {
        case .retry: "retrying"
        case .cancel: "cancelling"
        case .revoke: "revoking"
        case .terminate: "stopping"
        }
    }

    var title: String {
        switch self {
        case .retry: "Retry"
        case .cancel: "Cancel"
        case .revoke: "Revoke"
        case .terminate: "Stop"
        }
    }
}

/// Dead letters that an action is for.
public struct DeadChoice: Hashable, Sendable {
    public enum Extent: Hashable, Sendable {
        case letter(String)
        case group(String)
        /// All that the filter lets through.
        case all
    }

    public let extent: Extent
    /// The filter; empty for none.
    public let match: String
    /// Which they are, the oldest first: what dies after it was looked at is not among them.
    public let ids: [String]
    /// How many would be among them were they not poison.
    public let poison: Int
    /// Of a library, and of a broker's history.
    public internal(set) var jobs: [String]
    public internal(set) var tasks: [String]
    /// Tasks that can be sent again once somebody says where to: nobody knows their queue.
    public internal(set) var queueless: [String] = []
    /// Where all tasks go instead of where they came from; empty for the latter.
    public private(set) var to = ""
    /// Of tasks that can't be sent again.
    public internal(set) var hindrances: [RetryHindrance]
    /// What the jobs will cost, in US dollars.
    var price: Double?

    public init(
        extent: Extent, match: String, ids: [String], poison: Int, jobs: [String] = [], tasks: [String] = [],
        hindrances: [RetryHindrance] = []
    ) {
        (self.extent, self.match, self.ids, self.poison) = (extent, match, ids, poison)
        (self.jobs, self.tasks, self.hindrances) = (jobs, tasks, hindrances)
    }

    var count: Int { ids.count + jobs.count + tasks.count }

    /// With all its tasks going to a queue.
    func sent(to queue: String) -> DeadChoice {
        if queue.isEmpty { return self }
        var choice = self
        choice.tasks += queueless
        (choice.queueless, choice.to) = ([], queue)
        return choice
    }

    var words: [String] {
        let filter = match.isEmpty ? [] : ["--match", match]
        let rest = filter + (to.isEmpty ? [] : ["--to", to]) + ["--yes"]
        switch extent {
        case .letter(let id): return [id] + (to.isEmpty ? [] : ["--to", to]) + ["--yes"]
        case .group(let id): return ["--group", id] + rest
        case .all: return ["--all"] + rest
        }
    }

    /// As the journal has it, of each source; nil where nothing of it is among them.
    public func subject(_ source: DeadSource) -> String? {
        let ids =
            switch source {
            case .letter: self.ids
            case .job: jobs
            case .task: tasks
            }
        if ids.isEmpty { return nil }
        if ids.count == 1 { return "\(source == .letter ? "dead letter" : source.rawValue) \(ids[0])" }
        var words: [String] = []
        if case .group(let id) = extent { words.append("group \(id)") }
        if !match.isEmpty { words.append("matching \(match)") }
        return "\(ids.count) \(source.noun)s (\(words.isEmpty ? "all" : words.joined(separator: ", ")))"
    }

    /// As the journal calls it; of several sources at once by the first of them.
    var deedName: String { ids.isEmpty ? (jobs.isEmpty ? "retry tasks" : "retry dead jobs") : "retry dead" }

    /// Of all sources together.
    var deedSubject: String {
        let parts = [DeadSource.letter, .job, .task].compactMap { subject($0) }
        return parts.isEmpty ? counts : parts.joined(separator: ", ")
    }

    /// `3 dead letters, 12 failed tasks`.
    var counts: String {
        let parts = [(ids.count, DeadSource.letter), (jobs.count, .job), (tasks.count, .task)].filter { $0.0 > 0 }
        return parts.isEmpty ? "0 dead letters" : parts.map { counted($0.0, $0.1.noun) }.joined(separator: ", ")
    }
}
