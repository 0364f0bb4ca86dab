/// Something done to a broker.
public enum ConsoleAction: Hashable, Sendable {
    case pause(queue: String)
    case resume(queue: String)
    case move(queue: String, to: String)
    case purge(queue: String)
    case retry(DeadChoice)
    case delete(DeadChoice)

    public var isOnDeadLetters: Bool {
        switch self {
        case .retry, .delete: true
        default: false
        }
    }

    /// `retrying`.
    var verb: String {
        switch self {
        case .pause: "pausing"
        case .resume: "resuming"
        case .move: "moving"
        case .purge: "purging"
        case .retry: "retrying"
        case .delete: "deleting"
        }
    }

    var title: String {
        switch self {
        case .pause: "Pause"
        case .resume: "Resume"
        case .move: "Move"
        case .purge: "Purge"
        case .retry: "Retry"
        case .delete: "Delete"
        }
    }

    /// The command line that does the same, behind the program's name.
    public func words(options: [String], reason: String) -> [String] {
        let words =
            switch self {
            case .pause(let queue): ["queues", "pause", queue]
            case .resume(let queue): ["queues", "resume", queue]
            case .move(let queue, let other): ["queues", "move", queue, "--to", other, "--yes"]
            case .purge(let queue): ["queues", "purge", queue, "--yes"]
            case .retry(let choice): ["dead", "retry"] + choice.words
            case .delete(let choice): ["dead", "delete"] + choice.words
            }
        return words + options + (reason.isEmpty ? [] : ["--reason", reason])
    }
}

/// Dead letters that an action is for.
public struct DeadChoice: Hashable, Sendable {
    public enum Extent: Hashable, Sendable {
        case letter(String)
        case group(String)
        /// All that the filter lets through.
        case all
    }

    public let extent: Extent
    /// The filter; empty for none.
    public let match: String
    /// Which they are, the oldest first: what dies after it was looked at is not among them.
    public let ids: [String]
    /// How many would be among them were they not poison.
    public let poison: Int

    public init(extent: Extent, match: String, ids: [String], poison: Int) {
        (self.extent, self.match, self.ids, self.poison) = (extent, match, ids, poison)
    }

    var words: [String] {
        let filter = match.isEmpty ? [] : ["--match", match]
        switch extent {
        case .letter(let id): return [id, "--yes"]
        case .group(let id): return ["--group", id] + filter + ["--yes"]
        case .all: return ["--all"] + filter + ["--yes"]
        }
    }

    /// As the journal has it.
    public var subject: String {
        if ids.count == 1 { return "dead letter \(ids[0])" }
        var words: [String] = []
        if case .group(let id) = extent { words.append("group \(id)") }
        if !match.isEmpty { words.append("matching \(match)") }
        return "\(ids.count) dead letters (\(words.isEmpty ? "all" : words.joined(separator: ", ")))"
    }
}
