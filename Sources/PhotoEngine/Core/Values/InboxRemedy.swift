/// What mends what an inbox tells of: a command of phototui.
public enum InboxRemedy: Hashable, Sendable {
    // Which show what is to be chosen from.
    case listDeadLetters, listWorkers
    // Which change something.
    case quarantine(queue: String), pause(queue: String), resume(queue: String)
    case retryDeadJobs, retryUnprocessed, remakeRenditions, announceJobs
    case deleteStrays
    case confirmUpload(UploadID)

    /// Its words behind the program's name; `place` names the broker or the library, as `["--profile", "prod"]`. May hold
    /// untrusted text.
    public func words(for place: [String]) -> [String] {
        switch self {
        case .listDeadLetters: ["dead", "list", "--group"] + place
        case .listWorkers: ["workers"] + place
        case .quarantine(let queue):
            ["queues", "quarantine"] + place + (queue.hasPrefix("-") ? ["--", queue] : [queue])
        case .pause(let queue): ["queues", "pause"] + place + [queue]
        case .resume(let queue): ["queues", "resume"] + place + [queue]
        case .retryDeadJobs: ["jobs", "retry", "--all-dead"] + place
        case .retryUnprocessed: ["jobs", "retry", "--unprocessed"] + place
        case .remakeRenditions: ["jobs", "retry", "--lost-renditions"] + place
        case .deleteStrays: ["storage", "clean"] + place
        case .announceJobs: ["jobs", "announce"] + place
        case .confirmUpload(let upload): ["upload", "confirm"] + place + [upload.description]
        }
    }

    /// Whether the command asks before it does it, and takes `--yes` for an answer.
    public var asks: Bool {
        switch self {
        case .quarantine, .retryDeadJobs, .retryUnprocessed, .remakeRenditions, .deleteStrays: true
        default: false
        }
    }

    /// Whether the command writes down `--reason`.
    public var takesReason: Bool {
        switch self {
        case .quarantine, .pause, .resume, .retryDeadJobs, .retryUnprocessed, .remakeRenditions, .deleteStrays: true
        default: false
        }
    }
}
