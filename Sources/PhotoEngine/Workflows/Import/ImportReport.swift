public import Core
public import SystemPackage

/// What an import did: each regular file found is in exactly one of the sums.
public struct ImportReport: Hashable, Sendable {
    /// The sum of `imported`, `known`, `unsupported`, `rejected`, `waiting` and `left`, unless `isInterrupted`.
    public var found = 0
    /// New photos.
    public var imported = 0
    /// Files whose bytes the library had already.
    public var known = 0
    public var unsupported = 0
    /// Files that look like pictures and can't be read, with the reason in `items`.
    public var rejected = 0
    /// Photos that go up once the store behind the network is there again, and why they could not.
    public var waiting = 0
    public var waitingReason: String?
    /// Pictures that a limit, or a scanner that is away, kept out, with the reason in `items`, and one of the reasons: the next import takes them where there
    /// is room.
    public var left = 0
    public var leftReason: String?
    /// Files that were taken in although a scanner gave no verdict of them, and why.
    public var unscanned = 0
    public var unscannedReason: String?
    /// What the owner has by now, and may have.
    public var usage: OwnerUsage?
    /// Bytes of file content read to index; 0 when nothing changed.
    public var bytesRead: Int64 = 0
    public var seconds: Double = 0
    /// Every file found, in path order, when the request lists items.
    public var items: [ImportItem] = []
    /// What was left out: folders that can't be listed, links, hidden names and the like. Not among `found`.
    public var skipped: [SkippedPath] = []
    /// Photos that are in the library and wait in vain to be processed, as their jobs are dead for no fault of the pictures, and
    /// why: a missing program, a full disk.
    public var unprocessed = 0
    public var unprocessedReason: String?
    /// Photos whose processing was handed to workers elsewhere; nil where this process does it.
    public var handedOver: Int?
    /// How many of those were in the library before this import began; the others are its own, or of another that ran beside it.
    public var handedOverEarlier = 0
    /// Why workers could not be told, so that the next relay has to; nil where they know.
    public var brokerProblem: String?
    /// The albums that photos were put into; nil where that wasn't asked for.
    public var albums: FilledAlbums?
    /// What came from another library besides photos; nil for another source, and for one that was stopped.
    public var library: LibraryReport?
    /// What a Takeout held; nil for another source, and for one that was stopped.
    public var takeout: TakeoutReport?
    /// The stacks that were made, by why; nil where that wasn't asked for.
    public var stacks: [StackReason: Int]?
    /// Whether the import was stopped before its end; the next run goes on from there.
    public var isInterrupted = false

    public init() {}
}

/// A file and what became of it.
public struct ImportItem: Hashable, Sendable {
    public enum Outcome: String, Hashable, Sendable, Codable {
        case imported, known, unsupported, rejected, waiting, left
    }

    public let path: FilePath
    public let outcome: Outcome
    /// Why, unless it is imported or known; untrusted text.
    public let reason: String?

    public init(path: FilePath, outcome: Outcome, reason: String?) {
        self.path = path
        self.outcome = outcome
        self.reason = reason
    }
}

/// A path that an import left out: it is not among the files found.
public struct SkippedPath: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable {
        /// A folder that can't be listed, or a path named that isn't there.
        case unreadable
        case hidden
        case link
        /// A socket, pipe or device.
        case special
        /// The library's own folder.
        case library
    }

    public let path: FilePath
    public let kind: Kind
    public let reason: String

    public init(path: FilePath, kind: Kind, reason: String) {
        self.path = path
        self.kind = kind
        self.reason = reason
    }
}

/// What an import did to albums.
public struct FilledAlbums: Hashable, Sendable {
    public struct Album: Hashable, Sendable {
        public let name: String
        public let isNew: Bool
        /// Photos that were put into it; of a preview, that would be.
        public let added: Int
    }

    /// A folder that can't be an album.
    public struct Refused: Hashable, Sendable {
        public let path: FilePath
        public let reason: String
    }

    /// Those that have more photos now, in order of name.
    public var filled: [Album] = []
    public var refused: [Refused] = []
    /// Photos that stay out of albums that a person took them out of, or deleted.
    public var leftOut = 0
    /// What takes all of it back; nil where nothing was to be done.
    public var edit: EditID?

    public init() {}
}
