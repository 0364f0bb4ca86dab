/// What an admin sees of a broker, and does to it, whoever else works there. Queues, tasks, ids and reasons are untrusted text.
public protocol BrokerConsole: Sendable {
    /// Every queue that is declared, named, or holds messages, by name; with what passed since the call before.
    func queues() async throws -> QueueListing
    /// Waiting messages in the order they will be delivered, left where they are. Of very large ones the ends are read.
    func peek(_ queue: String, limit: Int) async throws -> [QueuedMessage]
    /// Deliveries that nobody has acknowledged yet, of every worker, the oldest first.
    func unacknowledged(limit: Int) async throws -> [UnacknowledgedMessage]
    /// How many messages an action on the whole queue would touch now.
    func waiting(in queue: String) async throws -> Int
    /// Moves every waiting message to the end of another queue, at its priority; poison stays, unless it is wanted, too.
    /// `progress` is told after each batch. What comes in meanwhile stays.
    func move(
        from queue: String, to other: String, withPoison: Bool, progress: @Sendable (Int) -> Void
    ) async throws -> MoveOutcome
    /// Sets the poison that waits in a queue aside, with the dead letters; returns what it was. Each moves as a whole, or not at
    /// all. `progress` is told after each page how many messages were looked at.
    func quarantine(_ queue: String, progress: @Sendable (Int) -> Void) async throws -> [Poison]
    /// What waits in a queue now, to be told to who decides on it.
    func mark(_ queue: String) async throws -> QueueMark
    /// Drops what waited when a mark was made, and still does; what came since stays.
    func purge(_ queue: String, upTo mark: QueueMark) async throws -> PurgeOutcome
    /// Keeps our workers from taking messages of the queue, now and after their restart, and asks Celery's to stop consuming it.
    func pause(_ queue: String) async throws -> PauseOutcome
    func resume(_ queue: String) async throws -> PauseOutcome
    /// What is consumed by those who answer within `patience`; nil for a user who may ask nobody.
    func consumers(patience: Duration) async throws -> QueueConsumers?
    /// Who answers within `patience`, and who is heard meanwhile.
    func workers(patience: Duration) async throws -> [WorkerState]
    /// Asks a worker to finish what it runs and end; returns whether it heard.
    func shutDown(worker: String) async throws -> Bool
    /// Messages that no worker here could run, and those that failed for good, the latest first.
    func deadLetters(limit: Int) async throws -> [DeadLetter]
    /// How many dead letters there are: cheap, however many.
    func deadLetterCount() async throws -> Int
    /// One dead letter; nil when it is gone.
    func deadLetter(_ id: String) async throws -> DeadLetter?
    /// The traceback that the result of a task has, where its results are kept on this broker; untrusted text.
    func traceback(ofTask id: String) async throws -> String?
    /// Puts dead letters back at the end of their queues; returns how many there were. Each moves as a whole, or not at all.
    func revive(_ ids: [String]) async throws -> Int
    /// Whether this user of the broker may change anything of it: false for one who may only look.
    func mayChange() async throws -> Bool
    /// Drops dead letters; returns how many there were.
    func forget(_ ids: [String]) async throws -> Int
    func close()
}

/// The queues of a broker at one moment.
public struct QueueListing: Hashable, Sendable {
    public let queues: [QueueState]
    /// Whether all keys of the server were looked at; one that holds very many is gone through a part at a time.
    public let isComplete: Bool
    /// Lists whose names are no text (UTF-8). Other bytes in the name of a queue are spelled `\xff`, here and wherever it is named.
    public let unreadable: Int

    public init(queues: [QueueState], isComplete: Bool, unreadable: Int = 0) {
        self.queues = queues
        self.isComplete = isComplete
        self.unreadable = unreadable
    }
}

public struct QueueState: Hashable, Sendable {
    public let name: String
    /// Waiting messages by the steps of priority, the most urgent first.
    public let waitingByPriority: [Int]
    /// kombu's, where its broker was told no others.
    public var prioritySteps = [0, 3, 6, 9]
    /// Delivered and not acknowledged: running, prefetched, or held until their time.
    public let unacknowledged: Int
    /// Of the unacknowledged, those that are not to run before a time of their own.
    public let scheduled: Int
    /// Age of the oldest waiting message whose publisher said when; Celery's do not, but a history may know.
    public var oldestSeconds: Double?
    /// Tasks of the messages that are to be delivered first, one of each step at most, whose publishers did not say when.
    public var undatedTasks: [String] = []
    public let dead: Int
    public let isPaused: Bool
    /// Whether a worker or a publisher has declared it.
    public let isDeclared: Bool
    /// Whether a worker takes its messages; nil where nobody was asked.
    public var consumption: QueueConsumption?
    /// What passed since the look before; nil at the first.
    public let traffic: QueueTraffic?

    /// Whether messages wait, and no worker is known to take them, though it is not paused.
    public var isLeft: Bool {
        depth > 0 && !isPaused && (consumption == .nobody || consumption == .nobodyWhoAnswers)
    }
    public var depth: Int { waitingByPriority.reduce(0, +) }
    /// From how many waiting messages on a queue is worth an alert.
    public static let alertDepth = 100

    public init(
        name: String, waitingByPriority: [Int], unacknowledged: Int = 0, scheduled: Int = 0,
        oldestSeconds: Double? = nil, dead: Int = 0, isPaused: Bool = false, isDeclared: Bool = true,
        traffic: QueueTraffic? = nil
    ) {
        self.name = name
        self.waitingByPriority = waitingByPriority
        self.unacknowledged = unacknowledged
        self.scheduled = scheduled
        self.oldestSeconds = oldestSeconds
        self.dead = dead
        self.isPaused = isPaused
        self.isDeclared = isDeclared
        self.traffic = traffic
    }
}

/// Whether a worker takes what waits in a queue.
public enum QueueConsumption: Hashable, Sendable {
    case taken
    /// None that answered does; others listen and did not say.
    case nobodyWhoAnswers
    case nobody
}

/// What the workers of a broker consume, as far as they say.
public struct QueueConsumers: Hashable, Sendable {
    public let queues: Set<String>
    /// How many listen and did not say.
    public let silent: Int

    public init(queues: Set<String>, silent: Int) { (self.queues, self.silent) = (queues, silent) }

    public subscript(queue: String) -> QueueConsumption {
        queues.contains(queue) ? .taken : silent > 0 ? .nobodyWhoAnswers : .nobody
    }
}

extension QueueListing {
    /// With whether each queue is consumed.
    public func told(_ consumers: QueueConsumers) -> QueueListing {
        let told = queues.map { queue in
            var queue = queue
            queue.consumption = consumers[queue.name]
            return queue
        }
        return QueueListing(queues: told, isComplete: isComplete, unreadable: unreadable)
    }
}

/// What came into a queue and what left it between two looks, as far as the two can tell: a message that came and was taken in
/// between was in neither.
public struct QueueTraffic: Hashable, Sendable {
    public let seconds: Double
    public let arrived: Int
    public let left: Int
    /// Whether more may have passed unseen.
    public let isAtLeast: Bool

    public init(seconds: Double, arrived: Int, left: Int, isAtLeast: Bool) {
        (self.seconds, self.arrived, self.left, self.isAtLeast) = (seconds, arrived, left, isAtLeast)
    }
}

/// A message that waits in a queue.
public struct QueuedMessage: Hashable, Sendable {
    public struct Header: Hashable, Sendable {
        public let name: String
        /// As JSON.
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The step of priority of the list that it lies in.
    public let priority: Int
    public let task: String?
    public let id: String?
    /// As JSON, or as the publisher wrote them for people where the body is no JSON.
    public let arguments: String?
    public let keywords: String?
    public let headers: [Header]
    public let retries: Int
    /// Unix seconds, where the publisher said when.
    public var publishedAt: Double?
    /// Not to run before; as in the message.
    public let eta: String?
    public let isRedelivered: Bool
    public let byteCount: Int
    /// What it would do to a worker that takes it; nil for a message like any other.
    public let poison: Poison?
    /// As it lies in the queue, or the first part of it; untrusted bytes.
    public let raw: [UInt8]
    /// Whether `raw` is all of it.
    public let isWhole: Bool

    public init(
        priority: Int, task: String?, id: String?, arguments: String?, keywords: String?,
        headers: [Header], retries: Int, publishedAt: Double?, eta: String?,
        isRedelivered: Bool, byteCount: Int, poison: Poison?, raw: [UInt8] = [], isWhole: Bool = true
    ) {
        self.priority = priority
        self.task = task
        self.id = id
        self.arguments = arguments
        self.keywords = keywords
        self.headers = headers
        self.retries = retries
        self.publishedAt = publishedAt
        self.eta = eta
        self.isRedelivered = isRedelivered
        self.byteCount = byteCount
        self.poison = poison
        self.raw = raw
        self.isWhole = isWhole
    }
}

/// What waits in a queue at one moment: so much of each of its lists, up to the message that came last.
public struct QueueMark: Hashable, Sendable {
    public struct List: Hashable, Sendable {
        public let length: Int
        /// SHA-1 of the message that came last, in hexadecimal; empty where there is none.
        public let newest: String

        public init(length: Int, newest: String) {
            (self.length, self.newest) = (length, newest)
        }
    }

    /// By priority, the most urgent first.
    public let lists: [List]
    public var count: Int { lists.reduce(0) { $0 + $1.length } }

    public init(lists: [List]) { self.lists = lists }
}

public struct PurgeOutcome: Hashable, Sendable {
    public let dropped: Int
    /// What waits in the queue behind it: it came since the mark was made.
    public let arrived: Int

    public init(dropped: Int, arrived: Int) {
        (self.dropped, self.arrived) = (dropped, arrived)
    }
}

public struct MoveOutcome: Hashable, Sendable {
    public let moved: Int
    /// How many stay since they are poison.
    public let poison: Int

    public init(moved: Int, poison: Int) {
        (self.moved, self.poison) = (moved, poison)
    }
}

/// What became of a queue's pause or its end.
public struct PauseOutcome: Hashable, Sendable {
    /// Whether it was otherwise before.
    public let hasChanged: Bool
    /// Celery's workers that were told, and did it.
    public let workers: [String]
    /// Workers that were told and refused, or did not answer.
    public let unheard: [String]
    /// How many listen to remote control and did not say what they consume.
    public let silent: Int

    public init(hasChanged: Bool, workers: [String], unheard: [String], silent: Int = 0) {
        self.hasChanged = hasChanged
        self.workers = workers
        self.unheard = unheard
        self.silent = silent
    }
}

public struct WorkerState: Hashable, Sendable {
    public enum Presence: String, Sendable {
        /// It answers, and its heart beats.
        case alive
        /// Its heart beats, but it does not answer; or it answers, and its heart was not heard.
        case silent
    }

    public struct Activity: Hashable, Sendable {
        public let id: String
        public let task: String
        /// Since it started; nil where the worker does not say.
        public let seconds: Double?

        public init(id: String, task: String, seconds: Double?) {
            self.id = id
            self.task = task
            self.seconds = seconds
        }
    }

    /// `celery@host`.
    public let name: String
    public let presence: Presence
    /// Whether it answered the question; else only its heart was heard.
    public let hasAnswered: Bool
    /// Of the last heartbeat heard.
    public let heartbeatSeconds: Double?
    /// `py-celery 5.7.0`.
    public let software: String?
    public let processID: Int?
    public let queues: [String]
    public let concurrency: Int?
    public let active: [Activity]
    /// Taken and not begun.
    public let reserved: Int?
    public let scheduled: Int?
    public let processed: Int?
    public let load: [Double]
    public let uptimeSeconds: Double?
    /// By how much its clock is ahead of ours, in seconds, as its heartbeat told.
    public let clockSkewSeconds: Double?

    public init(
        name: String, presence: Presence, hasAnswered: Bool, heartbeatSeconds: Double?, software: String?,
        processID: Int?, queues: [String], concurrency: Int?, active: [Activity], reserved: Int?, scheduled: Int?,
        processed: Int?, load: [Double], uptimeSeconds: Double?, clockSkewSeconds: Double?
    ) {
        self.name = name
        self.presence = presence
        self.hasAnswered = hasAnswered
        self.heartbeatSeconds = heartbeatSeconds
        self.software = software
        self.processID = processID
        self.queues = queues
        self.concurrency = concurrency
        self.active = active
        self.reserved = reserved
        self.scheduled = scheduled
        self.processed = processed
        self.load = load
        self.uptimeSeconds = uptimeSeconds
        self.clockSkewSeconds = clockSkewSeconds
    }
}

public struct UnacknowledgedMessage: Hashable, Sendable {
    public let tag: DeliveryTag
    public let queue: String
    /// The task's name and id; untrusted text.
    public let task: String
    public let id: String
    /// When it was delivered, or its delivery last extended; Unix seconds.
    public let receivedAt: Double

    public init(tag: DeliveryTag, queue: String, task: String, id: String, receivedAt: Double) {
        self.tag = tag
        self.queue = queue
        self.task = task
        self.id = id
        self.receivedAt = receivedAt
    }
}

/// A message that will not be tried again by itself, as it was received.
public struct DeadLetter: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// It is no task message (it would break a Celery worker, or part of it is missing), or its workers ended again and
        /// again.
        case poison
        /// No worker here knows its task, or what it is part of.
        case unknown
        /// It ran and failed for good.
        case failed
    }

    public let id: String
    public let queue: String
    public let kind: Kind
    public let reason: String
    /// Unix seconds.
    public let at: Double
    /// The message; untrusted bytes.
    public var raw: [UInt8]

    public init(id: String, queue: String, kind: Kind, reason: String, at: Double, raw: [UInt8]) {
        self.id = id
        self.queue = queue
        self.kind = kind
        self.reason = reason
        self.at = at
        self.raw = raw
    }
}
