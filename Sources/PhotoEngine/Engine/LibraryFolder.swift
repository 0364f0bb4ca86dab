internal import Core
internal import Glibc
internal import SystemPackage

/// The folder that holds a library.
enum LibraryFolder {
    /// SQLite takes names as text: another folder would be made than the one that is opened.
    static func requireText(_ folder: FilePath) throws {
        guard String(validating: folder) == nil else { return }
        throw EngineError(
            .invalidInput, "the name of the library's folder is not UTF-8",
            whatToDo: "name another folder with --library DIR")
    }

    /// Makes `folder`, for its owner alone, and what it needs above it, as the umask has it; one that is there stays as it
    /// is. Blocks. Throws when it can't be made, or is no folder.
    static func create(_ folder: FilePath) throws {
        try make(folder, mode: 0o700, library: folder)
    }

    private static func make(_ folder: FilePath, mode: mode_t, library: FilePath) throws {
        guard folder.withPlatformString({ mkdir($0, mode) }) != 0 else { return }
        var failure = Errno(rawValue: errno)
        let parent = folder.removingLastComponent()
        if failure == .noSuchFileOrDirectory, !parent.isEmpty, parent != folder {
            if !exists(parent) { try make(parent, mode: 0o777, library: library) }
            // Also where another process has just made what is above it.
            if folder.withPlatformString({ mkdir($0, mode) }) == 0 { return }
            failure = Errno(rawValue: errno)
        }
        // A folder that is there may be reported in other ways than EEXIST: read-only, or forbidden.
        if isFolder(folder) { return }
        throw error(failure, library)
    }

    private static func error(_ failure: Errno, _ library: FilePath) -> EngineError {
        let shown = String(decoding: library)
        let another = "name another folder with --library DIR"
        switch failure {
        case .fileExists:
            return EngineError(
                .conflict, "\(shown) is not a folder, so no library can be in it", whatToDo: another, cause: failure)
        case .notDirectory:
            return EngineError(
                .conflict, "the library's folder \(shown) can't be made: what is above it is not a folder",
                whatToDo: another, cause: failure)
        default:
            let error = EngineError(failure, doing: "making the library's folder \(shown)")
            guard error.whatToDo.isEmpty else { return error }
            return EngineError(
                error.code, error.whatHappened, whatToDo: another, isRetryable: error.isRetryable, cause: failure)
        }
    }

    private static func exists(_ path: FilePath) -> Bool {
        var status = stat()
        return path.withPlatformString { lstat($0, &status) } == 0
    }

    private static func isFolder(_ path: FilePath) -> Bool {
        var status = stat()
        return path.withPlatformString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
