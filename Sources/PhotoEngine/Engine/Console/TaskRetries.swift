public import Core
internal import Foundation

/// Sends tasks that a broker's history knows once more, however many, and keeps there which were.
public struct TaskRetries: Sendable {
    private let history: any TaskHistory
    private let broker: any TaskRetrying
    /// Tasks that are read together, and sent in one step.
    private static let page = 2000
    private static let batch = 500

    public init(_ history: any TaskHistory, broker: any TaskRetrying) {
        (self.history, self.broker) = (history, broker)
    }

    /// All that a filter lets through, the oldest first. Those of another state than failed only where the filter names it.
    public func plan(_ filter: TaskFilter, to queue: String?, again: Bool) async throws -> RetryPlan {
        var filter = filter
        filter.order = .oldest
        if filter.states.isEmpty { filter.states = [.failed] }
        var plan = RetryPlan()
        while true {
            let page = try await history.tasks(filter, limit: Self.page)
            plan += try await self.plan(page.tasks, to: queue, again: again)
            guard let next = page.next else { return plan }
            filter.after = next
        }
    }

    /// Those of groups of failures, the oldest first.
    public func plan(
        _ groups: [FailureKey], where isWanted: (BrokerTask) -> Bool, to queue: String? = nil, again: Bool = false
    ) async throws -> RetryPlan {
        var plan = RetryPlan()
        for group in groups {
            var place: FailurePlace?
            while true {
                let page = try await history.failed(in: group, after: place, limit: Self.page)
                plan += try await self.plan(page.filter(isWanted), to: queue, again: again)
                guard let last = page.last, page.count == Self.page else { break }
                place = FailurePlace(at: last.endedAt ?? 0, id: last.id)
            }
        }
        plan.calls.reverse()
        return plan
    }

    /// These, in their order; ids that the history does not know are left out.
    public func plan(ids: [String], to queue: String? = nil, again: Bool = false) async throws -> RetryPlan {
        var plan = RetryPlan()
        for start in stride(from: 0, to: ids.count, by: Self.page) {
            var tasks: [BrokerTask] = []
            for id in ids[start..<min(start + Self.page, ids.count)] {
                if let task = try await history.task(id) { tasks.append(task) }
            }
            plan += try await self.plan(tasks, to: queue, again: again)
        }
        return plan
    }

    private func plan(_ tasks: [BrokerTask], to queue: String?, again: Bool) async throws -> RetryPlan {
        let plan = try await broker.plan(retryOf: tasks, to: queue, again: again)
        // What was sent from another machine, or by who was stopped before it was kept here.
        let known = Dictionary(tasks.map { ($0.id, $0.retriedAs) }) { first, _ in first }
        let news = plan.obstacles.compactMap { obstacle in
            obstacle.before.flatMap { known[obstacle.task] == .some($0) ? nil : (task: obstacle.task, sentAs: $0) }
        }
        try await history.record(retries: news, sent: [], at: Date().timeIntervalSince1970)
        return plan
    }

    /// Sends what a plan has. Stopped in the middle, what was sent is known to be: a plan that is made anew has the rest.
    public func send(_ plan: RetryPlan, progress: (Int) -> Void = { _ in }) async throws -> [RetryOutcome] {
        var outcomes: [RetryOutcome] = []
        for start in stride(from: 0, to: plan.calls.count, by: Self.batch) {
            try Task.checkCancellation()
            let some = Array(plan.calls[start..<min(start + Self.batch, plan.calls.count)])
            let sent = try await broker.send(some)
            outcomes += sent
            let kept = sent.filter { !$0.sentAs.isEmpty }.map { (task: $0.task, sentAs: $0.sentAs) }
            // Also where nobody watches, or may be told: where it went, and when, is known here.
            try await history.record(
                retries: kept, sent: sent.compactMap(\.event), at: Date().timeIntervalSince1970)
            progress(outcomes.count)
        }
        return outcomes
    }
}

extension RetryPlan {
    static func += (left: inout RetryPlan, right: RetryPlan) {
        left.calls += right.calls
        left.obstacles += right.obstacles
    }
}
