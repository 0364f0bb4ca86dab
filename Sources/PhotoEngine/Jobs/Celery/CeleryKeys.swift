/// The names that Celery and kombu give to things in Redis.
struct CeleryKeys: Sendable {
    let prefix: String
    let database: Int

    static let separator = "\u{6}\u{16}"
    /// kombu's `priority_steps`: each priority goes to the list of the nearest step below it.
    static let prioritySteps = [0, 3, 6, 9]

    var unacked: String { prefix + "unacked" }
    var unackedIndex: String { prefix + "unacked_index" }
    var unackedMutex: String { prefix + "unacked_mutex" }
    var dead: String { prefix + "phototui.dead" }
    var deadReasons: String { prefix + "phototui.dead.reasons" }
    /// The set of owners whom somebody on the broker knows.
    var owners: String { prefix + "phototui.owners" }
    var paused: String { prefix + "phototui.paused" }
    /// The workers of Celery's that were asked to leave a queue alone when it was paused.
    func pausedWorkers(of queue: String) -> String { prefix + "phototui.paused." + queue }
    var controlChannel: String { "\(prefix)/\(database).celery.pidbox" }

    /// The lists of a queue, the most urgent first.
    func lists(of queue: String) -> [String] { Self.prioritySteps.map { list(of: queue, step: $0) } }

    func list(of queue: String, priority: Int) -> String {
        list(of: queue, step: Self.prioritySteps.last { $0 <= max(0, priority) } ?? 0)
    }

    private func list(of queue: String, step: Int) -> String {
        prefix + queue + (step == 0 ? "" : Self.separator + String(step))
    }

    func binding(of exchange: String) -> String { prefix + "_kombu.binding." + exchange }

    /// A member of a binding: routing key, pattern, queue.
    static func member(routingKey: String, queue: String) -> String { routingKey + separator + separator + queue }

    /// The queues that the members of a binding name for a routing key.
    static func queues(in members: [String], for routingKey: String) -> [String] {
        members.compactMap { route(in: $0) }.filter { $0.routingKey == routingKey }.map(\.queue)
    }

    /// What a member of a binding says; nil where it is none.
    static func route(in member: String) -> (routingKey: String, queue: String)? {
        let parts = member.split(separator: Character("\u{6}"), omittingEmptySubsequences: false)
        guard parts.count == 3, let queue = parts.last?.dropFirst() else { return nil }
        return (String(parts[0]), String(queue))
    }

    /// `worker-heartbeat` goes to `/0.celeryev/worker.heartbeat`.
    func eventChannel(_ routingKey: String) -> String { "\(prefix)/\(database).celeryev/\(routingKey)" }

    static func result(of task: String) -> String { "celery-task-meta-" + task }
}
