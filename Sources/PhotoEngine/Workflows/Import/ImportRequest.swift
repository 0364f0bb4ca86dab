public import SystemPackage

/// What to import, and how.
public struct ImportRequest: Sendable {
    /// Files and folders; a folder is scanned with all below it.
    public var paths: [FilePath]
    /// Copy each new original into the library, instead of reading it where it is.
    public var copies: Bool
    /// Tell what an import would do, and change nothing: neither the library nor any file.
    public var isDryRun: Bool
    /// List every file in the report. Without, only the sums are kept, in memory that does not grow with known files.
    public var listsItems: Bool
    /// Run the jobs of what was found, and wait for them. Without, whoever runs the library's jobs does them.
    public var processes: Bool
    /// Read files that are named themselves, also unchanged ones that were left alone until now, as those of photos that were
    /// removed with the trash are.
    public var readsNamedFiles: Bool
    /// What albums photos are put into.
    public var albums: AlbumSource?
    /// What the paths hold, where they are a Takeout.
    public var takeout: TakeoutPlan?
    /// Another library to take photos from, in place of the paths.
    public var library: LibrarySource?
    /// Who asks for it.
    public var actor: String
    /// Wait for workers elsewhere, too, where such process the library's photos.
    public var awaitsWorkers: Bool

    public init(
        paths: [FilePath], copies: Bool = false, isDryRun: Bool = false, listsItems: Bool = true,
        processes: Bool = true, readsNamedFiles: Bool = false, awaitsWorkers: Bool = false,
        albums: AlbumSource? = nil, actor: String = ""
    ) {
        self.albums = albums
        self.actor = actor
        self.paths = paths
        self.copies = copies
        self.isDryRun = isDryRun
        self.listsItems = listsItems
        self.processes = processes
        self.readsNamedFiles = readsNamedFiles
        self.awaitsWorkers = awaitsWorkers
    }
}

/// What tells which album a photo belongs into.
public enum AlbumSource: Sendable {
    /// The folder it lies in.
    case folders
}
