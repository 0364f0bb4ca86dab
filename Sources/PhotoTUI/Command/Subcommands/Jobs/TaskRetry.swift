import ArgumentParser
import Core
import Foundation
import Jobs
import PhotoEngine

/// How tasks of a broker's history are sent again.
struct RetryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Tasks of a broker go to this queue instead of where they came from.", valueName: "queue"))
    var to: String?
    @Flag(help: "Tasks of a broker that were sent again before, once more.") var again = false
    @Flag(help: "Say what would be sent again, and what can't be and why; change nothing.") var dryRun = false
}

/// The retry of tasks of a broker: what is said before and afterwards, and what goes to the journal.
enum TaskRetry {
    /// `298 of 300 tasks can be sent again: 200 shop.charge on orders, 98 shop.mail on mail; 2 can't: 1 …`
    static func summary(_ plan: RetryPlan) -> String {
        let all = plan.calls.count + plan.obstacles.count
        var text = "\(plan.calls.count) of \(counted(all, "task")) can be sent again"
        let kinds = Dictionary(grouping: plan.calls) { "\($0.name) on \($0.queue)" }
            .map { (words: $0.key, count: $0.value.count) }
            .sorted { ($0.count, $1.words) > ($1.count, $0.words) }
        if !kinds.isEmpty { text += ": " + list(kinds.map { "\($0.count) \($0.words)" }) }
        if !plan.obstacles.isEmpty { text += "; \(plan.obstacles.count) can't: \(hindrances(plan))" }
        return text
    }

    /// Why some could not be sent, or in the end were not.
    static func hindrances(_ plan: RetryPlan, _ sent: [RetryOutcome] = []) -> String {
        let others = sent.count { !$0.isSent }
        return list(
            plan.reasons.map { "\($0.count) \($0.reason)" } + (others > 0 ? ["\(others) \(bySomebodyElse)"] : []))
    }

    private static let bySomebodyElse = "by somebody else before"

    private static func list(_ words: [String]) -> String {
        words.prefix(4).joined(separator: ", ") + (words.count > 4 ? " and \(words.count - 4) others" : "")
    }

    /// Sends what a plan has, between two entries in the journal.
    static func send(
        _ plan: RetryPlan, history: any TaskHistory, on subject: String, reason: String, _ opened: OpenConsole,
        tellDetour: (String) -> Void = { Console.complain($0) }, progress: @escaping (Int) -> Void = { _ in }
    ) async throws -> [RetryOutcome] {
        if plan.calls.isEmpty { return [] }
        let tally = Tally()
        return try await opened.act(
            "retry tasks", on: subject, reason: reason, outcome: outcome, soFar: { "\(tally.value) sent again" },
            tellDetour: tellDetour
        ) {
            try await TaskRetries(history, broker: opened.retrying).send(plan) { count in
                tally.value = count
                progress(count)
            }
        }
    }

    /// As `send`, until Ctrl-C, with its progress on the terminal.
    static func sendHere(
        _ plan: RetryPlan, history: any TaskHistory, on described: String, reason: String, _ opened: OpenConsole
    ) async throws -> [RetryOutcome] {
        let progress = ProgressLine()
        let subject = subject(plan, described)
        return try await Interrupt.cancelling {
            progress.clear()
        } work: {
            try await send(
                plan, history: history, on: subject, reason: reason, opened,
                progress: { progress.show($0, of: plan.calls.count, "tasks") })
        }
    }

    private static func outcome(_ sent: [RetryOutcome]) -> String {
        let count = sent.count(where: \.isSent)
        let others = sent.count - count
        var words = "\(count) sent again" + (others > 0 ? ", \(others) \(bySomebodyElse)" : "")
        if sent.count == 1, let only = sent.first { words += " as \(only.sentAs)" }
        return words
    }

    static func subject(_ plan: RetryPlan, _ described: String) -> String {
        plan.calls.count == 1 ? "task \(plan.calls[0].task)" : "\(plan.calls.count) tasks (\(described))"
    }

    // What is told

    static func fields(_ plan: RetryPlan, _ sent: [RetryOutcome]) -> [(name: String, value: JSON)] {
        [
            (
                "tasks",
                .array(
                    sent.map {
                        .object([
                            "id": .string($0.task), "retried_as": .string($0.sentAs), "sent": .bool($0.isSent),
                        ])
                    })
            ),
            (
                "failed",
                .array(
                    plan.obstacles.map {
                        .object([
                            "id": .string($0.task), "reason": .string($0.reason), "retried_as": .text($0.before),
                        ])
                    })
            ),
        ]
    }

    /// What can't be sent again, one by one where they are few.
    static func tellObstacles(_ plan: RetryPlan) {
        for obstacle in plan.obstacles.prefix(20) {
            let before = obstacle.before.map { " as \($0)" } ?? ""
            Console.complain("\(displayEscaped(obstacle.task)): \(displayEscaped(obstacle.reason + before))")
        }
        if plan.obstacles.count > 20 {
            Console.complain("\(plan.obstacles.count - 20) others: --json tells of each")
        }
    }

    /// What would be sent.
    static func showDryRun(_ plan: RetryPlan, asJSON: Bool) throws {
        if asJSON {
            let calls: JSON = .array(
                plan.calls.map {
                    .object([
                        "id": .string($0.task), "task": .string($0.name), "queue": .string($0.queue),
                        "args": .string(String(decoding: $0.arguments, as: UTF8.self)),
                        "kwargs": .string(String(decoding: $0.keywords, as: UTF8.self)),
                    ])
                })
            let fields = fields(plan, []).filter { $0.name == "failed" }
            return try Console.line(JSON.object([("dry_run", .bool(true)), ("would_send", calls)] + fields).encoded())
        }
        var table = TextTable([("ID", .left), ("TASK", .left), ("QUEUE", .left), ("ARGS", .left), ("KWARGS", .left)])
        for call in plan.calls {
            let (arguments, keywords) = (call.arguments, call.keywords)
            table.add(
                [
                    call.task, call.name, call.queue, String(decoding: arguments, as: UTF8.self),
                    String(decoding: keywords, as: UTF8.self),
                ].map { displayEscaped($0) })
        }
        try Console.write(table.text())
        tellObstacles(plan)
        Console.note(displayEscaped(summary(plan)) + "; nothing was changed\n")
    }
}

extension JobsCommand.Retry {
    /// Tasks of a broker.
    func retryTasks() async throws {
        if allDead || unprocessed || selection.photo != nil {
            throw ValidationError("--all-dead, --unprocessed and --photo are for a library's jobs: use --all")
        }
        let filter = selection.tasks.filter(states: try StateWords.parse(selection.state, as: BrokerTask.State.self))
        if filter.order != .newest { throw ValidationError("--sort is for jobs list") }
        var options = BrokerOptions()
        (options.broker, options.profile) = (broker, nil)
        try await options.withConsole { opened in
            let history = try await TaskHistoryFile(
                opened.redis, environment: ProcessInfo.processInfo.environment
            ).open(toWrite: true)
            do {
                try await retryTasks(filter, history, opened)
                await history.close()
            } catch {
                await history.close()
                throw error
            }
        }
    }

    private func retryTasks(_ filter: TaskFilter, _ history: any TaskHistory, _ opened: OpenConsole) async throws {
        let retries = TaskRetries(history, broker: opened.retrying)
        let names = try await Self.whole(ids, history)
        if let queue = retry.to { try await opened.requireQueue(queue) }
        let plan = try await opened.preparing("retry tasks", on: described, reason: consent.reason) {
            selection.all
                ? try await retries.plan(filter, to: retry.to, again: retry.again)
                : try await retries.plan(ids: names, to: retry.to, again: retry.again)
        }
        if retry.dryRun { return try TaskRetry.showDryRun(plan, asJSON: output.json) }
        if !plan.calls.isEmpty, selection.all || plan.calls.count > 1 {
            try await opened.ask(
                consent, "\(TaskRetry.summary(plan)), of \(opened.address)", type: "retry", for: "retry tasks",
                on: TaskRetry.subject(plan, described))
        }
        let sent = try await TaskRetry.sendHere(
            plan, history: history, on: described, reason: consent.reason, opened)
        let count = sent.count(where: \.isSent)
        if output.json {
            try Console.line(JSON.object([("retried", .count(count))] + TaskRetry.fields(plan, sent)).encoded())
        } else {
            try Console.line("\(counted(count, "task")) sent again")
            if sent.count == 1, count == 1 { Console.note("  as \(sent[0].sentAs)\n") }
            TaskRetry.tellObstacles(plan)
            if count < sent.count {
                Console.complain("\(sent.count - count) were sent again by somebody else meanwhile")
            }
        }
        // All that a filter lets through may well have been sent again before.
        let hindered = plan.obstacles.count { !selection.all || $0.before == nil }
        if count == 0, hindered > 0 { throw ExitCode.failure }
        if hindered > 0 || count < sent.count { throw ExitCode.inPart }
    }

    private var described: String {
        guard selection.all else { return ids.count == 1 ? "task \(ids[0])" : "\(ids.count) tasks" }
        let tasks = selection.tasks
        let words: [(String, String?)] = [
            ("state", selection.state), ("task", tasks.task), ("queue", tasks.queue), ("worker", tasks.worker),
            ("matching", tasks.match), ("fitting", tasks.regex),
        ]
        let given = words.compactMap { name, value in value.map { "\(name) \($0)" } }
        return given.isEmpty ? "all that failed" : given.joined(separator: ", ")
    }

    /// The whole ids of tasks whose ids begin so.
    private static func whole(_ names: [String], _ history: any TaskHistory) async throws -> [String] {
        var found: [String] = []
        for name in names {
            let ids = try await history.ids(beginningWith: name, limit: 2)
            if ids.contains(name) {
                found.append(name)
            } else if ids.count == 1 {
                found.append(ids[0])
            } else {
                throw EngineError(
                    ids.isEmpty ? .notFound : .conflict,
                    ids.isEmpty
                        ? "the history knows no task \(name)" : "several tasks have ids that begin with \(name)",
                    whatToDo: "list them with: phototui jobs list --broker URL --state failed")
            }
        }
        return found
    }
}
