internal import Core
internal import Foundation

/// What a worker holds and may take: a value without effects.
struct CeleryWorkerState {
    struct Held {
        let received: CeleryReceived
        let call: CeleryCall
        /// Unix seconds.
        var startedAt: Double
        let task = RunningTask()
        /// Of one that waits for a place.
        var reservation: Task<CeleryReservation?, Never>?
    }

    enum Plan: Equatable {
        case take([String], count: Int)
        /// Begin what is reserved.
        case begin
        case full
        case finished
    }

    var queues: [(name: String, limit: Int?)]
    var concurrency: Int
    /// By delivery tag.
    var running: [String: Held] = [:]
    /// Until its time comes, by delivery tag.
    var scheduled: [String: Held] = [:]
    /// Taken ahead, in order, for the next free place.
    var reserved: [Held] = []
    /// How long tasks take, a moving average.
    var averageSeconds: Double?
    /// Results and acknowledgements on their way.
    var finishing = 0
    /// Of those, ends that a catalogue is yet to hear of.
    var recording = 0
    /// Of those that have run, until they are acknowledged: delivery tags.
    private var ending: Set<String> = []
    var isDraining = false
    var isOnline = false
    /// How often in a row a server refused this worker, and whether nothing is begun because of it. After a pause one task at
    /// a time is tried, until one succeeds.
    private(set) var refusals = 0
    private(set) var isPaused = false
    var cancelledQueues: Set<String> = []
    /// By an admin, for all workers of the broker.
    var pausedQueues: Set<String> = []
    /// Ids of tasks that a monitor revoked, the latest last.
    private(set) var revoked: [String] = []
    /// When this worker heard of it, in Unix seconds.
    private var revocations: [String: Double] = [:]
    private(set) var totals: [String: Int] = [:]
    let startedAt = Date()

    static let mostFinishing = 64
    static let mostAhead = 8
    static let shortSeconds = 0.01
    /// As many as Celery keeps (`REVOKES_MAX`).
    static let mostRevoked = 50_000

    init(_ queues: [(name: String, limit: Int?)], concurrency: Int) {
        self.queues = queues
        self.concurrency = max(1, concurrency)
    }

    var heldTags: [String] {
        [Array(running.keys), Array(scheduled.keys), Array(ending), reserved.map(\.received.tag)].flatMap { $0 }
    }
    var activeQueues: [String] { queues.map(\.name).filter { !cancelledQueues.contains($0) } }
    var processed: Int { totals.values.reduce(0, +) }

    /// Whether one more task may begin.
    var hasRoom: Bool {
        !isPaused && !isDraining && running.count < places && finishing < Self.mostFinishing
            && recording < max(2 * concurrency, ahead)
    }

    func plan() -> Plan {
        if isDraining { return running.isEmpty && finishing == 0 ? .finished : .full }
        guard hasRoom else { return .full }
        let room = places - running.count
        if !reserved.isEmpty { return .begin }
        var count = room + ahead
        var open: [String] = []
        for queue in queues where !cancelledQueues.contains(queue.name) {
            guard let limit = queue.limit else {
                open.append(queue.name)
                continue
            }
            let left = limit - running.values.count { $0.call.queue == queue.name }
            guard left > 0 else { continue }
            open.append(queue.name)
            count = min(count, left)
        }
        return open.isEmpty ? .full : .take(open, count: count)
    }

    /// How many more to take than there are places: only where tasks are so short that fetching them is what takes time, and
    /// no queue has a limit. What is taken ahead waits for a few milliseconds, then.
    private var ahead: Int {
        guard refusals == 0, let averageSeconds, averageSeconds < Self.shortSeconds,
            queues.allSatisfy({ $0.limit == nil })
        else {
            return 0
        }
        return Self.mostAhead
    }

    /// How many tasks may run now.
    var places: Int { refusals > 0 ? 1 : concurrency }

    /// Begins a pause, and returns its seconds; nil where there is one already.
    mutating func pause() -> Double? {
        guard !isPaused else { return nil }
        isPaused = true
        refusals += 1
        return JobPolicy.pauseSeconds(count: refusals)
    }

    mutating func endPause() { isPaused = false }

    /// A task succeeded; whether this ends a time of refusals.
    mutating func noteSuccess() -> Bool {
        // What began before the pause says nothing of what came after it.
        guard refusals > 0, !isPaused else { return false }
        refusals = 0
        return true
    }

    /// Frees the place of a task that has run; returns what to begin in it, of what is reserved.
    mutating func end(_ tag: String, after seconds: Double, isRecorded: Bool) -> Held? {
        if !isRecorded { recording += 1 }
        leavePlace(tag)
        averageSeconds = averageSeconds.map { $0 + (seconds - $0) / 8 } ?? seconds
        return placeNext()
    }

    /// Gives a task a place where there is one that nothing waits for; false where there is none.
    mutating func place(_ held: Held) -> Bool {
        guard hasRoom, reserved.isEmpty else { return false }
        running[held.received.tag] = held
        return true
    }

    /// Gives what waits longest a place, where there is one.
    mutating func placeNext() -> Held? {
        guard plan() == .begin else { return nil }
        var next = reserved.removeFirst()
        next.startedAt = Date().timeIntervalSince1970
        running[next.received.tag] = next
        return next
    }

    /// A task that has a place will not run.
    mutating func leavePlace(_ tag: String) {
        running.removeValue(forKey: tag)
        ending.insert(tag)
        finishing += 1
    }

    /// A task is acknowledged, or given back.
    mutating func finish(_ tag: String) {
        ending.remove(tag)
        finishing -= 1
    }

    /// What was taken ahead and has waited too long: another worker may have a place for it.
    mutating func takeStale(now: Double) -> [Held] {
        guard let first = reserved.first, isDraining || now - first.startedAt > 0.5 else { return [] }
        defer { reserved = [] }
        return reserved
    }

    mutating func count(_ task: String) { totals[task, default: 0] += 1 }

    /// A job that a person has queued again since is published anew by its catalogue, under its own id, and runs. Any other
    /// message of a revoked id does not, whenever it came, as with Celery.
    func isRevoked(_ message: CeleryMessage) -> Bool {
        guard let at = revocations[message.id] else { return false }
        guard message["job_id"].string == message.id, let published = message.publishedAt else { return true }
        return published.timeIntervalSince1970 <= at
    }

    mutating func revoke(_ ids: [String]) {
        let now = Date().timeIntervalSince1970
        for id in ids where revocations.updateValue(now, forKey: id) == nil { revoked.append(id) }
        while revoked.count > Self.mostRevoked { revocations[revoked.removeFirst()] = nil }
    }

    static func received(_ message: CeleryMessage, from queue: String) -> [JSONMember] {
        [
            // Celery's workers do not say it, and its monitors pass it by.
            JSONMember("queue", .string(queue)),
            JSONMember("name", .string(message.task)), JSONMember("args", message.headers["argsrepr"]),
            JSONMember("kwargs", message.headers["kwargsrepr"]), JSONMember("root_id", message.headers["root_id"]),
            JSONMember("parent_id", message.headers["parent_id"]), JSONMember("retries", .integer(message.retries)),
            JSONMember("eta", message.headers["eta"]), JSONMember("expires", message.headers["expires"]),
        ]
    }
}
