/// Sends tasks that have ended once more, to workers of any kind: as new tasks, with new ids. Names, queues and arguments are
/// untrusted text.
///
/// Each task is sent so once, whoever asks and however often he was stopped in the middle: the broker remembers for a month or two
/// which were, and that and the sending are one step. Who watches the broker is told of it as of any other task.
public protocol TaskRetrying: Sendable {
    /// What of these tasks can be sent again, and what keeps the others from it; nothing is changed. `queue` is where they are to
    /// go instead of where they came from. Those that were sent again before are only sent once more where `again` says so.
    func plan(retryOf tasks: [BrokerTask], to queue: String?, again: Bool) async throws -> RetryPlan
    /// Sends what a plan has, all of it or none where it throws; in its order. For some hundreds at a time.
    func send(_ calls: [RetryCall]) async throws -> [RetryOutcome]
}

/// A task that is to be sent once more.
public struct RetryCall: Hashable, Sendable {
    /// The id of the task that has ended.
    public let task: String
    public let name: String
    public let queue: String
    /// As JSON.
    public let arguments: [UInt8]
    public let keywords: [UInt8]
    public let root: String?
    public let parent: String?
    /// As which task it was sent again before; nil where it was not.
    public let before: String?

    public init(
        task: String, name: String, queue: String, arguments: [UInt8], keywords: [UInt8], root: String?,
        parent: String?,
        before: String?
    ) {
        (self.task, self.name, self.queue) = (task, name, queue)
        (self.arguments, self.keywords) = (arguments, keywords)
        (self.root, self.parent, self.before) = (root, parent, before)
    }
}

public struct RetryPlan: Hashable, Sendable {
    /// A task that can't be sent again.
    public struct Obstacle: Hashable, Sendable {
        public let task: String
        /// Why, in a sentence without its subject and full stop; untrusted text.
        public let reason: String
        /// As which task it was sent again before, where that is why.
        public let before: String?
        /// Nothing else is in the way than that nobody knows its queue.
        public let lacksQueue: Bool

        public init(task: String, reason: String, before: String? = nil, lacksQueue: Bool = false) {
            (self.task, self.reason, self.before, self.lacksQueue) = (task, reason, before, lacksQueue)
        }
    }

    public var calls: [RetryCall]
    public var obstacles: [Obstacle]

    public init(calls: [RetryCall] = [], obstacles: [Obstacle] = []) {
        (self.calls, self.obstacles) = (calls, obstacles)
    }

    /// Why tasks can't be sent again, with how many that concerns, the most first.
    public var reasons: [(reason: String, count: Int)] {
        Dictionary(grouping: obstacles, by: \.reason).map { ($0.key, $0.value.count) }
            .sorted { ($0.1, $1.0) > ($1.1, $0.0) }
    }
}

public struct RetryOutcome: Hashable, Sendable {
    /// The id of the task that has ended.
    public let task: String
    /// The one that was sent in its place.
    public let sentAs: String
    /// Whether it was sent now; else somebody else had been faster.
    public let isSent: Bool
    /// What was told of its sending to all who watch the broker; nil where it was not sent now.
    public let event: TaskEvent?

    public init(task: String, sentAs: String, isSent: Bool, event: TaskEvent? = nil) {
        (self.task, self.sentAs, self.isSent, self.event) = (task, sentAs, isSent, event)
    }
}
