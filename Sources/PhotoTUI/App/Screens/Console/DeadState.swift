public import Core
import Grid
import Widgets

/// A dead letter as a list shows it.
public struct DeadSummary: Hashable, Sendable {
    public let id: String
    /// Unix seconds.
    public let at: Double
    public let reason: String

    public init(id: String, at: Double, reason: String) {
        (self.id, self.at, self.reason) = (id, at, reason)
    }
}

/// Dead letters, jobs or tasks whose errors differ only in their particulars.
public struct DeadSummaryGroup: Hashable, Sendable {
    /// As the command line names it.
    public let id: String
    public let source: DeadSource
    public let queue: String
    public let task: String?
    public let kind: DeadLetter.Kind
    /// What the errors have in common.
    public let error: String
    /// Whose jobs they are, where that is known.
    public let owners: [String]
    /// Of jobs and tasks.
    public let key: FailureKey?
    public private(set) var count: Int
    /// When the first and the last of them died, in Unix seconds.
    public private(set) var firstAt: Double
    public private(set) var lastAt: Double
    /// The latest first; of jobs and tasks those that were read.
    public internal(set) var letters: [DeadSummary]

    /// Of a broker's letters.
    public init(
        id: String, queue: String, task: String?, kind: DeadLetter.Kind, error: String, owners: [String],
        letters: [DeadSummary]
    ) {
        (self.id, self.queue, self.task, self.kind) = (id, queue, task, kind)
        (self.error, self.owners, self.letters) = (error, owners, letters)
        (source, key, count) = (.letter, nil, letters.count)
        (firstAt, lastAt) = (letters.last?.at ?? 0, letters.first?.at ?? 0)
    }

    /// Of jobs or tasks, which are read when one looks into the group.
    public init(
        id: String, source: DeadSource, key: FailureKey, error: String, owners: [String], count: Int, firstAt: Double,
        lastAt: Double
    ) {
        (self.id, self.source, self.key, kind) = (id, source, key, .failed)
        (queue, task, self.error, self.owners) = (key.queue ?? "-", key.task, error, owners)
        (self.count, self.firstAt, self.lastAt, letters) = (count, firstAt, lastAt, [])
    }

    /// Without the letters that a filter leaves out.
    mutating func keepLetters(where isKept: (DeadSummary) -> Bool) {
        letters.removeAll { !isKept($0) }
        (count, firstAt, lastAt) = (letters.count, letters.last?.at ?? 0, letters.first?.at ?? 0)
    }
}

/// All that is known of one dead letter.
public struct DeadDetails: Hashable, Sendable {
    public let letter: DeadLetter
    public let message: QueuedMessage
    public let traceback: String?

    public init(letter: DeadLetter, message: QueuedMessage, traceback: String?) {
        (self.letter, self.message, self.traceback) = (letter, message, traceback)
    }
}

/// Dead letters by what they have in common; into a group, and into one.
public struct DeadState: Sendable {
    /// The largest first; nil before they are read.
    public private(set) var all: [DeadSummaryGroup]?
    /// Those with letters that the filter lets through.
    public private(set) var groups: [DeadSummaryGroup] = []
    public private(set) var answeredAt: Double?
    /// What was told when they were read, by which the next look knows whether anything has changed.
    private var mark = 0
    /// How many there are.
    public private(set) var total = 0
    public var cursor = RowCursor()
    /// The group that one has gone into.
    public internal(set) var group: DeadSummaryGroup?
    public var letterCursor = RowCursor()
    /// The letter that one has gone into.
    public internal(set) var letter: (id: String, pane: TextPane?)?
    var letterRequest: RequestID?
    /// Asks for the jobs or tasks of the group that one has gone into.
    var membersRequest: RequestID?
    /// Of which group, when it had so many, they were read.
    private var membersOf: (id: String, count: Int)?
    /// Which jobs and tasks are to be retried is on its way, for this choice.
    var collecting: (request: RequestID, choice: DeadChoice)?
    /// Looks since all were read.
    private var looks = 0

    public init() {}

    /// What is shown besides a letter: groups, or the letters of one.
    var rowKeys: [String] { group?.letters.map(\.id) ?? groups.map(\.id) }

    var cursorGroup: DeadSummaryGroup? {
        group ?? (groups.indices.contains(cursor.scroll.cursor) ? groups[cursor.scroll.cursor] : nil)
    }

    var cursorLetter: DeadSummary? {
        guard let letters = group?.letters, letters.indices.contains(letterCursor.scroll.cursor) else { return nil }
        return letters[letterCursor.scroll.cursor]
    }

    /// What has to be told for them not to be read again: one that goes while another comes is seen some looks later, which are
    /// fewer where reading all takes little.
    var knownMark: Int? { all == nil || looks >= (total <= 1000 ? 3 : Self.mostLooks) ? nil : mark }
    private static let mostLooks = 15

    /// The group whose jobs or tasks are to be read.
    var unreadGroup: DeadSummaryGroup? {
        guard let group, group.source != .letter, letter == nil, membersRequest == nil else { return nil }
        return membersOf?.id == group.id && membersOf?.count == group.count ? nil : group
    }

    mutating func forgetMembers() { membersOf = nil }

    mutating func takeMembers(_ members: [DeadSummary]) {
        guard let group else { return }
        self.group?.letters = members
        membersOf = (group.id, group.count)
    }

    mutating func take(_ groups: [DeadSummaryGroup]?, mark: Int, at moment: Double) {
        answeredAt = moment
        self.mark = mark
        guard let groups else {
            looks += 1
            return
        }
        all = groups
        total = groups.reduce(0) { $0 + $1.count }
        looks = 0
    }

    /// Reads all of them with the next look.
    mutating func distrust() { looks = Self.mostLooks }

    mutating func arrange(filter: String, visible: Int) {
        groups = (all ?? []).compactMap { Self.filtered($0, by: filter) }
        cursor.settle(in: groups.map(\.id), visible: visible)
        if let open = group {
            group = groups.first { $0.id == open.id }
            if open.source != .letter { group?.letters = open.letters }
            letterCursor.settle(in: group?.letters.map(\.id) ?? [], visible: visible)
        }
    }

    /// As `dead list --match` filters: by reason and task; of jobs and tasks by what their errors have in common.
    private static func filtered(_ group: DeadSummaryGroup, by text: String) -> DeadSummaryGroup? {
        let wanted = text.lowercased()
        if wanted.isEmpty || group.task?.lowercased().contains(wanted) == true { return group }
        if group.source != .letter { return group.error.lowercased().contains(wanted) ? group : nil }
        var group = group
        group.keepLetters { $0.reason.lowercased().contains(wanted) }
        return group.letters.isEmpty ? nil : group
    }

    static func pane(of details: DeadDetails) -> TextPane {
        let (letter, message) = (details.letter, details.message)
        var sections: [TextPane.Section] = [
            .init(label: "task", text: message.task ?? "none"), .init(label: "task id", text: message.id ?? "none"),
            .init(label: "queue", text: letter.queue),
            .init(label: "kind", text: letter.kind.rawValue),
            .init(label: "died", text: ConsoleText.moment(letter.at) + " UTC"),
            .init(label: "error", text: letter.reason, isWarning: true),
        ]
        if let traceback = details.traceback { sections.append(.init(label: "trace", text: traceback)) }
        if let poison = message.poison { sections.append(.init(poison)) }
        sections.append(.init(label: "args", text: message.arguments ?? "not readable"))
        sections.append(.init(label: "kwargs", text: message.keywords ?? "not readable"))
        var facts = ["priority \(message.priority)", ConsoleText.bytes(message.byteCount)]
        if message.retries > 0 { facts.append("retry \(message.retries)") }
        sections.append(.init(label: "message", text: facts.joined(separator: ", ")))
        for header in message.headers where header.value != "null" {
            sections.append(.init(label: "header", text: "\(header.name): \(header.value)"))
        }
        if message.task == nil || message.poison?.isHarmful == true {
            let bytes = displayEscaped(bytes: letter.raw.prefix(TextPane.mostBytes))
            sections.append(.init(label: "bytes", text: bytes, isEscaped: true))
        }
        return TextPane(sections)
    }
}
