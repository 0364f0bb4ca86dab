import Core
import Foundation
import Jobs
import PhotoEngine

/// All that will not be tried again by itself: messages on the broker, a library's dead jobs, and tasks that failed while somebody
/// watched.
struct DeadSources: Sendable {
    let opened: OpenConsole
    /// Whose broker it is; nil for a foreign one.
    let library: Library?
    /// Whose jobs the library's are.
    let owner: String?
    /// Of the broker's tasks; nil where nobody has watched.
    let history: (any TaskHistory)?

    /// Of jobs, and of tasks, the newest so many; what is more is left for the next look.
    static let most = 20_000

    /// The latest first.
    func letters() async throws -> [DeadLetter] {
        let messages = try await opened.console.deadLetters(limit: .max)
        let buried = Set(messages.compactMap { QueuedMessage(reading: $0.raw).id })
        return (messages + (try await jobs()) + (try await tasks()).filter { !buried.contains($0.id) })
            .sorted { $0.at > $1.at }
    }

    /// Another one wherever something may have changed.
    func mark() async throws -> Int {
        var hasher = Hasher()
        hasher.combine(try await opened.console.deadLetterCount())
        if let library { hasher.combine(try await library.catalog.changeMark()) }
        if let history { hasher.combine(try await history.lastChange()) }
        return hasher.finalize()
    }

    private func jobs() async throws -> [DeadLetter] {
        guard let library else { return [] }
        return try await library.catalog.jobs(state: .dead, after: nil, limit: Self.most).map { job in
            DeadLetter(
                id: job.id.description, queue: job.kind.queue.rawValue, kind: .failed, reason: job.error ?? "",
                at: Double(job.changedAt) / 1e6, raw: [], source: .job, task: job.kind.rawValue, owner: owner)
        }
    }

    private func tasks() async throws -> [DeadLetter] {
        guard let history else { return [] }
        var filter = TaskFilter()
        filter.states = [.failed]
        return try await history.tasks(filter, limit: Self.most).tasks.compactMap { task in
            // A library's are its jobs; one that was sent again waits.
            if library != nil, task.name?.hasPrefix("phototui.") == true { return nil }
            guard task.resentAt == nil else { return nil }
            return DeadLetter(
                id: task.id, queue: task.queue ?? "", kind: .failed, reason: task.error ?? "",
                at: task.endedAt ?? task.lastHeardAt, raw: [], source: .task, task: task.name)
        }
    }

    /// What became of dead letters that were to be tried again.
    struct Outcome: Sendable {
        var done = 0
        /// Tasks that stay as they are.
        var kept: [ResendOutcome.Kept] = []

        mutating func add(_ other: Outcome) {
            done += other.done
            kept += other.kept
        }

        /// Why some stay, a sentence each.
        var sentences: [String] {
            var outcome = ResendOutcome()
            outcome.kept = kept
            return outcome.sentences
        }
    }

    /// Has them tried again, each where it is.
    func retry(messages: [String], jobs: [String], tasks: [String]) async throws -> Outcome {
        var outcome = Outcome()
        if !messages.isEmpty { outcome.done += try await opened.console.revive(messages) }
        if !jobs.isEmpty, let library {
            try await library.checkBudget()
            outcome.done += try await LibraryJobs(library).retry(jobs.compactMap { JobID($0) })
        }
        if !tasks.isEmpty {
            let resent = try await Self.resend(tasks, history, opened)
            outcome.done += resent.sent.count
            outcome.kept += resent.kept
        }
        return outcome
    }

    /// As the history knows them by now.
    static func resend(
        _ ids: [String], _ history: (any TaskHistory)?, _ opened: OpenConsole
    ) async throws -> ResendOutcome {
        var tasks: [BrokerTask] = []
        var unknown: [ResendOutcome.Kept] = []
        for id in ids {
            if let task = try await history?.task(id) {
                tasks.append(task)
            } else {
                unknown.append(.init(id: id, reason: "the history knows no such task"))
            }
        }
        var outcome = try await opened.console.resend(tasks)
        outcome.kept += unknown
        return outcome
    }
}

extension ResendOutcome {
    var sentences: [String] {
        reasons.map { "\(counted($0.count, "task")) \($0.count == 1 ? "stays" : "stay"): \($0.text)" }
    }

    /// As the journal has it.
    var summary: String { (["\(sent.count) sent again"] + sentences).joined(separator: ", ") }
}

extension BrokerOptions {
    /// Opens what is dead, and closes it behind `body`. A catalogue that is away is told, and left out.
    func withDead<Value>(_ body: (DeadSources) async throws -> Value) async throws -> Value {
        let profile = try chosenProfile(LibraryOptions.configuration(warns: false))
        return try await withConsole { opened in
            var library: Library?
            if let profile, profile.broker != nil {
                do {
                    library = try await Library.open(
                        profile, configuration: LibraryOptions.configuration(warns: false),
                        environment: ProcessInfo.processInfo.environment, unknownOwner: .refused)
                } catch let error as EngineError {
                    Console.complain("the library's dead jobs are not among these: \(error.description)")
                }
            }
            let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
            let history = file.exists ? try? await file.open() : nil
            func close() async {
                await history?.close()
                await library?.close()
            }
            do {
                let value = try await body(
                    DeadSources(
                        opened: opened, library: library, owner: profile?.owner, history: history))
                await close()
                return value
            } catch {
                await close()
                throw error
            }
        }
    }
}
