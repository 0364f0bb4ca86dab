import Core
import Foundation
import PhotoEngine

/// `jobs list --follow` of a library: its jobs, and then each whenever something has become of it.
struct JobsFollow: Sendable {
    let library: Library
    let filter: JobFilter
    let limit: Int
    let write: @Sendable (Job) throws -> Void

    /// Unfinished jobs, and those that changed between two looks, of which all are compared.
    private static let most = 5000
    private static let pause = Duration.milliseconds(500)
    /// Clocks of other machines differ a little, and a transaction takes its time to be seen.
    private static let slack = Int64(60_000_000)

    func run(heading: String) async throws {
        try await Interrupt.cancelling {
        } work: {
            var mark = try await library.catalog.changeMark()
            var lookedAt = SystemClock().microseconds
            var known = try await recent(since: lookedAt - Self.slack)
            if !heading.isEmpty { try Console.write(heading) }
            for job in try await library.catalog.jobs(filter, after: nil, limit: limit).reversed() {
                known[job.id] = job
                try write(job)
            }
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.pause) } catch { return }
                let now = try await library.catalog.changeMark()
                guard now != mark else { continue }
                let began = SystemClock().microseconds
                let changed = try await recent(since: lookedAt - Self.slack)
                (mark, lookedAt) = (now, began)
                for job in changed.values.sorted(by: { ($0.changedAt, $0.id) < ($1.changedAt, $1.id) })
                where known[job.id] != job {
                    known[job.id] = job
                    if filter.lets(job) { try write(job) }
                }
            }
        }
    }

    /// Those that wait or run, and those that ended since a moment, in Unix microseconds.
    private func recent(since moment: Int64) async throws -> [JobID: Job] {
        var wider = filter
        wider.states = JobState.unfinished
        (wider.since, wider.until, wider.errorPattern) = (nil, nil, nil)
        var jobs = try await library.catalog.jobs(wider, after: nil, limit: Self.most)
        (wider.states, wider.since) = (JobState.finished, moment)
        jobs += try await library.catalog.jobs(wider, after: nil, limit: Self.most)
        return Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension JobState {
    static let finished = Set(allCases.filter(\.isFinished))
}

extension JobFilter {
    /// Of what changes from moment to moment; the rest was asked for.
    fileprivate func lets(_ job: Job) -> Bool {
        if !states.isEmpty, !states.contains(job.state) { return false }
        guard let errorPattern else { return true }
        guard let error = job.error, let expression = try? NSRegularExpression(pattern: errorPattern) else {
            return false
        }
        return expression.firstMatch(in: error, range: NSRange(location: 0, length: error.utf16.count)) != nil
    }
}
