import ArgumentParser
import Core
import Foundation
import Jobs
import PhotoEngine

/// `jobs list` and `jobs show` for the tasks of a broker.
struct TaskListing: Sendable {
    let broker: String?
    var filter: TaskFilter
    let limit: Int
    let after: String?
    let asJSON: Bool
    let asCSV: Bool
    let follows: Bool

    func run() async throws {
        var filter = filter
        if let after {
            guard let place = Int64(after) else { throw ValidationError("--after takes the `next` of a list before") }
            guard filter.order == .newest || filter.order == .oldest else {
                throw ValidationError("--after goes with --sort newest and oldest")
            }
            filter.after = place
        }
        try await Self.options(broker).withConsole { opened in
            let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
            if follows { return try await follow(opened, file) }
            try await Self.reading(file) { history in
                let page = try await history.tasks(filter, limit: limit)
                let watch = try await history.watches(limit: 1).first
                let isUntold = try await Self.isUntold(history, watch)
                if asJSON {
                    let document: JSON = .object([
                        "jobs": .array(page.tasks.map(TaskFormat.json)), "next": .text(page.next.map(String.init)),
                        "watched_until": .moment(TaskFormat.moment(watch?.until)), "workers_tell": .bool(!isUntold),
                    ])
                    return try Console.line(document.encoded())
                }
                if asCSV {
                    return try Console.write(TaskFormat.csvHeader + page.tasks.map(TaskFormat.csv).joined())
                }
                var table = TextTable(TaskFormat.columns)
                for task in page.tasks { table.add(TaskFormat.row(task, isUntold: isUntold)) }
                try Console.write(table.text())
                if isUntold {
                    Console.note(
                        "what became of the tasks is not known (-): no worker tells of its tasks; start it with celery worker "
                            + "-E, or run: \(Self.line(["workers", "enable-events"], broker))\n")
                }
                if let next = page.next { Console.note("More follow: --after \(next)\n") }
                Self.tellAge(watch)
            }
        }
    }

    static func show(_ id: String, broker: String?, asJSON: Bool) async throws {
        try await options(broker).withConsole { opened in
            let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
            try await reading(file) { history in
                let ids = try await history.ids(beginningWith: id, limit: 2)
                guard let whole = ids.contains(id) ? id : ids.first, let task = try await history.task(whole) else {
                    throw EngineError(
                        .notFound, "the history knows no task \(id)",
                        whatToDo: "list them with: \(line(["jobs", "list"], broker))")
                }
                guard ids.count == 1 || whole == id else {
                    throw EngineError(.conflict, "several tasks have ids that begin with \(id)")
                }
                let attempts = try await history.attempts(of: whole)
                if asJSON { return try Console.line(TaskFormat.json(task, attempts).encoded()) }
                try Console.write(TaskFormat.text(task, attempts))
            }
        }
    }

    /// Whether there are workers, none of which tells of its tasks.
    private static func isUntold(_ history: any TaskHistory, _ watch: TaskWatchState?) async throws -> Bool {
        guard let watch else { return false }
        return try await history.workers(since: watch.until - SeenWorker.patience).areSilentOnTasks(until: watch.until)
    }

    /// A command of this program for the same broker, for the shell.
    private static func line(_ words: [String], _ broker: String?) -> String {
        let place = broker.map { ["--broker", ConsoleCommand.withoutPassword($0)] } ?? []
        return (["phototui"] + words + place).map(OwnCommand.quoted).joined(separator: " ")
    }

    static func options(_ broker: String?) -> BrokerOptions {
        var options = BrokerOptions()
        options.broker = broker
        options.profile = nil
        return options
    }

    static func reading(
        _ file: TaskHistoryFile, _ body: (any TaskHistory) async throws -> Void
    ) async throws {
        let history = try await file.open()
        do {
            try await body(history)
            await history.close()
        } catch {
            await history.close()
            throw error
        }
    }

    /// A history is as new as its last watch.
    private static func tellAge(_ watch: TaskWatchState?) {
        guard let watch else { return Console.note("nothing was watched yet\n") }
        let age = Date().timeIntervalSince1970 - watch.until
        if watch.missed > 0 { Console.note("\(watch.missed) events were missed\n") }
        guard age > 15 else { return }
        Console.note("nobody watches: this is what was known \(ProgressLine.duration(age)) ago (phototui jobs watch)\n")
    }

    // Following

    private func follow(_ opened: OpenConsole, _ file: TaskHistoryFile) async throws {
        let limits = LibraryOptions.configuration(warns: false).history
        let watch = TaskWatch(opened.redis, file: file, limits: limits)
        let problems = WatchProblems()
        try await Interrupt.cancelling {
        } work: {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await watch.run { problems.tell($0) } }
                group.addTask { try await tellChanges(of: file) }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private func tellChanges(of file: TaskHistoryFile) async throws {
        while !file.exists, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(50)) }
        if Task.isCancelled { return }
        try await Self.reading(file) { history in
            var place = try await history.lastChange()
            if asCSV { try Console.write(TaskFormat.csvHeader) }
            for task in try await history.tasks(filter, limit: limit).tasks.reversed() { try write(task) }
            while !Task.isCancelled {
                let (tasks, next) = try await history.changes(after: place, limit: 5000, filter)
                for task in tasks { try write(task) }
                if next == place { try? await Task.sleep(for: .milliseconds(400)) }
                place = next
            }
        }
    }

    private func write(_ task: BrokerTask) throws {
        if asJSON { return try Console.line(TaskFormat.json(task).encoded(isIndented: false)) }
        if asCSV { return try Console.write(TaskFormat.csv(task)) }
        try Console.line(TaskFormat.line(task))
    }
}
