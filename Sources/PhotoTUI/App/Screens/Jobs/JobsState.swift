import Core
import Grid
import Widgets

/// What ran, runs and failed; and one of it.
public struct JobsState: Sendable {
    /// One job that is looked at.
    public struct Detail: Sendable {
        public let id: String
        public internal(set) var details: JobDetails?
        public internal(set) var answeredAt: Double?
        public internal(set) var pane: TextPane?
    }

    public private(set) var page: JobPage?
    public private(set) var answeredAt: Double?
    /// Of a history: until when somebody watched, in Unix seconds.
    public private(set) var watchedUntil: Double?
    public var cursor = RowCursor()
    /// Whether the cursor stays with the newest.
    public internal(set) var follows = true
    public internal(set) var detail: Detail?
    var limit = Self.pageSize
    /// The ids that an action on all of them is for are on their way.
    var collecting: (request: RequestID, deed: JobDeed, only: String?)?

    /// As many as are asked for at first, and at most.
    static let pageSize = 200
    static let mostListed = 5000

    public init() {}

    var jobs: [ListedJob] { page?.jobs ?? [] }
    var cursorJob: ListedJob? { jobs.indices.contains(cursor.scroll.cursor) ? jobs[cursor.scroll.cursor] : nil }
    /// The job that is looked at, or under the cursor.
    var chosen: ListedJob? { detail.map { $0.details?.job } ?? cursorJob }
    /// So much of the time, at most, is spent looking.
    static func pause(after seconds: Double) -> Double { max(ConsoleState.Poll.pause, seconds * 10) }

    /// What comes moves all the rows below it, so that a line is sent nearly a whole screen at each look: seldom enough that
    /// it is never more than two kilobytes a second.
    static func pause(after seconds: Double, moving arrivals: Int) -> Double {
        max(pause(after: seconds), arrivals == 0 ? 0 : arrivals < 20 ? 2 : 2.5)
    }

    /// How many of those that would show first weren't there at the last look.
    func arrivals(in next: JobPage?) -> Int {
        guard let next, page?.mark != nil else { return 0 }
        let before = Set(jobs.prefix(Self.shown).map(\.id))
        return next.jobs.prefix(Self.shown).count { !before.contains($0.id) }
    }
    private static let shown = 40

    /// `page` is nil where nothing has changed.
    mutating func take(_ page: JobPage?, watchedUntil: Double?, at moment: Double) {
        answeredAt = moment
        self.watchedUntil = watchedUntil
        if let page { self.page = page }
    }

    /// What a look at others has to bring: what is here is another filter's.
    mutating func distrust() { page = page.map { JobPage(source: $0.source, jobs: [], hasMore: false, mark: nil) } }

    /// Has the next look read them anew.
    mutating func forgetMark() {
        guard let page else { return }
        self.page = JobPage(
            source: page.source, jobs: page.jobs, hasMore: page.hasMore, counts: page.counts, mark: nil,
            isUntold: page.isUntold)
    }

    mutating func takeDetails(_ details: JobDetails?, at moment: Double) {
        guard detail != nil, let details else { return }
        detail?.answeredAt = moment
        guard detail?.details != details else { return }
        let offset = detail?.pane?.offset ?? 0
        detail?.details = details
        var pane = JobPane.pane(of: details)
        pane.keepOffset(offset)
        detail?.pane = pane
    }

    mutating func arrange(visible: Int) {
        let keys = jobs.map(\.id)
        if follows, detail == nil {
            cursor.move(to: 0, in: keys, visible: visible)
        } else {
            cursor.settle(in: keys, visible: visible)
        }
    }
}

/// What can be done to jobs.
public enum JobDeed: Hashable, Sendable {
    case retry, cancel
    /// Has workers end it when its turn comes; or also where it runs.
    case revoke, terminate
}

/// Jobs that an action is for.
public struct JobChoice: Hashable, Sendable {
    public let deed: JobDeed
    /// Which they are: what comes after it was looked at is not among them.
    public private(set) var ids: [String]
    /// Tasks that can be sent again once somebody says where to: nobody knows their queue.
    public internal(set) var queueless: [String] = []
    /// Where all tasks go instead of where they came from; empty for the latter.
    public private(set) var to = ""
    /// The filter's words, where it is all that it lets through; nil for one job.
    public let filter: [String]?
    /// Whose they are, where they are not the library's own owner's.
    public let owner: String?
    /// Whether they are tasks of a broker's history; and why others of those can't be sent again.
    public let isOfHistory: Bool
    public let hindrances: [RetryHindrance]
    /// What they will cost, in US dollars; nil where they cost nothing here.
    let price: Double?

    public init(
        _ deed: JobDeed, ids: [String], filter: [String]? = nil, owner: String? = nil, isOfHistory: Bool = false,
        hindrances: [RetryHindrance] = [], price: Double? = nil
    ) {
        self.price = price
        (self.deed, self.ids, self.filter, self.owner) = (deed, ids, filter, owner)
        (self.isOfHistory, self.hindrances) = (isOfHistory, hindrances)
    }

    /// With all its tasks going to a queue.
    func sent(to queue: String) -> JobChoice {
        if queue.isEmpty { return self }
        var choice = self
        choice.ids += queueless
        (choice.queueless, choice.to) = ([], queue)
        return choice
    }

    var words: [String] {
        let queue = to.isEmpty ? [] : ["--to", to]
        let all = filter.map { ["--all"] + $0 + queue }
        let one = (owner.map { ["--owner", $0] } ?? []) + ids + queue
        switch deed {
        case .retry: return ["jobs", "retry"] + (all.map { $0 + ["--yes"] } ?? one)
        case .cancel: return ["jobs", "cancel"] + (all.map { $0 + ["--yes"] } ?? one)
        case .revoke: return ["jobs", "revoke"] + (all.map { $0 + ["--yes"] } ?? ids)
        case .terminate: return ["jobs", "revoke", "--terminate"] + ids + ["--yes"]
        }
    }

    /// As the journal has it.
    public var subject: String {
        guard let filter else { return ids.count == 1 ? "job \(ids[0])" : "\(ids.count) jobs" }
        return "\(ids.count) jobs (\(filter.isEmpty ? "all" : filter.joined(separator: " ")))"
    }
}
