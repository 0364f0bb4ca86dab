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

    static func isThorough(_ kind: InboxItem.Kind) -> Bool {
        switch kind {
        case .unprocessedPhotos, .lostOriginals, .lostRenditions, .strayOriginals, .strayObjects, .unknownObjects: true
        default: false
        }
    }

    mutating func arrange(visible: Int) { cursor.settle(in: keys, visible: visible) }
}

/// Where a finding is mended.
enum InboxWay: Hashable {
    /// A screen of the console has it.
    case screen(KeyContext)
    /// A command does it.
    case run(InboxFix)
    /// Only a person elsewhere.
    case advice(String)

    init(_ item: InboxItem) {
        switch item.remedy {
        case .listDeadLetters: self = .screen(.dead)
        case .listWorkers: self = .screen(.workers)
        case nil: self = .advice(item.advice ?? "nothing here mends it")
        case let remedy?:
            self = .run(InboxFix(remedy: remedy, place: item.place, explanation: item.explanation))
        }
    }
}

/// A command that mends something.
public struct InboxFix: Hashable, Sendable {
    let remedy: InboxRemedy
    let place: [String]
    let explanation: String

    public init(remedy: InboxRemedy, place: [String], explanation: String) {
        (self.remedy, self.place, self.explanation) = (remedy, place, explanation)
    }

    /// Behind the program's name.
    public var words: [String] { remedy.words(for: place) }

    /// As it is run: nobody is there to be asked once more.
    public func line(reason: String) -> [String] {
        let options =
            (remedy.asks ? ["--yes"] : []) + (remedy.takesReason && !reason.isEmpty ? ["--reason", reason] : [])
        return words.prefix { $0 != "--" } + options + words.drop { $0 != "--" }
    }
}
