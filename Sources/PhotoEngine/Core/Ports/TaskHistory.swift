/// What a broker's tasks did, as far as somebody watched: kept when the watching ends, within limits of age and size.
///
/// Any number of processes may read it while one writes. Errors: `.unavailable`, `.noSpace`, `.corrupt`, `.permissionDenied`.
public protocol TaskHistory: Sendable {
    /// Takes in events in the order they were heard: all, or none where it throws. `marks` are what tells these events from others,
    /// for who takes over.
    func record(_ events: [TaskEvent], marks: [UInt64], watch: TaskWatchState) async throws
    func record(depths: [QueueDepthSample]) async throws
    /// Takes in what was heard of workers since the last time; of those that have started anew, nothing of before counts, and of those
    /// of which only their tasks were heard, a goodbye stands: one that ends tells of its last tasks behind it.
    func record(_ workers: [SeenWorker], restarted: Set<String>, heardByTasks: Set<String>) async throws
    /// Workers that were heard since then, by name.
    func workers(since moment: Double) async throws -> [SeenWorker]
    /// The tasks that a filter lets through, the newest first unless it says otherwise.
    func tasks(_ filter: TaskFilter, limit: Int) async throws -> TaskPage
    func task(_ id: String) async throws -> BrokerTask?
    /// All attempts at a task, the first first; of very many the first are gone.
    func attempts(of id: String) async throws -> [TaskAttempt]
    /// Tasks whose ids begin so.
    func ids(beginningWith prefix: String, limit: Int) async throws -> [String]
    /// Of the changes behind a place in their order, at most so many: the tasks that changed and that a filter lets through, the
    /// oldest change first, and the place behind the last.
    func changes(
        after place: Int64, limit: Int, _ filter: TaskFilter
    ) async throws -> (tasks: [BrokerTask], next: Int64)
    func lastChange() async throws -> Int64
    /// Tasks that failed for good and that nobody has sent again, by what they have in common, the largest group first. Those whose
    /// queue nobody told are in the largest group of the same task and error.
    func failures() async throws -> [FailureGroup]
    /// Such tasks, of one group or of all, the latest first behind a place.
    func failed(in group: FailureKey?, after place: FailurePlace?, limit: Int) async throws -> [BrokerTask]
    /// Keeps as which tasks others were sent again, those that it knows nothing of left out; and of the former what was told when
    /// they were sent, as far as nobody who watches has recorded it.
    func record(retries: [(task: String, sentAs: String)], sent: [TaskEvent], at moment: Double) async throws
    /// Tasks that a worker has received or begun and not ended, of which nothing was heard behind a moment; the first of them.
    func held(by worker: String, heardUntil moment: Double, limit: Int) async throws -> [String]
    /// Tasks that wait in a queue, or in any, of which nothing was heard behind a moment; the first of them.
    func queued(in queue: String?, heardUntil moment: Double, limit: Int) async throws -> [String]
    /// Keeps that these are lost, and why; those that have ended stay as they are.
    func record(lost ids: [String], because reason: String, at moment: Double) async throws
    /// When these were published, the last time, in Unix seconds; without those of which nobody told.
    func sentMoments(of ids: [String]) async throws -> [String: Double]
    /// How the tasks of each queue went in the last `seconds`; none where nobody watched then. Where of many that ended nobody told
    /// the queue, what came and went is at least so much.
    func rates(seconds: Double, now: Double) async throws -> [String: QueueRates]
    /// The longest run time of each task by its name, in seconds; of the names whose tasks took longest, so many.
    func longestRuns(limit: Int) async throws -> [String: Double]
    /// The periods of watching, the latest first.
    func watches(limit: Int) async throws -> [TaskWatchState]
    /// What the latest batches were told from others by.
    func recentMarks() async throws -> (marks: Set<UInt64>, at: Double)
    /// Drops what is older or more than the limits allow, a part at a time; returns how many tasks.
    func prune(_ limits: TaskHistoryLimits, now: Double) async throws -> Int
    func byteCount() async throws -> Int64
    func close() async
}

public struct TaskHistoryLimits: Hashable, Sendable {
    public let days: Double
    public let bytes: Int64

    public init(days: Double, bytes: Int64) {
        self.days = days
        self.bytes = bytes
    }
}

/// One period of watching. What happened outside of all of them is not known.
public struct TaskWatchState: Hashable, Sendable {
    /// By which it is told from others.
    public let id: String
    /// Unix seconds.
    public let since: Double
    public var until: Double
    public var events: Int
    /// Events that were not taken in, since more came than could be written.
    public var missed: Int
    /// Those that were no events.
    public var unreadable: Int

    public init(id: String, since: Double) {
        self.id = id
        self.since = since
        until = since
        events = 0
        missed = 0
        unreadable = 0
    }

    public init(id: String, since: Double, until: Double, events: Int, missed: Int, unreadable: Int) {
        self.id = id
        self.since = since
        self.until = until
        self.events = events
        self.missed = missed
        self.unreadable = unreadable
    }
}

/// How many messages waited in a queue at a moment.
public struct QueueDepthSample: Hashable, Sendable {
    public let queue: String
    public let at: Double
    public let depth: Int

    public init(queue: String, at: Double, depth: Int) {
        self.queue = queue
        self.at = at
        self.depth = depth
    }
}

/// Which tasks of a history.
public struct TaskFilter: Hashable, Sendable {
    public enum Order: String, CaseIterable, Sendable {
        /// By when they were first heard of, the latest first.
        case newest
        case oldest
        /// The longest first.
        case runtime, wait
        /// The most first.
        case retries
        /// By their end, the latest first.
        case ended
    }

    public var states: Set<BrokerTask.State> = []
    /// Whole names, or patterns with `*`, `?` and `[…]`.
    public var name: String?
    public var queue: String?
    public var worker: String?
    /// A regular expression (ICU's) for the error.
    public var errorPattern: String?
    /// Heard of at or after this moment, and before that; Unix seconds.
    public var since: Double?
    public var until: Double?
    public var order = Order.newest
    /// Goes on behind this place of the page before.
    public var after: Int64?

    public init() {}
}

public struct TaskPage: Sendable {
    public let tasks: [BrokerTask]
    /// Where the next page begins; nil at the end, and in orders that have no pages.
    public let next: Int64?

    public init(tasks: [BrokerTask], next: Int64?) {
        self.tasks = tasks
        self.next = next
    }
}
