internal import Core
internal import Glibc
internal import SystemPackage

/// What changes when a file is written to, or another takes its place.
struct FileStamp: Hashable, Sendable {
    private let numbers: [Int]

    /// Throws `.notFound` and what else stat(2) knows.
    init(_ path: FilePath) throws {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else {
            throw EngineError(Errno(rawValue: errno), doing: "looking at a file")
        }
        self.init(status)
    }

    /// Of a file that is open.
    init(_ file: FileDescriptor) throws {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else {
            throw EngineError(Errno(rawValue: errno), doing: "looking at a file")
        }
        self.init(status)
    }

    private init(_ status: stat) {
        numbers = [
            Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
