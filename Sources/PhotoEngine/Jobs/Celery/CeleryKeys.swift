internal import Foundation

/// The names that Celery and kombu give to things in Redis.
struct CeleryKeys: Sendable {
    let prefix: String
    let database: Int

    /// kombu's `sep`, and where nothing else is set.
    var separator = Self.standardSeparator
    static let standardSeparator = "\u{6}\u{16}"
    /// kombu's `priority_steps`: each priority goes to the list of the nearest step below it.
    var prioritySteps = Self.standardSteps
    static let standardSteps = [0, 3, 6, 9]

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
    /// As which tasks others were sent again: of the month of a moment, and of the one before.
    func retried(at moment: Date) -> [String] {
        let parts = Calendar.utc.dateComponents([.year, .month], from: moment)
        let month = (parts.year ?? 0) * 12 + (parts.month ?? 1) - 1
        return [month, month - 1].map { month in
            let number = month % 12 + 1
            return prefix + "phototui.retried.\(month / 12)-\(number < 10 ? "0" : "")\(number)"
        }
    }
    var controlChannel: String { "\(prefix)/\(database).celery.pidbox" }

    /// The lists of a queue, the most urgent first.
    func lists(of queue: String) -> [String] { prioritySteps.map { list(of: queue, step: $0) } }

    func list(of queue: String, priority: Int) -> String {
        list(of: queue, step: prioritySteps.last { $0 <= max(0, priority) } ?? 0)
    }

    private func list(of queue: String, step: Int) -> String {
        prefix + queue + (step == 0 ? "" : separator + String(step))
    }

    func binding(of exchange: String) -> String { prefix + "_kombu.binding." + exchange }

    /// A member of a binding: routing key, pattern, queue.
    func member(routingKey: String, queue: String) -> String { routingKey + separator + separator + queue }

    /// The queues that the members of a binding name for a routing key.
    func queues(in members: [String], for routingKey: String) -> [String] {
        members.compactMap { route(in: $0) }.filter { $0.routingKey == routingKey }.map(\.queue)
    }

    /// What a member of a binding says; nil where it is none.
    func route(in member: String) -> (routingKey: String, queue: String)? {
        guard let end = member.firstRange(of: separator),
            let begin = member[end.upperBound...].firstRange(of: separator)
        else { return nil }
        return (String(member[..<end.lowerBound]), String(member[begin.upperBound...]))
    }

    /// What kombu's documentation has people set in the place of its own separator, and what they might.
    private static let otherSeparators = [":", "|", "#", "/", ";", ","]

    /// As a deployment was told to name things (`broker_transport_options`): every member of a binding holds the separator twice in
    /// a row.
    mutating func learnSeparator(from members: [String]) {
        guard !members.isEmpty, separator == Self.standardSeparator,
            let other = Self.otherSeparators.first(where: { separator in
                members.allSatisfy { $0.contains(separator + separator) }
            })
        else { return }
        separator = other
    }

    /// From the server's lists, without the prefix, and the queues that are declared.
    mutating func learnSteps(from lists: Set<String>, queues: Set<String>) {
        let found = lists.compactMap { list -> Int? in
            guard let cut = list.range(of: separator, options: .backwards), let step = Int(list[cut.upperBound...]),
                (1...255).contains(step),
                separator == Self.standardSeparator || queues.contains(String(list[..<cut.lowerBound]))
            else { return nil }
            return step
        }
        prioritySteps = Set(prioritySteps).union(found).sorted()
    }

    /// The queue that a list, without the prefix, belongs to; one that is declared may be called as another's list is.
    func queue(ofList name: String, declared: Set<String>) -> String {
        guard !declared.contains(name), let cut = name.range(of: separator, options: .backwards),
            prioritySteps.contains(Int(name[cut.upperBound...]) ?? -1)
        else { return name }
        return String(name[..<cut.lowerBound])
    }

    /// `worker-heartbeat` goes to `/0.celeryev/worker.heartbeat`.
    func eventChannel(_ routingKey: String) -> String { "\(prefix)/\(database).celeryev/\(routingKey)" }

    static func result(of task: String) -> String { "celery-task-meta-" + task }
}

extension CeleryKeys {
    init(_ address: RedisAddress) {
        self.init(prefix: address.keyPrefix, database: address.database)
        if let separator = address.separator { self.separator = separator }
        if let steps = address.prioritySteps { prioritySteps = steps }
    }
}

extension Calendar {
    fileprivate static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
