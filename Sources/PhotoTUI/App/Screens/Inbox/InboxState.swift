public import Core
import Grid
import Widgets

/// What waits for a person.
public struct InboxState: Sendable {
    public private(set) var items: [InboxItem]?
    public private(set) var answeredAt: Double?
    /// Whether every photo and object was gone through for it.
    public private(set) var isThorough = false
    public var cursor = RowCursor()
    /// Whether the next look goes through every photo and object.
    var wantsThorough = false

    /// Between two looks: each asks the workers, the catalogue and the storage.
    static let pause = 15.0

    public init() {}

    var cursorItem: InboxItem? {
        guard let items, items.indices.contains(cursor.scroll.cursor) else { return nil }
        return items[cursor.scroll.cursor]
    }

    var keys: [String] { (items ?? []).map { "\($0.kind.rawValue) \($0.subject)" } }

    mutating func take(_ items: [InboxItem], isThorough: Bool, at moment: Double) {
        // What only a thorough look finds stays until another one.
        let kept = isThorough ? [] : (self.items ?? []).filter { Self.isThorough($0.kind) }
        self.items = items + kept
        self.isThorough = isThorough || (self.isThorough && !kept.isEmpty)
        answeredAt = moment
        wantsThorough = false
    }

    static func isThorough(_ kind: InboxItem.Kind) -> Bool { kind == .unprocessedPhotos || kind == .strayObjects }

    mutating func arrange(visible: Int) { cursor.settle(in: keys, visible: visible) }
}

/// What mends a finding.
enum InboxRemedy: Hashable {
    /// A screen of the console has it.
    case screen(KeyContext)
    /// A command does it.
    case run(InboxFix)
    /// Only a person elsewhere.
    case advice(String)

    init(_ item: InboxItem) {
        let words = Array(item.command.dropFirst())
        switch words.first {
        case "dead" where words.dropFirst().first == "list": self = .screen(.dead)
        case "workers" where words.dropFirst().first != "shutdown": self = .screen(.workers)
        case nil: self = .advice(item.advice ?? "nothing here mends it")
        default: self = .run(InboxFix(words: words, explanation: item.explanation))
        }
    }
}

/// A command that mends something.
public struct InboxFix: Hashable, Sendable {
    /// Behind the program's name.
    public let words: [String]
    let explanation: String

    public init(words: [String], explanation: String) { (self.words, self.explanation) = (words, explanation) }

    /// Whether it asks, and has a reason written down.
    private var isOfQueues: Bool { words.first == "queues" }

    /// As it is run: nobody is there to be asked once more.
    public func line(reason: String) -> [String] {
        var line = words
        let isRetry = words.prefix(2) == ["jobs", "retry"]
        if isRetry || (isOfQueues && ["move", "quarantine"].contains(words.dropFirst().first)) { line.append("--yes") }
        let takesReason = isOfQueues || isRetry
        if takesReason, !reason.isEmpty { line += ["--reason", reason] }
        return line
    }
}
