public import Core
internal import Jobs

/// What a person does to a library's jobs, however many.
public struct LibraryJobs: Sendable {
    private let library: Library
    /// Jobs in one statement.
    private static let page = 1000

    public init(_ library: Library) { self.library = library }

    /// All that a filter lets through, the newest first.
    public func ids(_ filter: JobFilter) async throws -> [JobID] {
        var filter = filter
        // The order that has pages.
        filter.order = .newest
        var found: [JobID] = []
        while true {
            let page = try await library.catalog.jobs(filter, after: found.last, limit: Self.page)
            found += page.map(\.id)
            if page.count < Self.page { return found }
        }
    }

    /// Queues again those that are dead or cancelled; returns how many.
    public func retry(_ ids: [JobID]) async throws -> Int {
        var count = 0
        for start in stride(from: 0, to: ids.count, by: Self.page) {
            count += try await library.catalog.retry(Array(ids[start..<min(start + Self.page, ids.count)]))
        }
        return count
    }

    /// Which were cancelled, and what workers did of it.
    public struct Cancelled: Sendable {
        public let ids: [JobID]
        /// nil without a broker, and where it could not be told.
        public let control: ControlOutcome?
        public let problem: EngineError?
    }

    /// Cancels those that wait. The catalogue decides: no worker of ours begins one after that. With a broker its workers are
    /// told to end their messages, too, since Celery's ask no catalogue.
    public func cancel(_ ids: [JobID]) async throws -> Cancelled {
        var cancelled: [JobID] = []
        for start in stride(from: 0, to: ids.count, by: Self.page) {
            let some = Array(ids[start..<min(start + Self.page, ids.count)])
            let began = SystemClock().microseconds
            let count = try await library.catalog.cancel(some)
            if count == some.count {
                cancelled += some
            } else if count > 0 {
                for id in some {
                    guard let job = try await library.catalog.job(id), job.state == .cancelled,
                        let at = job.finishedAt, at >= began
                    else { continue }
                    cancelled.append(id)
                }
            }
        }
        guard !cancelled.isEmpty, let broker = library.broker else {
            return Cancelled(ids: cancelled, control: nil, problem: nil)
        }
        let console = CeleryConsole(broker)
        defer { console.close() }
        do {
            let outcome = try await console.revoke(cancelled.map(\.description), signal: nil)
            return Cancelled(ids: cancelled, control: outcome, problem: nil)
        } catch let error as EngineError {
            return Cancelled(ids: cancelled, control: nil, problem: error)
        }
    }
}
