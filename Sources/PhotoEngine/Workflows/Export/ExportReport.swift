public import Core
public import SystemPackage

/// What is to be written out of a library.
public struct ExportRequest: Sendable {
    public var folder: FilePath
    public var layout: ExportLayout
    /// Only into the folder of this album and those nested in it, where photos lie by album.
    public var album: String?
    /// Whether files keep where they were taken.
    public var keepsPosition: Bool
    public var writesSidecars: Bool
    /// Only tells what would be written.
    public var isDryRun: Bool
    public var actor: String

    public init(
        folder: FilePath, layout: ExportLayout = .flat, album: String? = nil, keepsPosition: Bool = false,
        writesSidecars: Bool = false, isDryRun: Bool = false, actor: String
    ) {
        (self.folder, self.layout, self.album, self.keepsPosition) = (folder, layout, album, keepsPosition)
        (self.writesSidecars, self.isDryRun, self.actor) = (writesSidecars, isDryRun, actor)
    }
}

/// What became of one file of a photo.
public struct ExportItem: Sendable {
    public enum Outcome: String, Sendable {
        case exported
        /// It is there already.
        case present
        /// It would be written.
        case planned
        case failed
    }

    /// What became of where it was taken.
    public enum Position: String, Sendable {
        case none, removed, kept
    }

    public let photo: PhotoID
    public var path: FilePath?
    public var outcome: Outcome
    public var position: Position?
    /// Of what was written.
    public var sha256: SHA256Digest?
    public var sidecar: FilePath?
    /// Of a live photo.
    public var film: FilePath?
    public var byteCount: ByteCount
    /// Why not, or what is missing of it.
    public var reason: String?

    init(photo: Photo, outcome: Outcome, path: FilePath? = nil, reason: String? = nil) {
        (self.photo, self.outcome, self.path, self.reason) = (photo.id, outcome, path, reason)
        byteCount = photo.byteCount
    }
}

/// How far an export is.
public struct ExportProgress: Hashable, Sendable {
    public var photos = 0
    public var totalPhotos = 0
    public var bytes: Int64 = 0
    public var totalBytes: Int64 = 0
    public var failed = 0
    public var bytesPerSecond = 0.0
    /// nil while that can't be told.
    public var etaSeconds: Double?

    public init() {}
}

public struct ExportReport: Sendable {
    public var found = 0
    public var items: [ExportItem] = []
    public var bytesWritten: Int64 = 0
    public var seconds = 0.0
    /// Whether it was told to stop.
    public var isStopped = false
    /// What no other photo could do better, as a full disk; the photos behind it were not tried.
    public var fault: EngineError?

    public func count(_ outcome: ExportItem.Outcome) -> Int { items.count { $0.outcome == outcome } }
}
