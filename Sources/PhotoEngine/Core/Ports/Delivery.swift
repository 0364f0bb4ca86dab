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
