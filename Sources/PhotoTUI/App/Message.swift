public import Core
public import Grid
public import Search

/// What happened: something a person did, or the answer to an effect.
public enum Message: Sendable {
    case input(InputEvent)
    case monthsLoaded(RequestID, [MonthCount])
    case entriesLoaded(RequestID, [TimelineEntry])
    case placesLoaded(RequestID, [String])
    /// nil when the photo is not in the timeline any more.
    case located(RequestID, LocatedPhoto?)
    case collected(RequestID, [TimelineEntry])
    /// `limit` is how many were asked for.
    case searched(RequestID, SearchPage, limit: Int)
    case searchCounted(RequestID, SearchCount)
    case searchCompleted(RequestID, [SearchProposal])
    case searchesLoaded(RequestID, [PastSearch])
    case photoLoaded(RequestID, PhotoDetails?)
    /// `isFinal` is false for a coarse picture that a sharper one follows.
    case pictureLoaded(RequestID, Grid, isFinal: Bool)
    /// Lines that are safe to show.
    case storyLoaded(RequestID, [String])
    case thumbnailLoaded(ThumbnailKey, Grid)
    /// The thumbnail can't be had; why, in a few words.
    case thumbnailFailed(ThumbnailKey, String)
    case clustersLoaded(RequestID, ClusterPage)
    case clusterTotalsLoaded(RequestID, ClusterTotals)
    /// One of several asked for at once.
    case clusterSummarized(RequestID, ClusterID, DuplicatesState.Summary)
    case clusterLoaded(RequestID, ClusterDetails)
    case differenceLoaded(RequestID, DifferencePicture)
    case resolved(RequestID, Resolution)
    /// nil where none stands.
    case lastDecisionLoaded(RequestID, LastDecision?)
    case resolutionUndone(RequestID, UndoneResolution)
    case decidedDistinct(RequestID, DistinctDecision)
    /// One for each stack.
    case stacked(RequestID, [Resolution])
    case scanProgressed(RequestID, ScanStatus)
    case scanEnded(RequestID, Notice)
    case trashLoaded(RequestID, TrashPage)
    case trashRestored(RequestID, [PhotoID])
    case emptyingPlanned(RequestID, TrashEmptyingSums)
    case trashEmptied(RequestID, TrashEmptyingSums)
    case placeListLoaded(RequestID, PlaceList)
    /// `limit` is how many were asked for.
    case albumsLoaded(RequestID, [ListedAlbum], limit: Int)
    case eventsLoaded(RequestID, [ListedEvent])
    /// One of several asked for at once.
    case foundSummarized(RequestID, AlbumID, FoundSummary)
    case foundSummariesEnded(RequestID)
    case albumPhotosLoaded(RequestID, AlbumPhotos, limit: Int)
    case favouritesSet(RequestID, Int)
    /// Those that an edit took, of which there are none where all was so already.
    case edited(RequestID, [Edit])
    case editsUndone(RequestID, [UndoneEdit])
    case namesSuggested(RequestID, [String])
    case pathsCopied(RequestID, copied: Int, of: Int)
    /// How many files of an export are done; then what came of it, in a sentence.
    case exportProgressed(RequestID, done: Int, total: Int)
    case exported(RequestID, Notice)
    case sidecarsPlanned(RequestID, SidecarPlan)
    /// How many are done; then what came of it, in a sentence.
    case sidecarsProgressed(RequestID, done: Int, total: Int)
    case sidecarsWritten(RequestID, Notice)
    case shared(RequestID, Share, isCopied: Bool)
    case shareRevoked(RequestID)
    /// Moments are Unix seconds.
    /// The rates are those of a history, by queue; none where nobody watched.
    case queuesLoaded(RequestID, QueueListing, rates: [String: QueueRates] = [:], at: Double)
    case messagesLoaded(RequestID, [QueuedMessage], waiting: Int, at: Double)
    case workersLoaded(RequestID, [WorkerState], gone: [SeenWorker] = [], at: Double)
    /// The broker's user may not change anything.
    case onlyLookingAllowed
    /// The groups are nil where nothing has changed; `seconds` is how long the look took.
    case deadLettersLoaded(RequestID, [DeadSummaryGroup]?, mark: Int, seconds: Double = 0, at: Double)
    /// nil when it is gone.
    case deadLetterLoaded(RequestID, DeadDetails?)
    case deadMembersLoaded(RequestID, [DeadSummary])
    case deadJobLoaded(RequestID, JobDetails?)
    /// `queueless` are tasks of which nobody knows the queue, and nothing else is in the way; `price` is what the jobs will cost, in
    /// US dollars; nil where they cost nothing here.
    case deadCollected(
        RequestID, jobs: [String], tasks: [String], queueless: [String] = [], hindrances: [RetryHindrance],
        price: Double? = nil)
    case queueMarked(RequestID, QueueMark)
    /// The page is nil where nothing has changed; `seconds` is how long the look took.
    case jobsLoaded(RequestID, JobPage?, watchedUntil: Double?, seconds: Double, at: Double)
    /// nil when there is none of this id.
    case jobLoaded(RequestID, JobDetails?, at: Double)
    case jobsCollected(
        RequestID, [String], queueless: [String] = [], hindrances: [RetryHindrance] = [], price: Double? = nil)
    case inboxLoaded(RequestID, [InboxItem], isThorough: Bool, at: Double)
    case healthLoaded(RequestID, [HealthEntry], at: Double)
    case costsLoaded(RequestID, CostReport, at: Double)
    case acted(RequestID, Notice)
    case timeTold(RequestID, Double)
    case timerFired(RequestID)
    case failed(RequestID, EngineError)
    /// Some process has changed the catalogue.
    case catalogChanged
    case importProgressed(ImportStatus)
    /// The import is over; one sentence, and whether something went wrong.
    case importEnded(Notice)
    /// Jobs that wait or run, and dead ones.
    case jobsCounted(waiting: Int, dead: Int)
    /// A warning that holds until `warningEnded` with the same subject.
    case warning(subject: String, text: String)
    case warningEnded(subject: String)
    case noticed(Notice)
    case themeUsed(String)
    /// Other keys and themes than before, while the app is open.
    case settingsRead(KeyMap, themes: [String])
    /// The library can't be used at all.
    case libraryFailed(EngineError)
}

/// Where a photo is in the timeline.
public struct LocatedPhoto: Hashable, Sendable {
    public let photo: PhotoID
    public let month: Month
    /// Place within the month.
    public let index: Int

    public init(photo: PhotoID, month: Month, index: Int) {
        (self.photo, self.month, self.index) = (photo, month, index)
    }
}

/// A photo with what the info pane shows beside it.
public struct PhotoDetails: Hashable, Sendable {
    public let photo: Photo
    public let files: [LibraryFile]
    public let collections: PhotoCollections
    public let faces: [Face]

    public init(
        photo: Photo, files: [LibraryFile], collections: PhotoCollections = PhotoCollections(), faces: [Face] = []
    ) {
        (self.photo, self.files, self.collections, self.faces) = (photo, files, collections, faces)
    }
}

/// How far an import is, as the status line shows it.
public struct ImportStatus: Hashable, Sendable {
    public var found: Int
    public var indexed: Int
    /// Photos to process, those that waited before included, and how many of them are processed.
    public var toProcess: Int
    public var processed: Int
    public var isScanning: Bool
    public var photosPerSecond: Double
    public var secondsLeft: Double?

    public init(
        found: Int, indexed: Int, toProcess: Int, processed: Int, isScanning: Bool, photosPerSecond: Double,
        secondsLeft: Double?
    ) {
        (self.found, self.indexed, self.toProcess, self.processed) = (found, indexed, toProcess, processed)
        (self.isScanning, self.photosPerSecond, self.secondsLeft) = (isScanning, photosPerSecond, secondsLeft)
    }
}

/// A sentence for the status line, gone at the next key.
public struct Notice: Hashable, Sendable {
    public enum Severity: Hashable, Sendable { case success, information, warning, error }

    public let severity: Severity
    /// Display-escaped by whoever shows it.
    public let text: String

    public init(_ severity: Severity, _ text: String) {
        (self.severity, self.text) = (severity, text)
    }

    /// An error with what to do about it.
    public init(_ error: EngineError) {
        self.init(.error, error.description)
    }
}
