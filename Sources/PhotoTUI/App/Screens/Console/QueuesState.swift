public import Core
import Grid
import Widgets

/// The list of queues, with what passed through them since one looks.
public struct QueuesState: Sendable {
    public enum Order: CaseIterable, Sendable { case name, waiting }

    public private(set) var listing: QueueListing?
    /// How their tasks went, where somebody watched, with what was seen here, as it is shown.
    public private(set) var rates: [String: QueueRates] = [:]
    /// Whether somebody watched.
    public private(set) var hasPast = false
    /// The last whole step of the clock.
    private var step = 0
    public private(set) var answeredAt: Double?
    public private(set) var order = Order.name
    public var cursor = RowCursor()
    /// As they are shown.
    public private(set) var rows: [QueueState] = []
    private var samples: [String: QueueSamples] = [:]

    public init() {}

    public func samples(of queue: String) -> QueueSamples { samples[queue] ?? QueueSamples() }

    var cursorQueue: QueueState? { rows.indices.contains(cursor.scroll.cursor) ? rows[cursor.scroll.cursor] : nil }

    mutating func take(_ listing: QueueListing, rates: [String: QueueRates], at moment: Double) {
        self.listing = listing
        answeredAt = moment
        hasPast = !rates.isEmpty
        // Told anew with each step: numbers that change each second are not read, and cost a slow line.
        let hasStepped = step != QueueRates.step(of: moment) - 1
        step = QueueRates.step(of: moment) - 1
        var next: [String: QueueSamples] = [:]
        var shown: [String: QueueRates] = [:]
        for queue in listing.queues {
            var seen = samples[queue.name] ?? QueueSamples()
            seen.take(queue, at: moment)
            next[queue.name] = seen
            let before = self.rates[queue.name]
            let isKnown = before?.outPerSecond != nil && before?.growth != nil
            let rested = before?.inPerSecond ?? 0 == 0 && before?.outPerSecond ?? 0 == 0
            let isAwake = rested && queue.traffic.map { $0.arrived + $0.left > 0 } == true
            shown[queue.name] = hasStepped || isAwake || !isKnown ? seen.rates(besides: rates[queue.name]) : before
        }
        (samples, self.rates) = (next, shown)
    }

    /// A column for each of the last steps, the newest last: what waited; of a queue in which nothing did, what its tasks were that
    /// ended. Empty where it stood still.
    func trend(of queue: String, columns: Int) -> (values: [Double], isOfEnds: Bool) {
        let steps = (step - columns + 1)...step
        let rates = rates[queue]
        let depths = samples(of: queue).depths
        let waited = steps.map { depths[$0] ?? rates?.depths[$0] }
        let known = waited.compactMap(\.self)
        if known.max() ?? 0 > 0 {
            if known.allSatisfy({ $0 == known.first }) { return ([], false) }
            return (waited.drop { $0 == nil }.map { Double($0 ?? 0) }, false)
        }
        let ended = steps.map { Double(rates?.ends[$0] ?? 0) }
        return (ended.contains { $0 > 0 } ? ended : [], true)
    }

    mutating func arrange(filter: String, visible: Int) {
        let wanted = filter.lowercased()
        rows = (listing?.queues ?? []).filter { wanted.isEmpty || $0.name.lowercased().contains(wanted) }
        if order == .waiting { rows.sort { ($1.depth, $0.name) < ($0.depth, $1.name) } }
        cursor.settle(in: rows.map(\.name), visible: visible)
    }

    mutating func nextOrder() { order = order == .name ? .waiting : .name }
}

/// What was seen of a queue, look by look.
public struct QueueSamples: Hashable, Sendable {
    /// The most that waited in each step of the clock, by its number.
    private(set) var depths: [Int: Int] = [:]
    private var traffic: [QueueTraffic] = []
    /// How many looks there were.
    private(set) var count = 0

    public init() {}

    /// Looks that a rate is over.
    private static let smoothed = 10
    /// Of fewer no tendency is told.
    private static let leastLooks = 5

    mutating func take(_ queue: QueueState, at moment: Double) {
        count += 1
        let step = QueueRates.step(of: moment)
        depths[step] = max(depths[step] ?? 0, queue.depth)
        depths = depths.filter { $0.key > step - QueueRates.steps }
        guard let passed = queue.traffic else { return }
        traffic.append(passed)
        if traffic.count > Self.smoothed { traffic.removeFirst() }
    }

    /// Messages a second over the last looks; nil before the second one.
    var rates: (arriving: Double, leaving: Double, isAtLeast: Bool)? {
        let seconds = traffic.reduce(0) { $0 + $1.seconds }
        guard seconds > 0 else { return nil }
        return (
            Double(traffic.reduce(0) { $0 + $1.arrived }) / seconds,
            Double(traffic.reduce(0) { $0 + $1.left }) / seconds, traffic.contains(where: \.isAtLeast)
        )
    }

    /// What came and went by what was seen here, and, where that was not all or little yet, by a history that knows more. What is
    /// told of the future is from the same.
    func rates(besides past: QueueRates?) -> QueueRates {
        var told = past ?? QueueRates(window: 0)
        let isWhole = told.outPerSecond != nil && !told.isAtLeast
        guard let seen = rates, seen.isAtLeast ? !isWhole : count > Self.smoothed || !isWhole else { return told }
        if seen.isAtLeast, seen.arriving <= 0, seen.leaving <= 0, told.outPerSecond != nil { return told }
        told.recent = traffic.reduce(0) { $0 + $1.seconds }
        (told.inPerSecond, told.outPerSecond, told.isAtLeast) = (seen.arriving, seen.leaving, seen.isAtLeast)
        told.growth = count > Self.leastLooks ? seen.arriving - seen.leaving : nil
        return told
    }
}

/// The waiting messages of a queue at one moment.
public struct MessagesState: Sendable {
    public let queue: String
    public internal(set) var messages: [QueuedMessage]?
    /// How many waited then.
    public internal(set) var waiting = 0
    public internal(set) var answeredAt: Double?
    public var cursor = RowCursor()
    /// One of them, as large as the screen.
    public internal(set) var detail: TextPane?
    var limit = Self.pageSize

    /// As many as are asked for at first, and at most.
    static let pageSize = 200
    static let mostListed = 2000

    init(queue: String) { self.queue = queue }

    var cursorMessage: QueuedMessage? {
        let index = cursor.scroll.cursor
        return messages.flatMap { $0.indices.contains(index) ? $0[index] : nil }
    }

    /// Names of the rows; messages without an id go by their place.
    var keys: [String] { (messages ?? []).enumerated().map { $1.id ?? "#\($0)" } }

    /// As it lies in Redis: of poison nothing else may tell what it is.
    static func rawSections(of message: QueuedMessage) -> [TextPane.Section] {
        guard !message.raw.isEmpty else { return [] }
        var sections: [TextPane.Section] = [
            .init(label: "raw", text: displayEscaped(bytes: message.raw), isEscaped: true)
        ]
        if !message.isWhole {
            let parts = "the first \(ConsoleText.bytes(message.raw.count)) of \(ConsoleText.bytes(message.byteCount))"
            sections.append(.init(label: "", text: parts))
        }
        return sections
    }

    /// All of one message.
    static func pane(of message: QueuedMessage, in queue: String, now: Double) -> TextPane {
        var sections: [TextPane.Section] = []
        if let poison = message.poison { sections.append(.init(poison)) }
        sections.append(.init(label: "task", text: message.task ?? "none"))
        sections.append(.init(label: "id", text: message.id ?? "none"))
        var facts = ["queue \(queue)", "priority \(message.priority)", ConsoleText.bytes(message.byteCount)]
        if message.retries > 0 { facts.append("retry \(message.retries)") }
        if message.isRedelivered { facts.append("delivered before") }
        sections.append(.init(label: "message", text: facts.joined(separator: ", ")))
        if let published = message.publishedAt {
            let age = ConsoleText.age(max(0, now - published))
            sections.append(.init(label: "published", text: "\(ConsoleText.moment(published)) UTC, \(age) before"))
        }
        if let eta = message.eta { sections.append(.init(label: "not before", text: eta)) }
        sections.append(.init(label: "args", text: message.arguments ?? "not readable"))
        sections.append(.init(label: "kwargs", text: message.keywords ?? "not readable"))
        for header in message.headers where header.value != "null" {
            sections.append(.init(label: "header", text: "\(header.name): \(header.value)"))
        }
        sections.append(contentsOf: rawSections(of: message))
        return TextPane(sections)
    }
}
