import App
import Core
import Foundation
import Jobs
import PhotoEngine

/// Where there is what will not be tried again by itself: the dead letters of a broker, the dead jobs of a library, and the tasks
/// that failed while somebody watched the broker.
struct DeadPlace: Sendable {
    let opened: OpenConsole?
    let library: Library?
    /// Whose the library's jobs are.
    let owner: String?
    let history: (any TaskHistory)?
    /// Whether tasks of phototui's are jobs of a library here, also while that is away.
    var hasLibrary: Bool

    init(opened: OpenConsole?, library: Library?, owner: String?, history: (any TaskHistory)?, hasLibrary: Bool) {
        (self.opened, self.library, self.owner, self.history) = (opened, library, owner, history)
        self.hasLibrary = hasLibrary
    }

    /// Read together.
    private static let page = 2000

    /// A task that left a dead letter is told of as that one, and a job of a library as a job.
    private func isOwn(_ task: BrokerTask, letters: Set<String>) -> Bool {
        if letters.contains(task.id) { return false }
        return !hasLibrary || task.name?.hasPrefix("phototui.") != true
    }

    func letters() async throws -> [DeadLetter] { try await opened?.console.deadLetters(limit: .max) ?? [] }

    /// By what they have in common, the largest first.
    func groups() async throws -> [DeadGroup] {
        let letters = try await letters()
        var groups = DeadGroup.all(of: letters)
        groups += try await library?.catalog.deadGroups().map { DeadGroup($0, .job, owner: owner) } ?? []
        groups += try await failures(besides: letters).map { DeadGroup($0, .task, owner: nil) }
        return groups.sorted(by: DeadGroup.precedes)
    }

    /// Of tasks that no letter and no job tells of, the largest group first.
    func failures(besides letters: [DeadLetter]? = nil) async throws -> [FailureGroup] {
        guard let history else { return [] }
        return try await UntoldFailures(history, hasLibrary: hasLibrary).groups {
            if let letters { letters } else { try await self.letters() }
        }
    }

    // One by one

    /// Those of a group of jobs or tasks, or all, the latest first; `body` is given a page at a time until it returns false.
    private func forEachPage<Row>(
        _ body: ([Row]) throws -> Bool, place: (Row) -> FailurePlace,
        _ read: (FailurePlace?) async throws -> [Row]
    ) async throws {
        var after: FailurePlace?
        while true {
            let page = try await read(after)
            guard try body(page), let last = page.last, page.count == Self.page else { return }
            after = place(last)
            try Task.checkCancellation()
        }
    }

    func jobs(in key: FailureKey?, where isWanted: (DeadRow) -> Bool) async throws -> [JobID] {
        guard let library else { return [] }
        var ids: [JobID] = []
        try await forEachPage(
            { (page: [Job]) in
                ids += page.filter { isWanted(DeadRow($0, owner: owner)) }.map(\.id)
                return true
            }, place: Self.place
        ) { try await library.catalog.deadJobs(in: key, after: $0, limit: Self.page) }
        return ids
    }

    func tasks(
        in keys: [FailureKey], where isWanted: (DeadRow) -> Bool, to queue: String? = nil, again: Bool = false
    ) async throws -> RetryPlan {
        guard let history, let opened else { return RetryPlan() }
        let letters = UntoldFailures.taskIDs(of: try await letters())
        return try await TaskRetries(history, broker: opened.retrying).plan(
            keys, where: { isOwn($0, letters: letters) && isWanted(DeadRow($0)) }, to: queue, again: again)
    }

    /// The first of a group of jobs or tasks.
    func members(of group: FailureKey, _ source: DeadSource, limit: Int) async throws -> [DeadRow] {
        switch source {
        case .letter: return []
        case .job:
            return try await library?.catalog.deadJobs(in: group, after: nil, limit: limit).map {
                DeadRow($0, owner: owner)
            } ?? []
        case .task: return try await history?.failed(in: group, after: nil, limit: limit).map { DeadRow($0) } ?? []
        }
    }

    // A list of all

    /// The latest first, at most `limit` of those that are wanted behind a place.
    func rows(after place: DeadListPlace?, limit: Int, where isWanted: (DeadRow) -> Bool) async throws -> [DeadRow] {
        let letters = try await letters()
        let written = UntoldFailures.taskIDs(of: letters)
        var rows = letters.map { DeadRow($0) }.filter { isWanted($0) && place?.isBefore($0) != false }
        rows = Array(rows.sorted(by: DeadListPlace.precedes).prefix(limit))
        if let library {
            var found: [DeadRow] = []
            try await forEachPage(
                { (page: [Job]) in
                    found += page.lazy.map { DeadRow($0, owner: owner) }.filter(isWanted)
                    return found.count < limit
                }, place: Self.place
            ) { try await library.catalog.deadJobs(in: nil, after: $0 ?? place?.place(in: .job), limit: Self.page) }
            rows += found.prefix(limit)
        }
        if let history {
            var found: [DeadRow] = []
            try await forEachPage(
                { (page: [BrokerTask]) in
                    found += page.filter { isOwn($0, letters: written) }.lazy.map { DeadRow($0) }.filter(isWanted)
                    return found.count < limit
                }, place: Self.place
            ) { try await history.failed(in: nil, after: $0 ?? place?.place(in: .task), limit: Self.page) }
            rows += found.prefix(limit)
        }
        return Array(rows.sorted(by: DeadListPlace.precedes).prefix(limit))
    }

    private static func place(_ job: Job) -> FailurePlace {
        FailurePlace(at: Double(job.finishedAt ?? 0) / 1e6, id: job.id.description)
    }

    private static func place(_ task: BrokerTask) -> FailurePlace {
        FailurePlace(at: task.endedAt ?? 0, id: task.id)
    }
}

/// A place in the list of all, `MOMENT.source.ID`: the latest first; of one moment by source, then by id.
struct DeadListPlace {
    let at: Double
    let source: DeadSource
    let id: String

    init(_ row: DeadRow) { (at, source, id) = (row.at, row.source, row.id) }

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let at = Double(parts[0]), at.isFinite,
            let source = DeadSource(rawValue: String(parts[1]))
        else { return nil }
        (self.at, self.source, id) = (at, source, String(parts[2]))
    }

    var description: String { "\(at)/\(source.rawValue)/\(id)" }

    static func precedes(_ left: DeadRow, _ right: DeadRow) -> Bool {
        if left.at != right.at { return left.at > right.at }
        if left.source != right.source { return rank(left.source) < rank(right.source) }
        return left.id > right.id
    }

    private static func rank(_ source: DeadSource) -> Int { DeadSource.allCases.firstIndex(of: source) ?? 0 }

    func isBefore(_ row: DeadRow) -> Bool {
        if at != row.at { return at > row.at }
        if source != row.source { return Self.rank(source) < Self.rank(row.source) }
        return id > row.id
    }

    /// The same place among those of one source.
    func place(in other: DeadSource) -> FailurePlace {
        if other == source { return FailurePlace(at: at, id: id) }
        return Self.rank(other) < Self.rank(source) ? .behind(at) : .before(at)
    }
}
