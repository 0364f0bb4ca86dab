/// What became of one task of a broker, as its workers' events told. Every text is untrusted.
public struct BrokerTask: Hashable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        /// Published; no worker has told of it yet.
        case queued
        /// A worker holds it and has not begun.
        case received
        case running
        /// It failed, and its worker has published it anew.
        case retrying
        case succeeded
        case failed
        case revoked
        /// Its worker refused it.
        case rejected
        /// Nobody told of its end, and who held it is gone: its worker, or its message. It may be told of yet.
        case lost

        public var isFinished: Bool {
            switch self {
            case .queued, .received, .running, .retrying: false
            case .succeeded, .failed, .revoked, .rejected, .lost: true
            }
        }
    }

    public let id: String
    public var name: String?
    public var queue: String?
    public var state: State
    public var worker: String?
    /// As Celery counts: 0 for the first attempt.
    public var retries: Int
    /// Moments of the latest attempt, in Unix seconds; nil where nobody told.
    public var sentAt: Double?
    public var receivedAt: Double?
    public var startedAt: Double?
    public var endedAt: Double?
    /// When the next attempt was published and received, where that was told before this one's end.
    public var resentAt: Double?
    public var rereceivedAt: Double?
    /// As the worker measured it, else from the start to the end.
    public var runSeconds: Double?
    public var eta: String?
    /// As Celery writes them for people, and cut where they are long.
    public var arguments: String?
    public var keywords: String?
    public var result: String?
    /// Of the latest attempt, or, until it ends, of the one before.
    public var error: String?
    public var trace: String?
    public var root: String?
    public var parent: String?
    /// When the first and the last of its events were heard, by this machine's clock.
    public var firstHeardAt: Double
    public var lastHeardAt: Double
    /// How many attempts there were before the latest.
    public var earlierAttempts: Int
    /// The task that a person had sent in its place, and when, in Unix seconds.
    public var retriedAs: String?
    public var retriedAt: Double?

    /// A task of which nothing is known but its id.
    public init(id: String, heardAt: Double) {
        self.id = id
        state = .queued
        retries = 0
        firstHeardAt = heardAt
        lastHeardAt = heardAt
        earlierAttempts = 0
    }

    /// From publishing to the start; nil where either is not known, or the machines' clocks disagree.
    public var waitSeconds: Double? {
        guard let sentAt, let startedAt, startedAt >= sentAt else { return nil }
        return startedAt - sentAt
    }

    /// The latest attempt.
    public var attempt: TaskAttempt {
        TaskAttempt(
            retries: retries, state: state, worker: worker, sentAt: sentAt, receivedAt: receivedAt,
            startedAt: startedAt,
            endedAt: endedAt, runSeconds: runSeconds, error: endedAt == nil ? nil : error,
            trace: endedAt == nil ? nil : trace)
    }
}

/// One attempt at a task. One that is neither `retrying` nor finished, and not the latest, was lost: nobody told of its end.
public struct TaskAttempt: Hashable, Sendable {
    public let retries: Int
    public var state: BrokerTask.State
    public let worker: String?
    public let sentAt: Double?
    public let receivedAt: Double?
    public let startedAt: Double?
    public var endedAt: Double?
    public var runSeconds: Double?
    public var error: String?
    public var trace: String?

    public init(
        retries: Int, state: BrokerTask.State, worker: String?, sentAt: Double?, receivedAt: Double?,
        startedAt: Double?, endedAt: Double?, runSeconds: Double?, error: String?, trace: String?
    ) {
        self.retries = retries
        self.state = state
        self.worker = worker
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.runSeconds = runSeconds
        self.error = error
        self.trace = trace
    }
}

/// What a worker or a publisher told of a task. Every text is untrusted.
public struct TaskEvent: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case sent, received, started, succeeded, failed, retried, revoked, rejected
        /// Told by nobody: concluded by who watches.
        case lost
    }

    public let id: String
    public let kind: Kind
    /// When it happened and when it was heard of, in Unix seconds.
    public let at: Double
    public let heardAt: Double
    public var name: String?
    public var queue: String?
    public var worker: String?
    public var retries: Int?
    public var runSeconds: Double?
    public var eta: String?
    public var arguments: String?
    public var keywords: String?
    public var result: String?
    public var error: String?
    public var trace: String?
    public var root: String?
    public var parent: String?
    /// Of a rejection: the message goes back to its queue.
    public var isRequeued = false

    public init(id: String, kind: Kind, at: Double, heardAt: Double) {
        self.id = id
        self.kind = kind
        self.at = at
        self.heardAt = heardAt
    }
}

/// A task with its attempts, and how they follow from what is told.
public struct TaskTimeline: Hashable, Sendable {
    public var task: BrokerTask
    /// Before the latest, the first first.
    public var earlier: [TaskAttempt]

    public init(_ task: BrokerTask, earlier: [TaskAttempt] = []) {
        self.task = task
        self.earlier = earlier
    }

    /// Takes in what was told. One worker tells in order, as Redis passes it on. The events of two come as they may, and so do
    /// those of a publisher: a retry is published, and may be received and even begun, before the end of the attempt that it
    /// follows is told.
    public mutating func apply(_ event: TaskEvent) {
        task.lastHeardAt = max(task.lastHeardAt, event.heardAt)
        task.name = event.name ?? task.name
        task.queue = event.queue ?? task.queue
        task.arguments = event.arguments ?? task.arguments
        task.keywords = event.keywords ?? task.keywords
        task.eta = event.eta ?? task.eta
        task.root = event.root ?? task.root
        task.parent = event.parent ?? task.parent
        switch event.kind {
        case .sent: publish(event)
        case .received: receive(event)
        case .started:
            if task.state == .running, task.rereceivedAt != nil { task.state = .retrying }
            // Also where a reception was not heard, as before the watch began.
            if task.state == .retrying || task.state.isFinished || task.state == .running {
                beginAttempt(event.retries)
            }
            task.startedAt = event.at
            task.state = .running
            task.worker = event.worker ?? task.worker
        case .retried: retry(event)
        case .succeeded:
            end(event, .succeeded)
            task.result = event.result
            (task.error, task.trace) = (nil, nil)
        case .failed: end(event, .failed)
        case .revoked: end(event, .revoked)
        case .rejected:
            end(event, .rejected)
            if event.isRequeued { task.state = .queued }
        case .lost:
            if task.state.isFinished { return }
            task.state = .lost
            task.error = event.error
        }
    }

    private mutating func publish(_ event: TaskEvent) {
        let isOfThis = (event.retries ?? task.retries) <= task.retries
        if isOfThis, task.sentAt == nil, event.at <= task.startedAt ?? task.endedAt ?? .infinity {
            task.sentAt = event.at
        } else if !isOfThis || task.state == .retrying || task.state.isFinished {
            task.resentAt = event.at
        } else {
            task.sentAt = task.sentAt ?? event.at
        }
    }

    private mutating func receive(_ event: TaskEvent) {
        if task.state == .running, event.retries == task.retries + 1 {
            task.rereceivedAt = event.at
            return
        }
        beginAttempt(event.retries)
        task.receivedAt = event.at
        task.state = .received
        task.worker = event.worker ?? task.worker
    }

    private mutating func retry(_ event: TaskEvent) {
        if let last = earlier.indices.last, earlier[last].state == .retrying, earlier[last].endedAt == nil {
            earlier[last].endedAt = event.at
            earlier[last].runSeconds = earlier[last].startedAt.map { max(0, event.at - $0) }
            earlier[last].error = event.error
            earlier[last].trace = event.trace
            if !task.state.isFinished { task.error = event.error ?? task.error }
            return
        }
        end(event, .retrying)
        guard let at = task.rereceivedAt else { return }
        beginAttempt(nil)
        task.receivedAt = at
        task.state = .received
    }

    private mutating func beginAttempt(_ retries: Int?) {
        // What a worker gave back without having begun it was no attempt.
        if task.startedAt != nil || task.endedAt != nil {
            earlier.append(task.attempt)
            task.earlierAttempts += 1
            (task.sentAt, task.resentAt) = (task.resentAt, nil)
        }
        task.retries = retries ?? (task.state == .retrying ? task.retries + 1 : task.retries)
        (task.receivedAt, task.rereceivedAt) = (task.rereceivedAt, nil)
        (task.startedAt, task.endedAt, task.runSeconds, task.result) = (nil, nil, nil, nil)
    }

    private mutating func end(_ event: TaskEvent, _ state: BrokerTask.State) {
        task.state = state
        task.endedAt = event.at
        task.runSeconds = event.runSeconds ?? task.startedAt.map { max(0, event.at - $0) }
        if let text = event.error { task.error = text }
        task.trace = event.trace
        task.worker = event.worker ?? task.worker
    }
}
