import Core
import Grid
public import Widgets

/// The screens that look after a broker.
public struct ConsoleState: Sendable {
    /// Without a password; untrusted text.
    public let address: String
    /// How the command line names the broker: `--broker`, `redis://…`.
    public let options: [String]
    /// As it was started.
    public let isReadOnly: Bool
    /// Whether the broker's user may only look.
    public internal(set) var mayOnlyLook = false
    /// Why nothing can be changed; nil where it can.
    var obstacle: String? {
        if isReadOnly { return "read only: phototui was started with --read-only" }
        return mayOnlyLook ? "read only: Redis lets this user only look" : nil
    }
    /// What was refused last, which is written down once.
    var refused: Refusal?
    /// Without one only the library's own screens have anything to show.
    public let hasBroker: Bool
    /// Whether jobs are rows of a catalogue, also where no photos show.
    public let hasCatalog: Bool
    public var queues = QueuesState()
    public var messages: MessagesState?
    public var workers = WorkersState()
    public var dead = DeadState()
    public var jobs = JobsState()
    public var inbox = InboxState()
    public var health = HealthState()
    public var costs = CostsState()
    /// What is done in some seconds unless it is taken back.
    public var pending: PendingAction?
    /// The moment that ages are counted from, as it was told last; Unix seconds.
    public var now = 0.0
    var filters: [KeyContext: String] = [:]
    var poll = Poll()
    /// Asks what waits in a queue that is to be purged.
    var marking: RequestID?
    /// What is being done.
    var acting: [RequestID: ConsoleAction] = [:]
    /// Rows for a screen's content.
    var area = Rect(GridSize(columns: 0, rows: 0))

    public init(
        address: String, options: [String], isReadOnly: Bool = false, hasBroker: Bool = true, hasCatalog: Bool = false
    ) {
        (self.address, self.options, self.isReadOnly) = (address, options, isReadOnly)
        (self.hasBroker, self.hasCatalog) = (hasBroker, hasCatalog)
    }

    /// What somebody wanted to do, and why it wasn't done, in the journal's words.
    public struct Refusal: Hashable, Sendable {
        public let action: String
        public let subject: String
        public let reason: String
        /// Why the person wanted it.
        public var purpose = ""
    }

    /// The question that the screen has asked, and when it asks again: one at a time, whatever shows.
    struct Poll: Sendable {
        var request: RequestID?
        /// Until the next question.
        var timer: RequestID?
        /// Looks after a question that gets no answer.
        var watch: RequestID?
        /// Tells the time at once, to a screen that comes back with figures of its own.
        var clock: RequestID?
        /// Whether the question takes longer than it should.
        var isLate = false
        var error: EngineError?
        /// Whether the broker was silent when another of its screens was left.
        var wasSilent = false
        /// Whether something was answered since the screen was entered.
        var hasAnswered = false

        /// Between an answer and the next question.
        static let pause = 1.0
        /// From when on a question counts as not answered.
        static let patience = 2.0
        /// Workers are waited for until their hearts have beaten.
        static let workersPatience = 5.0
        /// Many things are looked at, one of which may have to be waited for.
        static let surveyPatience = 10.0
        static let thoroughPatience = 3600.0

        /// Whether nothing was heard since the broker was silent.
        var isDoubted: Bool { wasSilent && !hasAnswered }

        var underway: [RequestID] { [request, timer, watch, clock].compactMap(\.self) }
    }

    public func filter(in context: KeyContext) -> String { filters[context] ?? "" }
}

/// An action that waits for its moment.
public struct PendingAction: Hashable, Sendable {
    public let action: ConsoleAction
    /// For the journal.
    public let reason: String
    public var secondsLeft: Int
    var timer: RequestID

    /// Long enough to read what will happen and to take it back.
    static let seconds = 8
}

/// The cursor in rows that change under it: it stays on its row, wherever that goes.
public struct RowCursor: Hashable, Sendable {
    public private(set) var scroll = ScrollState()
    /// Names the row.
    public private(set) var key: String?

    public init() {}

    mutating func move(to index: Int, in keys: [String], visible: Int) {
        scroll.move(to: index, count: keys.count, visibleLines: max(1, visible))
        key = keys.indices.contains(scroll.cursor) ? keys[scroll.cursor] : nil
    }

    /// After the rows have changed.
    mutating func settle(in keys: [String], visible: Int) {
        let index = key.flatMap(keys.firstIndex(of:)) ?? scroll.cursor
        scroll.move(by: index - scroll.cursor, count: keys.count, visibleLines: max(1, visible))
        key = keys.indices.contains(scroll.cursor) ? keys[scroll.cursor] : nil
    }

    mutating func wheel(by lines: Int, in keys: [String], visible: Int) {
        scroll.scroll(by: lines, count: keys.count, visibleLines: max(1, visible))
        key = keys.indices.contains(scroll.cursor) ? keys[scroll.cursor] : nil
    }
}

extension AppState {
    /// Whether one of the console's screens shows.
    var isOnConsole: Bool { context.isConsole }

    mutating func resizeConsole() {
        console?.area = Layout(size).body
        reflowConsole()
    }
}

extension KeyContext {
    /// Whether it is one of the screens that look after a broker.
    public var isConsole: Bool { KeyContext.console.contains(self) }
}
