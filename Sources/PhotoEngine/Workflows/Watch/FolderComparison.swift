internal import Core
internal import Glibc
internal import SystemPackage

/// Compares the files that the catalogue remembers with those that are there.
struct FolderComparison: Sendable {
    let catalog: any FolderWatcher.WatchCatalog
    let looking = BlockingQueue(label: "phototui.reconcile")

    init(catalog: any FolderWatcher.WatchCatalog) {
        self.catalog = catalog
    }

    /// Files of the catalogue at or below a path that are gone, and how many are back or still there.
    func compare(_ path: FilePath) async throws -> (gone: [LibraryFile], returned: Int, present: Int) {
        var gone: [LibraryFile] = []
        var returned = 0
        var present = 0
        var after: FilePath?
        while true {
            try Task.checkCancellation()
            let page = try await catalog.files(under: path, after: after, limit: 1000)
            let isThere = try await looking.run { page.map(\.path.isThere) }
            for (file, isThere) in zip(page, isThere) {
                switch (file.isMissing, isThere) {
                case (false, false): gone.append(file)
                case (true, true): returned += 1
                case (false, true): present += 1
                case (true, false): break
                }
            }
            guard page.count == 1000, let last = page.last else { return (gone, returned, present) }
            after = last.path
        }
    }

    /// Parts files that are gone into those whose bytes are at another path now, and those whose are not.
    func whereabouts(_ gone: [LibraryFile]) async throws -> (moved: [LibraryFile], vanished: [LibraryFile]) {
        var moved: [LibraryFile] = []
        var vanished: [LibraryFile] = []
        for file in gone {
            try Task.checkCancellation()
            let others = if let photo = file.photo { try await catalog.files(of: photo) } else { [LibraryFile]() }
            let isElsewhere = try await looking.run {
                others.contains { !$0.isMissing && $0.path != file.path && $0.path.isThere }
            }
            if isElsewhere { moved.append(file) } else { vanished.append(file) }
        }
        return (moved, vanished)
    }
}

extension FilePath {
    /// Only what the kernel says is not there is gone: a disk that fails, or a folder closed to us, proves nothing.
    var isThere: Bool {
        withPlatformString { access($0, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR) }
    }

    /// An empty mount point is what an unmounted disk leaves.
    var isEmptyFolder: Bool {
        withPlatformString { path in
            // SAFETY: the stream is used on this thread only and closed before the closure returns.
            guard let stream = opendir(path) else { return true }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                // SAFETY: d_name is NUL-terminated and stays until the next readdir of this stream.
                let isDots = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                    name[0] == 0x2E && (name[1] == 0 || (name[1] == 0x2E && name[2] == 0))
                }
                if !isDots { return false }
            }
            return true
        }
    }
}
