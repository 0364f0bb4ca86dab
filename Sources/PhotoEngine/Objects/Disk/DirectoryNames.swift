internal import Glibc
internal import SystemPackage

/// The names in a folder of the store.
enum DirectoryNames {
    struct Name {
        let text: String
        let isFolder: Bool
    }

    /// Names of files and folders, in no order; throws `Errno`. Names that aren't UTF-8 are nobody's objects.
    static func read(_ folder: FilePath) throws -> [Name] {
        // SAFETY: the DIR pointer is used on this thread only and closed before the method returns.
        guard let directory = folder.withPlatformString({ opendir($0) }) else { throw Errno(rawValue: errno) }
        defer { closedir(directory) }
        var names: [Name] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw Errno(rawValue: errno) }
                return names
            }
            // SAFETY: d_name is NUL-terminated and stays until the next readdir of this DIR.
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let text = String(validating: bytes, as: UTF8.self), text != ".", text != ".." else { continue }
            var kind = Int32(entry.pointee.d_type)
            if kind == Int32(DT_UNKNOWN) {
                var status = stat()
                guard fstatat(dirfd(directory), text, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                kind = status.st_mode & S_IFMT == S_IFDIR ? Int32(DT_DIR) : Int32(DT_REG)
            }
            names.append(Name(text: text, isFolder: kind == Int32(DT_DIR)))
        }
    }
}
