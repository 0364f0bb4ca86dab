public import Core
public import SystemPackage

/// What happened in the library's folders.
public enum WatchEvent: Sendable {
    /// Changes were recorded in the catalogue.
    case changed(FolderChanges)
    /// Many files of a folder vanished at once, as when its disk is unmounted: nothing was marked missing.
    case unmounted(folder: FilePath, vanished: Int)
    /// A folder that had vanished is there again.
    case returned(folder: FilePath)
    /// The kernel can't watch all folders; changes are found by looking again at intervals. `whatToDo` names the setting.
    case limited(folder: FilePath, whatToDo: String)
    /// A folder could not be looked at; the watcher goes on with the others.
    case failed(folder: FilePath, EngineError)
}

/// How many files changed under a folder.
public struct FolderChanges: Hashable, Sendable {
    public var folder: FilePath
    public var added = 0
    public var moved = 0
    public var missing = 0
    public var returned = 0
    /// New ones that a limit kept out, and why.
    public var left = 0
    public var leftReason: String?

    public init(folder: FilePath) {
        self.folder = folder
    }

    public var isEmpty: Bool { added + moved + missing + returned + left == 0 }
}
