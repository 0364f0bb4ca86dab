public import Core

/// Names one request, so that a reply which nobody waits for any more is known.
public struct RequestID: Hashable, Sendable {
    public let number: Int

    public init(_ number: Int) { self.number = number }
}

/// What the app asks of the world. A value: the effect runner performs it and answers with a `Message`.
public enum Effect: Hashable, Sendable {
    case loadMonths(RequestID)
    case loadEntries(RequestID, TimelineQuery)
    case loadPlaces(RequestID, Month)
    /// Finds where a photo is in the timeline now.
    case locate(RequestID, PhotoID)
    /// Loads the entries of several queries one after the other, for a range of marks.
    case collect(RequestID, [TimelineQuery])
    case search(RequestID, SearchQuery, after: TimelinePosition?, limit: Int)
    case countSearch(RequestID, SearchQuery, upTo: Int)
    /// Tells how what is typed in front of the cursor could go on.
    case completeSearch(RequestID, String, cursor: Int)
    case loadSearches(RequestID)
    case noteSearch(String)
    case loadPhoto(RequestID, PhotoID)
    /// Tells what happened to a photo.
    case loadStory(RequestID, PhotoID)
    /// The journal, of the library or, without one, of the broker.
    case loadJournal(RequestID)
    case loadPicture(RequestID, PictureRequest)
    /// The thumbnails wanted now, most urgent first. What isn't named any more is given up.
    case wantThumbnails([ThumbnailKey])
    case loadClusters(RequestID, ClusterPageRequest)
    case loadClusterTotals(RequestID)
    /// Answered for each as soon as it is read.
    case loadSummaries(RequestID, [DuplicateCluster])
    case loadCluster(RequestID, ClusterID)
    case loadDifference(RequestID, DifferenceRequest)
    case resolve(RequestID, ClusterDecision)
    /// The newest decision on duplicates that stands, whoever made it.
    case loadLastDecision(RequestID)
    case undoResolution(RequestID, ResolutionID, reason: String)
    /// Decides for good that these photos don't show the same.
    case decideDistinct(RequestID, [PhotoID], reason: String)
    /// Puts photos into stacks, one after the other.
    case stackPhotos(RequestID, [ClusterDetails.Stack], reason: String)
    /// Compares the photos that were not yet.
    case scanDuplicates(RequestID)
    case loadTrash(RequestID, after: TrashPosition?, limit: Int)
    case restoreTrash(RequestID, [PhotoID])
    /// Tells what emptying the trash would remove, of what has been there for so many days.
    case planEmptying(RequestID, days: Int)
    case emptyTrash(RequestID, days: Int, reason: String)
    case loadPlaceList(RequestID)
    case loadAlbums(RequestID, after: CollectionName?, limit: Int)
    /// What these saved searches find; answered for each as soon as it is known.
    case loadFoundSummaries(RequestID, [Album])
    /// Looks for photos taken together that are in no album.
    case loadEvents(RequestID)
    case loadAlbumPhotos(RequestID, AlbumID, after: CollectionPosition?, limit: Int)
    case setFavourite(RequestID, Bool, [PhotoID])
    case edit(RequestID, PhotoEdit, [PhotoID])
    /// In this order.
    case undoEdits(RequestID, [EditID])
    case suggestNames(RequestID, NameRequest)
    case loadQueues(RequestID)
    case loadMessages(RequestID, queue: String, limit: Int)
    case loadWorkers(RequestID)
    /// Answered without groups where the mark says that nothing has changed.
    case loadDeadLetters(RequestID, unlessMark: Int?)
    case loadDeadLetter(RequestID, String)
    /// The latest jobs or tasks of a group.
    case loadDeadMembers(RequestID, DeadSummaryGroup)
    case loadDeadJob(RequestID, String, DeadSource)
    /// Which jobs and tasks of these groups are to be retried, or one of them, and which can't be.
    case collectDead(RequestID, [DeadSummaryGroup], only: String?, match: String)
    /// Notes what waits in a queue, so that no more than that is purged.
    case markQueue(RequestID, queue: String)
    /// Answered without a page where the mark says that nothing has changed.
    case loadJobs(RequestID, JobQuery, limit: Int, unlessMark: Int64?)
    /// `owner` where it is not the library's own.
    case loadJob(RequestID, String, owner: String?)
    /// Which jobs this can be done to: all that the query lets through, or one.
    case collectJobs(RequestID, JobQuery, JobDeed, only: String?)
    case loadInbox(RequestID, isThorough: Bool)
    case loadHealth(RequestID)
    case loadCosts(RequestID)
    /// Does it, between two entries in the journal.
    case act(RequestID, ConsoleAction, reason: String)
    /// Writes down what was not done.
    case recordRefusal(ConsoleState.Refusal)
    /// Tells the time, after some seconds.
    case tellTime(RequestID, after: Double)
    /// Writes originals into a folder, as it was typed.
    case export(RequestID, Leaving, folder: String)
    /// Tells which sidecars writing those of photos would touch.
    case planSidecars(RequestID, [PhotoID])
    case writeSidecars(RequestID, [PhotoID])
    /// Makes a page of them, and puts its link on the terminal's clipboard.
    case share(RequestID, Leaving, seconds: Int)
    case revokeShare(RequestID, ShareID)
    /// Puts the paths of these photos on the terminal's clipboard.
    case copyPaths(RequestID, [PhotoID])
    /// Marks missing what has vanished from the folders that are taken for unmounted.
    case acceptLoss
    case startTimer(RequestID, seconds: Double)
    /// Nobody waits for this request any more.
    case cancel(RequestID)
    case useTheme(String)
    /// Shows pictures the next way that the terminal has, and tells which.
    case useNextGraphics
    case repaint
    case suspend
    case quit
}

/// A thumbnail as it is drawn: the photo's bytes and the cells it must fit in.
public struct ThumbnailKey: Hashable, Sendable {
    public let sha256: SHA256Digest
    public let columns: Int
    public let rows: Int

    public init(sha256: SHA256Digest, columns: Int, rows: Int) {
        (self.sha256, self.columns, self.rows) = (sha256, columns, rows)
    }
}

/// A part of a picture as the viewer shows it: `region` scaled to exactly these cells.
public struct PictureRequest: Hashable, Sendable {
    public let photo: PhotoID
    public let sha256: SHA256Digest
    /// The upright size; nil while unknown.
    public let pixelSize: PixelSize?
    /// How the upright picture is turned before it is shown.
    public let turn: Orientation
    /// Of the turned picture.
    public let region: PictureRegion
    public let columns: Int
    public let rows: Int

    public init(
        photo: PhotoID, sha256: SHA256Digest, pixelSize: PixelSize?, turn: Orientation = .upright,
        region: PictureRegion,
        columns: Int, rows: Int
    ) {
        (self.photo, self.sha256, self.pixelSize, self.turn) = (photo, sha256, pixelSize, turn)
        (self.region, self.columns, self.rows) = (region, columns, rows)
    }
}
