import Core
import Glibc
import SystemPackage

/// What is at a path at the moment of asking, whatever the catalogue remembers.
enum FilePresence: Equatable {
    case there
    /// A file, yet not as it was recorded.
    case changed
    /// Nothing, or no file.
    case gone
    /// It can't be looked at: the reason.
    case unknown(String)

    /// `byteCount` and `modified` (Unix nanoseconds) are those recorded; nil where any will do.
    static func of(_ path: FilePath, byteCount: Int64? = nil, modified: Int64? = nil) -> FilePresence {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else {
            let failure = Errno(rawValue: errno)
            return failure == .noSuchFileOrDirectory || failure == .notDirectory ? .gone : .unknown("\(failure)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return .gone }
        let time = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        let isSame = byteCount ?? Int64(status.st_size) == Int64(status.st_size) && modified ?? time == time
        return isSame ? .there : .changed
    }

    static func of(_ file: LibraryFile) -> FilePresence {
        of(file.path, byteCount: file.fingerprint.byteCount, modified: file.fingerprint.modified)
    }

    /// What stands behind a path, for people; empty when nothing is wrong.
    var note: String {
        switch self {
        case .there: ""
        case .changed: " (changed since it was imported)"
        case .gone: " (not there now)"
        case .unknown(let reason): " (can't be looked at now: \(displayEscaped(reason)))"
        }
    }

    /// `present` is null where that can't be told.
    var json: [(name: String, value: JSON)] {
        switch self {
        case .there: [("present", .bool(true)), ("changed", .bool(false))]
        case .changed: [("present", .bool(true)), ("changed", .bool(true))]
        case .gone: [("present", .bool(false)), ("changed", .null)]
        case .unknown: [("present", .null), ("changed", .null)]
        }
    }
}
