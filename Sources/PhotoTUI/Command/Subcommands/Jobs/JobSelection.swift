import ArgumentParser
import Core
import Foundation
import Glibc
import Jobs
import PhotoEngine

extension TaskOptions {
    /// As of a library's jobs.
    func jobFilter(states: Set<JobState>, photo: PhotoID? = nil) throws -> JobFilter {
        var filter = JobFilter(states: states)
        filter.kinds = task.map { Self.choices(of: $0) }
        filter.queues = queue.map { Self.choices(of: $0) }
        filter.workers = worker.map(WorkerWords.patterns) ?? []
        filter.order = sort ?? .newest
        filter.photo = photo
        filter.errorPattern = errorPattern
        filter.since = since.map { Int64($0.seconds * 1e6) }
        filter.until = until.map { Int64($0.seconds * 1e6) }
        return filter
    }

    /// The values whose names a pattern fits: `phototui.process_photo` is the same as `process_photo`.
    private static func choices<Choice: RawRepresentable & CaseIterable & Hashable>(of pattern: String) -> Set<Choice>
    where Choice.RawValue == String {
        let bare = pattern.hasPrefix("phototui.") ? String(pattern.dropFirst("phototui.".count)) : pattern
        return Set(Choice.allCases.filter { fnmatch(bare, $0.rawValue, 0) == 0 })
    }
}

/// Who ran a library's jobs, as it is shown: `host/4711` of the name that a worker claims them by.
enum WorkerWords {
    static func short(_ worker: String) -> String {
        WorkerName(worker).map { "\($0.host)/\($0.process)" } ?? worker
    }

    /// What fits the whole names that a pattern for the short ones means.
    static func patterns(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return [text, text + "/*"]
        case 2: return [text, "\(parts[0])/*/\(parts[1])/*/*"]
        default: return [text]
        }
    }
}

/// `--all` with filters, for what is done to many of a library's jobs.
struct JobSelection: ParsableArguments {
    @Flag(help: "All that the filters let through.") var all = false
    @Option(help: ArgumentHelp("With --all, only jobs in this state; several with commas between.", valueName: "state"))
    var state: String?
    @Option(help: ArgumentHelp("With --all, only this photo's.", valueName: "id")) var photo: PhotoID?
    @OptionGroup(title: "Filters for --all") var tasks: TaskOptions

    func validate() throws {
        if !all, state != nil || photo != nil || tasks.isGiven { throw ValidationError("filters go with --all") }
    }

    /// Those in one of `possible` states that the filters let through.
    func ids(_ possible: Set<JobState>, in library: Library) async throws -> [JobID] {
        var states = try StateWords.parse(state, as: JobState.self)
        if states.isEmpty { states = possible }
        let others = states.subtracting(possible).map(\.rawValue).sorted()
        guard others.isEmpty else {
            let words = possible.map(\.rawValue).sorted().joined(separator: " or ")
            throw ValidationError("this is done to jobs that are \(words), not \(others.joined(separator: ", "))")
        }
        return try await LibraryJobs(library).ids(try tasks.jobFilter(states: states, photo: photo))
    }
}
