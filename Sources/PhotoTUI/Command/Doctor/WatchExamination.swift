import Core
import Foundation
import Glibc
import SystemPackage

/// What the kernel lets this user watch (inotify(7)), beside what the library's folders need.
enum WatchExamination {
    private static let area = "Watching"

    /// Blocks while it counts what is below `folders`, a few seconds at most.
    static func checks(folders: [FilePath], isOn: Bool) -> [Check] {
        [instances(), watches(folders)].compactMap { $0 }
            + (isOn ? [] : [Check(area, "folders", .ok, "not followed, as watch = false in the configuration asks")])
    }

    private static func watches(_ folders: [FilePath]) -> Check? {
        guard let limit = limit("max_user_watches") else { return nil }
        let count = FolderCount(of: folders, seconds: 3)
        let needed = "\(count.folders)\(count.isWhole ? "" : " or more")"
        let watched = folders.count == 1 ? "1 watched folder" : "\(folders.count) watched folders"
        let value =
            "\(limit) at most for this user, \(needed) needed for \(watched) and those below"
        guard count.folders > limit else { return Check(area, "folders", .ok, value) }
        return Check(
            area, "folders", .warning, value,
            whatToDo: "raise it with: sysctl fs.inotify.max_user_watches=\(count.folders * 2); "
                + "meanwhile changes in the others are found once a minute")
    }

    /// Takes one and gives it back: other programs of this user hold some.
    private static func instances() -> Check? {
        guard let limit = limit("max_user_instances") else { return nil }
        let descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else {
            return Check(
                area, "instances", .warning, "\(limit) at most for this user, and none is free",
                whatToDo:
                    "raise it with: sysctl fs.inotify.max_user_instances=\(limit * 2), or end a program that watches")
        }
        close(descriptor)
        return Check(area, "instances", .ok, "\(limit) at most for this user, one needed and free")
    }

    private static func limit(_ name: String) -> Int? {
        (try? String(contentsOfFile: "/proc/sys/fs/inotify/" + name, encoding: .utf8))
            .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}

/// How many folders a watcher of some folders watches: themselves and all below, but for hidden ones and links.
struct FolderCount {
    private(set) var folders = 0
    /// False when time ran out before the end.
    private(set) var isWhole = true

    init(of roots: [FilePath], seconds: Double) {
        let end = ContinuousClock.now + .seconds(seconds)
        var waiting = roots.map(\.nameBytes)
        while let path = waiting.popLast() {
            guard ContinuousClock.now < end else {
                isWhole = false
                return
            }
            guard let below = Self.subfolders(of: path) else { continue }
            folders += 1
            waiting += below
        }
    }

    /// Nil when it can't be listed.
    private static func subfolders(of path: [UInt8]) -> [[UInt8]]? {
        // SAFETY: the DIR pointer is used in this call only and closed before it returns.
        guard let stream = opendir(path.map { CChar(bitPattern: $0) } + [0]) else { return nil }
        defer { closedir(stream) }
        var found: [[UInt8]] = []
        while let entry = readdir(stream) {
            // SAFETY: d_name is NUL-terminated and stays until the next readdir of this stream.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name.first != UInt8(ascii: ".") else { continue }
            let below = path + [UInt8(ascii: "/")] + name
            var kind = Int32(entry.pointee.d_type)
            if kind == Int32(DT_UNKNOWN) {
                var status = stat()
                guard lstat(below.map { CChar(bitPattern: $0) } + [0], &status) == 0 else { continue }
                kind = status.st_mode & S_IFMT == S_IFDIR ? Int32(DT_DIR) : 0
            }
            if kind == Int32(DT_DIR) { found.append(below) }
        }
        return found
    }
}
