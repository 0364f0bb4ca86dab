internal import Core
internal import Glibc
internal import SystemPackage

/// Folders of a store: made durably when needed, removed when empty.
enum DiskFolder {
    /// Makes `path` and what it needs above it, and syncs each folder that got a new entry.
    static func create(_ path: FilePath, below root: FilePath?) throws {
        if path.withPlatformString({ mkdir($0, 0o755) }) == 0 {
            try sync(path.removingLastComponent())
            return
        }
        switch Errno(rawValue: errno) {
        case .fileExists:
            var status = stat()
            guard path.withPlatformString({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw EngineError(.conflict, "an object has the name of the folder that another needs")
            }
        case .noSuchFileOrDirectory where path != root && !path.removingLastComponent().isEmpty:
            try create(path.removingLastComponent(), below: root)
            try create(path, below: root)
        case .notDirectory:
            throw EngineError(.conflict, "an object has the name of the folder that another needs")
        case let failure:
            throw EngineError(failure, doing: "making the folder \(String(decoding: path))")
        }
    }

    /// Makes the entries of a folder durable.
    static func sync(_ path: FilePath) throws {
        let place = path.isEmpty ? FilePath(".") : path
        do {
            let descriptor = try FileDescriptor.open(place, .readOnly, options: [.directory, .closeOnExec])
            defer { try? descriptor.close() }
            // Some network file systems can't sync a folder, and say EINVAL.
            guard fsync(descriptor.rawValue) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
        } catch let failure as Errno {
            // A folder that was empty may be removed meanwhile; then it holds nothing to make durable.
            guard failure != .noSuchFileOrDirectory else { return }
            throw EngineError(failure, doing: "storing an object in \(String(decoding: place))")
        }
    }

    /// Removes `path` and the folders above it while they are empty, up to `root`.
    static func removeEmpty(from path: FilePath, below root: FilePath) {
        var folder = path
        while folder != root, folder.starts(with: root), folder.withPlatformString({ rmdir($0) }) == 0 {
            folder = folder.removingLastComponent()
        }
    }
}
