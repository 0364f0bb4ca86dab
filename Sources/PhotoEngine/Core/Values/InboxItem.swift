/// Something that waits for a person: what is wrong, why it matters, and what mends it.
public struct InboxItem: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case noWorker = "no_worker"
        case unconsumed, paused
        /// Messages that end the workers that take them, or that these lose.
        case poison
        /// A paused queue that a worker takes messages of.
        case pauseUnheeded = "pause_unheeded"
        case deadLetters = "dead_letters"
        case forgottenDeliveries = "forgotten_deliveries"
        case clockSkew = "clock_skew"
        case visibility
        case silentWorker = "silent_worker"
        /// Workers that went without goodbye.
        case goneWorkers = "gone_workers"
        /// Tasks that failed for good in workers which keep no message.
        case failedTasks = "failed_tasks"
        /// A queue of whose tasks many fail.
        case errorRate = "error_rate"
        case deadJobs = "dead_jobs"
        case forgottenJobs = "forgotten_jobs"
        case unprocessedPhotos = "unprocessed_photos"
        case unconfirmedUploads = "unconfirmed_uploads"
        case lostOriginals = "lost_originals"
        case lostRenditions = "lost_renditions"
        case strayOriginals = "stray_originals"
        /// Renditions of no photo.
        case strayObjects = "stray_objects"
        case unknownObjects = "unknown_objects"
        /// What could not be looked at.
        case unknown
    }

    public let kind: Kind
    /// What it is about: a queue, a worker; untrusted text.
    public let subject: String
    /// How many messages, jobs or photos it concerns; nil where that makes no sense.
    public let count: Int?
    /// Sentences; may hold untrusted text.
    public let explanation: String
    /// nil where no command mends it.
    public let remedy: InboxRemedy?
    /// The words that name the broker or the library to a command.
    public let place: [String]
    /// What to do where no command does it; safe to show, since it may hold commands, whose words are quoted for a shell.
    public let advice: String?

    public init(
        _ kind: Kind, _ subject: String, count: Int? = nil, _ explanation: String, remedy: InboxRemedy? = nil,
        place: [String] = [], advice: String? = nil
    ) {
        self.kind = kind
        self.subject = subject
        self.count = count
        self.explanation = explanation
        (self.remedy, self.place) = (remedy, place)
        self.advice = advice
    }

    /// The words of the command that mends it, the program's own name first; empty where no command does.
    public var command: [String] { remedy.map { ["phototui"] + $0.words(for: place) } ?? [] }
}
