/// How a worker hears that a queue has work. The catalogue is the truth: a lost message only delays a job, a repeated one
/// changes nothing, since claiming a job is atomic.
public protocol Delivery: Sendable {
    /// Announces work.
    func publish(_ message: DeliveryMessage) async throws
    /// Announces several at once, in their order.
    func publish(_ messages: [DeliveryMessage]) async throws
    /// Waits up to `timeout` for the oldest message of the most urgent of `queues`; nil when none came. The message is
    /// unacknowledged until `acknowledge`, `reject`, or its visibility time ends, when it is delivered again.
    func receive(from queues: [QueueName], timeout: Duration) async throws -> DeliveredMessage?
    /// Done with it; an unknown tag is a success.
    func acknowledge(_ tag: DeliveryTag) async throws
    /// Gives it back to the head of its queue when `requeue`, else drops it.
    func reject(_ tag: DeliveryTag, requeue: Bool) async throws
    func extend(_ tag: DeliveryTag, by: Duration) async throws
    func depth(of queue: QueueName) async throws -> QueueDepth
    /// Messages at the head, oldest first, left where they are.
    func peek(_ queue: QueueName, limit: Int) async throws -> [DeliveryMessage]
    /// Drops every waiting message of a queue; returns how many.
    func purge(_ queue: QueueName) async throws -> Int
    /// Messages of our jobs, delivered or not, by the owners of the jobs; nil has those that do not say whose they are. Reads
    /// every message.
    func messageCounts() async throws -> [String?: Int]
    /// Makes owners known to all who share what delivers; returns every one that somebody made known: untrusted names.
    func knownOwners(adding names: [String]) async throws -> [String]
    /// Undoes that for names that no owner has.
    func forgetOwners(_ names: [String]) async throws
}

extension Delivery {
    public func publish(_ messages: [DeliveryMessage]) async throws {
        for message in messages { try await publish(message) }
    }

    public func messageCounts() async throws -> [String?: Int] {
        var count = 0
        for queue in QueueName.allCases {
            let depth = try await depth(of: queue)
            count += depth.waiting + depth.unacknowledged
        }
        return [nil: count]
    }

    public func knownOwners(adding names: [String]) async throws -> [String] { names }
    public func forgetOwners(_ names: [String]) async throws {}
}

public struct DeliveryMessage: Hashable, Sendable {
    public let job: JobID
    public let kind: JobKind
    public let queue: QueueName
    /// Whose job it is, where owners share what delivers; nil where there is only one.
    public let owner: String?

    public init(job: JobID, kind: JobKind = .processPhoto, queue: QueueName, owner: String? = nil) {
        self.owner = owner
        self.job = job
        self.kind = kind
        self.queue = queue
    }
}

public struct DeliveryTag: Hashable, Sendable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}

public struct DeliveredMessage: Hashable, Sendable {
    public let message: DeliveryMessage
    public let tag: DeliveryTag

    public init(message: DeliveryMessage, tag: DeliveryTag) {
        self.message = message
        self.tag = tag
    }
}

public struct QueueDepth: Hashable, Sendable {
    public let waiting: Int
    public let unacknowledged: Int

    public init(waiting: Int, unacknowledged: Int) {
        self.waiting = waiting
        self.unacknowledged = unacknowledged
    }
}

/// What the console asks of a broker that others use too, beside `Delivery`.
public protocol BrokerConsole: Sendable {
    /// Seconds since the oldest waiting message was published; nil when none waits whose publisher said when.
    func oldestSeconds(of queue: String) async throws -> Double?
    /// Deliveries that nobody has acknowledged yet, of every worker, the oldest first.
    func unacknowledged(limit: Int) async throws -> [UnacknowledgedMessage]
    /// Moves every waiting message to the end of another queue; returns how many.
    func move(from queue: String, to other: String) async throws -> Int
    /// Messages that no worker here could run, and those that failed for good, the latest first.
    func deadLetters(limit: Int) async throws -> [DeadLetter]
    /// Puts a dead letter back at the end of its queue; false when there is none of that id.
    func revive(_ id: String) async throws -> Bool
    /// Drops a dead letter; false when there is none of that id.
    func forget(_ id: String) async throws -> Bool
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
    public enum Kind: String, Sendable {
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
