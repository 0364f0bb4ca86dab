public import SystemPackage

/// The database of record, for one owner. Composed of small protocols: ask for the smallest that serves.
///
/// Every method may throw `EngineError` (`.unavailable` and `.timedOut` are retryable; `.noSpace`, `.corrupt`,
/// `.newerSchema` are not). A method that changes anything is one transaction: all of it happens, or none.
public protocol Catalog: TimelineCatalog, PhotoCatalog, FileCatalog, FilmCatalog, JobCatalog, UploadCatalog,
    DuplicateCatalog,
    ResolutionCatalog, CalibrationCatalog, TrashCatalog, CollectionCatalog, EditCatalog, SearchCatalog,
    SidecarCatalog, PlaceCatalog, StoryCatalog, EventCatalog, SharingCatalog, QuotaCatalog, TierCatalog,
    StorageCatalog, JournalCatalog, Maintenance
{}

/// The timeline: photos that aren't archived or unreadable (missing ones stay, marked), newest first by (wall clock, id).
public protocol TimelineCatalog: Sendable {
    /// Months that have photos, newest first, with their counts. This reads counters, not photos.
    func months() async throws -> [MonthCount]

    /// Up to `limit` photos in timeline order.
    func timeline(_ query: TimelineQuery) async throws -> [TimelineEntry]

    /// The names of the places in a month, most photos first, at most `limit`.
    func places(in month: Month, limit: Int) async throws -> [String]
}

public struct TimelineQuery: Hashable, Sendable {
    /// Only this month; nil for all.
    public var month: Month?
    /// Only what follows this position in timeline order.
    public var after: TimelinePosition?
    /// How many of the rest to skip: cheap within a month, as it counts index entries only.
    public var skip: Int
    public var limit: Int

    public init(month: Month? = nil, after: TimelinePosition? = nil, skip: Int = 0, limit: Int) {
        self.month = month
        self.after = after
        self.skip = skip
        self.limit = limit
    }
}

/// A keyset cursor: the sort key of a photo, written `<microseconds>_<id>`.
public struct TimelinePosition: Hashable, Sendable, CustomStringConvertible {
    public let wallMicroseconds: Int64
    public let id: PhotoID

    public init(wallMicroseconds: Int64, id: PhotoID) {
        self.wallMicroseconds = wallMicroseconds
        self.id = id
    }

    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = PhotoID(String(parts[1])) else {
            return nil
        }
        self.init(wallMicroseconds: microseconds, id: id)
    }

    public var description: String { "\(wallMicroseconds)_\(id)" }
}

extension TimelineEntry {
    public var position: TimelinePosition {
        TimelinePosition(wallMicroseconds: captureTime.wallMicroseconds, id: id)
    }
}

/// Single photos.
public protocol PhotoCatalog: Sendable {
    func photo(_ id: PhotoID) async throws -> Photo?
    func photo(sha256: SHA256Digest) async throws -> Photo?
    /// Photos in id order behind `after`, of every status: for export, verification and comparison.
    func photos(after: PhotoID?, limit: Int) async throws -> [Photo]
    /// Photos of the timeline in its order, in full.
    func photos(_ query: TimelineQuery) async throws -> [Photo]
    /// Photos whose id (canonical text) begins with `prefix`, at most `limit`: people type short ids.
    func photos(idPrefix prefix: String, limit: Int) async throws -> [Photo]
    /// The paths at which this photo's bytes are, in path order.
    func files(of photo: PhotoID) async throws -> [LibraryFile]
    /// The faces of each of these photos, in their order, each left to right.
    func faces(of photos: [PhotoID]) async throws -> [[Face]]
}

/// Folders and the files in them.
public protocol FileCatalog: Sendable {
    func folders() async throws -> [WatchedFolder]
    /// Adds a folder; one that is there already is returned as it is.
    func addFolder(_ path: FilePath) async throws -> WatchedFolder
    func removeFolder(_ id: FolderID) async throws

    func file(at path: FilePath) async throws -> LibraryFile?
    /// Files at `folder` or below, in bytewise path order behind `after`.
    func files(under folder: FilePath, after: FilePath?, limit: Int) async throws -> [LibraryFile]

    /// Records scanned files; for each new photo, its row and its `process_photo` job together. The outcomes are in the
    /// files' order. A path recorded before is updated; a photo whose only path now holds other bytes becomes missing. Of a new photo
    /// for which the owner's quota has no room nothing is recorded, also where two processes record at once. Throws
    /// `.conflict`, and records none, when one is said to be stored under a key that was removed for good meanwhile.
    func record(_ files: [ScannedFile]) async throws -> [RecordOutcome]
    /// Where to store an original: `key`, or one like it when an original with these bytes was removed for good under it.
    func unusedKey(like key: ObjectKey, of sha256: SHA256Digest) async throws -> ObjectKey

    /// Marks files as gone; a photo without another present file becomes missing. Nothing is dropped. Unknown paths are ignored.
    func markMissing(_ paths: [FilePath]) async throws
    /// Marks files as there again, unchanged, with their photos.
    func markPresent(_ paths: [FilePath]) async throws
}

/// Jobs. States and transitions are `Job.swift`'s; moving between them is atomic.
public protocol JobCatalog: Sendable {
    /// Takes up to `limit` jobs of `queue` that may run now (queued or retrying and due, or running under an expired lease),
    /// oldest first, as running under `worker` until `leaseSeconds` from now. A job taken from an expired lease counts a
    /// worker death; one at `JobPolicy.poisonLimit` deaths goes dead instead of being returned.
    func claim(queue: QueueName, worker: String, leaseSeconds: Double, limit: Int) async throws -> [Job]
    /// Takes one job, as a message named it, under the same rules.
    func claim(_ job: JobID, worker: String, leaseSeconds: Double) async throws -> JobClaim
    /// Extends the leases this worker still holds; returns the ids that it has lost.
    func extendLeases(_ jobs: [JobID], worker: String, leaseSeconds: Double) async throws -> [JobID]

    /// Ends a `process_photo` job and applies its effect together, once: false (and nothing changes) when the worker no
    /// longer holds the lease. `processed.renditions` are already stored.
    func finish(_ job: JobID, worker: String, processed: ProcessedPhoto) async throws -> Bool
    /// Records a failure: retrying at `runAt`, or dead when nil. `unreadable` marks the photo and its files rejected
    /// with this reason as well. False when the lease is lost.
    func fail(_ job: JobID, worker: String, error: String, runAt: Int64?, unreadable: Bool) async throws -> Bool
    /// Puts jobs back as they were before they were claimed, without counting an attempt: for a clean stop.
    func release(_ jobs: [JobID], worker: String) async throws

    /// The workers that hold leases, each once, in order of name.
    func leaseHolders() async throws -> [String]
    /// Ends the leases of workers known to be gone, so that their jobs need not wait for the leases' end: the next claim
    /// takes them, and counts each as a worker's death. Returns how many jobs that freed.
    func endLeases(of workers: [String]) async throws -> Int

    func job(_ id: JobID) async throws -> Job?
    /// A job's attempts, the first of those that are kept first; the latest twenty before the last one are.
    func attempts(of job: JobID) async throws -> [JobAttempt]
    /// Jobs newest first behind `after`.
    func jobs(state: JobState?, after: JobID?, limit: Int) async throws -> [Job]
    /// Those that a filter lets through, in its order; behind `after`, which only the orders `newest` and `oldest` have. `.invalidInput`
    /// for a pattern that is none. A pattern that holds no text, or a common one, is compared with one error after the other in
    /// that order, up to the limit; `looked` hears now and then with how many, on any thread. Ends when the task is cancelled.
    func jobs(
        _ filter: JobFilter, after: JobID?, limit: Int, looked: @escaping @Sendable (_ errors: Int) -> Void
    ) async throws -> [Job]
    /// Dead jobs by kind, queue and what their errors have in common, the largest group first. When the first of a group died
    /// is told by those, too, that were retried since.
    func deadGroups() async throws -> [FailureGroup]
    /// Dead jobs, of one group or of all, the latest first behind a place.
    func deadJobs(in group: FailureKey?, after place: FailurePlace?, limit: Int) async throws -> [Job]
    /// A photo's jobs, newest first, at most `limit`.
    func jobs(of photo: PhotoID, limit: Int) async throws -> [Job]
    /// Dead or cancelled jobs become queued, with attempts and deaths at zero; returns how many. A photo gets no second
    /// unfinished job of a kind: of several named, a dead one goes before a cancelled one, then the newest.
    func retry(_ jobs: [JobID]) async throws -> Int
    /// Queued or retrying jobs become cancelled; returns how many.
    func cancel(_ jobs: [JobID]) async throws -> Int
    func jobCounts() async throws -> [JobState: Int]
    /// When the next waiting job becomes due, Unix microseconds; nil when none waits.
    func nextDue(queue: QueueName) async throws -> Int64?
    /// Takes up to `limit` jobs that may run now and that nobody has announced, or not within `olderThanSeconds` although
    /// they were not started; marks them announced now. Each call gets others, also those of other processes.
    func takeUnpublished(olderThanSeconds: Double, limit: Int) async throws -> [Job]
    /// Adds a processing job for each of these photos that has none unfinished; returns how many.
    func enqueueProcessing(_ photos: [PhotoID]) async throws -> Int
}

/// The append-only record of who did what.
public protocol JournalCatalog: Sendable {
    /// Does nothing for an entry that is there already, by its id.
    func append(_ entry: JournalEntry) async throws
    /// Newest first; of the same moment, by id.
    func journal(limit: Int) async throws -> [JournalEntry]
}

public struct JournalEntry: Hashable, Sendable {
    /// Chosen by who appends it, so that an entry whose answer was lost is appended again, and is there once.
    public let id: JournalEntryID
    /// Unix microseconds.
    public let at: Int64
    public let actor: String
    public let action: String
    public let subject: String
    public let outcome: String

    public init(
        id: JournalEntryID, at: Int64, actor: String, action: String, subject: String, outcome: String
    ) {
        self.id = id
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.outcome = outcome
    }
}

public protocol Maintenance: Sendable {
    /// Checks the database's integrity and the catalogue's invariants (counters, references); one sentence per fault.
    func check() async throws -> [String]
    func statistics() async throws -> CatalogStatistics
    /// The owner's jobs and uploads, counted row by row: not for every second.
    func figures() async throws -> CatalogFigures
    /// A number that changes whenever any process commits a change to the owner's photos or to the states of jobs; it may
    /// change with others. Cheap enough to read each second.
    func changeMark() async throws -> Int64
    func close() async throws
    /// The threads on which its calls wait for a server; nil where they don't. A task that prefers it asks without changing
    /// threads on the way there and back.
    var executor: (any TaskExecutor)? { get }
}

extension Maintenance {
    public var executor: (any TaskExecutor)? { nil }
}

/// How many jobs and uploads there are of each sort; none of a sort is left out.
public struct CatalogFigures: Hashable, Sendable {
    public struct JobSort: Hashable, Sendable {
        public let kind: JobKind
        public let queue: QueueName
        public let state: JobState

        public init(kind: JobKind, queue: QueueName, state: JobState) {
            (self.kind, self.queue, self.state) = (kind, queue, state)
        }
    }

    public var jobs: [JobSort: Int]
    public var uploads: [UploadState: Int]

    public init(jobs: [JobSort: Int] = [:], uploads: [UploadState: Int] = [:]) {
        (self.jobs, self.uploads) = (jobs, uploads)
    }
}

public struct CatalogStatistics: Hashable, Sendable {
    public var photos: Int
    public var timeline: Int
    public var missing: Int
    public var unreadable: Int
    public var files: Int
    public var byteCount: ByteCount
    public var schemaVersion: Int

    public init(
        photos: Int, timeline: Int, missing: Int, unreadable: Int, files: Int, byteCount: ByteCount, schemaVersion: Int
    ) {
        self.photos = photos
        self.timeline = timeline
        self.missing = missing
        self.unreadable = unreadable
        self.files = files
        self.byteCount = byteCount
        self.schemaVersion = schemaVersion
    }
}
