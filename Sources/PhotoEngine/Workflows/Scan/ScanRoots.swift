internal import Core
internal import Glibc
internal import SystemPackage

/// The paths of a request made absolute, without links, and without those that lie below another, so that no file is
/// met twice.
struct ScanRoots {
    private(set) var paths: [FilePath] = []
    /// All that were requested, also those below another.
    private(set) var named: Set<FilePath> = []
    private(set) var skipped: [SkippedPath] = []

    init(_ requested: [FilePath]) {
        var resolved: Set<FilePath> = []
        for path in requested {
            // SAFETY: realpath allocates its result, which is freed below.
            guard let text = path.withPlatformString({ realpath($0, nil) }) else {
                let reason = Errno(rawValue: errno).description
                skipped.append(SkippedPath(path: path, kind: .unreadable, reason: reason))
                continue
            }
            defer { free(text) }
            resolved.insert(FilePath(platformString: text))
        }
        named = resolved
        paths = resolved.filter { path in !resolved.contains { $0 != path && path.starts(with: $0) } }
            .sorted { $0.isBytewiseBefore($1) }
    }
}

extension FilePath {
    /// Bytewise order, as the catalogue lists files.
    func isBytewiseBefore(_ other: FilePath) -> Bool {
        withPlatformString { mine in other.withPlatformString { strcmp(mine, $0) < 0 } }
    }

    /// Whether a folder is there; links count as what they lead to.
    var isFolder: Bool { mode(of: self) & S_IFMT == S_IFDIR }

    /// The last component as text; bytes that aren't UTF-8 become replacement characters.
    var filename: String { lastComponent?.string ?? "" }
}

/// The mode of what `path` leads to, 0 when nothing is there. Not in the extension, where `stat` is FilePath's own.
private func mode(of path: FilePath) -> mode_t {
    var status = stat()
    return path.withPlatformString { fstatat(AT_FDCWD, $0, &status, 0) } == 0 ? status.st_mode : 0
}
