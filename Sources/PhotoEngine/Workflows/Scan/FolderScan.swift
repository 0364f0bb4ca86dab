internal import Core
internal import Glibc
internal import SystemPackage

/// Walks folders by their raw bytes, a bounded number of entries at a time: open folders are a stack of directory streams,
/// so that memory grows with depth, not with the number of files.
///
/// Symbolic links inside a folder are not followed, hence no loop can be walked; nothing but folders is opened. Hidden names
/// and the library's own folder are left out. Not thread-safe: one call at a time.
final class FolderScan: @unchecked Sendable {
    // SAFETY (@unchecked): its owner awaits each call before the next; the DIR pointers never leave it.
    struct Entry: Sendable {
        let path: FilePath
        let fingerprint: FileFingerprint
    }

    struct Batch: Sendable {
        var files: [Entry] = []
        var skipped: [SkippedPath] = []
    }

    private struct OpenFolder {
        let path: FilePath
        let stream: OpaquePointer
        let device: dev_t
    }

    private static let deepest = 512

    private var roots: [FilePath]
    private var stack: [OpenFolder] = []
    private let libraryFolder: FilePath?

    /// `roots` are absolute and none is below another; `libraryFolder` is the folder to leave out.
    init(roots: [FilePath], libraryFolder: FilePath?) {
        self.roots = roots.reversed()
        self.libraryFolder = libraryFolder
    }

    deinit {
        for folder in stack { closedir(folder.stream) }
    }

    /// The next files, at most `limit`; nil when all has been seen.
    func next(limit: Int) -> Batch? {
        var batch = Batch()
        while batch.files.count + batch.skipped.count < limit {
            if let folder = stack.last {
                step(in: folder, &batch)
            } else if let root = roots.popLast() {
                begin(root, &batch)
            } else {
                return batch.files.isEmpty && batch.skipped.isEmpty ? nil : batch
            }
        }
        return batch
    }

    private func begin(_ root: FilePath, _ batch: inout Batch) {
        if let libraryFolder, root.starts(with: libraryFolder) {
            batch.skipped.append(SkippedPath(path: root, kind: .library, reason: "the library's own folder"))
            return
        }
        var status = stat()
        guard root.withPlatformString({ stat($0, &status) }) == 0 else {
            batch.skipped.append(SkippedPath(path: root, kind: .unreadable, reason: describe(errno)))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: batch.files.append(Entry(path: root, fingerprint: FileFingerprint(status)))
        case S_IFDIR: push(root, descriptor: root.withPlatformString { open($0, Self.folderFlags) }, &batch)
        default: batch.skipped.append(SkippedPath(path: root, kind: .special, reason: "neither a file nor a folder"))
        }
    }

    private static let folderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK

    private func push(_ path: FilePath, descriptor: Int32, _ batch: inout Batch) {
        guard descriptor >= 0 else {
            batch.skipped.append(SkippedPath(path: path, kind: .unreadable, reason: describe(errno)))
            return
        }
        var status = stat()
        guard stack.count < Self.deepest, fstat(descriptor, &status) == 0, let stream = fdopendir(descriptor) else {
            close(descriptor)
            batch.skipped.append(SkippedPath(path: path, kind: .unreadable, reason: "too deep, or it can't be listed"))
            return
        }
        stack.append(OpenFolder(path: path, stream: stream, device: status.st_dev))
    }

    private func step(in folder: OpenFolder, _ batch: inout Batch) {
        errno = 0
        guard let entry = readdir(folder.stream) else {
            if errno != 0 {
                batch.skipped.append(SkippedPath(path: folder.path, kind: .unreadable, reason: describe(errno)))
            }
            closedir(folder.stream)
            stack.removeLast()
            return
        }
        // SAFETY: d_name is NUL-terminated and stays until the next readdir of this stream; the copy ends with its NUL.
        let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            tuple.withMemoryRebound(to: CChar.self, capacity: 256) { start in
                Array(UnsafeBufferPointer(start: start, count: strlen(start) + 1))
            }
        }
        guard name != [0x2E, 0], name != [0x2E, 0x2E, 0] else { return }
        let path = name.withUnsafeBufferPointer {
            folder.path.appending(FilePath(platformString: $0.baseAddress!).components)
        }
        guard name[0] != 0x2E else {
            batch.skipped.append(SkippedPath(path: path, kind: .hidden, reason: "hidden: its name begins with a dot"))
            return
        }
        var status = stat()
        let parent = dirfd(folder.stream)
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            // Gone since its name was read: not there to be accounted for.
            guard errno != ENOENT else { return }
            batch.skipped.append(SkippedPath(path: path, kind: .unreadable, reason: describe(errno)))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            batch.files.append(Entry(path: path, fingerprint: FileFingerprint(status)))
        case S_IFDIR:
            guard path != libraryFolder else {
                batch.skipped.append(SkippedPath(path: path, kind: .library, reason: "the library's own folder"))
                return
            }
            push(path, descriptor: openat(parent, name, Self.folderFlags | O_NOFOLLOW), &batch)
        case S_IFLNK:
            batch.skipped.append(
                SkippedPath(path: path, kind: .link, reason: "a symbolic link: name its target to import that"))
        default:
            batch.skipped.append(
                SkippedPath(path: path, kind: .special, reason: "neither a file nor a folder"))
        }
    }

    private func describe(_ number: Int32) -> String { Errno(rawValue: number).description }
}

extension FileFingerprint {
    init(_ status: stat) {
        self.init(
            byteCount: Int64(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
    }
}
